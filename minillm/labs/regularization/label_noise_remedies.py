"""What may be done about wrong labels that a model would learn by heart.

Each remedy is given a case and gives the model that has learned from its members.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from minillm.backend import stream
from minillm.labs.compare import Remedy
from minillm.labs.regularization.label_noise_case import LabelNoise
from minillm.labs.small_encoder import SmallEncoder, probabilities
from minillm.tasks import label_probabilities
from minillm.tasks.label_filter import Predictor
from minillm.text import Example
from minillm.text.corpora.sentiment import LABELS


def plain(case: LabelNoise) -> SmallEncoder:
    """The baseline: the members as they are."""
    return case.plain()


def early_stop(case: LabelNoise) -> SmallEncoder:
    """An earlier end of the same training."""
    s = case.settings
    return case.learned(learning=replace(s.learning, steps=s.strengths.steps))


def weight_decay(case: LabelNoise) -> SmallEncoder:
    """Weight decay (remedy 3 of 9.3)."""
    s = case.settings
    return case.learned(learning=replace(s.learning, weight_decay=s.strengths.weight_decay))


def dropout(case: LabelNoise) -> SmallEncoder:
    """Dropout (remedy 3 of 9.3)."""
    s = case.settings
    return case.learned(model=replace(s.model, dropout=s.strengths.dropout))


def label_smoothing(case: LabelNoise) -> SmallEncoder:
    """Each label leaves some probability to the other one."""
    s = case.settings
    return case.learned(learning=replace(s.learning, smoothing=s.strengths.smoothing))


def word_dropout(case: LabelNoise) -> SmallEncoder:
    """Words are left out at random: augmentation that knows nothing (remedy 2 of 9.3)."""
    s = case.settings
    return case.learned(learning=replace(s.learning, word_dropout=s.strengths.word_dropout))


def cleaning(case: LabelNoise) -> SmallEncoder:
    """Labels that models of the other members find improbable are left out (remedy 2 of 9.3).

    Source: as ``label_probabilities``.
    """
    return case.learned(
        case.members.only(own_probability(case) >= case.settings.strengths.threshold)
    )


def own_probability(case: LabelNoise) -> np.ndarray:
    """The probability of each member's label, from a model that was not trained on it, (N,)."""
    world, members = case.settings.world, case.members
    texts = [world.text(row) for row in members.ids]
    place = {text: i for i, text in enumerate(texts)}

    def learn(examples: Sequence[Example]) -> Predictor:
        model = case.learned(members.only(places_of([text for text, _ in examples])))
        return lambda asked: probabilities(model, members.ids[places_of(asked)])

    def places_of(asked: Sequence[str]) -> np.ndarray:
        return np.array([place[text] for text in asked])

    examples = [Example(t, LABELS[y]) for t, y in zip(texts, members.labels, strict=True)]
    rng, folds = stream(case.seed, "wrong labels, folds"), case.settings.strengths.folds
    found: np.ndarray = case.shared(
        "own probability", lambda: label_probabilities(examples, learn, folds=folds, rng=rng)
    )
    return found


def more_data(case: LabelNoise) -> SmallEncoder:
    """More reviews, with as many wrong labels among them (remedy 2 of 9.3)."""
    return case.learned(case.many)


def wider(case: LabelNoise) -> SmallEncoder:
    """A larger model (remedy 1 of 9.3)."""
    s = case.settings
    width, layers = s.strengths.width, s.strengths.n_layers
    return case.learned(model=replace(s.model, width=width, n_layers=layers, hidden=2 * width))


def without_attention(case: LabelNoise) -> SmallEncoder:
    """No position sees another one: the mean of what is said of each word (remedy 1 of 9.3)."""
    return case.learned(model=replace(case.settings.model, way="without attention"))


def without_residuals(case: LabelNoise) -> SmallEncoder:
    """Nothing goes past attention and feed-forward network (remedy 1 of 9.3)."""
    return case.learned(model=replace(case.settings.model, way="without residuals"))


REMEDIES: dict[str, Remedy] = {
    "none": plain,
    "early stop": early_stop,
    "weight decay": weight_decay,
    "dropout": dropout,
    "label smoothing": label_smoothing,
    "word dropout": word_dropout,
    "cleaning": cleaning,
    "more data": more_data,
    "wider model": wider,
    "without attention": without_attention,
    "without residuals": without_residuals,
}
