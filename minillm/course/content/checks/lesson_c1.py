"""Exercises of case study c1: synonyms, duplicates that contradict, a verdict from five seeds."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, told
from minillm.course.content.checks.verdicts import (
    SEEDS_AND_GAINS,
    is_the_paired_verdict,
    turns_around,
)
from minillm.course.exercises import Exercise, Property

# "tedious" is a synonym and has one itself: a word that was put in is not replaced again.
REVIEWS = {
    "dull": ("boring", "tedious"),
    "tedious": ("wearisome",),
    "good": ("fine", "nice", "great"),
}
MEALS = {"soup": ("broth",), "hot": ("warm", "spicy")}
THESAURI = st.sampled_from([REVIEWS, MEALS])
TOKENS = st.lists(
    st.sampled_from(["the", "dull", "soup", "was", "good", "tedious", "hot"]), max_size=5
)
RATES = st.sampled_from([0.3, 0.5, 0.8])
KNOWN = st.sampled_from([("dull", REVIEWS), ("good", REVIEWS), ("hot", MEALS)])
Thesaurus = dict[str, tuple[str, ...]]


def replaced(
    replace: Function, tokens: list[str], thesaurus: Thesaurus, rate: float, seed: int
) -> list[str]:
    """The answer's tokens for a generator with that seed."""
    new = replace(tokens, thesaurus, rate, np.random.default_rng(seed))
    kind = type(new).__name__
    told(
        isinstance(new, list),
        f"it returns a {kind}, not a list of tokens",
        f"返回的是 {kind}，不是词元的列表",
    )
    told(
        len(new) == len(tokens),
        f"{len(tokens)} tokens became {len(new)}: {new}",
        f"{len(tokens)} 个词元变成了 {len(new)} 个",
    )
    return new


def changes_known_words_only(
    replace: Function, tokens: list[str], thesaurus: Thesaurus, rate: float, seed: int
) -> None:
    """Every token stays or becomes one of its synonyms."""
    new = replaced(replace, tokens, thesaurus, rate, seed)
    for old, now in zip(tokens, new, strict=True):
        allowed = (old, *thesaurus.get(old, ()))
        told(now in allowed, f"{old!r} became {now!r}", f"{old!r} 变成了 {now!r}")


def obeys_the_ends(replace: Function, tokens: list[str], thesaurus: Thesaurus, seed: int) -> None:
    """With rate 0 nothing changes, with rate 1 every word that the thesaurus knows."""
    new = replaced(replace, tokens, thesaurus, 0.0, seed)
    told(new == tokens, f"with rate 0 it gives {new}", f"rate 为 0，结果却是 {new}")
    new = replaced(replace, tokens, thesaurus, 1.0, seed)
    kept = [old for old, now in zip(tokens, new, strict=True) if old == now and old in thesaurus]
    told(
        not kept,
        f"with rate 1 {kept[:1]} is still there: {new}",
        f"rate 为 1，{kept[:1]} 却没有换掉",
    )


def the_generator_decides(replace: Function, known: tuple[str, Thesaurus], seed: int) -> None:
    """Generators in other states replace other words: forty equal ones are hardly ever the same."""
    word, thesaurus = known
    first, second = (replaced(replace, [word] * 40, thesaurus, 0.5, seed + i) for i in range(2))
    told(
        first != second,
        "two generators in different states give the same tokens: is rng used?",
        "两个状态不同的生成器给出同样的词元：用到 rng 了吗？",
    )


def decides_for_each_word(replace: Function, known: tuple[str, Thesaurus], seed: int) -> None:
    """Among 200 equal words the share that changes is the rate, and all synonyms occur."""
    word, thesaurus = known
    new = replaced(replace, [word] * 200, thesaurus, 0.3, seed)
    share = np.mean([now != word for now in new])
    told(
        bool(abs(share - 0.3) < 0.15),
        f"with rate 0.3, of 200 times {word!r} the share {share:.2f} was replaced",
        f"rate 为 0.3，200 个 {word!r} 换掉的比例却是 {share:.2f}",
    )
    missing = sorted(set(thesaurus[word]) - set(new))[:1]
    told(
        not missing,
        f"of 200 times {word!r} none became {missing}",
        f"200 个 {word!r} 没有一个换成 {missing}",
    )


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
    told(not lost, f"it loses {lost}: {kept}", f"丢了 {lost}")
    told(kept == wanted, f"it gives {kept}, not {wanted}", f"得到的是 {kept}，应为 {wanted}")


def labels_of(examples: Pairs) -> dict[str, set[str]]:
    """The labels of each text."""
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for text, label in examples:
        labels[key(text)].add(label)
    return labels


PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["good", "Good", "so so", "So  so", "soso", " bad"]),
        st.sampled_from(["+", "-", "neutral"]),
    ),
    max_size=5,
)

CHECKS = {
    "c1.1": Exercise(
        Property(
            "a token stays or becomes one of its synonyms, and none is lost",
            "每个词或者不变，或者换成它的一个同义词，一个也不少",
            changes_known_words_only,
            {"tokens": TOKENS, "thesaurus": THESAURI, "rate": RATES, "seed": SEEDS},
        ),
        Property(
            "rate 0 changes nothing, rate 1 every word that the thesaurus knows",
            "比例为 0 时什么都不变；比例为 1 时，同义词表里有的词全都换掉",
            obeys_the_ends,
            {"tokens": TOKENS, "thesaurus": THESAURI, "seed": SEEDS},
        ),
        Property(
            "each word is decided by itself, and each of its synonyms has a chance",
            "每个词各自决定换不换，它的每个同义词都有机会被选中",
            decides_for_each_word,
            {"known": KNOWN, "seed": st.integers(0, 4)},
        ),
        Property(
            "the generator that is handed over decides",
            "换与不换，由传入的随机数生成器决定",
            the_generator_decides,
            {"known": KNOWN, "seed": st.integers(0, 4)},
        ),
    ),
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
