"""Word vectors of a text that speaks better of the people of one town: what does WEAT see?

The texts are applications, in which names of the first town stand beside good qualities more
often.  That names and hobbies of a town go together is true, and shows what a remedy costs.

Letters: S strengths, R texts without any bias, V words, D width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minillm.backend import stream
from minillm.labs.study import Study
from minillm.labs.worlds.applications import Applications
from minillm.labs.worlds.listed import share
from minillm.models.word_vectors.cooccurrence import Window, count_cooccurrences
from minillm.models.word_vectors.pmi import pmi
from minillm.tasks.metrics import Weat, weat

TEXTS: dict[str, tuple[str, ...]] = {  # what is exchanged in every other application
    "as told": (),
    "names exchanged": ("names",),
    "names and hobbies exchanged": ("names", "hobbies"),
}


@dataclass(frozen=True)
class Settings:
    """How many texts, and by how much a quality beside a name of the first town is oftener good.

    ``repeats`` texts are drawn without any bias, in a world where hobbies tell of the town and in
    one where they do not (``by_lot``).
    """

    world: Applications = Applications()
    texts: int = 3000
    strengths: tuple[float, ...] = (0.0, 0.1, 0.3)  # good: 0.5 + s/2 and 0.5 - s/2
    exchanged: float = 0.5  # the share of applications in which words are
    window: int = 10
    width: int = 10
    draws: int = 12_870  # all divisions of 16 names
    repeats: int = 20
    by_lot: float = 0.5


def vectors(ids: np.ndarray, n_words: int, window: int, width: int) -> np.ndarray:
    """Words whose products come near to their positive PMI, (V, D)::

        M = max(PMI, 0) = Q diag(λ) Qᵀ,    vectors = Q_D sqrt(λ_D)     of the D largest λ > 0

    Words that stand together get a large product, and so do words with the same neighbours.

    Raises:
        ValueError: fewer than ``width`` eigenvalues are above 0.
    Source: Levy & Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization",
        on factors of positive PMI; here both factors are the same.
    """
    near = Window(size=window, by_distance=False)
    table = np.maximum(pmi(count_cooccurrences(ids, n_words, near).dense()), 0.0)
    values, directions = np.linalg.eigh(table)  # ascending
    if not 1 <= width <= (values > 0).sum():
        raise ValueError(
            f"vectors: width must be from 1 to {(values > 0).sum()}, the positive eigenvalues of "
            f"{n_words} words, got {width}"
        )
    found: np.ndarray = directions[:, ::-1][:, :width] * np.sqrt(values[::-1][:width])
    return found


def texts(
    settings: Settings, strength: float, kinds: Sequence[str], rng: np.random.Generator
) -> np.ndarray:
    """Applications as ids, with words of some kinds exchanged in a share of them, (N, T).

    Source: Hall Maudslay, Gonen, Cotterell & Teufel 2019, "It's All in the Name: Mitigating Gender
        Bias with Name-Based Counterfactual Data Substitution", arXiv:1909.00871.
    Guide: 8.2.3 (G55).
    """
    world = replace(settings.world, good=((1 + strength) / 2, (1 - strength) / 2))
    people = world.draw(settings.texts, 0.0, rng)
    other = rng.random(settings.texts) < share("exchanged", settings.exchanged)
    return np.where(other[:, None], world.swapped(people, kinds).ids, people.ids)


def association(
    settings: Settings, ids: np.ndarray, kind: str, first: int, rng: np.random.Generator
) -> Weat:
    """Whether names of the first town lie nearer to words of a kind of its side ``first``."""
    world = settings.world
    table = vectors(ids, len(world.words), settings.window, settings.width)
    sides = world.ids(kind)
    asked = (*world.ids("names"), sides[first], sides[1 - first])
    return weat(*(table[words] for words in asked), rng=rng, draws=settings.draws)


def measure(settings: Settings, seed: int) -> dict[str, Any]:
    """Effect, p-value and plain difference of WEAT, by text and strength.

    "TEXT: qualities, effect" ``(S,)`` is of names against qualities, good first, and "TEXT:
    hobbies, effect" of names against hobbies, those of the first town first.  "no bias, hobbies
    tell" and "no bias, hobbies by lot" ``(R,)`` are p-values of texts without any bias.

    Raises:
        ValueError: as ``vectors`` and ``Applications.draw``.
    Guide: 8.2.3 (G55).
    """
    s, found = settings, dict[str, list[float]]()
    for name, kinds in TEXTS.items():
        for strength in s.strengths:
            rng = stream(seed, f"association, {name}, {strength}")
            ids = texts(s, strength, kinds, rng)
            for kind, first in (("qualities", 1), ("hobbies", 0)):
                one = association(s, ids, kind, first, rng)
                for part in ("effect", "p_value", "difference"):
                    found.setdefault(f"{name}: {kind}, {part}", []).append(getattr(one, part))
    alone = replace(s, world=replace(s.world, told_by_hobby=s.by_lot))
    for name, of in (("no bias, hobbies tell", s), ("no bias, hobbies by lot", alone)):
        rng = stream(seed, f"association, {name}")
        drawn = [texts(of, 0.0, (), rng) for _ in range(s.repeats)]
        found[name] = [association(of, ids, "qualities", 1, rng).p_value for ids in drawn]
    return {key: np.array(values) for key, values in found.items()}


STUDY = Study(
    name="word_association",
    question="A text speaks better of one of two groups: what do its word vectors keep of that?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
)
