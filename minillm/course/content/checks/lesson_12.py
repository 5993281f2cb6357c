"""Exercises of lesson 12: BLEU by parts, a step of beam search, attention as an alignment."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, close, parts, shaped, told
from minillm.course.content.checks.word_links import (
    counts_all_links,
    ignores_the_end,
    is_nothing_where_all_is_right,
)
from minillm.course.exercises import Exercise, Property

PARTS = ("the five numbers", "五个数")
ROWS, TOKENS = ("the beginnings", "开头"), ("the tokens", "词元")
Sentences = list[list[str]]


def sentences(n: int, longest: int, words: int, seed: int) -> Sentences:
    """Sentences of few different words, so that runs come again; some may be empty."""
    rng = np.random.default_rng(seed)
    return [
        [f"w{word}" for word in rng.integers(words, size=rng.integers(longest + 1))]
        for _ in range(n)
    ]


def counted(written: Sentences, references: Sentences) -> np.ndarray:
    """The precisions and the penalty, run by run."""
    found = []
    for n in range(1, 5):
        right = total = 0
        for text, reference in zip(written, references, strict=True):
            left = Counter(tuple(reference[i : i + n]) for i in range(len(reference) - n + 1))
            for i in range(len(text) - n + 1):
                run = tuple(text[i : i + n])
                right, total = right + (left[run] > 0), total + 1
                left[run] -= 1  # each run of the reference is used up once
        found.append(float(Fraction(right, total)) if total else 0.0)
    c, r = (sum(len(one) for one in side) for side in (written, references))
    return np.array([*found, np.exp(min(0.0, 1 - r / c)) if c else 0.0])


def same_parts(bleu_parts: Function, written: Sentences, references: Sentences) -> None:
    """Compare all five with the counts."""
    wanted = counted(written, references)
    close(PARTS, shaped(PARTS, bleu_parts(written, references), (5,)), wanted)


def is_one_for_the_reference(bleu_parts: Function, n: int, words: int, seed: int) -> None:
    """The references themselves have all runs, and no penalty."""
    own = [[*one, "a", "b", "c", "d"] for one in sentences(n, 3, words, seed)]
    close(PARTS, shaped(PARTS, bleu_parts(own, own), (5,)), np.ones(5))


def is_clipped(bleu_parts: Function, times: int, others: int) -> None:
    """A word that is said more often than the reference has it counts no more often."""
    reference = ["the"] * 2 + [f"w{i}" for i in range(others)]
    same_parts(bleu_parts, [["the"] * times], [reference])


def counts_the_corpus(bleu_parts: Function, n: int, longest: int, words: int, seed: int) -> None:
    """Sums over all sentences, of which some are long and some short."""
    written, references = (sentences(n, longest, words, 2 * seed + k) for k in (0, 1))
    same_parts(bleu_parts, written, references)


def beams(n: int, vocabulary: int, forbidden: bool, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities of some beginnings and of what may follow; no two sums are alike."""
    rng = np.random.default_rng(seed)
    log_p = np.log(rng.dirichlet(np.ones(vocabulary), size=n))
    if forbidden:
        log_p[rng.random(log_p.shape) < 0.5] = -np.inf
    return -3 * rng.random(n), log_p


def continued(beam_step: Function, totals: np.ndarray, log_p: np.ndarray, width: int) -> None:
    """Compare with all continuations, one by one."""
    every = itertools.product(range(len(totals)), range(log_p.shape[1]))
    score = {(row, token): float(totals[row] + log_p[row, token]) for row, token in every}
    allowed = [one for one in score if score[one] > -np.inf]
    wanted = sorted(allowed, key=lambda one: -score[one])[:width]
    rows, tokens = parts(beam_step(totals, log_p, width), ROWS, TOKENS)
    n, least = np.size(rows), len(wanted)
    told(
        n == least,
        f"{n} continuations, where {least} are allowed and among the {width} best",
        f"给出了 {n} 个接法，而允许的、又在最好的 {width} 个之内的是 {least} 个",
    )
    for name, found, column in ((ROWS, rows, 0), (TOKENS, tokens, 1)):
        right = np.array([one[column] for one in wanted], dtype=float)
        close(name, shaped(name, found, (len(wanted),)), right)


def one_beam_is_greedy(beam_step: Function, vocabulary: int, seed: int) -> None:
    """One beginning, one continuation: the most probable token."""
    continued(beam_step, *beams(1, vocabulary, False, seed), 1)


