"""What may be done where the labels of the training data wrong one of two groups.

Each remedy is given a case and gives the selector that has learned from its applications.  Only two
know a single true merit: those that look labels up or have some people judged anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.labs.challenges.fairness_case import Fairness, Selector, mean_loss, without
from minillm.labs.compare import Remedy
from minillm.labs.worlds.applications import TOWNS, Applied
from minillm.tasks.group_thresholds import equal_opportunity_thresholds
from minillm.training.fairness import covariance_penalty, independence_weights


def plain(case: Fairness) -> Selector:
    """The baseline: the labels as told."""
    return case.selector(case.plain())


def with_learning(case: Fairness, **changed: Any) -> Selector:
    """Another training on the same applications."""
    return case.selector(case.learned(learning=replace(case.learning, **changed)))


def with_model(case: Fairness, **changed: Any) -> Selector:
    """Another model of the same applications."""
    return case.selector(case.learned(model=replace(case.settings.model, **changed)))


def weight_decay(case: Fairness) -> Selector:
    """Weight decay (remedy 3 of 9.3)."""
    return with_learning(case, weight_decay=case.settings.strengths.weight_decay)


def early_stop(case: Fairness) -> Selector:
    """The training ends early (regularisation that the guide does not name)."""
    return with_learning(case, steps=case.settings.strengths.early)


def dropout(case: Fairness) -> Selector:
    """Dropout (remedy 3 of 9.3)."""
    return with_model(case, dropout=case.settings.strengths.dropout)


def wider(case: Fairness) -> Selector:
    """A larger model (remedy 1 of 9.3)."""
    s = case.settings.strengths
    return with_model(case, width=s.width, n_layers=s.n_layers, hidden=2 * s.width)


def without_attention(case: Fairness) -> Selector:
    """No position sees another one (remedy 1 of 9.3)."""
    return with_model(case, way="without attention")


def without_residuals(case: Fairness) -> Selector:
    """Nothing goes past attention and feed-forward network (remedy 1 of 9.3)."""
    return with_model(case, way="without residuals")


def word_dropout(case: Fairness) -> Selector:
    """Words are left out at random: augmentation that knows nothing (remedy 2 of 9.3)."""
    return with_learning(case, word_dropout=case.settings.strengths.word_dropout)


def more_data(case: Fairness) -> Selector:
    """More applications, whose labels are as unfair (remedy 2 of 9.3)."""
    return case.selector(case.learned(case.many))


def masked(case: Fairness, kinds: Sequence[str]) -> Selector:
    """Words that tell of the town are neither learned nor read later (remedy 2 of 9.3)."""
    world = case.settings.world
    hidden = tuple(np.concatenate([world.ids(kind).ravel() for kind in kinds]).tolist())
    ids = without(case.people.ids, hidden, len(world.words))
    model = case.learned(case.people._replace(ids=ids))
    return case.selector(model)._replace(hidden=hidden)


def names_masked(case: Fairness) -> Selector:
    """The names alone: hobbies still tell of the town."""
    return masked(case, ("names",))


def all_masked(case: Fairness) -> Selector:
    """Names and hobbies."""
    return masked(case, ("names", "hobbies"))


def counterfactual(case: Fairness) -> Selector:
    """Everybody is learned once more as from the other town, with the same label (remedy 2).

    Source: Lu, Mardziel, Wu, Amancharla & Datta 2018, "Gender Bias in Neural Natural Language
        Processing", arXiv:1807.11714.
    Guide: 8.2.3 (G55).
    """
    return case.selector(case.learned(with_twins(case, case.people)))


def with_twins(case: Fairness, people: Applied) -> Applied:
    """The applications, and all of them again with the other town's words."""
    return people.joined(case.settings.world.swapped(people))


def looked_up(case: Fairness) -> Selector:
    """A share of the second town's rejected ones is judged anew by merit (remedy 2 of 9.3)."""
    people, share = case.people, case.settings.strengths.looked_up
    rejected = np.flatnonzero((people.towns == 1) & (people.labels == 0))
    again = rejected[: round(share * len(rejected))]
    labels = people.labels.copy()
    labels[again] = people.merits[again]
    return case.selector(case.learned(people._replace(labels=labels)))


def reweighted(case: Fairness) -> Selector:
    """Applications are drawn so that labels are independent of towns.

    Source: as ``independence_weights``.
    Guide: 8.2.3 (G55).
    """
    people = case.people
    weights = independence_weights(people.labels, people.towns, TOWNS, n_classes=2)
    return case.selector(case.learned(weights=weights))


def penalised(case: Fairness) -> Selector:
    """Scores that go with the town cost something.

    Source: as ``covariance_penalty``.
    Guide: 8.2.3 (G55).
    """
    strength = case.settings.strengths.covariance

    def objective(scores: Tensor, batch: Applied) -> Tensor:
        distance = scores[:, 1] - scores[:, 0]
        return (
            mean_loss(scores, batch) + covariance_penalty(distance, batch.towns, TOWNS) * strength
        )

    return case.selector(case.learned(objective=objective))


def own_thresholds(case: Fairness) -> Selector:
    """The baseline, with a threshold for each town that finds as many of those told to merit it.

    Of those who merit it the labels leave out some at random, so the share found is the same.

    Source: as ``equal_opportunity_thresholds``.
    Guide: 8.2.3 (G55).
    """
    model = plain(case)
    scores = model.scores(case.held.ids)
    found = equal_opportunity_thresholds(scores, case.held.labels, case.held.towns, names=TOWNS)
    return model._replace(thresholds=tuple(found.tolist()))


def few_judged(case: Fairness) -> Selector:
    """The baseline learns on from a few people who were judged by merit (remedy 4 of 9.3)."""
    learning = replace(case.learning, steps=case.settings.strengths.few_steps)
    return case.selector(case.learned(case.judged, learning=learning, start=case.plain()))


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "weight decay": weight_decay,
    "dropout": dropout,
    "early stop": early_stop,
    "wider model": wider,
    "without attention": without_attention,
    "without residuals": without_residuals,
    "word dropout": word_dropout,
    "more data": more_data,
    "names masked": names_masked,
    "names and hobbies masked": all_masked,
    "counterfactual towns": counterfactual,
    "quarter looked up": looked_up,
    "reweighted": reweighted,
    "covariance penalty": penalised,
    "thresholds by town": own_thresholds,
    "128 judged by merit": few_judged,
}
