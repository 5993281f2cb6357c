"""Exercise c1.1, synonyms: each word decided by itself, by the generator that is handed over."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, told
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


def decides_for_a_word_alone(replace: Function, known: tuple[str, Thesaurus], seed: int) -> None:
    """Of 40 generators about half replace the only word."""
    word, thesaurus = known
    alone = [replaced(replace, [word], thesaurus, 0.5, 1000 * seed + i) for i in range(40)]
    often = sum(new != [word] for new in alone)
    told(
        5 < often < 35,
        f"with rate 0.5, {word!r} alone was replaced by {often} of 40 generators",
        f"rate 为 0.5，单独一个 {word!r}，40 个生成器中有 {often} 个把它换掉",
    )


def prefers_no_synonym(replace: Function, known: tuple[str, Thesaurus], seed: int) -> None:
    """Of 300 equal words, all replaced, each synonym gets its share."""
    word, thesaurus = known
    new = replaced(replace, [word] * 300, thesaurus, 1.0, seed)
    even = 300 / len(thesaurus[word])
    for one in thesaurus[word]:
        told(
            abs(new.count(one) - even) < 50,
            f"of 300 times {word!r}, {new.count(one)} became {one!r}, where {even:.0f} were due",
            f"300 个 {word!r} 中有 {new.count(one)} 个换成 {one!r}，应在 {even:.0f} 个左右",
        )


SYNONYMS = Exercise(
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
    Property(
        "a word that stands alone is replaced with the same probability",
        "单独一个词，也以同样的概率替换",
        decides_for_a_word_alone,
        {"known": KNOWN, "seed": st.integers(0, 4)},
    ),
    Property(
        "all synonyms of a word are equally likely",
        "一个词的各个同义词机会均等",
        prefers_no_synonym,
        {"known": KNOWN, "seed": st.integers(0, 4)},
    ),
)
