"""Texts to work through on paper: both languages pose the same task."""

from minillm.text import Vocabulary, WordTokenizer
from minillm.text.corpora.by_hand import TEA, TWO_MEANINGS


def numbered(language):
    """The ids that a lesson's student finds by hand."""
    tokenize, tea = WordTokenizer().tokenize, TEA[language]
    vocabulary = Vocabulary.build(map(tokenize, tea.training))
    return [vocabulary.encode(tokenize(text)).tolist() for text in tea.new], vocabulary.unknown_id


def test_the_sentences_of_both_languages_have_the_same_ids():
    (rows, unknown), (chinese, _) = numbered("en"), numbered("zh")
    assert rows == chinese == [[8, 12, 7, 9], [10, unknown]]


def test_the_words_occur_equally_often():
    assert list(TEA["en"].counts.values()) == list(TEA["zh"].counts.values()) == [3, 2, 2]


def test_the_word_of_two_meanings_has_one_place_and_the_last_word_differs():
    for word, (first, second) in TWO_MEANINGS.values():
        assert len(first) == len(second) == 5
        assert first.index(word) == second.index(word)
        assert first[-1] != second[-1]
