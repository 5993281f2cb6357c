"""What the page on conflicting objectives says of claims of others, in numbers."""

import numpy as np

from minillm.labs.conflict.safety_change import STUDY as CHANGES
from minillm.labs.stored import read_study
from tests.finetuning_numbers import with_interval

REFUSED, FORBIDDEN, HARMLESS = 0, 1, 0


def behind(key):
    """The share of the distance that lies behind a horizon of one word, of every seed."""
    kl = read_study("harm_horizon")[key][:, 0]  # (seeds, T)
    return kl[:, 1:].sum(axis=1) / kl.sum(axis=1)


def needed(nouns):
    """How many directions of the change are needed to refuse so many nouns, of every seed."""
    found = read_study("safety_change")["needed"][:, CHANGES.settings.nouns.index(nouns)]
    return np.array(CHANGES.settings.truncated)[(found >= 0.95).all(axis=-1).argmax(axis=-1)]


def claims():
    """Every mean with its interval, by what it is."""
    direction, law = read_study("refusal_direction"), read_study("many_shots")["law"]
    out = direction["32, without"][:, 0, 0]  # (seeds, G, K): the refusal direction, first layer
    within = read_study("safety_change")["within"][
        :, CHANGES.settings.attacked.index("suppression"), -1
    ]
    moved = law[:, 2] - law[:, 0]  # a stage with 0.95 of the refusing character
    return {
        "behind the horizon, with a penalty": with_interval(behind("kl, gpt")),
        "behind the horizon, without one": with_interval(behind("kl, gpt without penalty")),
        "refused without the direction": with_interval(out[:, FORBIDDEN, REFUSED]),
        "harmless refused without it": with_interval(out[:, HARMLESS, REFUSED]),
        "directions needed for two nouns": with_interval(needed(2).astype(float), 1),
        "nearness and passing, suppression": with_interval(within),
        "change of the prior": with_interval(moved[:, 0]),
        "change of the efficiency": with_interval(moved[:, 1]),
    }


if __name__ == "__main__":
    for name, number in claims().items():
        print(f"{name}: {number}")
