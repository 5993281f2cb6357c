"""What may be done where a tag of the training data stands for the label.

Each remedy is given a case and gives the model that has learned from its reviews.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from minillm.labs.compare import Remedy
from minillm.labs.mismatch.shortcut_case import Shortcut
from minillm.labs.mismatch.shortcut_objectives import GroupDRO, Irm, VRex
from minillm.labs.small_encoder import SmallEncoder, probabilities
from minillm.labs.worlds.shortcuts import GROUPS, TaggedReviews
from minillm.tasks.interpretation import Labelled, fitted_probe
from minillm.text.corpora.sentiment import LABELS
from minillm.training import evaluating
from minillm.training.robust import balanced_weights


def plain(case: Shortcut) -> SmallEncoder:
    """The baseline: the reviews as they are."""
    return case.plain()


def with_learning(case: Shortcut, **changed: Any) -> SmallEncoder:
    """Another training on the same reviews."""
    return case.learned(learning=replace(case.learning, **changed))


def with_model(case: Shortcut, **changed: Any) -> SmallEncoder:
    """Another model of the same reviews."""
    return case.learned(model=replace(case.settings.model, **changed))


def weight_decay(case: Shortcut) -> SmallEncoder:
    """Weight decay (remedy 3 of 9.3)."""
    return with_learning(case, weight_decay=case.settings.strengths.weight_decay)


def dropout(case: Shortcut) -> SmallEncoder:
    """Dropout (remedy 3 of 9.3)."""
    return with_model(case, dropout=case.settings.strengths.dropout)


def wider(case: Shortcut) -> SmallEncoder:
    """A larger model (remedy 1 of 9.3)."""
    s = case.settings.strengths
    return with_model(case, width=s.width, n_layers=s.n_layers, hidden=2 * s.width)


def without_attention(case: Shortcut) -> SmallEncoder:
    """No position sees another one (remedy 1 of 9.3)."""
    return with_model(case, way="without attention")


def without_residuals(case: Shortcut) -> SmallEncoder:
    """Nothing goes past attention and feed-forward network (remedy 1 of 9.3)."""
    return with_model(case, way="without residuals")


def word_dropout(case: Shortcut) -> SmallEncoder:
    """Words are left out at random: augmentation that knows nothing (remedy 2 of 9.3)."""
    return with_learning(case, word_dropout=case.settings.strengths.word_dropout)


def more_data(case: Shortcut) -> SmallEncoder:
    """More reviews whose tags agree as often (remedy 2 of 9.3)."""
    return case.learned(case.many)


def tag_masked(case: Shortcut) -> SmallEncoder:
    """The tag is cleaned away from the reviews that are learned (remedy 2 of 9.3)."""
    return case.learned(case.masked(case.reviews))


def with_twins(case: Shortcut, share: float) -> TaggedReviews:
    """The reviews, and the first ``share`` of them again with the other tag and the same label."""
    first = case.reviews.only(slice(round(share * len(case.reviews.labels))))
    return case.reviews.joined(case.settings.world.swapped(first))


def counterfactual(case: Shortcut) -> SmallEncoder:
    """Every review is learned with the other tag, too (remedy 2 of 9.3).

    Source: Kaushik, Hovy & Lipton 2020, "Learning the Difference that Makes a Difference with
        Counterfactually-Augmented Data", arXiv:1909.12434.
    """
    return case.learned(with_twins(case, 1.0))


def some_counterfactual(case: Shortcut) -> SmallEncoder:
    """A share of the reviews is learned with the other tag, too (remedy 2 of 9.3).

    Source: as ``counterfactual``.
    """
    return case.learned(with_twins(case, case.settings.strengths.twins))


def balanced(case: Shortcut, dropout: float = 0.0) -> SmallEncoder:
    """All groups of label and tag are drawn equally often.

    Source: as ``balanced_weights``.
    """
    model = replace(case.settings.model, dropout=dropout)
    return case.learned(weights=balanced_weights(case.reviews.groups, GROUPS), model=model)


def balanced_and_dropout(case: Shortcut) -> SmallEncoder:
    """Balanced groups, and dropout."""
    return balanced(case, case.settings.strengths.balanced_dropout)


def group_dro(case: Shortcut, dropout: float = 0.0) -> SmallEncoder:
    """Of groups drawn equally often, those with a higher loss come to weigh more.

    Source: as ``group_dro_weights``.
    """
    return case.learned(
        weights=balanced_weights(case.reviews.groups, GROUPS),
        objective=GroupDRO(case.settings.strengths.dro_rate),
        model=replace(case.settings.model, dropout=dropout),
    )


def group_dro_and_dropout(case: Shortcut) -> SmallEncoder:
    """Group DRO, and dropout.

    Source: as ``group_dro_weights``.
    """
    return group_dro(case, case.settings.strengths.dro_dropout)


def irm(case: Shortcut) -> SmallEncoder:
    """Invariant risk minimization over the environments.

    Source: as ``irm_penalty``.
    """
    return case.learned(objective=Irm(case.settings.strengths.irm))


def v_rex(case: Shortcut) -> SmallEncoder:
    """Risk extrapolation over the environments.

    Source: as ``v_rex_penalty``.
    """
    return case.learned(objective=VRex(case.settings.strengths.v_rex))


def jtt(case: Shortcut) -> SmallEncoder:
    """What a short training gets wrong is drawn more often in a second one: just train twice.

    Source: Liu et al. 2021, "Just Train Twice: Improving Group Robustness without Training Group
        Information", arXiv:2107.09044.
    """
    s = case.settings.strengths
    first = with_learning(case, steps=s.jtt_steps)
    wrong = probabilities(first, case.reviews.ids).argmax(axis=1) != case.reviews.labels
    weights = np.where(wrong, float(s.jtt_times), 1.0)
    return case.learned(weights=weights / weights.sum())


def last_layer(case: Shortcut) -> SmallEncoder:
    """The baseline with a new output layer, fitted to reviews whose tags tell nothing.

    Source: Kirichenko, Izmailov & Wilson 2023, "Last Layer Re-Training is Sufficient for
        Robustness to Spurious Correlations", arXiv:2204.02937.
    """
    model = case.untrained(case.settings.model)
    model.load_state_dict(case.plain().state_dict())
    with evaluating(model):
        vectors = model.features(case.target.ids).data.astype(np.float64)
    asked = Labelled(vectors, case.target.labels)
    probe = fitted_probe(asked, case.settings.strengths.refit, n_classes=len(LABELS))
    weight = probe.theta[:-1] / probe.scale[:, None]  # (D, C)
    bias = probe.theta[-1] - probe.mean @ weight
    layer = model.output
    fitted = {"weight": weight.T, "bias": bias}
    layer.load_state_dict({key: x.astype(layer.weight.dtype) for key, x in fitted.items()})
    return model


def few_of_target(case: Shortcut) -> SmallEncoder:
    """The baseline learns on from a few reviews whose tags tell nothing (remedy 4 of 9.3)."""
    s = case.settings.strengths
    learning = replace(case.learning, steps=s.few_steps)
    return case.learned(case.target.only(slice(s.few)), learning=learning, start=case.plain())


def many_of_target(case: Shortcut) -> SmallEncoder:
    """The baseline learns on from more reviews whose tags tell nothing (remedy 4 of 9.3)."""
    learning = replace(case.learning, steps=case.settings.strengths.many_steps)
    return case.learned(case.target, learning=learning, start=case.plain())


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "weight decay": weight_decay,
    "dropout": dropout,
    "wider model": wider,
    "without attention": without_attention,
    "without residuals": without_residuals,
    "word dropout": word_dropout,
    "more data": more_data,
    "tag masked": tag_masked,
    "counterfactual tags": counterfactual,
    "20 % counterfactual": some_counterfactual,
    "balanced groups": balanced,
    "balanced and dropout": balanced_and_dropout,
    "group DRO": group_dro,
    "group DRO and dropout": group_dro_and_dropout,
    "IRM": irm,
    "V-REx": v_rex,
    "just train twice": jtt,
    "last layer": last_layer,
    "64 of target": few_of_target,
    "256 of target": many_of_target,
}
