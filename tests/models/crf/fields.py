"""Small fields, and what all their paths say, one by one."""

import itertools

import numpy as np
from hypothesis import strategies as st


@st.composite
def fields(draw, forbid=True):
    """Emissions, transitions and lengths of a few sentences; some steps are forbidden.

    Tag 0 may always follow itself, begin and end, so that a path is left.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k = draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    size = draw(st.sampled_from([0.0, 1.0, 30.0]))
    emissions = size * rng.standard_normal((len(lengths), max(lengths), k))
    transitions = size * rng.standard_normal((k + 1, k + 1))
    if forbid and draw(st.booleans()):
        forbidden = rng.random(transitions.shape) < 0.4
        forbidden[np.ix_([0, k], [0, k])] = False
        transitions[forbidden] = -np.inf
    mask = np.arange(max(lengths)) < np.array(lengths)[:, None]
    return emissions, transitions, mask


def paths_of(emissions, transitions, length):
    """Every path of one sentence, and its score: a sum along it."""
    k = emissions.shape[1]
    found = {}
    for path in itertools.product(range(k), repeat=length):
        steps = itertools.pairwise([k, *path, k])
        found[path] = sum(emissions[t, j] for t, j in enumerate(path)) + sum(
            transitions[i, j] for i, j in steps
        )
    return found


def enumerated(emissions, transitions, mask):
    """For each sentence ln Z, the marginals (T, K), the best score and the expected steps."""
    k = emissions.shape[2]
    for row, n in zip(emissions, mask.sum(axis=1), strict=True):
        scores = paths_of(row, transitions, n)
        highest = max(scores.values())
        total = sum(np.exp(s - highest) for s in scores.values())
        nodes, steps = np.zeros((mask.shape[1], k)), np.zeros((k + 1, k + 1))
        for path, score in scores.items():
            p = np.exp(score - highest) / total
            for t, j in enumerate(path):
                nodes[t, j] += p
            for i, j in itertools.pairwise([k, *path, k]):
                steps[i, j] += p
        yield highest + np.log(total), nodes, highest, steps
