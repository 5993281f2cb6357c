"""Training that hides each example: gradients by example, noise, and what it costs in privacy."""

from minillm.training.privacy.accountant import (
    CONVERSIONS,
    Budget,
    epsilon_spent,
    noise_for,
    renyi_of_gaussian,
    renyi_of_sampled_gaussian,
)
from minillm.training.privacy.conversions import epsilon_2017, epsilon_2020
from minillm.training.privacy.per_example import per_example_gradients
from minillm.training.privacy.private import PrivateGradients, clip_by_example, sampled_rows

__all__ = [
    "CONVERSIONS",
    "Budget",
    "PrivateGradients",
    "clip_by_example",
    "epsilon_2017",
    "epsilon_2020",
    "epsilon_spent",
    "noise_for",
    "per_example_gradients",
    "renyi_of_gaussian",
    "renyi_of_sampled_gaussian",
    "sampled_rows",
]
