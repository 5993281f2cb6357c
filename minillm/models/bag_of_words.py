"""The baseline that every model for classification must beat: which words occur, and no order."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from minillm.backend import load_arrays, reading, save_arrays
from minillm.models.presence import Columns, Presence
from minillm.optim import minimize

TokenLists = Sequence[Sequence[str]]
KIND = "bag of words"
PENALTIES = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)  # strongest first


class BagOfWords:
    """Multinomial logistic regression on the presence of words::

        p = softmax(x W + b),    x_j = 1 if word j occurs in the text, however often, else 0

    ``fit`` finds the only minimum of ``loss_and_gradient`` in W.  Words unknown to ``fit`` are
    passed over, so that an empty text gets the probabilities of the bias alone.  With
    ``ngrams=2`` pairs of neighbouring words count as words too ("not dull").

    Raises:
        ValueError: ``l2`` is not a positive number; ``ngrams`` is less than 1.
    Source: Pang, Lee & Vaithyanathan 2002, "Thumbs up?", section 6.2: for sentiment, presence
        is better than frequency.
    Guide: 6.1, 6.3 (G35, G36, G37).
    """

    def __init__(self, *, l2: float, ngrams: int = 1):
        if not 0 < l2 < np.inf:
            raise ValueError(f"l2 must be a positive number, got {l2}")
        if ngrams < 1:
            raise ValueError(f"ngrams must be at least 1, got {ngrams}")
        self.l2, self.ngrams = float(l2), int(ngrams)  # JSON does not know NumPy's numbers
        self.words: list[str] = []
        self.classes: list[str] = []
        # a class, and the probability from which on it is said; None: the most probable class is
        self.threshold: tuple[str, float] | None = None
        self.majority = ""
        self.weights, self.bias = np.zeros((0, 0)), np.zeros(0)

    def fit(self, token_lists: TokenLists, labels: Sequence[str]) -> Self:
        """Learn the words, the classes and the weights; the result depends on nothing random.

        Raises:
            ValueError, TypeError: as ``prepare``.
        """
        x, y = self.prepare(token_lists, labels)
        return self.learn(x, y)

    def prepare(
        self, token_lists: TokenLists, labels: Sequence[str]
    ) -> tuple[Presence, np.ndarray]:
        """Learn the words and the classes; the texts and labels as numbers of them.

        Raises:
            ValueError: there are not as many labels as texts, or fewer than two classes.
            TypeError: a text is a string, not a list of tokens.
        """
        check_pairs(token_lists, labels)
        labels = plain_labels(labels)
        classes = sorted(set(labels))
        if len(classes) < 2:
            raise ValueError(f"fit needs at least two classes, got {classes}")
        words = sorted(set().union(*(features(tokens, self.ngrams) for tokens in token_lists)))
        self.words, self.classes, self.majority = words, classes, majority_class(labels)
        y = np.array([classes.index(label) for label in labels])
        return self.presence(token_lists), y

    def learn(self, x: Presence, y: np.ndarray, start: np.ndarray | None = None) -> Self:
        """The weights of the minimum, looked for from ``start (V + 1, C)``, the bias last, or 0."""
        if start is None:
            start = np.zeros((len(self.words) + 1, len(self.classes)))

        def flat(theta: np.ndarray) -> tuple[float, np.ndarray]:
            loss, gradient = loss_and_gradient(theta.reshape(start.shape), x, y, l2=self.l2)
            return loss, gradient.ravel()

        theta = minimize(flat, start.ravel()).reshape(start.shape)
        self.weights, self.bias = theta[:-1], theta[-1]
        return self

    def weaker(self, l2: float, x: Presence, y: np.ndarray) -> Self:
        """The model of the same texts under another penalty, looked for from here."""
        model = type(self)(l2=l2, ngrams=self.ngrams)
        model.words, model.classes, model.majority = self.words, self.classes, self.majority
        return model.learn(x, y, np.vstack([self.weights, self.bias]))

    def predict_probabilities(self, token_lists: TokenLists) -> np.ndarray:
        """The probability of every class, ``(N, C)``, in the order of ``classes``.

        Raises:
            RuntimeError: ``fit`` has not been called.
        """
        if not self.bias.size:
            raise RuntimeError("BagOfWords: call fit before asking for predictions")
        return np.exp(log_softmax(self.scores(self.presence(token_lists))))

    def scores(self, x: Presence) -> np.ndarray:
        """What the softmax is taken of, ``(N, C)``."""
        return x.times(self.weights) + self.bias

    def predict(self, token_lists: TokenLists) -> list[str]:
        """The most probable class of every text; of equals the first in ``classes``."""
        return [self.classes[c] for c in self.predict_probabilities(token_lists).argmax(axis=1)]

    def save(self, path: str | Path) -> None:
        """Write everything that prediction needs into one file.

        Raises:
            OSError: see ``save_arrays``.
        """
        settings = {"l2": self.l2, "ngrams": self.ngrams}
        learned: dict[str, Any] = {
            "words": self.words,
            "classes": self.classes,
            "majority": self.majority,
        }
        learned |= {} if self.threshold is None else {"threshold": self.threshold}
        described = {"kind": KIND, "settings": json.dumps(settings), "learned": json.dumps(learned)}
        save_arrays(path, {"weights": self.weights, "bias": self.bias}, described)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The model that ``save`` wrote.

        Raises:
            OSError: the file is missing or not readable.
            CheckpointError: it is damaged, or holds something else.
        """
        arrays, metadata = load_arrays(path)
        with reading(KIND, metadata, f"{path}: "):
            model = cls(**json.loads(metadata["settings"]))
            vars(model).update(json.loads(metadata["learned"]), **arrays)
        return model

    def presence(self, token_lists: TokenLists) -> Presence:
        column = {word: j for j, word in enumerate(self.words)}
        # Sorted, because sets of strings have another order in every process.
        known = [
            sorted(column[word] for word in features(tokens, self.ngrams) if word in column)
            for tokens in token_lists
        ]
        rows = np.array([i for i, ids in enumerate(known) for _ in ids], dtype=np.int64)
        columns = np.array([j for ids in known for j in ids], dtype=np.int64)
        return Presence(rows, columns, (len(known), len(self.words)))


