"""The verdicts of a lab as a table of a lesson, in the language of the edition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minillm.labs import mean_and_interval
from minillm.labs.compare_result import Result
from minillm.labs.verdicts import HARMS, HELPS, NOTHING, UNDECIDED, Verdict

VERDICTS = (HELPS, HARMS, NOTHING, UNDECIDED)
WORDS = {
    "en": ("helps", "harms", "no effect worth 0.05", "undecided, at most {:.2f}"),
    "zh": ("有效", "有害", "没有值得一提的作用", "未能判定，至多 {:.2f}"),
}

READING = {
    "en": "In every cell ± is half the interval at the level of all comparisons together, by which "
    "*helps* and *harms* are decided; *no effect* and *at most* go by the plain 95 % interval, "
    "which is narrower. So a cell may have a wide ± beside a small bound.",
    "zh": "每一格里，± 是按全部比较一起取的水平的区间半宽，**有效**和**有害**由它判定；"
    "**没有值得一提的作用**和**至多**则按普通的 95% 区间，它窄一些。所以一格里可以是 ± 很宽，"
    "上界却很小。",
}


def spread(values: np.ndarray) -> dict[str, float]:
    """Mean, and half a 95 % interval, of a number of each seed."""
    mean, half = mean_and_interval(values)
    return {"mean": float(mean), "half": float(half)}


def said(verdict: Verdict, language: str) -> str:
    """The mean with half its interval, and the verdict."""
    word = WORDS[language][VERDICTS.index(verdict.word)].format(verdict.bound)
    return f"{round(verdict.mean, 2) + 0.0:+.2f} ± {verdict.half:.2f} {word}"


def verdict_table(
    result: Result,
    head: Sequence[str],
    groups: Mapping[str, Mapping[str, str]],
    measures: Sequence[str],
    *,
    language: str,
    hidden: Sequence[str] = (),
    untried: Sequence[str] = (),
) -> str:
    """A row for each remedy, a column for each measure, as Markdown.

    ``head`` has the titles of the columns; ``groups`` the remedies of each kind, a kind being
    named "English / Chinese", with the Chinese name of each.  The remedies ``hidden`` have no row,
    the rows ``untried`` are of no remedy and have empty cells.

    Raises:
        ValueError: another remedy of the lab is not among ``groups``, or another row is no remedy.
    """
    listed = [remedy for group in groups.values() for remedy in group]
    if sorted(listed) != sorted([*result.remedies[1:], *untried]):
        missing = {*listed} ^ {*result.remedies[1:], *untried}
        raise ValueError(f"verdict_table: rows and remedies differ in {sorted(missing)}")
    found, place = result.verdicts(), ("en", "zh").index(language)
    rows = [f"| {' | '.join(head)} |", "|---|---|" + "---|" * len(measures)]
    for group, remedies in groups.items():
        label = group.split(" / ")[place]
        for remedy, chinese in remedies.items():
            if remedy in hidden:
                continue
            verdicts = [found.get((remedy, one)) for one in measures]
            cells = " | ".join(said(one, language) if one else "" for one in verdicts)
            rows.append(f"| {label} | {(remedy, chinese)[place]} | {cells} |")
            label = ""
    return "\n".join(rows)
