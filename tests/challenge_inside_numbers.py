"""The tables of challenges.md on what is found inside of a model."""

import numpy as np

from minillm.labs.challenges.planted_rule_methods import COLUMNS, METHODS
from minillm.labs.challenges.sparse_directions import WAYS
from minillm.labs.challenges.steering import KINDS
from minillm.labs.statistics import rank_correlation
from minillm.labs.stored import read_settings, read_study
from tests.finetuning_numbers import with_interval
from tests.readme_numbers import rows

IDLE, ASKED, STRONG, COINS = range(4)  # the topic has no weight, 1, 4; nothing decides
TWO, ONE, LEARNED = range(3)  # the arms of induction_head
LAST = -1  # layer


def shares(method, column):
    """A column of a method, (seeds, arms)."""
    found = read_study("planted_rule")["methods"]
    return found[:, :, [*METHODS].index(method), COLUMNS.index(column)]


def methods():
    """How often a method ranks a word first that decides, or the topic, and what its order does."""
    lines = []
    for method in METHODS:
        first = [with_interval(shares(method, "first")[:, a]) for a in (IDLE, ASKED, STRONG)]
        others = [
            with_interval(shares(method, column)[:, arm])
            for column, arm in (
                ("topic first", STRONG),
                ("deletion", STRONG),
                ("topic first", COINS),
                ("deletion", COINS),
            )
        ]
        lines.append([method, *first, *others])
    weights = read_settings("planted_rule")["weights"]
    header = [f"decides, {weight:g}" for weight in weights]
    header += [f"topic, {weights[-1]:g}", f"deletion, {weights[-1]:g}"]
    return rows(["ranked first", *header, "topic, coins", "deletion, coins"], lines)


def heads():
    """What can be copied costs, in nats, with all heads and without some."""
    found, lines = read_study("induction_head"), []
    for a, (layers, positions) in enumerate(read_settings("induction_head")["arms"]):
        values = (
            *(found["nats"][:, a, 0], found["induction"][:, a].max(axis=1)),
            *(found["best first"][:, a, 2], found["worst first"][:, a, 2]),
            *found["fresh"][:, a].T,
        )
        plural = "s" if layers > 1 else ""
        name = f"{layers} layer{plural}, {positions}"
        lines.append([name, *map(with_interval, values)])
    header = ["copied", "best score", "without best two", "without other two"]
    return rows(["nats", *header, "nothing to copy", "– without the last layer's"], lines)


def pushes():
    """Bad texts that a push turns to good, and texts whose topic stays right."""
    found, lines = read_study("steering"), []
    for layer in range(found["turned"].shape[1]):
        for k, kind in enumerate(KINDS):
            cells = [
                f"{with_interval(turned)}; {topics.mean():.2f}"
                for turned, topics in zip(
                    found["turned"][:, layer, k].T, found["topics"][:, layer, k].T, strict=True
                )
            ]
            lines.append([f"{layer + 1}, {kind}", *cells])
    strengths = read_settings("steering")["strengths"]
    return rows(["behind layer, direction", *(f"{s:g}" for s in strengths)], lines)


def sparse():
    """How near the directions found come to those planted, by how many are active."""
    found = read_study("sparse_directions")
    lines = [
        [f"{active:g}", *(with_interval(one) for one in found["recovery"][:, a].T)]
        for a, active in enumerate(read_settings("sparse_directions")["active"])
    ]
    return rows(["active", *WAYS], lines)


TABLES = [methods, heads, pushes, sparse]


def answer_at_the_start():
    """Does strength 4 turn more texts the more the first token has behind one layer, by rank?"""
    there = read_study("planted_rule")["patched"][:, ASKED, 1, 0]
    means = KINDS.index("difference of means")
    return rank_correlation(there, read_study("steering")["turned"][:, 0, means, LAST])


def lost(method):
    """How much less often a deciding word comes first once the topic is asked for, by seed."""
    first = shares(method, "first")
    return first[:, IDLE] - first[:, [ASKED, STRONG]].mean(axis=1)


def told():
    """Every mean with its interval that the text names, by what it is."""
    rule, copied = read_study("planted_rule"), read_study("induction_head")
    probes = rule["probes"][:, :COINS].mean(axis=1)  # (seeds, layers, side and control)
    two = copied["best first"][:, TWO], copied["worst first"][:, TWO]
    active = [*read_settings("sparse_directions")["active"]]
    ways = read_study("sparse_directions")["recovery"]
    values = {
        "occlusion, asked": shares("occlusion", "first")[:, ASKED],
        "integrated gradients, asked": shares("integrated gradients", "first")[:, ASKED],
        "attention, asked": shares("attention", "first")[:, ASKED],
        "attention, idle": shares("attention", "first")[:, IDLE],
        "attention, lost": lost("attention"),
        "rollout, lost": lost("rollout"),
        "gradient norm, lost": lost("gradient norm"),
        "permuted, last layer": rule["permuted"][:, STRONG, LAST],
        "side, words": probes[:, 0, 0],
        "control, words": probes[:, 0, 1],
        "side, read": probes[:, LAST, 0],
        "control, read": probes[:, LAST, 1],
        "side less control": probes[:, LAST, 0] - probes[:, LAST, 1],
        "one head more than another": two[0][:, 1] - two[1][:, 1],
        "two heads more than others": two[0][:, 2] - two[1][:, 2],
        "sparse, most active": ways[:, LAST, WAYS.index("sparse autoencoder")],
        "cloud, most active": ways[:, LAST, WAYS.index("of a normal cloud")],
        "sparse, four active": ways[:, active.index(4), WAYS.index("sparse autoencoder")],
    }
    return {name: with_interval(one) for name, one in values.items()}


def single():
    """Every other number with a decimal point that the text names, by what it is."""
    copied, rule = read_study("induction_head"), read_study("planted_rule")
    best = copied["induction"][:, TWO].max(axis=1)
    without = int(best.argmin())
    pushed = read_study("steering")["topics"]
    gaps = np.round(rule["gap"][:, :COINS].mean(axis=(0, 1)), 2)
    return {
        "least score of five": f"{np.sort(best)[1]:.2f}",
        "score of the sixth": f"{best[without]:.2f}",
        "what it pays": f"{copied['nats'][without, TWO, 0]:.2f}",
        "best score, learned positions": f"{copied['induction'][:, LEARNED].max():.2f}",
        "attention, least lost": f"{lost('attention').min():.2f}",
        "attention, most lost": f"{lost('attention').max():.2f}",
        "the answer at the start, and texts turned": f"{answer_at_the_start():.2f}",
        "random push of 4 lengths": f"{pushed[:, LAST, KINDS.index('random'), LAST].mean():.2f}",
        "integrated gradients, 4 steps": f"{gaps[2]:.2f}",
        "integrated gradients, 16 steps": f"{gaps[4]:.2f}",
    }
