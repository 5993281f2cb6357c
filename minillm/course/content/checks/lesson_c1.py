"""Exercises of case study c1: synonyms, duplicates that contradict, a verdict from five seeds."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, told
from minillm.course.exercises import Exercise, Property
from minillm.labs import mean_and_interval

THESAURUS = {"dull": ("boring", "tedious"), "film": ("movie",), "good": ("fine", "nice", "great")}
WORDS = st.sampled_from(["the", "dull", "film", "was", "good", "not"])
TOKENS = st.lists(WORDS, max_size=6)
RATES = st.sampled_from([0.0, 0.3, 0.5, 1.0])


def replaced(replace: Function, tokens: list[str], rate: float, seed: int) -> list[str]:
    """The answer's tokens for a generator with that seed; the given ones must stay as they are."""
    given = list(tokens)
    new = replace(given, THESAURUS, rate, np.random.default_rng(seed))
    told(given == tokens, f"the list that was given is now {given}")
    told(isinstance(new, list), f"it returns a {type(new).__name__}, not a list of tokens")
    told(len(new) == len(tokens), f"{len(tokens)} tokens became {len(new)}: {new}")
    return new


def changes_known_words_only(replace: Function, tokens: list[str], rate: float, seed: int) -> None:
    """Every token stays or becomes one of its synonyms."""
    new = replaced(replace, tokens, rate, seed)
    for old, now in zip(tokens, new, strict=True):
        allowed = (old, *THESAURUS.get(old, ()))
        told(now in allowed, f"{old!r} became {now!r}")


def obeys_the_ends(replace: Function, tokens: list[str], seed: int) -> None:
    """With rate 0 nothing changes, with rate 1 every word that the thesaurus knows."""
    new = replaced(replace, tokens, 0.0, seed)
    told(new == tokens, f"with rate 0 it gives {new}")
    new = replaced(replace, tokens, 1.0, seed)
    kept = [old for old, now in zip(tokens, new, strict=True) if old == now and old in THESAURUS]
    told(not kept, f"with rate 1 {kept[:1]} is still there: {new}")


def repeats_itself(replace: Function, tokens: list[str], seed: int) -> None:
    """Nothing but the generator decides."""
    first, second = (replaced(replace, tokens, 0.5, seed) for _ in range(2))
    told(first == second, f"two generators with seed {seed} gave {first} and {second}")


def decides_for_each_word(replace: Function, word: str, seed: int) -> None:
    """Among 600 equal words the share that changes is the rate, and all synonyms occur."""
    new = replaced(replace, [word] * 600, 0.3, seed)
    share = np.mean([now != word for now in new])
    told(bool(abs(share - 0.3) < 0.1), f"of 600 times {word!r} the share {share:.2f} was replaced")
    missing = set(THESAURUS[word]) - set(new)
    told(not missing, f"of 600 times {word!r} none became {sorted(missing)[0:1]}")


Pairs = list[tuple[str, str]]


def key(text: str) -> str:
    """What equal texts have in common."""
    return " ".join(text.casefold().split())


def kept_examples(deduplicate: Function, examples: Pairs) -> Pairs:
    """The answer's list, as pairs."""
    given = list(examples)
    kept = deduplicate(given)
    told(isinstance(kept, list), f"it returns a {type(kept).__name__}, not a list of pairs")
    told(given == examples, f"the list that was given is now {given}")
    return [tuple(pair) for pair in kept]


def keeps_no_text_twice(deduplicate: Function, examples: Pairs) -> None:
    """Two texts that differ in case and blanks only are one."""
    keys = [key(text) for text, _ in kept_examples(deduplicate, examples)]
    told(len(set(keys)) == len(keys), f"it keeps {kept_examples(deduplicate, examples)}")


def drops_contradictions(deduplicate: Function, examples: Pairs) -> None:
    """Of a text with two labels nothing stays."""
    labels = labels_of(examples)
    for text, label in kept_examples(deduplicate, examples):
        told(len(labels[key(text)]) < 2, f"it keeps {(text, label)}, which has another label too")


