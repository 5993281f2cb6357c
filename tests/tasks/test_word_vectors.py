"""Word vectors learned with a checkpoint: interrupted, gone on with, and refused."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.backend import CheckpointError
from minillm.models.word_vectors import Sentences, Word2VecSettings
from minillm.tasks import word_vectors
from minillm.tasks.word_vectors import learn_word2vec
from minillm.text import Vocabulary

WORDS = [["the", "cat", "sat"], ["the", "dog", "sat"], ["a", "cat"]] * 20
VOCABULARY = Vocabulary.build(WORDS, special={})
TEXT = Sentences.of_words(WORDS, VOCABULARY)
SETTINGS = Word2VecSettings(width=4, epochs=2, chunk=30, subsample=None)


class Interruption(Exception):
    pass


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """A checkpoint after 4 of 12 chunks; the run stopped while it trained on the sixth."""
    path = tmp_path / "vectors.safetensors"
    original = word_vectors.train_word2vec

    def stopping(*arguments, **options):
        for trained in original(*arguments, **options):
            if trained.chunks == 6:
                raise Interruption
            yield trained

    monkeypatch.setattr(word_vectors, "train_word2vec", stopping)
    with pytest.raises(Interruption):
        learn_word2vec(TEXT, SETTINGS, checkpoint=path, save_every=4)
    monkeypatch.undo()
    return path


@pytest.mark.guide("G9")
def test_a_row_belongs_to_each_word_of_the_vocabulary():
    tables = learn_word2vec(TEXT, SETTINGS)
    assert tables.input.shape == tables.output.shape == (len(VOCABULARY), 4)
    assert tables.output.any(axis=1).all()


def test_an_interrupted_run_ends_as_one_that_was_not(interrupted):
    whole = learn_word2vec(TEXT, SETTINGS)
    for _ in range(2):  # and a finished one has nothing left to do
        tables = learn_word2vec(TEXT, SETTINGS, checkpoint=interrupted, resume=True)
        for one, other in zip(tables, whole, strict=True):
            assert np.array_equal(one, other)


def test_a_run_that_does_not_resume_starts_anew(interrupted):
    fresh = learn_word2vec(TEXT, replace(SETTINGS, seed=3), checkpoint=interrupted)
    assert np.array_equal(fresh.input, learn_word2vec(TEXT, replace(SETTINGS, seed=3)).input)


@pytest.mark.parametrize("name", ["rate", "seed", "text"])
def test_a_checkpoint_of_another_run_is_refused_and_kept(interrupted, name):
    before = interrupted.read_bytes()
    text = TEXT if name != "text" else Sentences.of_words(WORDS[1:], VOCABULARY)
    settings = replace(SETTINGS, **({} if name == "text" else {name: 7}))
    with pytest.raises(
        CheckpointError, match=f"belongs to another run.*\n  {name}: (was|has another content)"
    ):
        learn_word2vec(text, settings, checkpoint=interrupted, resume=True)
    assert interrupted.read_bytes() == before


def test_where_sentences_end_is_a_fact_of_the_run(interrupted):
    joined = Sentences(TEXT.ids, np.zeros_like(TEXT.sentence), TEXT.vocabulary_size)
    with pytest.raises(CheckpointError, match="text: has another content"):
        learn_word2vec(joined, SETTINGS, checkpoint=interrupted, resume=True)


def test_nothing_to_resume_and_a_bad_rhythm_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="nothing to resume: there is no checkpoint None"):
        learn_word2vec(TEXT, SETTINGS, resume=True)
    with pytest.raises(CheckpointError, match="nothing to resume"):
        learn_word2vec(TEXT, SETTINGS, checkpoint=tmp_path / "none", resume=True)
    with pytest.raises(ValueError, match="save_every must be at least 1 chunk, got 0"):
        learn_word2vec(TEXT, SETTINGS, save_every=0)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(NotADirectoryError):
        learn_word2vec(TEXT, SETTINGS, checkpoint=tmp_path / "file" / "v.safetensors")


def test_a_damaged_checkpoint_is_refused(interrupted):
    contents = bytearray(interrupted.read_bytes())
    contents[-1] ^= 1
    interrupted.write_bytes(contents)
    with pytest.raises(CheckpointError, match="damaged"):
        learn_word2vec(TEXT, SETTINGS, checkpoint=interrupted, resume=True)
