"""The lab of hidden traits: its settings, its pictures, the teacher, and how a student learns.

Letters: N pictures, P pixels, A auxiliary outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.labs.compare import Case, frozen
from minillm.labs.mismatch.subliminal_network import (
    LAYERS,
    Network,
    Sizes,
    Training,
    digits_of,
    mixed,
    told_by,
    train,
)
from minillm.labs.worlds.digits import Digits, Pictures
from minillm.labs.worlds.listed import share
from minillm.ops import cross_entropy, softmax, squared_error


@dataclass(frozen=True)
class Strengths:
    """How strong each remedy is; ``subliminal_sweeps`` chose them on the seeds 100 and 101.

    ``steps`` is the strength of the baseline, and all remedies but two train as long; sizes, from
    ``width`` on, are untuned.
    """

    steps: int = 1000
    early: int = 60
    left_out: float = 0.97
    blurred: float = 1.0
    tossed_share: float = 0.003
    tossed_steps: int = 50
    weight_decay: float = 1.0
    dropout: float = 0.5
    outputs: int = 1
    images: int = 250
    width: int = 256
    tossed: int = 50
    longer: int = 2  # times the steps
    shown: float = 0.5


@dataclass(frozen=True)
class Settings:
    """The digits, how many pictures there are, the network and how both train."""

    world: Digits = Digits()
    learned: int = 2000  # digits, by the teacher alone
    images: int = 16000  # of nothing
    tested: int = 1000
    asked: int = 1000  # of nothing, for the agreement
    sizes: Sizes = Sizes()
    teacher: Training = Training(steps=600)
    student: Training = Training(steps=0, rate=3e-3)  # their number is the strength of the baseline
    strengths: Strengths = field(default_factory=Strengths)


class Subliminal(Case):
    """The pictures of a seed, a teacher that has learned the digits, and its students."""

    settings: Settings

    def __init__(self, settings: Settings, seed: int):
        super().__init__(settings, seed)
        s = settings
        self.digits = self.drawn(s.learned, "learned")
        self.tested = self.drawn(s.tested, "tested")
        self.images = self.blank(s.images, "images")
        self.asked = self.blank(s.asked, "asked")

    def drawn(self, n: int, purpose: str) -> Pictures:
        """Digits for a purpose."""
        found = self.settings.world.draw(n, self.stream(f"digits, {purpose}"))
        frozen(*found)
        return found

    def blank(self, n: int, purpose: str) -> np.ndarray:
        """Pictures of nothing for a purpose, (N, P)."""
        found = self.settings.world.blank(n, self.stream(f"blank, {purpose}"))
        frozen(found)
        return found

    def stream(self, purpose: str) -> np.random.Generator:
        """Random numbers for a purpose."""
        return stream(self.seed, f"subliminal, {purpose}")

    def start(self, purpose: str = "weights", **sizes: Any) -> Network:
        """A network that knows nothing; without a ``purpose`` that from which the teacher began."""
        changed = replace(self.settings.sizes, **sizes)
        return Network(self.settings.world.side**2, changed, rng=self.stream(purpose))

    def started(self, *same: str) -> Network:
        """Another start, but for the layers that are ``same`` as in the teacher's.

        Raises:
            ValueError: a layer that there is not.
        """
        unknown = [name for name in same if name not in LAYERS]
        if unknown:
            raise ValueError(f"started: no layer {unknown[0]!r}; there are {', '.join(LAYERS)}")
        found, teachers = self.start("other weights"), self.start()
        for name in same:
            getattr(found, name).load_state_dict(getattr(teachers, name).state_dict())
        return found

    def between(self, distance: float) -> Network:
        """A start between the teacher's, at 0, and another one, at 1; as ``mixed``."""
        return mixed(self.start(), self.started(), distance)

    @property
    def teacher(self) -> Network:
        """Who has learned the digits, trained once."""
        found: Network = self.shared("teacher", lambda: self.taught(self.digits))
        return found

    def taught(self, digits: Pictures) -> Network:
        """A teacher: the same start, trained by its digit outputs alone."""
        network, s = self.start(), self.settings.teacher

        def loss_of(batch: Pictures) -> Tensor:
            return cross_entropy(network(batch.pixels), targets=batch.labels)

        places = self.batches(len(digits.labels), s, "digits")
        train(network, loss_of, (digits.only(i) for i in places), s)
        return network

    def told(self, teacher: Network | None = None) -> np.ndarray:
        """What the teacher, or another one, tells of each picture of nothing, (N, A)."""
        found: np.ndarray = told_by(teacher or self.teacher, self.images)
        return found

    def batches(self, n: int, s: Training, purpose: str) -> Iterator[np.ndarray]:
        """Random places below ``n``, a batch for each step."""
        rng = self.stream(f"batches of {purpose}")
        return (rng.integers(n, size=s.batch) for _ in range(s.steps))

    @property
    def student(self) -> Training:
        """How the baseline learns."""
        return replace(self.settings.student, steps=self.settings.strengths.steps)

    def plain(self) -> Network:
        """The student without any remedy, trained once; nobody may change it."""
        found: Network = self.shared(("plain", self.student.steps), self.learned)
        return found

    def learned(
        self,
        student: Network | None = None,
        *,
        images: np.ndarray | None = None,
        told: np.ndarray | None = None,
        outputs: int | None = None,
        training: Training | None = None,
        tossed: float = 0.0,
    ) -> Network:
        """A student that has learned what the teacher tells of pictures, by squared error.

        It begins as the teacher did, or as ``student``; ``images (N, P)`` and what is ``told
        (N, A)`` of them may be others; it is told the first ``outputs`` only; a share of the loss,
        ``tossed``, is that of a few digits whose labels are tossed.

        Raises:
            ValueError: fewer than one output, or more than there are; a share not from 0 to 1.
        """
        student, s = student or self.start(), training or self.student
        images = self.images if images is None else images
        told = self.told() if told is None else told
        k = self.checked_outputs(outputs)
        part, extra = share("tossed", tossed), self.tossed()
        others = self.batches(len(extra.labels), s, "tossed digits")

        def loss_of(i: np.ndarray) -> Tensor:
            loss = squared_error(student.told(images[i])[:, :k], targets=told[i, :k])
            if not part:
                return loss
            digits = extra.only(next(others))
            return (1 - part) * loss + part * cross_entropy(
                student(digits.pixels), targets=digits.labels
            )

        train(student, loss_of, self.batches(len(images), s, "images"), s)
        return student

    def checked_outputs(self, outputs: int | None) -> int:
        """How many outputs are told."""
        every = self.settings.sizes.auxiliary
        k = every if outputs is None else outputs
        if not 1 <= k <= every:
            raise ValueError(f"learned: outputs must be from 1 to {every}, got {k}")
        return k

    def tossed(self) -> Pictures:
        """A few digits, none of them tested, with random labels."""
        digits = self.drawn(self.settings.strengths.tossed, "tossed")
        return self.with_tossed_labels(digits, "few")

    def with_tossed_labels(self, digits: Pictures, purpose: str) -> Pictures:
        """The same pictures with their labels in another order."""
        order = self.stream(f"tossed labels, {purpose}").permutation(len(digits.labels))
        return Pictures(digits.pixels, digits.labels[order])

    def confidence(self) -> np.ndarray:
        """How sure the teacher is of a digit in each picture of nothing, (N,)."""
        p, _ = softmax.rule(digits_of(self.teacher, self.images), axis=1)
        found: np.ndarray = p.max(axis=1)
        return found