def takes_the_best(beam_step: Function, n: int, vocabulary: int, width: int, seed: int) -> None:
    """Of all beginnings and tokens together."""
    continued(beam_step, *beams(n, vocabulary, False, seed), width)


def leaves_forbidden(beam_step: Function, n: int, vocabulary: int, width: int, seed: int) -> None:
    """Where half of the tokens are forbidden, and there may be too few."""
    continued(beam_step, *beams(n, vocabulary, True, seed), width)


def misses_nothing(beam_step: Function, vocabulary: int, length: int, seed: int) -> None:
    """With as many beams as there are texts the search finds the most probable text of all."""
    rng = np.random.default_rng(seed)
    chain = np.log(rng.dirichlet(np.ones(vocabulary), size=(length, vocabulary)))
    texts, totals = [[0]], np.zeros(1)
    for log_p in chain:
        last = np.array([text[-1] for text in texts])
        found = parts(beam_step(totals, log_p[last], vocabulary**length), ROWS, TOKENS)
        n = len(texts) * vocabulary
        rows, tokens = (
            shaped(name, one, (n,)).astype(int)
            for name, one in zip((ROWS, TOKENS), found, strict=True)
        )
        fits = bool((rows >= 0).all() and (rows < len(texts)).all())
        fits = fits and bool((tokens >= 0).all() and (tokens < vocabulary).all())
        told(fits, "there is no such beginning or token", "没有这样的开头或词元")
        totals = totals[rows] + log_p[last][rows, tokens]
        texts = [[*texts[row], int(token)] for row, token in zip(rows, tokens, strict=True)]
    every = itertools.product(range(vocabulary), repeat=length)
    best = max(
        sum(float(p[a, b]) for p, a, b in zip(chain, (0, *text), text, strict=False))
        for text in every
    )
    close(("ln p of the first text", "第一个文本的 ln p"), totals[0], np.array(best))


CORPUS = {"n": st.integers(1, 4), "words": st.integers(1, 4), "seed": SEEDS}
STEP = {"n": st.integers(1, 4), "vocabulary": st.integers(2, 6), "width": st.integers(1, 9)}

CHECKS = {
    "12.1": Exercise(
        Property(
            "1 for the references themselves, without a penalty",
            "参考译文本身各项都是 1，不受罚",
            is_one_for_the_reference,
            CORPUS,
        ),
        Property(
            "a run counts at most as often as the reference has it",
            "一个 n 元组最多算参考译文里有的那么多次",
            is_clipped,
            {"times": st.integers(1, 7), "others": st.integers(0, 5)},
        ),
        Property(
            "sums over the whole corpus; 0 where there is no run",
            "对整个语料求和；没有 n 元组时是 0",
            counts_the_corpus,
            {**CORPUS, "longest": st.integers(0, 7)},
        ),
    ),
    "12.2": Exercise(
        Property(
            "one beam takes the most probable token",
            "只有一个束时取最可能的词元",
            one_beam_is_greedy,
            {"vocabulary": st.integers(2, 6), "seed": SEEDS},
        ),
        Property(
            "the best continuations of all beginnings together, best first",
            "所有开头放在一起，取最好的接法，从最好的排起",
            takes_the_best,
            {**STEP, "seed": SEEDS},
        ),
        Property(
            "no forbidden token, also where fewer than width are left",
            "绝不取禁用的词元，哪怕剩下的不够 width 个",
            leaves_forbidden,
            {**STEP, "seed": SEEDS},
        ),
        Property(
            "with enough beams, step after step, nothing is missed",
            "束足够多，一步一步走下去，什么也不会漏掉",
            misses_nothing,
            {"vocabulary": st.integers(2, 3), "length": st.integers(1, 3), "seed": SEEDS},
        ),
    ),
    "12.3": Exercise(
        Property(
            "0 where every token looks at its sure link, and where there is no link",
            "每个词元都看着确定的对应时是 0，一个对应也没有时也是 0",
            is_nothing_where_all_is_right,
            {"length": st.integers(1, 5), "seed": SEEDS},
        ),
        Property(
            "[EOS] of the source is never linked, however much it is looked at",
            "原文的 [EOS] 看得再多，也不算对应",
            ignores_the_end,
            {"length": st.integers(1, 5), "seed": SEEDS},
        ),
        Property(
            "the alignment error rate of the whole corpus",
            "整个语料的对齐错误率",
            counts_all_links,
            {"n": st.integers(1, 4), "longest": st.integers(0, 5), "seed": SEEDS},
        ),
    ),
}
