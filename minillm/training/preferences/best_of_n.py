"""Best-of-n on answers that can be counted out: its distribution and its distance, exactly.

Letters: A answers, n draws.
"""

from __future__ import annotations

import numpy as np

from minillm.training.preferences.finite import check_distribution, finite_rewards


def best_of_n(probabilities: np.ndarray, rewards: np.ndarray, n: int) -> np.ndarray:
    """How probable each answer is where n are drawn and one of the best is kept::

        π_n(a) = p(a) / P(r = r_a) · [P(r <= r_a)^n - P(r < r_a)^n]

    Shapes: ``probabilities p (A,), rewards r (A,) -> (A,)`` float64.  The bracket is the
    probability that the best of the n has the reward r_a; answers of the same reward share it as
    they share it under p, whichever of those drawn is kept.

    Raises:
        ValueError: ``p`` is not a distribution, a reward is not finite, the shapes differ, or n is
            below 1.
    Source: Beirami et al. 2024, "Theoretical guarantees on the best-of-n alignment policy",
        arXiv:2401.01879.
    """
    p, log_ratio = log_ratio_of_best(probabilities, rewards, n)
    return p * np.exp(log_ratio)


def best_of_n_kl(probabilities: np.ndarray, rewards: np.ndarray, n: int) -> float:
    """How far best-of-n is from drawing once, exactly::

        KL(π_n || p) = sum_a π_n(a) ln [π_n(a) / p(a)]

    Shapes: ``probabilities (A,), rewards (A,) -> ()``, in nats; at most ``best_of_n_bound(n)``.

    Raises:
        ValueError: as ``best_of_n``.
    Source: Beirami et al. 2024, "Theoretical guarantees on the best-of-n alignment policy",
        arXiv:2401.01879.
    """
    p, log_ratio = log_ratio_of_best(probabilities, rewards, n)
    chosen = p * np.exp(log_ratio)
    here = chosen > 0.0
    return float(np.sum(chosen[here] * log_ratio[here]))


def best_of_n_bound(n: int) -> float:
    """The usual formula for the distance of best-of-n, which is only an upper bound::

        KL(π_n || p) <= ln n - (n - 1) / n

    It is exact where no answer is drawn twice: with few answers, or one that is probable, the
    distance is less, for it never exceeds -ln of the probability of the best answers.

    Raises:
        ValueError: n is below 1.
    Source: Beirami et al. 2024, "Theoretical guarantees on the best-of-n alignment policy",
        arXiv:2401.01879.
    """
    check_n(n)
    return float(np.log(n) - (n - 1) / n)


def log_ratio_of_best(
    probabilities: np.ndarray, rewards: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """``p`` and ln [π_n(a) / p(a)] of every answer; -inf where nothing is left to keep.

    What is close to 1 is known by its distance from 1, summed from the best answer down: the
    power 10 000 of a number that was rounded would be another.

    Raises:
        ValueError: as ``best_of_n``.
    """
    check_n(n)
    p = check_distribution(probabilities)
    r = finite_rewards(rewards, shape=p.shape)
    levels, level = np.unique(-r, return_inverse=True)  # the best first
    of_level = np.bincount(level, weights=p, minlength=len(levels))
    above = np.append(0.0, np.cumsum(of_level))  # P(r > ...): of each level, and of all
    rest = np.append(np.cumsum(of_level[::-1])[::-1], 0.0)  # P(r <= ...), and of none
    with np.errstate(divide="ignore", invalid="ignore"):
        log_rest = np.where(above < 0.5, np.log1p(-np.minimum(above, 0.5)), np.log(rest))
        missed = n * np.diff(log_rest)  # ln of P(r < ...)^n / P(r <= ...)^n
        log_ratio = n * log_rest[:-1] + np.log(-np.expm1(missed)) - np.log(of_level)
    return p, np.where(of_level > 0.0, log_ratio, -np.inf)[level]


def check_n(n: int) -> None:
    """Refuse fewer than one draw.

    Raises:
        ValueError: see above.
    """
    if n < 1:
        raise ValueError(f"best of n: n must be at least 1, got {n}")