def loss_and_gradient(
    theta: np.ndarray, x: Columns, y: np.ndarray, *, l2: float
) -> tuple[float, np.ndarray]:
    """The penalised mean cross-entropy at ``theta``, and its gradient::

        L = -1/N sum_i log p_i[y_i] + l2/2 ||W||²        p = softmax(X W + b)
        dL/dW = Xᵀ (p - onehot(y)) / N + l2 W             dL/db = sum_i (p_i - onehot(y_i)) / N

    Shapes: ``theta (V + 1, C)`` is ``W`` over the row ``b``, ``y (N,)`` are class numbers.  The
    bias is free of the penalty: it only says how frequent the classes are.
    """
    weights, bias = theta[:-1], theta[-1]
    texts = np.arange(len(y))
    log_p = log_softmax(x.times(weights) + bias)
    loss = -log_p[texts, y].mean() + l2 / 2 * (weights**2).sum()
    errors = np.exp(log_p)
    errors[texts, y] -= 1
    errors /= len(y)
    gradient = np.vstack([x.transposed_times(errors) + l2 * weights, errors.sum(axis=0)])
    return float(loss), gradient


def tune_bag_of_words(
    train: tuple[TokenLists, Sequence[str]],
    dev: tuple[TokenLists, Sequence[str]],
    *,
    ngrams: int = 1,
    penalties: Sequence[float] = PENALTIES,
) -> tuple[BagOfWords, dict[float, float]]:
    """The model whose penalty is best on ``dev``, and the accuracy of every penalty there.

    ``train`` and ``dev`` are (token lists, labels).  Of equally accurate models the one with the
    strongest penalty wins.  With ``ngrams=2`` it is a stronger baseline that knows some order.

    Raises:
        ValueError: ``penalties`` is empty; or as ``BagOfWords.fit``.
    """
    if len(penalties) == 0:
        raise ValueError("penalties must name at least one value of l2, got none")
    check_pairs(*dev)
    strongest, *others = sorted(penalties, reverse=True)
    model = BagOfWords(l2=strongest, ngrams=ngrams)
    x, y = model.prepare(*train)
    models = {strongest: model.learn(x, y)}
    for l2 in others:  # each from the one before: the minimum is the same, and near
        models[l2] = model = model.weaker(l2, x, y)
    asked, true = model.presence(dev[0]), np.array(plain_labels(dev[1]))
    accuracies = {
        l2: float(np.mean(np.array(model.classes)[model.scores(asked).argmax(axis=1)] == true))
        for l2, model in models.items()
    }
    best = max(accuracies, key=lambda l2: accuracies[l2])  # max keeps the first of equals
    return models[best], accuracies


def majority_class(labels: Sequence[str]) -> str:
    """The most frequent label; of equally frequent ones the first in sorted order.

    Raises:
        ValueError: there are no labels.
    Guide: 6.1 (G35).
    """
    if len(labels) == 0:
        raise ValueError("majority_class needs at least one label, got none")
    counts = Counter(plain_labels(labels))
    return min(counts, key=lambda label: (-counts[label], label))


def features(tokens: Sequence[str], ngrams: int) -> set[str]:
    """The runs of 1 to ``ngrams`` tokens that occur, each joined by blanks."""
    if isinstance(tokens, str):
        raise TypeError(f"a text must be a list of tokens, got the str {tokens[:40]!r}")
    lengths = range(1, ngrams + 1)
    return {" ".join(tokens[i : i + n]) for n in lengths for i in range(len(tokens) - n + 1)}


def log_softmax(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max(axis=1, keepdims=True)  # exp of a large score would overflow
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def plain_labels(labels: Sequence[str]) -> list[str]:
    """The labels as Python has them, also those of a NumPy array."""
    return labels.tolist() if isinstance(labels, np.ndarray) else list(labels)


def check_pairs(token_lists: TokenLists, labels: Sequence[str]) -> None:
    if len(token_lists) != len(labels):
        raise ValueError(f"{len(token_lists)} texts but {len(labels)} labels: one each is needed")
    if len(labels) == 0:
        raise ValueError("at least one labelled text is needed, got none")
