"""Doubtful labels: those that a model which never saw them finds improbable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from minillm.backend import check_rng
from minillm.models.bag_of_words import BagOfWords
from minillm.tasks.baselines import BagOfWordsClassifier
from minillm.text import Example, WordTokenizer

# Texts -> the probability of every class, (N, C), classes in sorted order: what a Classifier
# calls predict_probabilities
Predictor = Callable[[Sequence[str]], np.ndarray]
Learner = Callable[[Sequence[Example]], Predictor]


def label_probabilities(
    examples: Sequence[Example], learn: Learner, *, folds: int, rng: np.random.Generator
) -> np.ndarray:
    """For each example the probability of its own label, from a model that was not fitted on it::

        p_i = P(y_i | x_i; model of all folds but that of i)

    Shapes: ``(N,)``.  The folds are random, and of every class each gets an equal share.  An
    example whose twin lies in another fold is judged by that twin: ``clean`` first.

    Raises:
        ValueError: there are fewer than 2 folds; fewer than two classes; a class has fewer
            examples than there are folds; the model that ``learn`` gives
            predicts another number of classes, or probabilities that are not finite.
    Source: Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in
        Dataset Labels", section 3 (out-of-sample probabilities).
    Guide: 9.3.2 (G5).
    """
    fold_of = folds_of(examples, folds, rng)
    classes = sorted({example.label for example in examples})
    own = np.zeros(len(examples))
    for fold in range(folds):
        inside = np.flatnonzero(fold_of == fold).tolist()
        predict = learn([examples[i] for i in np.flatnonzero(fold_of != fold).tolist()])
        p = predict([examples[i].text for i in inside])
        if p.shape != (len(inside), len(classes)):
            raise ValueError(
                f"learn: its model gave probabilities {p.shape} for {len(inside)} texts and "
                f"{len(classes)} classes"
            )
        if not np.isfinite(p).all():
            raise ValueError("learn: its model gave probabilities that are not finite")
        own[inside] = [p[row, classes.index(examples[i].label)] for row, i in enumerate(inside)]
    return own


def drop_doubtful(
    examples: Sequence[Example],
    learn: Learner,
    *,
    rng: np.random.Generator,
    folds: int = 5,
    threshold: float = 0.3,
) -> tuple[list[Example], list[Example]]:
    """The examples whose label has a probability of at least ``threshold``, and the others.

    The others are wrong labels, and right ones that are hard to see: what no model learns, no
    filter of this kind can judge.  Confident learning goes on from here with a threshold for
    each class, estimated from the data; one for all is enough where the classes are balanced.

    Raises:
        ValueError: ``threshold`` is not in [0, 1]; or as ``label_probabilities``.
    Source: as ``label_probabilities``.
    Guide: 9.3.2 (G5).
    """
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold must be in [0, 1], got {threshold}")
    own = label_probabilities(examples, learn, folds=folds, rng=rng)
    kept = [example for example, p in zip(examples, own, strict=True) if p >= threshold]
    doubtful = [example for example, p in zip(examples, own, strict=True) if p < threshold]
    return kept, doubtful


def bag_of_words_learner(*, l2: float) -> Learner:
    """A bag of words that ``drop_doubtful`` may ask."""
    tokenizer = WordTokenizer()

    def learn(examples: Sequence[Example]) -> Predictor:
        tokens = [tokenizer.tokenize(text) for text, _ in examples]
        model = BagOfWords(l2=l2).fit(tokens, [label for _, label in examples])
        return BagOfWordsClassifier(model, tokenizer).predict_probabilities

    return learn


def folds_of(examples: Sequence[Example], folds: int, rng: np.random.Generator) -> np.ndarray:
    """The fold of every example, (N,)."""
    if folds < 2:
        raise ValueError(f"folds must be at least 2, got {folds}")
    check_rng(rng)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for i, example in enumerate(examples):
        places[example.label].append(i)
    if len(places) < 2:
        raise ValueError(f"a label can be doubtful only among two classes, got {sorted(places)}")
    fold_of = np.zeros(len(examples), dtype=int)
    for label, members in places.items():
        if len(members) < folds:
            raise ValueError(f"class {label!r} has {len(members)} example(s) for {folds} folds")
        fold_of[rng.permutation(members)] = np.arange(len(members)) % folds
    return fold_of