def keeps_the_first_of_each(deduplicate: Function, examples: Pairs) -> None:
    """What is left are the first ones of all texts with one label, in their order."""
    kept, seen, wanted = kept_examples(deduplicate, examples), set(), []
    labels = labels_of(examples)
    for text, label in examples:
        if key(text) not in seen and len(labels[key(text)]) == 1:
            wanted.append((text, label))
        seen.add(key(text))
    lost = [pair for pair in wanted if pair not in kept]
    told(not lost, f"it loses {lost[:1]}: {kept}")
    told(kept == wanted, f"it gives {kept}")


def labels_of(examples: Pairs) -> dict[str, set[str]]:
    """The labels of each text."""
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for text, label in examples:
        labels[key(text)].add(label)
    return labels


VERDICTS = ("helps", "hurts", "cannot tell")
Scores = list[float]


def judged(verdict: Function, without: Scores, with_it: Scores) -> str:
    """The answer's word."""
    word = verdict(np.array(without), np.array(with_it))
    told(word in VERDICTS, f"it returns {word!r}, not one of {', '.join(VERDICTS)}")
    return str(word)


def is_the_paired_verdict(verdict: Function, without: Scores, gains: Scores) -> None:
    """It is what the interval of the paired differences says."""
    with_it = [round(a + gain, 3) for a, gain in zip(without, gains, strict=True)]
    mean, half = mean_and_interval(np.array(with_it) - np.array(without))
    if abs(abs(mean) - half) < 1e-6:
        return  # a border that rounding decides
    wanted = "cannot tell" if abs(mean) < half else "helps" if mean > 0 else "hurts"
    word = judged(verdict, without, with_it)
    numbers = f"the differences {gains} have the mean {mean:.4f} and the interval +- {half:.4f}"
    told(word == wanted, f"it says {word!r}; {numbers}")


def turns_around(verdict: Function, without: Scores, gains: Scores) -> None:
    """With the two exchanged, help becomes hurt."""
    with_it = [round(a + gain, 3) for a, gain in zip(without, gains, strict=True)]
    there, back = judged(verdict, without, with_it), judged(verdict, with_it, without)
    turned = {"helps": "hurts", "hurts": "helps", "cannot tell": "cannot tell"}
    told(back == turned[there], f"it says {there!r}, and with the two exchanged {back!r}")


def scores_and_gains(gains: st.SearchStrategy[float]) -> dict[str, Any]:
    """Five seeds each; the seeds differ from each other by far more than the gains."""
    scores = st.integers(500, 900).map(lambda n: n / 1000)
    each = {"without": scores, "gains": gains}
    return {name: st.lists(values, min_size=5, max_size=5) for name, values in each.items()}


SMALL_GAINS = st.integers(-20, 60).map(lambda n: n / 1000)
PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["good", "Good", "so so", "So  so", "soso", " bad"]), st.sampled_from("+-")
    ),
    max_size=5,
)

CHECKS = {
    "c1.1": Exercise(
        Property(
            "a token stays or becomes one of its synonyms, and none is lost",
            "每个词或者不变，或者换成它的一个同义词，一个也不少",
            changes_known_words_only,
            {"tokens": TOKENS, "rate": RATES, "seed": SEEDS},
        ),
        Property(
            "rate 0 changes nothing, rate 1 every word that the thesaurus knows",
            "比例为 0 时什么都不变；比例为 1 时，同义词表里有的词全都换掉",
            obeys_the_ends,
            {"tokens": TOKENS, "seed": SEEDS},
        ),
        Property(
            "the same generator gives the same tokens",
            "随机数生成器的状态相同，结果就相同",
            repeats_itself,
            {"tokens": TOKENS, "seed": SEEDS},
        ),
        Property(
            "each word is decided by itself, and each of its synonyms has a chance",
            "每个词各自决定换不换，它的每个同义词都有机会被选中",
            decides_for_each_word,
            {"word": st.sampled_from(sorted(THESAURUS)), "seed": st.integers(0, 4)},
        ),
        allows=("minillm",),
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
        allows=("minillm",),
    ),
    "c1.3": Exercise(
        Property(
            "the verdict follows from the interval of the paired differences",
            "结论由配对之差的置信区间得出",
            is_the_paired_verdict,
            scores_and_gains(SMALL_GAINS),
        ),
        Property(
            "with the two exchanged, help becomes hurt",
            "两者对调，“有益”就变成“有害”",
            turns_around,
            scores_and_gains(SMALL_GAINS),
        ),
        allows=("minillm",),
    ),
}
