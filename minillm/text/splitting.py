"""Training, development and test examples, and the proof that they share no sentence."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from minillm.backend import check_rng
from minillm.text.cleaning import text_key
from minillm.text.examples import Example


def split(
    examples: Sequence[Example],
    *,
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
    rng: np.random.Generator,
) -> tuple[list[Example], list[Example], list[Example]]:
    """Random training, development and test parts, every class in the same proportion in each.

    Of a class with n examples the first two parts get the first ``round(n f1)`` and
    ``round(n (f1 + f2))`` of a random order.  Within a part the given order is kept.  Clean the
    examples first: a sentence that occurs twice may otherwise fall into two parts.

    Raises:
        ValueError: the fractions are not positive or do not sum to one; a class has too few
            examples to be in every part.
    Guide: 5.2.1 (G1).
    """
    if min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(f"fractions must be positive and sum to 1, got {fractions}")
    check_rng(rng)
    if len(examples) == 0:
        raise ValueError("split: there are no examples")
    places: defaultdict[str, list[int]] = defaultdict(list)
    for i, example in enumerate(examples):
        places[example.label].append(i)

    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for label, members in places.items():
        order = rng.permutation(members)
        first, second = (round(len(order) * share) for share in itertools.accumulate(fractions[:2]))
        for part, piece in zip(parts, np.split(order, [first, second]), strict=True):
            if not piece.size:
                raise ValueError(
                    f"class {label!r} has {len(order)} example(s): too few for all three parts "
                    f"of {fractions}"
                )
            part.extend(piece.tolist())
    train, dev, test = ([examples[i] for i in sorted(part)] for part in parts)
    return train, dev, test


def shared_texts(a: Iterable[Example], b: Iterable[Example]) -> set[str]:
    """The texts, normalised and without case, that occur in both."""
    return {text_key(text) for text, _ in a} & {text_key(text) for text, _ in b}


def require_disjoint(**splits: Sequence[Example]) -> None:
    """Refuse splits that share a sentence: ``require_disjoint(train=..., dev=..., test=...)``.

    A model that has seen a test sentence in training is asked to remember, not to understand.

    Raises:
        ValueError: two splits share a normalised text; names both and the first one shared.
    Guide: 1.1, 5.2.1 (G1).
    """
    for (name_a, a), (name_b, b) in itertools.combinations(splits.items(), 2):
        shared = shared_texts(a, b)
        if shared:
            first = next(text for text, _ in a if text_key(text) in shared)
            raise ValueError(
                f"{name_a} and {name_b} share {len(shared)} text(s), the first is {first!r}"
            )
