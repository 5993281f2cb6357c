"""What looked promising in the study of augmentation, tested once more on fresh seeds.

Twenty comparisons on five seeds will show some gain by chance.  So the largest gain of that study,
rewriting at 1000 sentences, and word dropout beside it, are measured again on ten other seeds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minillm.labs.data import classifiers
from minillm.labs.data.augmentation import COPIES, TEST, curves
from minillm.labs.data.classifiers import KINDS, both_fits
from minillm.labs.study import Study
from minillm.tasks.label_filter import Learner
from minillm.text.corpora import load_corpus

SIZE = 1000
TREATMENTS = ("none", "word dropout", "rewriting")


def measure(
    seed: int, *, size: int = SIZE, n_test: int = TEST, fits: Mapping[str, Learner] | None = None
) -> dict[str, np.ndarray]:
    """Test accuracies of the small BERT ``(3, K)`` by treatment and kind of sentence."""
    fit = (both_fits(seed) if fits is None else fits)["bert"]
    corpus = load_corpus("sentiment", "en", seed=seed, sizes=(size, 0, n_test))
    found = curves(corpus, "en", TREATMENTS, fit=fit, seed=seed, sizes=(size,))
    return {"bert": found[:, 0]}


STUDY = Study(
    name="augmentation_again",
    question="Do rewriting and word dropout help at 1000 sentences, on seeds not used before?",
    settings={
        "corpus": "sentiment, English",
        "size": SIZE,
        "test": TEST,
        "copies": COPIES,
        "treatments": list(TREATMENTS),
        "kinds": list(KINDS),
        "bert": classifiers.SETTINGS["bert"],
    },
    measure=measure,
    seeds=tuple(range(5, 15)),
    tolerance=0.12,
)
