"""The reader knows the label of every sentence of both grammars, and when there is none."""

import pytest

from minillm.labs.data.reader import PHRASES, reader
from minillm.text.corpora.sentiment import sentiment


@pytest.mark.parametrize("language", PHRASES)
def test_it_reads_every_sentence_of_the_grammar_right(language):
    read = reader(language)
    wrong = [
        (text, label)
        for kind in sentiment(PHRASES[language])
        for label, sentences in kind.sentences.items()
        for text in sentences
        if read.label(text) != label
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("the plot was dull", "negative"),
        ("the plot was boring", "negative"),
        ("the plot was not dull at all", "positive"),
        ("the plot was dull at all", "negative"),
        ("not the plot, the acting was dull", "negative"),
        ("the plot was dull, the acting was lively.", None),
        ("although the plot was dull, the acting was.", None),
        ("the plot was.", None),
        ("", None),
    ],
)
def test_what_is_left_of_a_sentence_is_read_as_a_person_would(text, label):
    assert reader("en").label(text) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("剧情很平淡", "negative"),
        ("剧情不平淡", "positive"),
        ("不但剧情很平淡", "negative"),
        ("剧情很平淡，演技很自然", None),
        ("虽然剧情很平淡，但是", None),
        ("内容一点也不过时", "positive"),
    ],
)
def test_what_is_left_of_a_chinese_sentence(text, label):
    assert reader("zh").label(text) == label
