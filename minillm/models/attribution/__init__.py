"""Which tokens, heads and places does a model's answer hang on?"""

from minillm.models.attribution.attention_maps import looked_at, mean_attention, rollout
from minillm.models.attribution.gradients import (
    Score,
    gradient_norm,
    gradient_times_input,
    slopes,
    slopes_for,
)
from minillm.models.attribution.heads import permuted, with_changed_attention, without_heads
from minillm.models.attribution.induction import (
    gpt_attention_weights,
    induction_scores,
    previous_token_scores,
)
from minillm.models.attribution.integrated_gradients import completeness_gap, integrated_gradients
from minillm.models.attribution.occlusion import occlusion
from minillm.models.attribution.patching import patched_score, patching_effects, streams
from minillm.models.attribution.readings import (
    Reading,
    classifier_reading,
    margin,
    next_token_reading,
)
from minillm.models.attribution.sparse_autoencoder import SparseAutoencoder, recovery
from minillm.models.attribution.steering import steered_score

__all__ = [
    "Reading",
    "Score",
    "SparseAutoencoder",
    "classifier_reading",
    "completeness_gap",
    "gpt_attention_weights",
    "gradient_norm",
    "gradient_times_input",
    "induction_scores",
    "integrated_gradients",
    "looked_at",
    "margin",
    "mean_attention",
    "next_token_reading",
    "occlusion",
    "patched_score",
    "patching_effects",
    "permuted",
    "previous_token_scores",
    "recovery",
    "rollout",
    "slopes",
    "slopes_for",
    "steered_score",
    "streams",
    "with_changed_attention",
    "without_heads",
]
