"""Rewriting and synonyms on the sentiment corpora: the grammar knows the true label."""

import numpy as np
import pytest

from minillm.text import replace_synonyms, rewrite
from minillm.text.corpora import THESAURUS, paraphrases, thesaurus
from minillm.text.corpora.rewriting import PHRASES
from minillm.text.corpora.sentiment import sentiment

each_language = pytest.mark.parametrize("language", PHRASES)


def grammar(language):
    """All sentences of the grammar and their labels."""
    kinds = sentiment(PHRASES[language], single_clauses=False)
    return {
        text: label
        for kind in kinds
        for label, sentences in kind.sentences.items()
        for text in sentences
    }


def adjectives(language):
    return {
        word: label
        for domain in PHRASES[language].domains
        for aspect in domain.aspects
        for label, words in aspect.words.items()
        for word in words
    }


@pytest.mark.guide("G6")
@each_language
def test_every_sentence_rewritten_is_another_one_of_the_grammar_with_the_same_label(language):
    truth, rng = grammar(language), np.random.default_rng(0)
    for text, label in list(truth.items())[::7]:
        new = rewrite(text, paraphrases(language), rng=rng)
        assert new != text and truth[new] == label, (text, new)


@each_language
def test_only_the_form_changes_not_the_opinions(language):
    rng = np.random.default_rng(0)
    for text in list(grammar(language))[::97]:
        new = rewrite(text, paraphrases(language), rng=rng)
        for word in adjectives(language):
            assert (word in text.lower()) == (word in new.lower()), (text, new)


def test_rewriting_by_example():
    rng = np.random.default_rng(0)
    text = "At the pub, the food was not stale but fresh."
    forms = {rewrite(text, paraphrases("en"), rng=rng) for _ in range(200)}
    assert len(forms) == 7
    assert "At the pub, far from being stale, the food was fresh." in forms
    text = "这部电影虽然剧情很平淡，但是演技很自然。"
    forms = {rewrite(text, paraphrases("zh"), rng=rng) for _ in range(200)}
    assert len(forms) == 6
    assert "别看这部电影剧情很平淡，演技却很自然。" in forms


def test_a_synonym_may_stand_where_a_word_of_the_grammar_stood():
    text = "The plot was boring, but the acting was lively."
    new = rewrite(text, paraphrases("en"), rng=np.random.default_rng(0))
    assert new != text and "the plot was boring" in new.lower()


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="no paraphrases in 'de'; there are en, zh"):
        paraphrases("de")


@each_language
def test_every_adjective_has_synonyms_and_none_of_them_is_on_the_other_side(language):
    labels = adjectives(language)
    for word, label in labels.items():
        synonyms = THESAURUS[language][word]
        assert word not in synonyms and len(set(synonyms)) == len(synonyms)
        for synonym in synonyms:
            assert labels.get(synonym, label) == label
            assert all(
                synonym not in THESAURUS[language][other]
                for other, side in labels.items()
                if side != label
            )


def test_no_word_of_the_thesaurus_is_given_twice():
    """The second entry would replace the first."""
    assert thesaurus.ENGLISH.count(":") == len(THESAURUS["en"])
    assert thesaurus.CHINESE.count("：") == len(THESAURUS["zh"])


@each_language
def test_no_word_that_says_something_else_in_the_corpora_is_a_synonym(language):
    """Such as "old", which is said of a lodge without blaming it."""
    neutral = {
        word
        for domain in PHRASES[language].domains
        for setting in domain.settings
        for word in setting.lower().replace(",", "").split()
    }
    synonyms = {s for word in adjectives(language) for s in THESAURUS[language][word]}
    assert not neutral & synonyms


@each_language
def test_the_thesaurus_as_such_changes_most_sentences(language):
    rng = np.random.default_rng(0)
    texts = list(grammar(language))[::211]
    changed = [replace_synonyms(t, THESAURUS[language], rate=1, rng=rng) != t for t in texts]
    assert np.mean(changed) == 1
