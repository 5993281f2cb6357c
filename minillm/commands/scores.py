"""Scores in words."""

from __future__ import annotations

from collections.abc import Mapping

from minillm.commands.tables import percent, table
from minillm.models import SequenceClassifier
from minillm.tasks import Scores, TextClassifier


def positive_class(wanted: str | None, counts: Mapping[str, int]) -> str:
    """The class to find: the one that was asked for, else the rarest.

    Raises:
        ValueError: ``wanted`` is not one of the classes.
    """
    if wanted is not None and wanted not in counts:
        raise ValueError(f"--positive {wanted!r} is not one of {', '.join(counts)}")
    return min(counts, key=lambda name: counts[name]) if wanted is None else wanted


def needs_threshold(wanted: str | None, counts: Mapping[str, int]) -> bool:
    """Whether one label is to be found, by a threshold of its own.

    That is so among two labels, if it was asked for or has less than a third of the texts.
    Where both matter alike the most probable one is more often right.
    """
    rare = 3 * min(counts.values()) < sum(counts.values())
    return len(counts) == 2 and (wanted is not None or rare)


def how_labels_are_said(classifier: TextClassifier) -> str:
    """For a heading: from a threshold on, or the most probable one."""
    if classifier.decision is None:
        return "the most probable label is said"
    return f"{classifier.positive!r} is said from its threshold on, the best one for dev's F1"


def name_of(classifier: TextClassifier) -> str:
    """What the row of a model is called."""
    return "BERT" if isinstance(classifier.model, SequenceClassifier) else "GPT"


def score_row(scores: Scores, positive: str) -> list[str]:
    """Accuracy; precision, recall and F1 of ``positive``, and its average precision.

    The last only where ``positive`` occurs, and where the texts are ranked at all: the majority
    class says the same of every text.
    """
    row = [percent(scores.accuracy), *(f"{value:.3f}" for value in scores.of(positive))]
    number = scores.labels.name_to_id[positive]
    p = scores.probabilities[:, number]
    ranked = (scores.true == number).any() and (p != p[0]).any()
    return [*row, f"{scores.average_precision(positive):.3f}" if ranked else "-"]


def score_header(positive: str) -> list[str]:
    """The columns of ``score_row``."""
    return ["", "accuracy", f"precision of {positive!r}", "recall", "F1", "PR-AUC"]


def score_table(scores: Mapping[str, Scores], positive: str) -> str:
    """A row for each classifier, by its name; the last column is its threshold, if any has one.

    Among more than two labels the mean of all their F1 scores stands beside the accuracy.
    """
    header = score_header(positive)
    rows = [[name, *score_row(of_one, positive)] for name, of_one in scores.items()]
    if any(len(of_one.labels) > 2 for of_one in scores.values()):
        header.insert(2, "macro-F1")
        for row, of_one in zip(rows, scores.values(), strict=True):
            row.insert(2, f"{of_one.macro_f1:.3f}")
    if any(of_one.decision for of_one in scores.values()):
        header.append("threshold")
        for row, of_one in zip(rows, scores.values(), strict=True):
            row.append(f"{of_one.decision.threshold:.3f}" if of_one.decision else "-")
    return table(header, rows)


def show_confusion(scores: Scores) -> str:
    """True classes as rows, predicted ones as columns."""
    names = scores.labels.names
    rows = [
        [f"true {name}", *map(str, row)] for name, row in zip(names, scores.confusion, strict=True)
    ]
    return table(["", *(f"called {name}" for name in names)], rows)
