import re

import numpy as np
import pytest

from minillm.commands.scores import (
    needs_threshold,
    positive_class,
    score_header,
    score_row,
    score_table,
    show_confusion,
)
from minillm.tasks import Scores
from minillm.text import Labels

LABELS = Labels(["ham", "spam"])
TRUE = ["spam", "ham", "ham", "spam", "ham"]
SPAM = np.array([0.9, 0.8, 0.1, 0.4, 0.2])  # the probabilities of it
SCORES = Scores(LABELS, LABELS.encode(TRUE), np.stack([1 - SPAM, SPAM], axis=1))


def test_the_class_to_find_is_the_rarest_unless_asked_for():
    assert positive_class(None, {"ham": 9, "spam": 1}) == "spam"
    assert positive_class(None, {"a": 2, "b": 2}) == "a"
    assert positive_class("ham", {"ham": 9, "spam": 1}) == "ham"
    with pytest.raises(ValueError, match="--positive 'egg' is not one of ham, spam"):
        positive_class("egg", {"ham": 9, "spam": 1})


def test_a_row_of_scores_by_hand():
    row = score_row(SCORES, "spam")
    # ranked: spam, ham, spam: average precision 1/2 * 1 + 1/2 * 2/3
    assert row == ["60.0 %", "0.500", "0.500", "0.500", "0.833"]
    assert len(score_header("spam")) == 1 + len(row)  # the name goes first


@pytest.mark.guide("G35")
def test_among_three_labels_all_of_them_count():
    labels = Labels(["a", "b", "c"])
    sure = np.eye(3)[[0, 0, 1, 1]]  # one of each pair is right; c is never said
    table = score_table({"one": Scores(labels, np.array([0, 2, 1, 0]), sure)}, "a")
    head, row = (re.split(r"  +", line.strip()) for line in table.split("\n"))
    assert head[:2] == ["accuracy", "macro-F1"]
    assert row[1:3] == ["50.0 %", f"{(1 / 2 + 2 / 3 + 0) / 3:.3f}"]
    assert "macro-F1" not in score_table({"one": SCORES}, "spam")


def test_without_a_ranking_there_is_no_average_precision():
    constant = Scores(LABELS, SCORES.true, np.tile([0.7, 0.3], (5, 1)))
    assert score_row(constant, "spam") == ["60.0 %", "0.000", "0.000", "0.000", "-"]


def test_without_positives_there_is_no_average_precision():
    row = score_row(SCORES.among(np.array([2])), "spam")
    assert row == ["100.0 %", "0.000", "0.000", "0.000", "-"]


def test_the_confusion_matrix_has_true_classes_as_rows():
    assert show_confusion(SCORES).split("\n") == [
        "           called ham  called spam",
        "true ham            2            1",
        "true spam           1            1",
    ]


def test_a_threshold_is_for_one_label_of_two_that_is_rare_or_asked_for():
    assert needs_threshold(None, {"ham": 9, "spam": 4})
    assert not needs_threshold(None, {"ham": 8, "spam": 4})
    assert needs_threshold("ham", {"ham": 5, "spam": 5})
    assert not needs_threshold("a", {"a": 1, "b": 9, "c": 9})
