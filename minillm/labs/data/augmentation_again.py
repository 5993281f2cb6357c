"""What looked promising in the study of augmentation, tested once more on fresh seeds.

Twenty comparisons on five seeds will show some gain by chance.  So the largest gain of that study,
rewriting at 1000 sentences, and word dropout beside it, are measured again on ten other seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm.labs.data.augmentation import Curves, measure_curves
from minillm.labs.learners import SmallBert, bert_fit
from minillm.labs.study import Study
from minillm.tasks.label_filter import Learner
from minillm.text.corpora import load_corpus


@dataclass(frozen=True)
class Settings:
    """The corpus, the augmentations that are tried once more, and the model."""

    corpus: str = "sentiment"
    single_clauses: bool = False
    language: str = "en"
    curves: Curves = Curves(augmentations=("none", "word dropout", "rewriting"), sizes=(1000,))
    bert: SmallBert = SmallBert()


def measure(settings: Settings, seed: int, *, fit: Learner | None = None) -> dict[str, np.ndarray]:
    """Test accuracies of the small BERT ``(A, K)`` by augmentation and kind of sentence.

    Raises:
        ValueError: another number of sizes than one.
    """
    (size,), test = settings.curves.sizes, settings.curves.test
    corpus = load_corpus(
        settings.corpus,
        settings.language,
        seed=seed,
        sizes=(size, 0, test),
        single_clauses=settings.single_clauses,
    )
    bert = bert_fit(settings.bert, seed=seed) if fit is None else fit
    curves = measure_curves(settings.curves, corpus, settings.language, fit=bert, seed=seed)
    return {"bert": curves[:, 0]}


STUDY = Study(
    name="augmentation_again",
    question="Do rewriting and word dropout help at 1000 sentences, on seeds not used before?",
    settings=Settings(),
    measure=measure,
    seeds=range(5, 15),
    tolerance=0.12,
)
