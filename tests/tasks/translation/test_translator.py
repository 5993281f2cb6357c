"""A translator by itself: batches, beams, drawn translations, files, tokens."""

import numpy as np
import pytest

from minillm.backend import CheckpointError
from minillm.models.decoding import sampling
from minillm.tasks.translation import TranslationTokens, Translator, learned_tokens
from minillm.text.parallel_files import Pair
from tests.tasks.translation.little import TEST, TRAIN, train

SOURCES = [pair.source for pair in TEST]


@pytest.mark.guide("G38")
def test_a_translation_does_not_depend_on_the_sentences_beside_it(learned):
    translator = learned.result()
    together = translator.search(SOURCES)
    assert [one.text for one in together] == [pair.target for pair in TEST]
    for place in (0, 3, 11):
        (alone,) = translator.search(SOURCES[place : place + 1])
        assert alone.tokens == together[place].tokens
        np.testing.assert_allclose(alone.log_p, together[place].log_p, atol=1e-4)
        assert alone.tokens[-1] == "[EOS]"
        assert alone.stopped


@pytest.mark.guide("G38", "G40")
def test_wider_beams_find_translations_that_are_at_least_as_probable():
    training, _ = train(settings={"steps": 30})  # half learned: beams have something to find
    translator = training.result()
    greedy = [sum(one.log_p) for one in translator.search(SOURCES[:8])]
    wide = [sum(one.log_p) for one in translator.search(SOURCES[:8], width=6, alpha=0.0)]
    assert np.mean(wide) > np.mean(greedy) + 0.01
    long = translator.search(SOURCES[:8], width=6, alpha=3.0)
    short = translator.search(SOURCES[:8], width=6, alpha=0.0)
    assert sum(len(a.tokens) for a in long) > sum(len(a.tokens) for a in short)


@pytest.mark.guide("G38")
def test_translations_can_be_drawn_several_of_each_source(learned):
    translator = learned.result()
    rows = translator.write(SOURCES[:3], n_samples=4, choose=sampling(np.random.default_rng(0)))
    assert [len(row) for row in rows] == [4, 4, 4]
    right = sum(
        one.text == pair.target for row, pair in zip(rows, TEST[:3], strict=True) for one in row
    )
    assert 3 <= right < 12  # smoothing leaves a tenth of every step to other tokens
    assert len({one.text for one in rows[0]}) > 1


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("words", ["byte_pairs:270", "wordpiece:60", "word", "character"])
def test_a_saved_translator_writes_what_the_saved_one_wrote(tmp_path, words, separate):
    settings = {"tokenizer": words, "separate": separate, "max_length": 30, "steps": 3}
    training, _ = train(settings=settings)
    translator, path = training.result(), tmp_path / "model.safetensors"
    translator.save(path)
    again = Translator.load(path)
    assert again.tokens.shared is not separate
    texts = ["cat red sleeps", "cat big not"]
    assert again.search(texts) == translator.search(texts)
    assert again.search(texts, width=2) == translator.search(texts, width=2)
    training.model.save(path)
    with pytest.raises(CheckpointError, match="not a translator but sequence-to-sequence model"):
        Translator.load(path)


def test_a_long_sentence_is_named(learned):
    with pytest.raises(ValueError, match=r"sentence 2 is over-long: 13 tokens, .* reads 10: 'cat"):
        learned.result().translate(["cat", "cat " * 12, "dog"])


def test_an_empty_source_is_translated_to_something(learned):
    assert len(learned.result().translate([""])) == 1
    assert learned.result().translate([]) == []


@pytest.mark.guide("G38")
def test_shared_tokens_are_learned_from_both_languages_and_separate_ones_from_one():
    both = learned_tokens(TRAIN, "word")
    assert both.shared
    assert {"cat", "kato"} <= set(both.target.vocabulary.tokens)
    apart = learned_tokens(TRAIN, "word", separate=True)
    assert "kato" not in apart.source.vocabulary.tokens
    assert "cat" not in apart.target.vocabulary.tokens
    source, target = apart.encode_source("cat red runs"), apart.encode_target("la kato")
    assert apart.source.spelled(source) == ["cat", "red", "runs", "[EOS]"]
    assert apart.target.spelled(target) == ["[BOS]", "la", "kato", "[EOS]"]
    assert apart.decode(target) == "la kato"
    assert TranslationTokens.from_json(apart.to_json()).to_json() == apart.to_json()
    with pytest.raises(ValueError, match="one or two languages"):
        TranslationTokens.from_json([])
    with pytest.raises(ValueError, match="no token of the texts occurs min_count = 9 times"):
        learned_tokens([Pair("a", "b")], "word", min_count=9)


def test_tokens_of_another_model_are_refused(learned):
    with pytest.raises(ValueError, match="but the model was made for"):
        Translator(learned.model, learned_tokens(TRAIN, "character"))
