"""Remedies against a tag that agrees with the label, one function each; bags of words beside them.

Each is given the ``TaggedReviews`` of a seed and gives one ``TagReader`` for each agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from minillm.labs.compare import Remedy
from minillm.labs.real_text.sst2_shortcut_case import TaggedReviews, TagReader
from minillm.labs.worlds.tags import Tagged
from minillm.tasks.label_filter import bag_of_words_learner

Readers = list[TagReader]


def plain(case: TaggedReviews) -> Readers:
    """No remedy."""
    return case.plain()


def with_bert(case: TaggedReviews, **changed: Any) -> Readers:
    """Another model of the same sentences."""
    return case.learned(bert=replace(case.bert, **changed))


def weight_decay(case: TaggedReviews) -> Readers:
    """Weight decay (remedy 3 of 9.3)."""
    return with_bert(case, weight_decay=case.settings.strengths.weight_decay)


def dropout(case: TaggedReviews) -> Readers:
    """Dropout (remedy 3 of 9.3)."""
    return with_bert(case, dropout=case.settings.strengths.dropout)


def masked(case: TaggedReviews) -> Readers:
    """The tag is taken out of every sentence (remedy 2 of 9.3)."""
    return case.learned(masked=True)


def swapped(case: TaggedReviews) -> Readers:
    """Each sentence is learned with every tag, its label kept (remedy 2 of 9.3).

    Source: Kaushik, Hovy & Lipton 2020, "Learning the Difference that Makes a Difference with
        Counterfactually-Augmented Data", arXiv:1909.12434; here the change is mechanical.
    """
    return case.learned(change=lambda tagged, _: case.settings.tags.with_every_tag(tagged))


def balanced_sentences(case: TaggedReviews, tagged: list[Tagged], number: int) -> list[Tagged]:
    """The groups of label and tag, all as large as the largest."""
    return case.settings.tags.balanced(tagged, case.stream("balanced", number))


def balanced(case: TaggedReviews) -> Readers:
    """All groups of label and tag weigh the same: somebody must know the tag of each sentence.

    Source: as ``Tags.balanced``.
    """
    return case.learned(change=lambda tagged, i: balanced_sentences(case, tagged, i))


def balanced_with_dropout(case: TaggedReviews) -> Readers:
    """Both, each as strong as alone.

    Source: Sagawa et al. 2020, "Distributionally Robust Neural Networks for Group Shifts",
        arXiv:1911.08731: group weights help where a model is regularized, too.
    """
    return case.learned(
        bert=replace(case.bert, dropout=case.settings.strengths.dropout),
        change=lambda tagged, i: balanced_sentences(case, tagged, i),
    )


def target_sentences(case: TaggedReviews) -> Readers:
    """A few sentences whose tags are free are a share of what is learned (remedy 4 of 9.3)."""
    share = case.settings.strengths.target_share
    return case.learned(change=lambda tagged, _: with_share(tagged, case.target, share))


def with_share(tagged: list[Tagged], few: Sequence[Tagged], share: float) -> list[Tagged]:
    """Sentences, and a few others so often that they are that share of the whole.

    Raises:
        ValueError: the share is not from 0 to below 1; there are no others.
    """
    if not 0 <= share < 1 or not few:
        raise ValueError(
            f"with_share: needs a share from 0 to below 1 and sentences, got {share} and {len(few)}"
        )
    places = np.resize(np.arange(len(few)), round(len(tagged) * share / (1 - share)))
    return [*tagged, *(few[int(i)] for i in places)]


def bag(case: TaggedReviews) -> Readers:
    """A bag of words in place of the model."""
    return case.learned(learner=bag_of_words_learner(l2=case.settings.strengths.l2))


def bag_masked(case: TaggedReviews) -> Readers:
    """A bag of words of sentences without tags."""
    learner = bag_of_words_learner(l2=case.settings.strengths.l2_masked)
    return case.learned(learner=learner, masked=True)


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "weight decay": weight_decay,
    "dropout": dropout,
    "tag masked": masked,
    "tag swapped": swapped,
    "balanced groups": balanced,
    "balanced groups and dropout": balanced_with_dropout,
    "target sentences": target_sentences,
    "bag of words": bag,
    "bag of words, tag masked": bag_masked,
}
