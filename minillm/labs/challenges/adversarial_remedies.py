"""What may be done against small changes of a review that turn a classifier's answer.

Each remedy is given a case and gives the model that has learned its reviews.  Only two know which
words are alike: "words swapped" and "tuned on attacked".  The others know nothing of the attacks
on words, and "adversarial training" only the one on vectors.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minillm.labs.challenges.adversarial_attacks import Attacked
from minillm.labs.challenges.adversarial_case import Adversarial, AttackedEncoder
from minillm.labs.compare import Remedy
from minillm.labs.worlds.majorities import Reviews
from minillm.models.adversarial import swapped_in_turn


def plain(case: Adversarial) -> AttackedEncoder:
    """The baseline: the reviews as they are."""
    return case.plain()


def with_learning(case: Adversarial, **changed: Any) -> AttackedEncoder:
    """Another training on the same reviews."""
    return case.taught(learning=replace(case.learning, **changed))


def with_model(case: Adversarial, **changed: Any) -> AttackedEncoder:
    """Another model of the same reviews."""
    return case.taught(model=replace(case.settings.model, **changed))


def weight_decay(case: Adversarial) -> AttackedEncoder:
    """Weight decay (remedy 3 of 9.3)."""
    return with_learning(case, weight_decay=case.settings.strengths.weight_decay)


def dropout(case: Adversarial) -> AttackedEncoder:
    """Dropout (remedy 3 of 9.3)."""
    return with_model(case, dropout=case.settings.strengths.dropout)


def wider(case: Adversarial) -> AttackedEncoder:
    """A larger model (remedy 1 of 9.3)."""
    s = case.settings.strengths
    return with_model(case, width=s.width, n_layers=s.n_layers, hidden=2 * s.width)


def linear(case: Adversarial) -> AttackedEncoder:
    """No layers: a mean of word vectors and a line (remedy 1 of 9.3)."""
    return with_model(case, n_layers=0)


def word_dropout(case: Adversarial) -> AttackedEncoder:
    """Words are left out at random: augmentation that knows nothing (remedy 2 of 9.3)."""
    return with_learning(case, word_dropout=case.settings.strengths.word_dropout)


def more_data(case: Adversarial) -> AttackedEncoder:
    """More reviews, in which the same words are rare (remedy 2 of 9.3)."""
    return case.taught(case.many)


def words_swapped(case: Adversarial) -> AttackedEncoder:
    """Words are swapped at random for others of their kind (remedy 2 of 9.3)."""
    return case.taught(swapped=case.settings.strengths.swapped)


def adversarial_training(case: Adversarial) -> AttackedEncoder:
    """Half of the loss is that of vectors one step of signs away.

    Source: as ``adversarial_loss``.
    Guide: 7.3.1, 10 (G56).
    """
    return case.taught(eps=case.settings.strengths.eps)


def tuned_on_attacked(case: Adversarial) -> AttackedEncoder:
    """The baseline learns on from its own reviews after an attack on it (remedy 4 of 9.3).

    One word of each is swapped by the first order; the labels are the true ones.
    """
    few, start = case.reviews.only(slice(case.settings.strengths.few)), case.plain()
    attacked = Attacked(start, few, case.alike, case.stream("tuning"))
    ids = swapped_in_turn(few.ids, lambda texts: attacked.gains("first order", texts), 1)[-1]
    learning = replace(case.learning, steps=case.settings.strengths.tuning)
    return case.taught(Reviews(ids, few.labels), learning=learning, start=start)


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "weight decay": weight_decay,
    "dropout": dropout,
    "word dropout": word_dropout,
    "more data": more_data,
    "words swapped": words_swapped,
    "wider model": wider,
    "linear model": linear,
    "adversarial training": adversarial_training,
    "tuned on attacked": tuned_on_attacked,
}
