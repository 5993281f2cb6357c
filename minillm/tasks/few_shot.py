"""A few labelled examples: how they are drawn, and how they become one text for a language model.

``label_log_probabilities`` reads such a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minillm.backend import check_rng
from minillm.text import Example


def k_shot(examples: Sequence[Example], k: int, rng: np.random.Generator) -> list[Example]:
    """``k`` examples of each class, all different places of ``examples``, in random order.

    With ``k = 0`` there are none.

    Raises:
        ValueError: ``k`` is negative; a class has fewer than ``k`` examples: the message names it.
        TypeError: ``k`` is not an integer, or ``rng`` not a generator.
    Guide: 8.1.3 (G51).
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer):
        raise TypeError(f"k_shot: k must be an integer, got {k!r}")
    if k < 0:
        raise ValueError(f"k_shot: k must be at least 0, got {k}")
    check_rng(rng)
    places: dict[str, list[int]] = {}
    for i, (_, label) in enumerate(examples):
        places.setdefault(label, []).append(i)
    few = {label: len(found) for label, found in sorted(places.items()) if len(found) < k}
    if few or (k and not places):
        counted = ", ".join(f"{label!r} has {n}" for label, n in few.items()) or "there are none"
        raise ValueError(
            f"k_shot: k = {k} examples of each class are needed, {counted}: "
            "take a smaller k, or label more"
        )
    chosen = [i for _, found in sorted(places.items()) for i in rng.permutation(found)[:k]]
    return [examples[i] for i in rng.permutation(np.array(chosen, dtype=np.int64))]


def prompt_of(
    examples: Sequence[Example],
    query: str,
    words: Mapping[str, str],
    *,
    arrow: str = ":",
    end: str = "\n",
) -> str:
    """Examples, each with the word of its label, and the query with its word left open::

        prompt_of([Example("dull plot", "0"), Example("fresh food", "1")], "clean room",
                  {"0": "bad", "1": "good"})

        dull plot: bad
        fresh food: good
        clean room:

    The word that is to come stands behind a blank, like those before it.  Without examples the
    query stands alone.

    Raises:
        ValueError: a label without a word; two labels with one word.
    Source: Brown et al. 2020, "Language Models are Few-Shot Learners", section 2 and figure 2.1.
    Guide: 8.1.3 (G51).
    """
    require_different(words)
    for place, (_, label) in enumerate(examples):
        if label not in words:
            known = ", ".join(map(repr, words))
            raise ValueError(
                f"prompt_of: example {place} has the label {label!r}, words has one for {known}"
            )
    shown = "".join(f"{text}{arrow} {words[label]}{end}" for text, label in examples)
    return f"{shown}{query}{arrow}"


def require_different(words: Mapping[str, str]) -> None:
    """Refuse words that do not tell the labels apart.

    Raises:
        ValueError: fewer than two labels; two of them have one word.
    """
    if len(words) < 2:
        raise ValueError(f"words must be those of two labels at least, got {dict(words)}")
    labels: dict[str, str] = {}
    for label, word in words.items():
        if word in labels:
            raise ValueError(f"the labels {labels[word]!r} and {label!r} have one word, {word!r}")
        labels[word] = label
