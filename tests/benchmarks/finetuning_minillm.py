"""Fine-tuning a BERT's classifier: all weights, the head, LoRA, adapters."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from minillm.backend.threads import limit_threads
from minillm.models import Bert, BertConfig, SequenceClassifier
from minillm.optim import AdamW
from minillm.tasks.finetuning import METHODS, FinetuneRecipe
from minillm.training import fit
from tests.benchmarks.sizes import ADAMW, DECAY, Size

WAYS: dict[str, dict[str, Any]] = {
    "full": {},
    "head": {},
    "lora": {"rank": 8, "where": "query,value"},
    "lora, all layers": {"rank": 8, "where": "query,key,value,output,inner,outer"},
    "adapter": {"adapter_width": 16},
}


def prepared(size: dict[str, int], way: str, updates: int = 100_000) -> Callable[[], float]:
    """A function that makes one update and gives the loss before it."""
    limit_threads(1, each=1)
    s, rng = Size(**size), np.random.default_rng(0)
    config = BertConfig(
        vocabulary_size=s.vocabulary,
        width=s.width,
        n_layers=s.n_layers,
        n_heads=s.n_heads,
        hidden=s.hidden,
        max_length=s.length,
        dropout=0.0,
    )
    model = SequenceClassifier(Bert(config, rng=rng), 2, rng=rng)
    recipe = FinetuneRecipe(method=way.partition(",")[0], **WAYS[way])
    ids = rng.integers(s.vocabulary, size=(s.batch, s.length))
    batch = ids, np.ones(ids.shape, dtype=bool), rng.integers(2, size=s.batch)
    groups = METHODS[recipe.method](model, recipe, rng)
    optimizer = AdamW(groups, **ADAMW, weight_decay=DECAY)
    steps = fit(lambda given: model.loss(*given), itertools.repeat(batch, updates), optimizer)
    return lambda: float(next(steps).loss)
