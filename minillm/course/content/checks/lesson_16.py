"""Exercises of lesson 16: a mean elsewhere, a calibration error, shares of groups, used rows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.calibrations import MISCALIBRATED
from minillm.course.content.checks.common import SEEDS, Function, close, parts, shaped, told
from minillm.course.content.checks.used_rows import USED_ROWS
from minillm.course.exercises import Exercise, Property

MEAN, SIZE = ("the mean", "平均"), ("what the texts count for", "顶得上的条数")
SHARES = ("the shares", "份额")
SINGLE = {"rtol": 1e-5, "atol": 1e-6}  # as float32 rounds


def sampled(
    n_kinds: int, absent: bool, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Values, kinds, and how frequent the kinds are in tenths or less; some are in one only."""
    rng = np.random.default_rng(seed)
    p, q = (rng.integers(1, 9, n_kinds) for _ in range(2))
    if absent and n_kinds > 1:
        q[rng.integers(n_kinds)] = 0
        nowhere = rng.integers(n_kinds)
        if (q > 0).sum() > 1 or q[nowhere] == 0:
            p[nowhere], q[nowhere] = 0, 0
    present = np.flatnonzero(p)
    kinds = rng.permutation(np.concatenate([present, rng.choice(present, 1 + seed % 9)]))
    values = rng.integers(-9, 100, len(kinds))
    return values, kinds, p / p.sum(), q / q.sum()


def weights_of(kinds: np.ndarray, p: np.ndarray, q: np.ndarray) -> list[Fraction]:
    """The weight of each text, exactly for these floats."""
    ratio = [
        Fraction(float(b)) / Fraction(float(a)) if a else Fraction(0)
        for a, b in zip(p, q, strict=True)
    ]
    return [ratio[k] for k in kinds]


def both_of(elsewhere: Function, *given: np.ndarray) -> list[np.ndarray]:
    """The student's mean and number of texts."""
    found = parts(elsewhere(*given), MEAN, SIZE)
    return [shaped(name, one, ()) for name, one in zip((MEAN, SIZE), found, strict=True)]


def is_that_of_the_target(elsewhere: Function, n_kinds: int, absent: bool, seed: int) -> None:
    """The mean with the weights of the texts, worked out in fractions."""
    values, kinds, p, q = sampled(n_kinds, absent, seed)
    w = weights_of(kinds, p, q)
    wanted = sum((x * int(v) for x, v in zip(w, values, strict=True)), Fraction(0)) / sum(w)
    close(MEAN, both_of(elsewhere, values, kinds, p, q)[0], np.array(float(wanted)))


def counts_as_so_many(elsewhere: Function, n_kinds: int, absent: bool, seed: int) -> None:
    """How many equal ones the weighted texts count for."""
    values, kinds, p, q = sampled(n_kinds, absent, seed)
    w = weights_of(kinds, p, q)
    wanted = sum(w) ** 2 / sum((x * x for x in w), Fraction(0))
    close(SIZE, both_of(elsewhere, values, kinds, p, q)[1], np.array(float(wanted)))


def stays_where_nothing_shifts(elsewhere: Function, n_kinds: int, seed: int) -> None:
    """With one distribution twice it is the plain mean, and all texts count."""
    values, kinds, p, _ = sampled(n_kinds, False, seed)
    found = both_of(elsewhere, values, kinds, p, p.copy())
    close(MEAN, found[0], np.array(values.mean()))
    close(SIZE, found[1], np.array(float(len(values))))


def batch(n_groups: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares, losses and groups; a group may have no text."""
    rng = np.random.default_rng(seed)
    shares = rng.integers(1, 9, n_groups).astype(float)
    return shares / shares.sum(), rng.integers(0, 50, n) / 10, rng.integers(n_groups, size=n)


def grown(shares: np.ndarray, losses: np.ndarray, groups: np.ndarray, eta: float) -> np.ndarray:
    """The new shares, group by group."""
    score = []
    for g, share in enumerate(shares):
        own = losses[groups == g]
        score.append(np.log(share) + eta * (float(own.mean()) if len(own) else 0.0))
    found = np.exp(np.array(score) - max(score))
    return np.asarray(found / found.sum())


def new_shares(answer: Function, *given: object) -> np.ndarray:
    """The student's shares."""
    return shaped(SHARES, answer(*given), np.asarray(given[0]).shape)


def follows_the_mean_losses(shifted: Function, n_groups: int, n: int, eta: int, seed: int) -> None:
    """Mean losses of the groups that are in the batch, 0 of the others."""
    shares, losses, groups = batch(n_groups, n, seed)
    found = new_shares(shifted, shares, losses, groups, eta / 10)
    close(SHARES, found, grown(shares, losses, groups, eta / 10), **SINGLE)


def adds_up_to_one(shifted: Function, n_groups: int, n: int, seed: int) -> None:
    """Shares are shares; with eta 0 they stay."""
    shares, losses, groups = batch(n_groups, n, seed)
    total = float(new_shares(shifted, shares, losses, groups, 0.5).sum())
    told(
        abs(total - 1) < 1e-5,
        f"the shares add up to {total:.6f}",
        f"份额之和是 {total:.6f}",
    )
    close(SHARES, new_shares(shifted, shares, losses, groups, 0.0), shares, **SINGLE)


def withstands_large_losses(shifted: Function, n_groups: int, n: int, seed: int) -> None:
    """Losses in the thousands, whose exponentials are beyond all floats.

    A score of 5000 has an error of 5e-4 in float32, and so have the shares.
    """
    shares, losses, groups = batch(n_groups, n, seed)
    found = new_shares(shifted, shares, 1000 * losses, groups, 1.0)
    close(SHARES, found, grown(shares, 1000 * losses, groups, 1.0), rtol=2e-3, atol=1e-6)


KINDS = {"n_kinds": st.integers(1, 5), "absent": st.booleans(), "seed": SEEDS}
GROUPS = {"n_groups": st.integers(1, 5), "n": st.integers(1, 9), "seed": SEEDS}

CHECKS = {
    "16.1": Exercise(
        Property(
            "where nothing shifts it is the plain mean, and every text counts",
            "没有偏移时就是普通的平均，每条文本都算数",
            stays_where_nothing_shifts,
            {"n_kinds": st.integers(1, 5), "seed": SEEDS},
        ),
        Property(
            "it is the mean with the weights q/p, 0 for a kind that is in neither",
            "它是以 q/p 加权的平均，两边都没有的种类权重为 0",
            is_that_of_the_target,
            KINDS,
        ),
        Property(
            "the weighted texts count for (sum of w)² / (sum of w²)",
            "加权之后顶得上 (Σw)² / Σw² 条文本",
            counts_as_so_many,
            KINDS,
        ),
    ),
    "16.2": MISCALIBRATED,
    "16.3": Exercise(
        Property(
            "the shares add up to 1, and with eta = 0 they stay",
            "份额之和为 1，eta = 0 时不变",
            adds_up_to_one,
            GROUPS,
        ),
        Property(
            "they follow the mean losses of the groups; one that is not in the batch has 0",
            "份额随各组的平均损失而变，这一批里没有的组按 0 计",
            follows_the_mean_losses,
            {**GROUPS, "eta": st.integers(1, 20)},
        ),
        Property(
            "with losses in the thousands",
            "损失上千时也是如此",
            withstands_large_losses,
            GROUPS,
        ),
    ),
    "16.4": USED_ROWS,
}
