"""Exercises of lesson 16b: discrimination, the writer behind answers, what is worth answering."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, shaped, told
from minillm.course.exercises import Exercise, Property

APART = ("discrimination", "区分度")
WRITER = ("the probabilities", "概率")
SHARE = ("the share", "比例")


def requests(
    n: int, spellings: int, every: bool, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether each request was refused and is forbidden, and its spelling; with ``every`` none
    lacks a kind."""
    rng = np.random.default_rng(seed)
    refused, forbidden = rng.random(n) < 0.6, rng.random(n) < 0.5
    spelling = rng.integers(spellings, size=n)
    if every:
        kinds = np.arange(2 * spellings)
        refused = np.concatenate([refused, rng.random(2 * spellings) < 0.5])
        forbidden = np.concatenate([forbidden, kinds % 2 == 1])
        spelling = np.concatenate([spelling, kinds // 2])
    order = rng.permutation(len(spelling))
    return refused[order], forbidden[order], spelling[order]


def apart(refused: np.ndarray, forbidden: np.ndarray, spelling: np.ndarray, n: int) -> np.ndarray:
    """Discrimination by spelling, request by request."""
    counts = np.zeros((n, 2, 2))
    for said, kind, place in zip(refused, forbidden, spelling, strict=True):
        counts[place, int(kind)] += [int(said), 1]
    shares = [[hits / of if of else np.nan for hits, of in spelled] for spelled in counts.tolist()]
    return np.array([forbidden - harmless for harmless, forbidden in shares])


def tells_kinds_apart(discrimination: Function, n: int, spellings: int, seed: int) -> None:
    """Where every spelling has both kinds."""
    given = requests(n, spellings, True, seed)
    found = shaped(APART, discrimination(*given, spellings), (spellings,))
    close(APART, found, apart(*given, spellings))


def says_nothing_of_absent_kinds(
    discrimination: Function, n: int, spellings: int, seed: int
) -> None:
    """Where a spelling lacks a kind, or has no request at all."""
    given = requests(n, spellings, False, seed)
    wanted = apart(*given, spellings)
    with np.errstate(all="ignore"):
        found = shaped(APART, discrimination(*given, spellings), (spellings,))
    told(
        bool((np.isnan(found) == np.isnan(wanted)).all()),
        f"discrimination: {found.round(3).tolist()}: nan where a spelling lacks a kind, and only "
        f"there, is {wanted.round(3).tolist()}",
        f"区分度：{found.round(3).tolist()}，应为 {wanted.round(3).tolist()}：缺一类的拼写才是 nan",
    )
    close(APART, np.nan_to_num(found), np.nan_to_num(wanted))


def is_nothing_where_all_is_refused(discrimination: Function, spellings: int, seed: int) -> None:
    """Who refuses everything, or nothing, tells nothing apart."""
    _, forbidden, spelling = requests(4, spellings, True, seed)
    for every in (True, False):
        refused = np.full(len(spelling), every)
        found = shaped(APART, discrimination(refused, forbidden, spelling, spellings), (spellings,))
        close(APART, found, np.zeros(spellings))


TENTHS = st.integers(1, 9)


def by_bayes(prior: int, good: int, bad: int, answers: np.ndarray) -> np.ndarray:
    """The probability of a bad writer after each answer, in fractions; tenths are given."""
    one, other, found = Fraction(prior, 10), Fraction(10 - prior, 10), []
    for answer in answers:
        one *= Fraction(bad if answer else 10 - bad, 10)
        other *= Fraction(good if answer else 10 - good, 10)
        found.append(float(one / (one + other)))
    return np.array(found)


def is_bayes_rule(writer: Function, n: int, prior: int, good: int, bad: int, seed: int) -> None:
    """After each of a few answers."""
    answers = np.random.default_rng(seed).integers(0, 2, n)
    found = shaped(WRITER, writer(prior / 10, good / 10, bad / 10, answers), (n,))
    close(WRITER, found, by_bayes(prior, good, bad, answers))


def stays_at_the_prior(writer: Function, n: int, prior: int, same: int, seed: int) -> None:
    """Where both writers give bad answers equally often, answers say nothing."""
    answers = np.random.default_rng(seed).integers(0, 2, n)
    found = shaped(WRITER, writer(prior / 10, same / 10, same / 10, answers), (n,))
    close(WRITER, found, np.full(n, prior / 10))


def withstands_many_answers(writer: Function, times: int, turn: int, seed: int) -> None:
    """After thousands of answers, whose probability is below all floats."""
    answers = np.random.default_rng(seed).permutation(np.repeat([0, 1], [1000, 1000 + turn]))
    answers = np.tile(answers, times)
    with np.errstate(all="ignore"):
        found = shaped(WRITER, writer(0.2, 0.3, 0.7, answers), answers.shape)
    steps = np.where(answers == 1, 1.0, -1.0) * np.log(0.7 / 0.3)
    score = np.log(0.2 / 0.8) + np.cumsum(steps)
    small = np.exp(-np.abs(score))
    close(WRITER, found, np.where(score > 0, 1 / (1 + small), small / (1 + small)))


def withstands_one_kind(writer: Function, n: int, kind: int) -> None:
    """After thousands of answers of one kind, whose odds are above or below all floats."""
    with np.errstate(all="ignore"):
        found = shaped(WRITER, writer(0.2, 0.3, 0.7, np.full(n, kind)), (n,))
    score = np.log(0.2 / 0.8) + (2 * kind - 1) * np.log(0.7 / 0.3) * np.arange(1, n + 1)
    small = np.exp(-np.abs(score))
    close(WRITER, found, np.where(score > 0, 1 / (1 + small), small / (1 + small)))


def answered(n: int, levels: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, many of them alike, and whether each answer is right."""
    rng = np.random.default_rng(seed)
    confidence = rng.integers(1, levels + 1, n) / levels
    return confidence, rng.random(n) < 0.4 + 0.5 * confidence


def worth(confidence: np.ndarray, right: np.ndarray, risk: Fraction) -> float:
    """The largest share, threshold by threshold."""
    shares = [Fraction(0)]
    for threshold in np.unique(confidence):
        given = confidence >= threshold
        wrong = Fraction(int((~right[given]).sum()), int(given.sum()))
        if wrong <= risk:
            shares.append(Fraction(int(given.sum()), len(right)))
    return float(max(shares))


def is_the_largest_share(
    worth_answering: Function, n: int, levels: int, risk: int, seed: int
) -> None:
    """With confidences that are alike, and at risks that are just met."""
    confidence, right = answered(n, levels, seed)
    found = shaped(SHARE, worth_answering(confidence, right, risk / 8), ())
    close(SHARE, found, np.array(worth(confidence, right, Fraction(risk, 8))))


def counts_among_those_given(
    worth_answering: Function, sure: int, unsure: int, risk: int, seed: int
) -> None:
    """The surest are right and the others wrong: what is wrong is a share of what is answered."""
    n = sure + unsure
    order = np.random.default_rng(seed).permutation(n)
    confidence, right = ((n - np.arange(n)) / (n + 1))[order], (np.arange(n) < sure)[order]
    found = shaped(SHARE, worth_answering(confidence, right, risk / 8), ())
    close(SHARE, found, np.array(worth(confidence, right, Fraction(risk, 8))))


def takes_all_or_none(worth_answering: Function, n: int, seed: int) -> None:
    """Everything may be wrong: all is answered.  Nothing may, and all is wrong: none."""
    confidence, _ = answered(n, 7, seed)
    for right, risk, wanted in ((False, 1.0, 1.0), (False, 0.0, 0.0), (True, 0.0, 1.0)):
        found = shaped(SHARE, worth_answering(confidence, np.full(n, right), risk), ())
        close(SHARE, found, np.array(wanted))


REQUESTS = {"n": st.integers(1, 12), "spellings": st.integers(1, 4), "seed": SEEDS}
ANSWERS = {"n": st.integers(1, 14), "seed": SEEDS}

CHECKS = {
    "16b.1": Exercise(
        Property(
            "0 in every spelling where all requests are refused, or none",
            "全部拒绝或全不拒绝时，每种拼写都是 0",
            is_nothing_where_all_is_refused,
            {"spellings": st.integers(1, 4), "seed": SEEDS},
        ),
        Property(
            "the share of forbidden requests that is refused minus that of harmless ones",
            "违禁请求遭到拒绝的比例，减去无害请求遭到拒绝的比例",
            tells_kinds_apart,
            REQUESTS,
        ),
        Property(
            "nan where a spelling lacks one of both kinds",
            "某种拼写缺其中一类请求时是 nan",
            says_nothing_of_absent_kinds,
            REQUESTS,
        ),
    ),
    "16b.2": Exercise(
        Property(
            "answers that both writers give equally often change nothing",
            "两种作者同样常给的回答，什么也不改变",
            stays_at_the_prior,
            {**ANSWERS, "prior": TENTHS, "same": TENTHS},
        ),
        Property(
            "Bayes' rule after each answer",
            "每个回答之后都符合贝叶斯公式",
            is_bayes_rule,
            {**ANSWERS, "prior": TENTHS, "good": TENTHS, "bad": TENTHS},
        ),
        Property(
            "also after thousands of answers",
            "几千个回答之后也是如此",
            withstands_many_answers,
            {"times": st.integers(1, 3), "turn": st.integers(-40, 40), "seed": SEEDS},
        ),
        Property(
            "also after thousands of answers that are all bad, or all good",
            "几千个回答全是坏的，或者全是好的，也是如此",
            withstands_one_kind,
            {"n": st.integers(1000, 4000), "kind": st.integers(0, 1)},
        ),
    ),
    "16b.3": Exercise(
        Property(
            "all where everything is right or may be wrong, nothing where all is wrong and may not",
            "全对，或者可以全错，就全答；全错又一个都不许错，就一个也不答",
            takes_all_or_none,
            ANSWERS,
        ),
        Property(
            "the risk is the share of wrong ones among the answers that are given, not among all",
            "risk 是给出的回答里答错的比例，不是全部问题里的比例",
            counts_among_those_given,
            {
                "sure": st.integers(0, 3),
                "unsure": st.integers(4, 8),
                "risk": st.integers(2, 4),
                "seed": SEEDS,
            },
        ),
        Property(
            "the largest share whose error is at most the risk; who is equally sure goes together",
            "错误率不超过 risk 的最大比例；同样确信的一起答或一起不答",
            is_the_largest_share,
            {**ANSWERS, "levels": st.integers(1, 9), "risk": st.integers(0, 8)},
        ),
    ),
}
