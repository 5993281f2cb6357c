"""Readers of the reference task: what they see, where they look, and how they are trained."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs import read_study
from minillm.labs.transformer import reference
from minillm.labs.transformer.reference import STUDY, Reader, looks, measure, shares_right, trained
from minillm.labs.worlds.pronouns import LANGUAGES, Sentences, draw

SETTINGS = STUDY.settings
ENGLISH = LANGUAGES["en"]


def steps(number):
    return replace(SETTINGS, adam=replace(SETTINGS.adam, steps=number))


@pytest.fixture
def test(rng):
    return draw(ENGLISH, 20, rng, every=4, new=True)


def test_a_reader_gives_scores_of_every_word_and_weights_that_add_up_to_1(test, rng):
    reader = Reader(SETTINGS, ENGLISH, 2, rng=rng)
    assert reader(test.ids).shape == (20, 2, 2, len(ENGLISH.words))
    weights = reader.weights(test.ids)
    assert weights.shape == (20, 2, 13, 13)
    np.testing.assert_allclose(weights.sum(axis=-1), 1)


def test_a_head_that_looks_nowhere_in_particular_gives_every_word_its_share(test, rng):
    reader = Reader(SETTINGS, ENGLISH, 2, rng=rng)
    for part in (reader.attention.query.weight, reader.attention.key.weight):
        part.data = 0 * part.data
    np.testing.assert_allclose(looks(reader, ENGLISH, test), 1 / 13)


def test_looks_are_the_weights_on_the_noun_and_on_the_feeling_by_pronoun(test, rng, monkeypatch):
    """By hand: head 0 sees the feeling alone; head 1 gives the noun of "it" 0.7, others 0.4."""
    weights = np.zeros((20, 2, 13, 13))
    its = ENGLISH.words.index("it")
    for n, (ids, answers) in enumerate(zip(test.ids.tolist(), test.answers.tolist(), strict=True)):
        for (noun, _), pronoun in zip(answers, ENGLISH.places("PQ"), strict=True):
            weights[n, 0, pronoun, pronoun + 2] = 1
            weights[n, 1, pronoun, ids.index(noun)] = 0.7 if ids[pronoun] == its else 0.4
            weights[n, 1, pronoun, pronoun + 2] = 0.2
    reader = Reader(SETTINGS, ENGLISH, 2, rng=rng)
    monkeypatch.setattr(Reader, "weights", lambda self, ids: weights)
    found = looks(reader, ENGLISH, test)
    np.testing.assert_allclose(found[0], [[0, 1], [0.7, 0.2]])
    np.testing.assert_allclose(found[1:], [[[0, 1], [0.4, 0.2]]] * 2)


def test_shares_right_tell_who_from_how(test):
    class Knowing:
        def __call__(self, ids):
            scores = np.eye(len(ENGLISH.words))[test.answers]
            scores[:10, :, 1] = 0  # of half the sentences it does not know how
            return type("Scores", (), {"data": scores})

    assert shares_right(Knowing(), test).tolist() == [1.0, 0.5]


def test_training_changes_the_reader_and_is_repeated_by_its_seed():
    one, again, other = (trained(steps(2), "en", 2, seed) for seed in (3, 3, 4))
    untrained = trained(steps(0), "en", 2, 3)
    for name, values in one.state_dict().items():
        assert np.array_equal(values, again.state_dict()[name])
        moved = not np.allclose(values, untrained.state_dict()[name], rtol=0, atol=1e-9)
        assert moved == (name != "attention.key.bias"), name
    assert not np.allclose(one.words.data, other.words.data)


def test_training_sees_no_pair_of_nouns_of_the_test_and_the_same_sentences_for_any_heads(
    monkeypatch,
):
    drawn = []

    def noted(language, number, rng, *, every, new):
        drawn.append((new, draw(language, number, rng, every=every, new=new)))
        return drawn[-1][1]

    monkeypatch.setattr(reference, "draw", noted)
    measure(replace(steps(3), languages=("en",), tested=60), 0)
    places = ENGLISH.places("AB")
    pairs = [{tuple(p) for p in s.ids[:, places].tolist()} for _, s in drawn]
    assert [new for new, _ in drawn] == [True] + [False] * 6
    assert all(not pairs[0] & others for others in pairs[1:])
    for first, second in zip(drawn[1:4], drawn[4:], strict=True):
        assert np.array_equal(first[1].ids, second[1].ids)


def test_trained_two_heads_find_the_noun_and_the_feeling_as_the_stored_ones_did():
    settings = replace(SETTINGS, languages=("en",), heads=(2,))
    found, stored = measure(settings, 0), read_study("reference")
    for name, values in found.items():
        np.testing.assert_allclose(values, stored[name][0], atol=0.05)
    assert found["right_en_2"].min() > 0.95
    assert found["looks_en_2"].max(axis=1).min() > 3 / 13  # of every pronoun some head sees both


def test_a_sentence_is_its_ids_and_its_answers(test):
    assert isinstance(test, Sentences) and test.answers.shape == (20, 2, 2)
