"""The reference task: what its sentences are, and that its answers are the right ones."""

import numpy as np
import pytest

from minillm.labs.worlds.pronouns import LANGUAGES, draw, encode, noun_pairs

each_language = pytest.mark.parametrize("name", LANGUAGES)


def read(language, ids):
    """Who each pronoun stands for and how that one feels, read as a person does: word by word."""
    words = [language.words[i] for i in ids]
    kind_of = {noun: pronoun for pronoun, nouns in language.kinds.items() for noun in nouns}
    nouns = [word for word in words if word in kind_of]
    pronouns = [(i, word) for i, word in enumerate(words) if word in language.kinds]
    assert len(nouns) == len(pronouns) == 2
    found = []
    for i, pronoun in pronouns:
        (noun,) = (noun for noun in nouns if kind_of[noun] == pronoun)
        found.append([noun, words[i + 2]])
    return found


@each_language
@pytest.mark.parametrize("new", [False, True])
def test_the_answers_are_those_that_a_reader_finds(name, new, rng):
    language = LANGUAGES[name]
    drawn = draw(language, 200, rng, every=4, new=new)
    for ids, answers in zip(drawn.ids, drawn.answers, strict=True):
        assert read(language, ids) == [[language.words[i] for i in pair] for pair in answers]


def test_the_first_sentences_of_a_language_read_like_it(rng):
    english = LANGUAGES["en"]
    ids = draw(english, 1, rng, every=4, new=False).ids[0]
    words = [english.words[i] for i in ids]
    assert words[0] == words[3] == "the" and words[5] == "because" and words[9] == "and"
    assert np.array_equal(encode(english, " ".join(words))[0], ids)


@each_language
def test_words_are_different_and_every_kind_has_equally_many_nouns(name):
    language = LANGUAGES[name]
    assert len(set(language.words)) == len(language.words)
    assert {len(nouns) for nouns in language.kinds.values()} == {4}


@each_language
def test_new_pairs_of_nouns_are_none_of_the_others_and_every_noun_is_in_both(name, rng):
    language = LANGUAGES[name]
    places = language.places("AB")
    pairs = []
    for new in (False, True):
        ids = draw(language, 3000, rng, every=4, new=new).ids[:, places]
        pairs.append({tuple(pair) for pair in ids.tolist()})
        assert set(ids.ravel().tolist()) == set(range(len(language.nouns)))
    assert not pairs[0] & pairs[1] and pairs[0] | pairs[1] == set(noun_pairs(language))
    assert all((a + b) % 4 == 0 for a, b in pairs[1])


@each_language
def test_either_noun_is_spoken_of_first_and_every_feeling_comes_in_both_places(name, rng):
    language = LANGUAGES[name]
    drawn = draw(language, 2000, rng, every=4, new=False)
    first = (drawn.answers[:, 0, 0] == drawn.ids[:, language.places("A")[0]]).mean()
    assert 0.45 < first < 0.55
    for place in (0, 1):
        assert len(set(drawn.answers[:, place, 1].tolist())) == len(language.feelings)
    assert len(set(drawn.ids[:, language.places("V")[0]].tolist())) == len(language.verbs)


@each_language
def test_the_example_is_a_sentence_of_the_test(name):
    language = LANGUAGES[name]
    (ids,) = encode(language, language.example)
    assert len(ids) == language.length and (ids[language.places("AB")].sum()) % 4 == 0
    spoken_of = [nouns[0] for nouns in list(language.kinds.values())[:2]]  # the dog, the man
    assert [who for who, _ in read(language, ids)] == spoken_of


def test_a_word_that_the_language_lacks_is_refused():
    with pytest.raises(ValueError, match="unicorn"):
        encode(LANGUAGES["en"], "the unicorn")
