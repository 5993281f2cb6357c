"""Can DPO make the chosen answer less probable, and for which pairs?

Answers are one token.  Their vectors are alike in groups, as those of "No" and "Never" are; the
model scores them by output vectors, which are those of the answers themselves (tied) or orthogonal
ones.  What stands below the output is a vector for each prompt, free to move: it stands for all the
layers.  One step of DPO from the reference changes the logits by::

    dz_v = (η β / 2) [w_v · (w_c - w_r) + |h|² (1[v = c] - 1[v = r])],      c chosen, r rejected
    d ln p_c = dz_c - sum_v p_v dz_v

Where w_c and w_r are alike, w_c · (w_c - w_r) is small, and a third answer that is more like c than
like r may gain more than c does.  Where output vectors are orthogonal and of one length, the chosen
answer cannot lose.

Letters: P pairs, each with a prompt of its own, V answers, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minillm import Parameter, Tensor, no_grad
from minillm.backend import stream
from minillm.labs.statistics import rank_correlation
from minillm.labs.study import Study
from minillm.nn import Module
from minillm.ops import log_softmax
from minillm.optim import SGD
from minillm.training import fit
from minillm.training.preferences import dpo_loss


@dataclass(frozen=True)
class Settings:
    """The answers and how alike groups are, the lengths of vectors, and DPO.

    ``alike`` is about the cosine inside a group.  A prompt points to the two answers of its pair,
    and to a third one by so many times as much, drawn from ``lean``.  The rate is so small that the
    first step is that of the closed form.  On seed 100, which the study does not use, ``alike`` and
    ``lean`` were set so that some chosen answers do lose.
    """

    pairs: int = 200
    groups: int = 8
    in_group: int = 4
    width: int = 32
    alike: float = 0.97
    output_length: float = 8.0
    hidden_length: float = 0.7
    lean: tuple[float, float] = (0.8, 1.6)
    beta: float = 0.1
    rate: float = 0.01
    steps: int = 300
    outputs: tuple[str, ...] = ("tied", "orthogonal")


class Pairs(NamedTuple):
    """The two answers of each pair, and a third one that its prompt points to, each (P,)."""

    chosen: np.ndarray
    rejected: np.ndarray
    third: np.ndarray
    lean: np.ndarray  # how much


class Policies(Module):
    """A policy for each pair: its output vectors (P, V, D) and the vector of its prompt (P, D)."""

    def __init__(self, outputs: np.ndarray, hidden: np.ndarray):
        self.outputs = Parameter(np.repeat(outputs[None], len(hidden), axis=0))
        self.hidden = Parameter(hidden)

    def forward(self) -> Tensor:
        """ln p of every answer, (P, V)."""
        pairs, width = self.hidden.shape
        return log_softmax((self.outputs @ self.hidden.reshape(pairs, width, 1))[:, :, 0])


def unit(x: np.ndarray) -> np.ndarray:
    """Each vector with the length 1."""
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def embeddings_of(settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """The vectors of the answers, (V, D), of the length 1, alike in groups."""
    s = settings
    common = unit(rng.standard_normal((s.groups, 1, s.width)))
    own = unit(rng.standard_normal((s.groups, s.in_group, s.width)))
    mixed = s.alike**0.5 * common + (1 - s.alike) ** 0.5 * own
    return unit(mixed.reshape(-1, s.width))


def pairs_of(settings: Settings, rng: np.random.Generator) -> Pairs:
    """Pairs of different answers, one half of them from one group; the third is of another."""
    s, size = settings, settings.groups * settings.in_group
    chosen = rng.integers(size, size=s.pairs)
    same_group = np.arange(s.pairs) % 2 == 0
    inside = (chosen + rng.integers(1, s.in_group, size=s.pairs)) % s.in_group
    within = chosen // s.in_group * s.in_group + inside
    elsewhere = (chosen + rng.integers(1, size, size=s.pairs)) % size
    rejected = np.where(same_group, within, elsewhere)
    others = np.arange(size)
    third = [
        rng.choice(others[~np.isin(others // s.in_group, [c // s.in_group, r // s.in_group])])
        for c, r in zip(chosen, rejected, strict=True)
    ]
    return Pairs(chosen, rejected, np.array(third), rng.uniform(*s.lean, size=s.pairs))


def outputs_of(settings: Settings, kind: str, embeddings: np.ndarray, seed: int) -> np.ndarray:
    """The output vectors, (V, D), all of one length.

    Raises:
        ValueError: ``kind`` is neither tied nor orthogonal; more answers than the width has room
            for orthogonal vectors.
    """
    if kind == "tied":
        return settings.output_length * embeddings
    if kind != "orthogonal":
        raise ValueError(f"outputs must be tied or orthogonal, got {kind!r}")
    size, width = embeddings.shape
    if size > width:
        raise ValueError(f"{size} orthogonal vectors need a width of as many, got {width}")
    drawn = stream(seed, "orthogonal outputs").standard_normal((width, size))
    return settings.output_length * np.linalg.qr(drawn)[0].T


def hidden_of(settings: Settings, outputs: np.ndarray, pairs: Pairs) -> np.ndarray:
    """The vectors of the prompts, (P, D), all of one length."""
    own = unit(outputs[pairs.chosen] + outputs[pairs.rejected])
    third = pairs.lean[:, None] * unit(outputs[pairs.third])
    return settings.hidden_length * unit(own + third)


def first_step(
    outputs: np.ndarray, hidden: np.ndarray, pairs: Pairs, rate: float, beta: float
) -> np.ndarray:
    """The change of ln p of the chosen answers in one step, to first order in the rate, (P,).

    Source: Razin et al. 2024, "Unintentional Unalignment: Likelihood Displacement in Direct
        Preference Optimization", arXiv:2410.08847.
    """
    rows = np.arange(len(hidden))
    p = np.exp(log_softmax.run(hidden @ outputs.T)[0])
    moved = (outputs[pairs.chosen] - outputs[pairs.rejected]) @ outputs.T
    squares = (hidden**2).sum(axis=1)
    moved[rows, pairs.chosen] += squares
    moved[rows, pairs.rejected] -= squares
    change: np.ndarray = moved[rows, pairs.chosen] - (p * moved).sum(axis=1)
    return rate * beta / 2 * change


def trained(
    settings: Settings, outputs: np.ndarray, hidden: np.ndarray, pairs: Pairs
) -> np.ndarray:
    """ln p of every answer before, after one step and after all steps of DPO, (3, P, V)."""
    model, rows = Policies(outputs, hidden), np.arange(len(hidden))
    reference = model().data

    def loss_of(_: int) -> Tensor:
        log_p = model()
        return dpo_loss(
            log_p[rows, pairs.chosen],
            log_p[rows, pairs.rejected],
            reference_chosen=Tensor(reference[rows, pairs.chosen]),
            reference_rejected=Tensor(reference[rows, pairs.rejected]),
            beta=settings.beta,
        ).loss

    optimizer = SGD(model.parameters(), lr=settings.rate * len(hidden))  # the loss is a mean
    found = [reference]
    for step in fit(loss_of, range(settings.steps), optimizer):
        if step.index in (0, settings.steps - 1):
            with no_grad():
                found.append(model().data)
    return np.array(found)


def measure(settings: Settings, seed: int) -> Mapping[str, Any]:
    """For each kind of output vectors the changes of ln p, pair by pair, and rank correlations.

    ``similarity`` is w_c · w_r - w_c · w_c of the embeddings, whatever the output vectors are.
    ``rank_of_alike`` is about the first step of the pairs from one group alone.  ``margin`` is how
    far ln p of the two answers came apart, ``others`` the probability of all other answers in the
    end: means over pairs.
    """
    embeddings = embeddings_of(settings, stream(seed, "embeddings"))
    pairs = pairs_of(settings, stream(seed, "pairs"))
    rows, c, r = np.arange(settings.pairs), pairs.chosen, pairs.rejected
    similarity = (embeddings[c] * (embeddings[r] - embeddings[c])).sum(axis=1)
    found: dict[str, Any] = {"similarity": similarity}
    for kind in settings.outputs:
        outputs = outputs_of(settings, kind, embeddings, seed)
        hidden = hidden_of(settings, outputs, pairs)
        before, one, last = trained(settings, outputs, hidden, pairs)
        others = 1.0 - np.exp(last[rows, c]) - np.exp(last[rows, r])
        found |= {
            f"closed_form_{kind}": first_step(outputs, hidden, pairs, settings.rate, settings.beta),
            f"first_{kind}": (one - before)[rows, c],
            f"last_{kind}": (last - before)[rows, c],
            f"margin_{kind}": ((last - before)[rows, c] - (last - before)[rows, r]).mean(),
            f"others_{kind}": others.mean(),
            f"rank_first_{kind}": rank_correlation(similarity, (before - one)[rows, c]),
            f"rank_last_{kind}": rank_correlation(similarity, (before - last)[rows, c]),
            f"rank_of_alike_{kind}": rank_correlation(
                similarity[::2], (before - one)[rows, c][::2]
            ),
        }
    return found


STUDY = Study(
    name="displacement",
    question="For which pairs does DPO make the chosen answer less probable?",
    settings=Settings(),
    measure=measure,
    seeds=range(5),
)
