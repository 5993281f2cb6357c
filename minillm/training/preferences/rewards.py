"""A reward model learns from which of two responses was preferred."""

from __future__ import annotations

from minillm.autograd import Tensor
from minillm.ops import softplus


def bradley_terry_loss(chosen: Tensor, rejected: Tensor) -> Tensor:
    """The cost of the preferences under the model that the better one wins by its margin::

        p(chosen is preferred) = σ(r_c - r_r)            σ(x) = 1 / (1 + exp(-x))
        L = -(1/B) sum_b ln σ(r_c - r_r)
        dL/dr_c = -σ(r_r - r_c) / B = -dL/dr_r

    Shapes: ``chosen (B,), rejected (B,) -> ()``, in nats.  Equal rewards cost ln 2 a pair; a
    constant that is added to all rewards changes nothing.

    Raises:
        ValueError: the shapes differ, or there is no pair.
    Source: Bradley & Terry 1952, "Rank Analysis of Incomplete Block Designs: I. The Method of
        Paired Comparisons"; Ouyang et al. 2022, "Training language models to follow instructions
        with human feedback", section 3.5, eq. 1.
    """
    require_pairs("bradley_terry_loss", chosen, rejected)
    return softplus(rejected - chosen).mean()


def require_pairs(name: str, chosen: Tensor, rejected: Tensor) -> None:
    """Refuse what is not one number for each of the two responses of every pair.

    Raises:
        ValueError: naming both shapes.
    """
    if chosen.shape != rejected.shape or chosen.ndim != 1 or chosen.shape == (0,):
        raise ValueError(
            f"{name}: chosen {chosen.shape} and rejected {rejected.shape} must both be (B,), with "
            "one pair at least"
        )
