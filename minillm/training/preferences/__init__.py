"""Learning from preferences: responses, reward models, best-of-n, DPO, GRPO."""

from minillm.training.preferences.best_of_n import best_of_n, best_of_n_bound, best_of_n_kl
from minillm.training.preferences.divergence import exact_kl, kl_estimate
from minillm.training.preferences.dpo import Preferred, dpo_loss, implicit_reward
from minillm.training.preferences.grpo import clipped_objective, group_advantages, grpo_loss
from minillm.training.preferences.pairs import check_pairs, check_reference
from minillm.training.preferences.responses import (
    response_loss,
    response_targets,
    sequence_log_probability,
    token_log_probabilities,
)
from minillm.training.preferences.rewards import bradley_terry_loss

__all__ = [
    "Preferred",
    "best_of_n",
    "best_of_n_bound",
    "best_of_n_kl",
    "bradley_terry_loss",
    "check_pairs",
    "check_reference",
    "clipped_objective",
    "dpo_loss",
    "exact_kl",
    "group_advantages",
    "grpo_loss",
    "implicit_reward",
    "kl_estimate",
    "response_loss",
    "response_targets",
    "sequence_log_probability",
    "token_log_probabilities",
]
