"""Exercises of case study c3: the worst group, what the data ask for, which suspect is a cause."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, parts, shaped, told
from minillm.course.exercises import Exercise, Property

ACCURACY, LABEL, TAG = ("the accuracy", "准确率"), ("the label", "标签"), ("the tag", "标记")
RULE, SHARE = ("the rule", "规则"), ("the share", "比例")


def answered(n: int, kinds: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, tags, and which answers are right; few or none are of some groups."""
    rng = np.random.default_rng(seed)
    labels, tags = (rng.integers(kinds, size=n) for _ in range(2))
    kept = rng.random(n) < 0.6
    return np.where(kept, tags, labels), tags, rng.integers(2, size=n)


def worst_of(labels: np.ndarray, tags: np.ndarray, right: np.ndarray) -> tuple[float, int, int]:
    """The lowest accuracy and its group, group by group."""
    found = []
    for label, tag in sorted({*zip(labels.tolist(), tags.tolist(), strict=True)}):
        of = right[(labels == label) & (tags == tag)].tolist()
        found.append((sum(of) / len(of), label, tag))
    return min(found)


def finds_the_worst(worst_group: Function, n: int, kinds: int, seed: int) -> None:
    """The lowest accuracy of the groups that have a review."""
    given = answered(n, kinds, seed)
    found = parts(worst_group(*given), ACCURACY, LABEL, TAG)[0]
    close(ACCURACY, shaped(ACCURACY, found, ()), np.array(worst_of(*given)[0]))


def names_the_group(worst_group: Function, n: int, kinds: int, seed: int) -> None:
    """Its label and its tag, of equals the smallest."""
    given = answered(n, kinds, seed)
    _, *names = parts(worst_group(*given), ACCURACY, LABEL, TAG)
    label, tag = (float(shaped(name, x, ())) for name, x in zip((LABEL, TAG), names, strict=True))
    wanted = worst_of(*given)[1:]
    told(
        (label, tag) == wanted,
        f"it names label {label:g} and tag {tag:g}, not {wanted[0]} and {wanted[1]}",
        f"说出的是标签 {label:g}、标记 {tag:g}，应为标签 {wanted[0]}、标记 {wanted[1]}",
    )


def counted(words: int, tags: int, labels: int, seed: int) -> np.ndarray:
    """Counts with equal ones among them, and pairs without a review."""
    rng = np.random.default_rng(seed)
    counts = rng.choice([0, 1, 3, 90, 200], size=(words, tags, labels))
    counts[rng.random((words, tags)) < 0.2] = 0
    counts[-1, -1, -1] += 1
    return counts


def answers_with_the_most_frequent(
    asked_for: Function, words: int, tags: int, labels: int, seed: int
) -> None:
    """The label that most reviews of a pair have."""
    counts = counted(words, tags, labels, seed)
    rule, _ = parts(asked_for(counts), RULE, SHARE)
    wanted = [[row.index(max(row)) for row in rows] for rows in counts.tolist()]
    close(RULE, shaped(RULE, rule, (words, tags)), np.array(wanted, dtype=float))


def is_right_in_so_many(asked_for: Function, words: int, tags: int, labels: int, seed: int) -> None:
    """How much of all reviews the rule answers as they are labelled."""
    counts = counted(words, tags, labels, seed)
    _, share = parts(asked_for(counts), RULE, SHARE)
    wanted = sum(max(row) for rows in counts.tolist() for row in rows) / int(counts.sum())
    close(SHARE, shaped(SHARE, share, ()), np.array(wanted))


def measured(n: int, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Results before and after some changes; whole numbers, so that no limit is met by rounding."""
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 20, n).astype(float)
    names = rng.permutation(["steps", "tag", "width", "labels"])[: rng.integers(1, 5)]
    shifts = [base + rng.integers(-9, 10) + rng.integers(-k, k + 1, n) for k in (0, 1, 1, 3)]
    return base, dict(zip(names.tolist(), shifts, strict=False))


def word_for(differences: np.ndarray, least: float, t: float) -> str:
    """What an interval says of a suspect."""
    mean = float(differences.mean())
    half = t * float(differences.std(ddof=1)) / len(differences) ** 0.5
    if abs(mean) >= least and abs(mean) > half:
        return "cause"
    return "near" if abs(mean) + half <= least else "undecided"


def judges_every_suspect(verdicts: Function, n: int, least: int, t: float, seed: int) -> None:
    """A word for every change, by the interval of its paired differences."""
    base, changed = measured(n, seed)
    limit = least + 0.25
    found = verdicts(base, changed, limit, t)
    told(
        isinstance(found, dict) and found.keys() == changed.keys(),
        f"it returns {found!r:.80}, not a dictionary with the keys {sorted(changed)}",
        f"返回的是 {found!r:.80}，应当是以 {sorted(changed)} 为键的字典",
    )
    for name, after in changed.items():
        wanted = word_for(after - base, limit, t)
        told(
            found[name] == wanted,
            f"{name}: differences {(after - base).tolist()} are {found[name]!r:.30}, not {wanted}",
            f"{name}：差值 {(after - base).tolist()} 判为 {found[name]!r:.30}，应为 {wanted}",
        )


REVIEWS = {"n": st.integers(1, 14), "kinds": st.integers(1, 3), "seed": SEEDS}
COUNTS = {
    "words": st.integers(1, 3),
    "tags": st.integers(1, 3),
    "labels": st.integers(2, 4),
    "seed": SEEDS,
}

CHECKS = {
    "c3.1": Exercise(
        Property(
            "it is the lowest accuracy of the groups that have a review",
            "它是有评论的各组里最低的准确率",
            finds_the_worst,
            REVIEWS,
        ),
        Property(
            "the group is named by its label and its tag, of equals the smallest",
            "说出这一组的标签和标记，并列时取最小的",
            names_the_group,
            REVIEWS,
        ),
    ),
    "c3.2": Exercise(
        Property(
            "each pair is answered with its most frequent label, of equals the smallest",
            "每一对都答它最常见的标签，并列时取最小的",
            answers_with_the_most_frequent,
            COUNTS,
        ),
        Property(
            "the share is that of all reviews whose label the rule says",
            "比例是全部评论里规则答成其标签的那一部分",
            is_right_in_so_many,
            COUNTS,
        ),
    ),
    "c3.3": Exercise(
        Property(
            "the interval of the paired differences says cause, near or undecided",
            "由成对差值的区间判定 cause、near 或 undecided",
            judges_every_suspect,
            {
                "n": st.integers(2, 6),
                "least": st.integers(1, 6),
                "t": st.sampled_from([2.571, 2.776, 4.303]),
                "seed": SEEDS,
            },
        ),
    ),
}
