"""Exercises of case study c1: synonyms, duplicates that contradict, a verdict from five seeds."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, told
from minillm.course.content.checks.synonyms import SYNONYMS
from minillm.course.content.checks.verdicts import (
    SEEDS_AND_GAINS,
    is_the_paired_verdict,
    turns_around,
)
from minillm.course.exercises import Exercise, Property

Pairs = list[tuple[str, str]]


def key(text: str) -> str:
    """What equal texts have in common."""
    return " ".join(text.casefold().split())


def kept_examples(deduplicate: Function, examples: Pairs) -> Pairs:
    """The answer's list, as pairs."""
    kept = deduplicate(examples)
    pairs = isinstance(kept, list) and all(isinstance(p, tuple | list) for p in kept)
    told(
        pairs and all(len(pair) == 2 for pair in kept),
        f"it returns {kept!r:.60}, not a list of pairs",
        "返回的不是（文本，标签）对的列表",
    )
    return [tuple(pair) for pair in kept]


def keeps_no_text_twice(deduplicate: Function, examples: Pairs) -> None:
    """Two texts that differ in case and blanks only are one."""
    kept = kept_examples(deduplicate, examples)
    keys = [key(text) for text, _ in kept]
    told(len(set(keys)) == len(keys), f"it keeps {kept}", f"留下了 {kept}")


def drops_contradictions(deduplicate: Function, examples: Pairs) -> None:
    """Of a text with two labels nothing stays."""
    labels = labels_of(examples)
    for pair in kept_examples(deduplicate, examples):
        told(
            len(labels[key(pair[0])]) < 2,
            f"it keeps {pair}, which has another label too",
            f"留下了 {pair}，而这条文本还有另一种标签",
        )


def keeps_the_first_of_each(deduplicate: Function, examples: Pairs) -> None:
    """What is left are the first ones of all texts with one label, in their order."""
    kept, seen, wanted = kept_examples(deduplicate, examples), set(), []
    labels = labels_of(examples)
    for text, label in examples:
        if key(text) not in seen and len(labels[key(text)]) == 1:
            wanted.append((text, label))
        seen.add(key(text))
    lost = [pair for pair in wanted if pair not in kept][:1]
    told(not lost, f"it loses {lost}; it gives {kept}", f"丢了 {lost}；得到 {kept}")
    told(kept == wanted, f"it gives {kept}, not {wanted}", f"得到的是 {kept}，应为 {wanted}")


def labels_of(examples: Pairs) -> dict[str, set[str]]:
    """The labels of each text."""
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for text, label in examples:
        labels[key(text)].add(label)
    return labels


PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["good", "gOOd", "so so", "So  so", "so   so", "soso", " bad"]),
        st.sampled_from(["+", "-", "neutral"]),
    ),
    max_size=5,
)

CHECKS = {
    "c1.1": SYNONYMS,
    "c1.2": Exercise(
        Property(
            "no two texts that are left differ in case and blanks only",
            "留下的文本中，没有两条只在大小写和空白上不同",
            keeps_no_text_twice,
            {"examples": PAIRS},
        ),
        Property(
            "of a text with two labels nothing is left",
            "一条文本若有两种标签，就一条也不留",
            drops_contradictions,
            {"examples": PAIRS},
        ),
        Property(
            "of every other text the first one is left, and the order stays",
            "其余的文本各留下最先出现的一条，先后次序不变",
            keeps_the_first_of_each,
            {"examples": PAIRS},
        ),
    ),
    "c1.3": Exercise(
        Property(
            "the verdict follows from the interval of the paired differences",
            "结论由配对之差的置信区间得出",
            is_the_paired_verdict,
            SEEDS_AND_GAINS,
        ),
        Property(
            "with the two exchanged, help becomes hurt",
            "两者对调，“有益”就变成“有害”",
            turns_around,
            SEEDS_AND_GAINS,
        ),
        allows=("minillm.labs.statistics.mean_and_interval",),
    ),
}
