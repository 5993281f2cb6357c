"""Linear-chain conditional random fields: one score for every path through the tags."""

from minillm.models.crf.layer import Crf
from minillm.models.crf.paths import best_paths, marginals
from minillm.models.crf.recursions import backward_scores, forward_scores
from minillm.models.crf.rules import log_partition, path_score

__all__ = [
    "Crf",
    "backward_scores",
    "best_paths",
    "forward_scores",
    "log_partition",
    "marginals",
    "path_score",
]
