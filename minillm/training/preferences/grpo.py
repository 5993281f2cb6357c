"""Group relative policy optimisation: answers to one prompt are judged by each other.

Letters: N prompts, G answers to each (the group), B = N G answers, T tokens.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import as_number, moved_like
from minillm.ops import clip, exp, minimum
from minillm.training.preferences.divergence import kl_estimate
from minillm.training.preferences.finite import finite_rewards


def group_advantages(rewards: np.ndarray) -> np.ndarray:
    """How much better each answer is than those to the same prompt, in their standard deviations::

        A_i = (r_i - mean(r)) / std(r),    std² = (1/G) sum_j (r_j - mean(r))²

    Shapes: ``rewards (..., G) -> (..., G)`` float64; every group sums to 0 and has the mean square
    1, whatever the unit of its rewards is.

    Answers that are all equally good have the advantage 0: there is nothing to learn from them,
    and 0 / 0 is not to be decided by rounding.

    Raises:
        ValueError: a group of fewer than two; a reward that is not finite: names its place.
    Source: Shao et al. 2024, "DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open
        Language Models", section 4.1.2.
    """
    r = finite_rewards(rewards)
    if r.ndim == 0 or r.shape[-1] < 2:
        raise ValueError(f"group_advantages: a group needs two rewards at least, got {r.shape}")
    above = r - r.min(axis=-1, keepdims=True)  # exactly 0 where all are equal
    most = above.max(axis=-1, keepdims=True)
    above /= np.where(most > 0.0, most, 1.0)  # the squares of tiny differences would be 0
    std = np.where(most > 0.0, above.std(axis=-1, keepdims=True), 1.0)
    advantages: np.ndarray = (above - above.mean(axis=-1, keepdims=True)) / std
    return advantages


def clipped_objective(log_p: Tensor, *, old_log_p: Any, advantages: Any, width: float) -> Tensor:
    """What is gained by making good draws more probable, as far as the draws still tell::

        ρ = π / π_old,      J = min(ρ A, clip(ρ, 1 - ε, 1 + ε) A)
        dJ / d ln π = ρ A,  but 0 where A > 0 and ρ > 1 + ε, or A < 0 and ρ < 1 - ε

    Shapes: ``log_p, old_log_p, advantages`` equal, kept; ε is ``width``.  ``old_log_p`` are those
    of the policy that the answers were drawn from.

    Raises:
        ValueError: ``width`` is not in (0, 1), or the shapes differ.
    Source: Schulman et al. 2017, "Proximal Policy Optimization Algorithms", section 3, eq. 7.
    """
    width = as_number("clipped_objective: width", width)
    if not 0.0 < width < 1.0:
        raise ValueError(f"clipped_objective: width must be in (0, 1), got {width}")
    if not log_p.shape == old_log_p.shape == advantages.shape:
        raise ValueError(
            f"clipped_objective: log_p {log_p.shape}, old_log_p {old_log_p.shape} and advantages "
            f"{advantages.shape} must have the same shape"
        )
    ratio = exp(log_p - old_log_p)
    return minimum(ratio * advantages, clip(ratio, low=1.0 - width, high=1.0 + width) * advantages)


def grpo_loss(
    log_p: Tensor,
    *,
    old_log_p: Any,
    reference_log_p: Any,
    advantages: np.ndarray,
    answers: np.ndarray,
    width: float = 0.2,
    beta: float = 0.04,
) -> Tensor:
    """The mean over answers of the mean over their tokens of what is lost::

        L = -(1/B) sum_i (1/|y_i|) sum_t [ J_it - β k_it ]

    J: ``clipped_objective``, k: ``kl_estimate``; all tokens of an answer have its advantage.

    Shapes: ``log_p, old_log_p, reference_log_p (B, T), advantages (B,), answers (B, T) bool ->
    ()``; ``answers`` is True at the tokens that were written.  Where the policy is still the one
    that drew and is its own reference, ``dL / d ln π_it = -A_i / (B |y_i|)``.

    Raises:
        ValueError: an answer without a token; ``beta`` is negative; as ``clipped_objective``.
    Source: Shao et al. 2024, "DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open
        Language Models", section 4.1.1, eq. 3.
    """
    beta = as_number("grpo_loss: beta", beta)
    if not beta >= 0.0:
        raise ValueError(f"grpo_loss: beta must not be negative, got {beta}")
    share = moved_like(shares_of_tokens(answers, log_p), log_p.data)
    of_tokens = moved_like(advantages_of_tokens(advantages, log_p), log_p.data)
    gain = clipped_objective(log_p, old_log_p=old_log_p, advantages=of_tokens, width=width)
    cost = kl_estimate(log_p, reference_log_p)
    return -((gain - beta * cost) * share).sum()


def shares_of_tokens(answers: np.ndarray, log_p: Tensor) -> np.ndarray:
    """What each token weighs in the mean of the means, (B, T): ``1 / (B |y_i|)`` or 0.

    Raises:
        ValueError: another shape than ``log_p``, or an answer without a token.
    """
    if answers.shape != log_p.shape or answers.ndim != 2 or answers.dtype != bool:
        raise ValueError(
            f"grpo_loss: answers must be booleans of the shape of log_p, (B, T) = {log_p.shape}, "
            f"got {answers.dtype} {answers.shape}"
        )
    lengths = answers.sum(axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError(f"grpo_loss: answer {int(lengths[:, 0].argmin())} has no token")
    share: np.ndarray = answers / (lengths * len(answers))
    return share.astype(log_p.dtype)


def advantages_of_tokens(advantages: np.ndarray, log_p: Tensor) -> np.ndarray:
    """Every token has the advantage of its answer, (B,) -> (B, T).

    Raises:
        ValueError: not one advantage for each answer.
    """
    given = np.asarray(advantages)
    if given.shape != log_p.shape[:1]:
        raise ValueError(f"grpo_loss: advantages {given.shape} for answers {log_p.shape}")
    return np.broadcast_to(given[:, None], log_p.shape).astype(log_p.dtype)
