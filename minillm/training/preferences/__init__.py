"""Learning from preferences: responses, reward models, best-of-n, DPO, GRPO."""

from minillm.training.preferences.responses import (
    response_loss,
    response_targets,
    sequence_log_probability,
    token_log_probabilities,
)

__all__ = [
    "response_loss",
    "response_targets",
    "sequence_log_probability",
    "token_log_probabilities",
]
