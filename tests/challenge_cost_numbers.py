"""The tables of challenges.md on size, data and fewer bits."""

import numpy as np

from minillm.labs.challenges.scaling import falling
from minillm.labs.stored import read_settings, read_study
from minillm.labs.worlds.ranked_facts import RankedFacts
from minillm.tasks.metrics.power_law import fit_power_law
from tests.finetuning_numbers import with_interval
from tests.readme_numbers import rows

DATA_LIMITED = 3  # sizes of data, from the smallest on, at which data are the limit


def sizes():
    """A GPT by its depth: the loss, and how many facts are its first choice."""
    found = read_study("scaling")
    lines = [
        [
            f"{depth}",
            f"{found['parameters'][0, d]:,.0f}",
            f"{found['flops'][0, d, -1] / 1e9:.1f}",
            with_interval(found["loss"][:, d, -1], 3),
            with_interval(found["known"][:, d], 0),
        ]
        for d, depth in enumerate(read_settings("scaling")["depths"])
    ]
    return rows(["depth", "parameters", "10⁹ FLOPs", "loss, nats", "facts known"], lines)


def exponents():
    """What else is fitted: with the planted floor, of data that are the limit, of facts known."""
    found, few = read_study("scaling"), slice(0, DATA_LIMITED)
    texts = read_settings("scaling")["texts"][few]
    final = found["loss"][:, :-1, -1]
    each = zip(found["parameters"][:, :-1], final, found["planted_floor"], strict=True)
    return {
        "floor known": np.array([fit_power_law(n, y, floor=e).exponent for n, y, e in each]),
        "few texts": np.array([falling(texts, y[few]).exponent for y in found["mistakes"]]),
        "few texts, planted": falling(texts, found["unseen"][0][few]).exponent,
        "facts known": np.array(
            [
                np.polyfit(np.log(n), np.log(known), 1)[0]
                for n, known in zip(found["parameters"], found["known"], strict=True)
            ]
        ),
    }


def laws():
    """What is fitted, and what was planted."""
    found, others = read_study("scaling"), exponents()
    tail, floor = read_settings("scaling")["world"]["tail"], found["planted_floor"][0]
    planted = found["planted_exponent_of_data"][0]
    lines = [
        ["exponent of parameters", with_interval(found["exponent"], 3), f"{tail:.3f}"],
        ["– the floor being known", with_interval(others["floor known"], 3), f"{tail:.3f}"],
        ["floor, nats", with_interval(found["floor"], 3), f"{floor:.3f}"],
        ["exponent of operations", with_interval(found["exponent_of_flops"], 3), "–"],
        ["exponent of texts", with_interval(found["exponent_of_data"], 3), f"{planted:.3f}"],
        [
            "– of the three fewest",
            with_interval(others["few texts"], 3),
            f"{others['few texts, planted']:.3f}",
        ],
    ]
    return rows(["fitted", "found", "planted"], lines)


def few_texts():
    """Mistakes of one depth by how many texts it reads again and again."""
    found = read_study("scaling")
    lines = [
        [
            f"{n:,}",
            with_interval(found["mistakes"][:, t], 3),
            f"{found['unseen'][0, t]:.3f}",
            with_interval(found["mistakes"][:, t] / found["unseen"][:, t]),
        ]
        for t, n in enumerate(read_settings("scaling")["texts"])
    ]
    return rows(["texts", "mistakes", "not told at all", "ratio"], lines)


TABLES = [sizes, laws, few_texts]


def told():
    """Every mean with its interval that the text names, by what it is."""
    found, others = read_study("scaling"), exponents()
    values = {
        "foretold": found["foretold"],
        "held back": found["held_back"],
        "the last before it": found["last"],
        "the last step": found["last"] - found["held_back"],
        "facts known, exponent": others["facts known"],
        "exponent of parameters": found["exponent"],
        "exponent of texts": found["exponent_of_data"],
    }
    same = {
        f"same first choice, {kind}": with_interval(found["fewer_bits"][:, k, 1], 4)
        for k, kind in enumerate(read_settings("scaling")["stored"])
    }
    return {name: with_interval(one, 3) for name, one in values.items()} | same


def single():
    """Every other number with a decimal point that the text names, by what it is."""
    found, settings = read_study("scaling"), read_settings("scaling")
    bits = found["fewer_bits"].mean(axis=0)
    missed = np.abs(found["foretold"] - found["held_back"])
    world = RankedFacts(**settings["world"])
    return {
        "planted exponent": f"{world.tail:.1f}",
        "missed at most": f"{missed.max():.3f}",
        "planted exponent of texts": f"{found['planted_exponent_of_data'][0]:.3f}",
        **{f"bytes, {k}": f"{b[3]:.2f}" for k, b in zip(settings["stored"], bits, strict=True)},
        "spread of depth 5": f"{found['loss'][:, -2, -1].std(ddof=1):.3f}",
        "loss in fewer bits, less than": "0.001",  # the test looks
        "control, at most": f"{found['control'].max():.3f}",
    }
