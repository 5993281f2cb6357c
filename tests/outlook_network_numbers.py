"""The tables of outlook.md on experts and on a memory of the segment before."""

import numpy as np

from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_settings, read_study
from tests.finetuning_numbers import with_interval
from tests.readme_numbers import rows

OWN, SHARED = range(2)  # the dials of the experts: tables of their own, one for all clusters
FLOPS, WEIGHTS, BALANCED, UNBALANCED = range(4)
ARMS = ("network, as many operations", "network, as many weights", "experts, balanced", "experts")
NEAR, FAR, RANDOM = range(3)  # the arms of the memory: distance 4, distance 12, nothing repeats
SAME = 0.15  # nats that may lie between two models where nothing is to be gained
WITHIN = 5  # from this position of a segment on the source of distance 4 lies well within
SHORTER, LONGER = "mixture_of_experts", "mixture_of_experts_longer"
PLATEAU = 0.1  # nats above the least: every model ends well below, or at more than twice that


def caught(name):
    """In how many seeds each arm is caught on a plateau where clusters have tables of their own."""
    return (read_study(name)["excess"][:, OWN] > PLATEAU).sum(axis=0)


def experts():
    """What each network and the experts cost, and how far they end above the least loss."""
    found, longer = read_study(SHORTER), read_study(LONGER)
    rates = read_settings(LONGER)["rates"]
    lines = [
        [
            name,
            f"{found['parameters'][0, OWN, a]:,.0f}",
            f"{found['flops'][0, OWN, a] / 1e6:.1f}",
            with_interval(found["excess"][:, OWN, a]),
            f"{caught(SHORTER)[a]}",
            f"{rates[a]:g}",
            with_interval(longer["excess"][:, OWN, a]),
            f"{caught(LONGER)[a]}",
            with_interval(longer["excess"][:, SHARED, a], 3),
        ]
        for a, name in enumerate(ARMS)
    ]
    header = ["", "weights", "10⁶ FLOPs", "excess, 1,000 steps", "caught", "rate, 3,000 steps"]
    return rows([*header, "excess", "caught", "– one table"], lines)


def use():
    """How the last block's experts are used, and what of the clusters the first choice tells."""
    lines = []
    for name, steps in ((SHORTER, "1,000"), (LONGER, "3,000")):
        found = read_study(name)
        for dial, of in ((OWN, "own tables"), (SHARED, "one table")):
            for k, kind in enumerate(("balanced", "not balanced")):
                used = (found["use"][:, dial, k] > 0.01).sum(axis=-1)
                cells = [
                    with_interval(found["use"][:, dial, k, 0]),
                    f"{used.min()} to {used.max()}",
                    *(with_interval(one) for one in found["dropped"][:, dial, k].T),
                    *(with_interval(one) for one in found["cluster"][:, dial, k].T),
                ]
                lines.append([f"{steps}, {of}, {kind}", *cells])
    factors = [f"dropped, {f:g}" for f in read_settings(SHORTER)["factors"]]
    header = ["steps, clusters, experts", "busiest", "used", *factors]
    return rows([*header, "tells of clusters", "– of shuffled ones"], lines)


def perplexity(nats):
    """The mean over seeds of ``exp`` of the nats of all positions, as lesson 21 has it."""
    mean = np.exp(nats.mean(axis=1)).mean()
    return f"{mean:.{1 if mean < 10 else 0}f}"


def memory():
    """Nats of a token by how much is remembered, beside what could be known."""
    found, settings, lines = (
        read_study("segment_recurrence"),
        read_settings("segment_recurrence"),
        [],
    )
    asked = [("learned without", found["without"], found["least"][:, :, 0])]
    for m, tried in enumerate(settings["tried"]):
        asked.append((f"{tried}", found["nats"][:, :, m], found["least"][:, :, m]))
    asked.append(("16, of another text", found["other"], None))
    for name, nats, least in asked:
        cells = []
        for arm in (NEAR, FAR, RANDOM):
            one = nats[:, arm]
            cells.append(f"{with_interval(one.mean(axis=1))} ({perplexity(one)})")
            if arm < RANDOM:
                cells.append("–" if least is None else f"{least[0, arm].mean():.2f}")
        lines.append([name, *cells])
    header = ["remembered", "source 4 before", "least", "12 before", "least", "nothing repeats"]
    return rows(header, lines)


def gains(arm):
    """What the memory gains at each position, (seeds, T)."""
    found = read_study("segment_recurrence")
    return found["without"][:, arm] - found["nats"][:, arm, -1]


def controls():
    """Where the memory can gain nothing: the position that is furthest from 0."""
    lines = []
    for name, values in (
        ("source within, positions from 5 on", gains(NEAR)[:, WITHIN:]),
        ("source within, position 4", gains(NEAR)[:, WITHIN - 1 : WITHIN]),
        ("nothing repeats", gains(RANDOM)),
    ):
        mean, half = mean_and_interval(values)
        bounds = np.abs(mean) + half
        worst = int(bounds.argmax())
        word = "passes" if bounds[worst] <= SAME else "fails"
        numbers = f"{mean[worst]:+.3f}", f"{bounds[worst]:.3f}", f"{SAME:.2f}"
        lines.append(["segment recurrence", name, *numbers, word])
    return rows(lines[0], lines[1:])


TABLES = [experts, use, memory]


def told():
    """Every mean with its interval that the text names, by what it is."""
    found, longer = read_study(SHORTER), read_study(LONGER)
    remembered = read_study("segment_recurrence")

    def more(study, one, other):
        """How much more one arm has than another."""
        return study["excess"][:, OWN, one] - study["excess"][:, OWN, other]

    values = {
        "busiest, balanced": found["use"][:, OWN, 0, 0],
        "busiest, not balanced": found["use"][:, OWN, 1, 0],
        "experts, operations": more(found, BALANCED, FLOPS),
        "experts, operations, longer": more(longer, BALANCED, FLOPS),
        "not balanced, operations, longer": more(longer, UNBALANCED, FLOPS),
        "12 before, without": remembered["without"][:, FAR].mean(axis=1),
        "12 before, with": remembered["nats"][:, FAR, -1].mean(axis=1),
        "4 before, first three": gains(NEAR)[:, :3].mean(axis=1),
        "4 before, the first of the segment": gains(NEAR)[:, 3],
    }
    return {name: with_interval(one) for name, one in values.items()}


def single():
    """Every other number with a decimal point that the text names, by what it is."""
    mean, half = mean_and_interval(gains(NEAR)[:, WITHIN - 1])
    remembered = read_study("segment_recurrence")["nats"][:, FAR, -1]
    return {
        "above which an arm is caught": f"{PLATEAU}",
        "one and a half times an even share": f"{read_settings(SHORTER)['factors'][1]}",
        "how often a token is repeated": f"{read_settings('segment_recurrence')['arms'][0][1]}",
        "perplexity with a memory": perplexity(remembered),
        "bound at position 4": f"{abs(mean) + half:.3f}",
        "its margin": f"{SAME}",
    }
