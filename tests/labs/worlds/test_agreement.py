"""The language of agreement: what its sentences are, and that the best guesses are exact."""

import numpy as np
import pytest

from minillm.labs.worlds.agreement import FRAME, Agreement, best_guess

LANGUAGE = Agreement()
SENTENCES, CHANCES = LANGUAGE.every
NUMBER = {word: i for i, word in enumerate(LANGUAGE.words)}


def forms(listed):
    return [pair.split("/") for pair in listed.split()]


def test_every_sentence_is_listed_once_and_the_chances_sum_to_one():
    assert SENTENCES.shape == (1024, len(FRAME)) and LANGUAGE.length == len(FRAME)
    assert len(np.unique(SENTENCES, axis=0)) == len(SENTENCES)
    assert CHANCES.sum() == pytest.approx(1)
    assert sorted(NUMBER[word] for word in LANGUAGE.words) == list(range(24))


def test_the_verb_agrees_with_the_first_noun_and_mostly_fits_the_reason():
    number_of = {word: n for pair in forms(LANGUAGE.nouns) for n, word in enumerate(pair)}
    verb_of = {
        w: (v, n) for v, pair in enumerate(forms(LANGUAGE.verbs)) for n, w in enumerate(pair)
    }
    reasons = LANGUAGE.reasons.split()
    fitting = others = 0.0
    for ids, chance in zip(SENTENCES, CHANCES, strict=True):
        the, noun, place, again, second, verb, source, reason = (LANGUAGE.words[i] for i in ids)
        assert (the, again, source) == ("the", "the", "from") and place in LANGUAGE.places.split()
        assert second in number_of and verb_of[verb][1] == number_of[noun]
        step = (verb_of[verb][0] - reasons.index(reason)) % len(reasons)
        assert step in (0, 1)
        fitting += chance * (step == 0)
        others += chance * (number_of[second] != number_of[noun])
    assert fitting == pytest.approx(0.8) and others == pytest.approx(0.5)


def test_the_best_guess_is_the_share_among_the_sentences_that_fit():
    drawn = LANGUAGE.draw(20, np.random.default_rng(0))
    for place, known in ((5, [1, 7]), (5, [0, 1, 2, 3, 4]), (1, []), (7, [0, 1, 2, 3, 4, 5, 6])):
        found = best_guess(LANGUAGE, place, known, drawn)
        for row, p in zip(drawn, found, strict=True):
            fits = (SENTENCES[:, known] == row[known]).all(axis=1)
            wanted = np.bincount(SENTENCES[fits, place], CHANCES[fits], len(NUMBER))
            np.testing.assert_allclose(p, wanted / wanted.sum())


def test_a_drawn_sentence_is_one_of_them_and_usual_ones_are_drawn_more_often():
    drawn = LANGUAGE.draw(4000, np.random.default_rng(1))
    listed = {tuple(row): chance for row, chance in zip(SENTENCES, CHANCES, strict=True)}
    usual = np.mean([listed[tuple(row)] > CHANCES.mean() for row in drawn])
    assert abs(usual - 0.8) < 6 * (0.16 / 4000) ** 0.5


def test_a_word_that_the_language_does_not_have_is_refused():
    text = "the dogs near the horse drink from thirst"
    assert [LANGUAGE.words[i] for i in LANGUAGE.encode(text)[0]] == text.split()
    with pytest.raises(ValueError, match="wolf"):
        LANGUAGE.encode("the wolf")
