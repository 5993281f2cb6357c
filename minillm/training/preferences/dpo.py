"""Direct preference optimisation: a policy learns from pairs as if it were the reward model."""

from __future__ import annotations

from typing import NamedTuple

from minillm.autograd import Tensor
from minillm.backend import as_number
from minillm.ops import softplus
from minillm.training.preferences.rewards import require_pairs


class Preferred(NamedTuple):
    """The loss of a batch of pairs, and what to plot of it."""

    loss: Tensor  # ()
    chosen: Tensor  # (B,) implicit rewards
    rejected: Tensor  # (B,)
    margin: Tensor  # (B,) chosen - rejected


def implicit_reward(policy: Tensor, reference: Tensor, beta: float) -> Tensor:
    """The reward under which the policy is the best one that stays near its reference::

        r = β (ln π(y|x) - ln π_ref(y|x))                    dr/dπ = β / π

    because ``π ∝ π_ref exp(r / β)`` maximises ``E[r] - β KL(π || π_ref)``; r is known but for a
    constant that depends on the prompt alone.

    Shapes: ``policy (B,), reference (B,) -> (B,)``, log-probabilities of responses.

    Source: Rafailov et al. 2023, "Direct Preference Optimization: Your Language Model is Secretly
        a Reward Model", section 4, eq. 5.
    """
    return beta * (policy - reference)


def dpo_loss(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    *,
    reference_chosen: Tensor,
    reference_rejected: Tensor,
    beta: float,
) -> Preferred:
    """The Bradley-Terry loss of implicit rewards::

        m = β [ln π(y_c)/π_ref(y_c) - ln π(y_r)/π_ref(y_r)],      L = -(1/B) sum_b ln σ(m)
        dL/d ln π(y_c) = -(β/B) σ(-m) = -dL/d ln π(y_r)

    Shapes: four times (B,), log-probabilities of whole responses -> loss (), the rest (B,).

    At the reference every m is 0 and the loss is ln 2.  Only the difference of the two
    log-probabilities is asked for: both may fall.

    Raises:
        ValueError: the shapes differ, there is no pair, or ``beta`` is not a positive number.
    Source: Rafailov et al. 2023, "Direct Preference Optimization: Your Language Model is Secretly
        a Reward Model", section 4, eq. 7.
    """
    beta = as_number("dpo_loss: beta", beta)
    if not 0.0 < beta < float("inf"):
        raise ValueError(f"dpo_loss: beta must be a positive number, got {beta}")
    require_pairs("dpo_loss: policy", policy_chosen, policy_rejected)
    require_pairs("dpo_loss: reference", reference_chosen, reference_rejected)
    require_pairs("dpo_loss: policy against reference", policy_chosen, reference_chosen)
    chosen = implicit_reward(policy_chosen, reference_chosen, beta)
    rejected = implicit_reward(policy_rejected, reference_rejected, beta)
    margin = chosen - rejected
    return Preferred(softplus(-margin).mean(), chosen, rejected, margin)
