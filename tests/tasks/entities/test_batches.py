"""What a tagger reads: first pieces, parts of long sentences, hidden words."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from minillm.tasks.entities import align, legal
from minillm.tasks.entities.baselines import DictionaryTagger
from minillm.tasks.entities.batches import collate, encode_words, hide_words, parts_that_fit
from minillm.tasks.entities.training import TaggerTraining
from minillm.text.conll_files import TaggedSentence
from tests.tasks.entities.small import DEV, TEN, TEST, TRAIN, train

KNOWN = DictionaryTagger.learned(TRAIN)
WORDS = [sentence.words for sentence in TEST]


@pytest.mark.guide("G39")
def test_the_loss_looks_at_first_pieces_alone():
    training, _ = train(TEN, stop=0)
    words = TEST[0].words
    found = align(words, training.encoder.tokenizer, unknown="[UNK]")
    (encoded,) = encode_words(words, training.encoder)
    assert len(found.pieces) > len(words)  # some words have several
    assert (encoded.first == found.first + 1).all()  # behind [CLS]
    decoded = training.encoder.vocabulary.decode(encoded.ids)
    assert decoded[1:-1] == [
        p if p in training.encoder.vocabulary.ordinary else "[UNK]" for p in found.pieces
    ]
    batch = collate([encoded], [np.arange(len(words))])(np.array([0]))
    model = training.model.eval()
    emissions = model(*batch[:4]).data
    hidden = model.hidden(*batch[:3]).data[0]
    np.testing.assert_allclose(
        emissions[0],
        hidden[encoded.first] @ model.output.weight.data.T + model.output.bias.data,
        rtol=0,
        atol=1e-5,
    )


def test_a_sentence_longer_than_the_model_is_read_in_parts_and_nothing_is_lost():
    tagger = train(replace(TEN, max_length=12))[0].result()
    long = WORDS[0] * 5
    parts = encode_words(long, tagger.encoder)
    assert len(parts) > 1
    assert all(len(part.ids) <= 12 for part in parts)
    assert sum(len(part.first) for part in parts) == len(long)
    tags = tagger.predict([long, WORDS[1]])
    assert [len(row) for row in tags] == [len(long), len(WORDS[1])]
    assert tags[1] == tagger.predict([WORDS[1]])[0]
    assert tagger.count_long([long, ("a",)]) == 1
    (alone,) = encode_words(["x" * 90], tagger.encoder)  # of a word of too many pieces the first
    assert len(alone.ids) <= 12


def test_where_a_long_sentence_is_cut():
    assert [*parts_that_fit([2, 3, 1, 4], 5)] == [(0, 2), (2, 4)]
    assert [*parts_that_fit([5, 5], 5)] == [(0, 1), (1, 2)]
    assert [*parts_that_fit([1], 5)] == [(0, 1)]


def test_long_sentences_are_learned_in_parts_with_legal_tags():
    one = TaggedSentence(("Anna", "Maria", "Berta", "Carla"), ("B-PER", *["I-PER"] * 3))
    for scheme in ("BIO", "BIOES"):
        recipe = replace(TEN, max_length=4, tokenizer="word", scheme=scheme)
        training = TaggerTraining(recipe, [one] * 16)
        table = legal(training.tags, scheme)
        assert len(training.learned) == 32  # two words in each part
        for row in training.targets:
            path = [len(training.tags), *row, len(training.tags)]
            assert all(table[a, b] for a, b in itertools.pairwise(path))


def test_hidden_words_are_unknown_and_keep_their_shape():
    training, _ = train(TEN, stop=0)
    batch = collate(training.learned, training.targets)(np.arange(16))
    vocabulary, rng = training.encoder.vocabulary, np.random.default_rng(0)
    hidden = hide_words(batch, vocabulary, 0.3, rng)
    changed = hidden.ids != batch.ids
    assert (hidden.ids[changed] == vocabulary.unknown_id).all()
    ordinary = ~vocabulary.is_special(batch.ids)
    assert changed.sum() / ordinary.sum() == pytest.approx(0.3, abs=0.06)
    assert not changed[~ordinary].any()
    assert hidden.shapes is batch.shapes
    np.testing.assert_array_equal(hide_words(batch, vocabulary, 0.0, rng).ids, batch.ids)


def test_every_batch_of_training_hides_other_words_and_held_out_ones_hide_none():
    training, _ = train(replace(TEN, hidden_words=0.5), stop=0, held_out=DEV)
    unknown = training.encoder.vocabulary.unknown_id
    (first,), (again,) = (list(training.batches(0, 1)) for _ in range(2))
    assert 0.25 < (first.ids == unknown)[first.mask].mean() < 0.6
    np.testing.assert_array_equal(first.ids, again.ids)
    (next_pass,) = training.batches(training.per_epoch, training.per_epoch + 1)
    assert next_pass.ids.shape != first.ids.shape or (next_pass.ids != first.ids).any()
    before = training.held_out_loss()
    assert training.held_out_loss() == before
