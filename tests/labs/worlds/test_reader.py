"""The reader knows the label of every sentence of both grammars, and when there is none."""

import os
import subprocess
import sys

import pytest

from minillm.labs.worlds.reader import reader
from minillm.text.corpora.rewriting import PHRASES
from minillm.text.corpora.sentiment import sentiment


@pytest.mark.guide("G6")
@pytest.mark.parametrize("language", PHRASES)
def test_it_reads_every_sentence_of_the_grammar_right(language):
    read = reader(language)
    wrong = [
        (text, label)
        for kind in sentiment(PHRASES[language], single_clauses=False)
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


def test_every_process_reads_by_the_same_pattern():
    """Whatever the order in which its sets come out."""
    code = "from minillm.labs.worlds.reader import reader; print(reader('en').pattern.pattern)"
    patterns = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(patterns) == 1
