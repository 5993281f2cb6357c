"""Small changes of a text, in its vectors or in its words, that are aimed at a model's loss."""

from minillm.models.adversarial.steps import (
    gradient_direction_step,
    gradient_sign_step,
    random_direction_step,
    random_sign_step,
)
from minillm.models.adversarial.word_swaps import (
    best_swaps,
    exhaustive_gains,
    first_order_gains,
    random_gains,
    swapped_in_turn,
)

__all__ = [
    "best_swaps",
    "exhaustive_gains",
    "first_order_gains",
    "gradient_direction_step",
    "gradient_sign_step",
    "random_direction_step",
    "random_gains",
    "random_sign_step",
    "swapped_in_turn",
]
