"""How far a policy has moved from its reference: exactly, and from what was drawn."""

from __future__ import annotations

from minillm.autograd import Tensor
from minillm.ops import exp, log_softmax


def exact_kl(logits: Tensor, reference_logits: Tensor) -> Tensor:
    """The Kullback-Leibler divergence of answers that can be counted out::

        KL(π || q) = sum_a π_a (ln π_a - ln q_a),        π = softmax(z), q = softmax(z_ref)
        dKL/dz_a = π_a (ln π_a - ln q_a - KL)

    Shapes: ``logits z (..., A), reference_logits (..., A) -> (...)``, in nats.

    Raises:
        ValueError: the shapes differ.
    Source: Kullback & Leibler 1951, "On Information and Sufficiency".
    """
    if logits.shape != reference_logits.shape or logits.ndim == 0:
        raise ValueError(
            f"exact_kl: logits {logits.shape} and reference {reference_logits.shape} must both be "
            "(..., A)"
        )
    log_p, log_q = log_softmax(logits), log_softmax(reference_logits)
    return (exp(log_p) * (log_p - log_q)).sum(axis=-1)


def kl_estimate(log_p: Tensor, reference_log_p: Tensor) -> Tensor:
    """The divergence as seen by one draw from the policy, never below 0 (the estimator "k3")::

        k = q/π - ln(q/π) - 1,       q/π = exp(reference_log_p - log_p)
        dk / d ln π = 1 - q/π

    Shapes: equal, kept.

    Its mean over draws from π is ``KL(π || q)``, where π gives a probability to all that q does.
    The mean of its gradient is another thing, that of ``KL(q || π)``: the draws move with π, and
    the gradient of k does not know it.

    Raises:
        ValueError: the shapes differ.
    Source: Schulman 2020, "Approximating KL Divergence"; Shao et al. 2024, "DeepSeekMath: Pushing
        the Limits of Mathematical Reasoning in Open Language Models", section 4.1, eq. 4.
    """
    if log_p.shape != reference_log_p.shape:
        raise ValueError(
            f"kl_estimate: log_p {log_p.shape} and reference_log_p {reference_log_p.shape} must "
            "have the same shape"
        )
    log_ratio = reference_log_p - log_p
    return exp(log_ratio) - log_ratio - 1.0
