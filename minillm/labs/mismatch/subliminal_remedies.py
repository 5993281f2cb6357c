"""What may be done that a student does not take over what nobody can see in its data.

Each remedy is given a case and gives a student.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.labs.compare import Remedy
from minillm.labs.mismatch.subliminal_case import Subliminal
from minillm.labs.mismatch.subliminal_network import Network, told_by, train
from minillm.labs.worlds.digits import Pictures
from minillm.labs.worlds.listed import share
from minillm.ops import cross_entropy


def plain(case: Subliminal) -> Network:
    """The baseline: the student begins as the teacher did, and is told of all pictures."""
    return case.plain()


def other_start(case: Subliminal) -> Network:
    """Other weights to begin with (remedy 1 of 9.3)."""
    return case.learned(case.started())


def same_outputs(case: Subliminal) -> Network:
    """Another start whose output layers are the teacher's (remedy 1 of 9.3).

    Source: arXiv:2605.23645, which claims that this is enough for a trait to pass.
    """
    return case.learned(case.started("digits", "auxiliary"))


def same_first(case: Subliminal) -> Network:
    """Another start whose first layer is the teacher's (remedy 1 of 9.3)."""
    return case.learned(case.started("first"))


def other_outputs(case: Subliminal) -> Network:
    """The same start but for the output layers (remedy 1 of 9.3)."""
    return case.learned(case.started("first", "second"))


def wider(case: Subliminal) -> Network:
    """A wider student, which cannot begin as the teacher did (remedy 1 of 9.3)."""
    return case.learned(case.start("wider weights", width=case.settings.strengths.width))


def of_images(case: Subliminal, kept: np.ndarray) -> Network:
    """A student that is told of some pictures only."""
    return case.learned(images=case.images[kept], told=case.told()[kept])


def kept_images(case: Subliminal) -> int:
    """How many pictures cleaning leaves, at least one."""
    left_out = share("left_out", case.settings.strengths.left_out)
    return max(1, round((1 - left_out) * len(case.images)))


def cleaning(case: Subliminal) -> Network:
    """Pictures in which the teacher is surest of a digit are left out (remedy 2 of 9.3)."""
    least_sure_first = case.confidence().argsort(kind="stable")
    return of_images(case, np.sort(least_sure_first[: kept_images(case)]))


def left_out_at_random(case: Subliminal) -> Network:
    """As many pictures as in cleaning are left out at random."""
    order = case.stream("left out").permutation(len(case.images))
    return of_images(case, np.sort(order[: kept_images(case)]))


def fewer_images(case: Subliminal) -> Network:
    """The student is told of the first pictures only."""
    return of_images(case, np.arange(min(case.settings.strengths.images, len(case.images))))


def blurred(case: Subliminal) -> Network:
    """What is told has noise, in deviations of each output (remedy 2 of 9.3)."""
    told, rng = case.told(), case.stream("noise on what is told")
    noise = rng.standard_normal(told.shape) * told.std(axis=0)
    return case.learned(told=(told + case.settings.strengths.blurred * noise).astype(told.dtype))


def digits_shown(case: Subliminal) -> Network:
    """A share of the pictures are digits, told of like the others (remedy 2 of 9.3)."""
    part = share("shown", case.settings.strengths.shown)
    n = round(part * len(case.images))
    images = np.concatenate([case.images[n:], case.drawn(n, "shown").pixels])
    return case.learned(images=images, told=told_by(case.teacher, images))


def tossed_digits(case: Subliminal) -> Network:
    """A share of the loss is that of digits with tossed labels (remedy 2 of 9.3)."""
    return case.learned(tossed=case.settings.strengths.tossed_share)


def tuned_on_tossed(case: Subliminal) -> Network:
    """The trained student is tuned on digits with tossed labels (remedy 4 of 9.3)."""
    student, digits = case.start(), case.tossed()
    student.load_state_dict(case.plain().state_dict())
    s = replace(case.student, steps=case.settings.strengths.tossed_steps)

    def loss_of(batch: Pictures) -> Tensor:
        return cross_entropy(student(batch.pixels), targets=batch.labels)

    places = case.batches(len(digits.labels), s, "tuning")
    train(student, loss_of, (digits.only(i) for i in places), s)
    return student


def with_training(case: Subliminal, **changed: Any) -> Network:
    """Another training on the same pictures."""
    return case.learned(training=replace(case.student, **changed))


def weight_decay(case: Subliminal) -> Network:
    """Weight decay (remedy 3 of 9.3)."""
    return with_training(case, weight_decay=case.settings.strengths.weight_decay)


def dropout(case: Subliminal) -> Network:
    """Dropout on both hidden layers (remedy 3 of 9.3)."""
    return case.learned(case.start(dropout=case.settings.strengths.dropout))


def fewer_outputs(case: Subliminal) -> Network:
    """The student is told some of the auxiliary outputs only."""
    return case.learned(outputs=case.settings.strengths.outputs)


def early_stop(case: Subliminal) -> Network:
    """A shorter training."""
    return with_training(case, steps=case.settings.strengths.early)


def longer(case: Subliminal) -> Network:
    """A longer training."""
    return with_training(case, steps=case.settings.strengths.longer * case.student.steps)


def start_between(case: Subliminal, distance: float) -> Network:
    """The start lies between the teacher's and another one; for the sweeps."""
    return case.learned(case.between(distance))


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "other start": other_start,
    "other start, same output layers": same_outputs,
    "other start, same first layer": same_first,
    "same start, other output layers": other_outputs,
    "wider student": wider,
    "cleaning": cleaning,
    "as many left out at random": left_out_at_random,
    "noise on what is told": blurred,
    "digits among the pictures": digits_shown,
    "tossed digits in training": tossed_digits,
    "tuned on tossed digits": tuned_on_tossed,
    "weight decay": weight_decay,
    "dropout": dropout,
    "fewer outputs": fewer_outputs,
    "fewer pictures": fewer_images,
    "early stop": early_stop,
    "longer training": longer,
}
