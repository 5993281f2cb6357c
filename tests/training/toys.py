"""Three small tasks in stages: each is a loss, batches, parameters and a schedule, and no more."""

import numpy as np

from minillm import Parameter, Tensor, ops
from minillm.backend import stream
from minillm.nn import Dropout, Embedding, Linear, Module
from minillm.ops import IGNORE
from minillm.optim import SGD, Adam, AdamW, linear_with_warmup
from minillm.training import Run, Stage, numbered_order

WORDS = 7


class Reader(Module):
    """A table of word vectors under two heads, with dropout between."""

    def __init__(self, seed=0):
        rng = stream(seed, "reader")
        self.table = Embedding(WORDS, 6, rng=rng)
        self.dropout = Dropout(0.3, rng=rng)
        self.next_word = Linear(6, WORDS, rng=rng)
        self.label = Linear(6, 2, rng=rng)

    def vectors(self, ids):
        return self.dropout(self.table(ids))


TEXTS = np.random.default_rng(1).integers(0, WORDS, size=(22, 5))
LABELS = TEXTS[:, 0] % 2


def order(n, purpose, batch_size, start, stop):
    return numbered_order(n, batch_size=batch_size, seed=3, purpose=purpose, start=start, stop=stop)


def two_stages(model, *, steps=(12, 10), **changes):
    """Pretraining on arrays of ids, by accumulation; then a label for pairs of ids and labels."""

    def next_word_loss(ids):
        return ops.cross_entropy(model.next_word(model.vectors(ids[:, :-1])), targets=ids[:, 1:])

    def label_loss(batch):
        ids, labels = batch
        pooled = model.vectors(ids).mean(axis=1)
        return ops.cross_entropy(model.label(pooled), targets=labels)

    return [
        Stage(
            "pretrain",
            next_word_loss,
            lambda start, stop: (TEXTS[i] for i in order(22, "pretrain", 4, start, stop)),
            steps[0],
            optimizer=lambda: AdamW([*model.table.parameters(), *model.next_word.parameters()]),
            schedule=linear_with_warmup(peak=0.02, warmup=2, total=steps[0]),
            accumulate=2,
            count=len,
        ),
        Stage(
            "finetune",
            label_loss,
            lambda start, stop: (
                (TEXTS[i], LABELS[i]) for i in order(22, "finetune", 6, start, stop)
            ),
            steps[1],
            optimizer=lambda: SGD(model.label.parameters(), lr=0.1, momentum=0.9),
            **{"max_norm": 0.5, **changes},
        ),
    ]


def translation(model, **changes):
    """Pairs of a source and a target of another length, with targets that are ignored."""
    sources = [row[: 1 + i % 5] for i, row in enumerate(TEXTS)]
    targets = [(row + 1) % WORDS for row in sources]

    def collate(indices):
        width = max(len(sources[i]) for i in indices)
        ids = np.zeros((len(indices), width), dtype=np.int64)
        aims = np.full(ids.shape, IGNORE)
        for row, i in enumerate(indices):
            ids[row, : len(sources[i])], aims[row, : len(sources[i])] = sources[i], targets[i]
        return ids, aims

    return Stage(
        **{
            "name": "translate",
            "loss_of": lambda pair: ops.cross_entropy(
                model.next_word(model.vectors(pair[0])), targets=pair[1]
            ),
            "batches": lambda start, stop: map(
                collate, order([len(s) for s in sources], "translate", 3, start, stop)
            ),
            "steps": 15,
            "optimizer": lambda: Adam([*model.table.parameters(), *model.next_word.parameters()]),
            "accumulate": 3,
            "count": lambda pair: (pair[1] != IGNORE).sum(),
            **changes,
        }
    )


class Walk(Module):
    """One number that walks up by 1 an update: its held-out losses are a list of one's own."""

    def __init__(self):
        self.place = Parameter(np.zeros(1))

    def at(self):
        return round(float(self.place.data[0]))


def walk(model, losses, **changes):
    """A stage whose held-out loss after n updates is ``losses[n]``."""
    return Stage(
        **{
            "name": "walk",
            "loss_of": lambda _: (model.place * Tensor(np.array([-1.0]))).sum(),
            "batches": lambda start, stop: range(start, stop),
            "steps": len(losses) - 1,
            "optimizer": lambda: SGD(model.parameters(), lr=1.0),
            "held_out": lambda: losses[model.at()],
            "evaluate_every": 1,
            **changes,
        }
    )


def run_of(kind, seed=0, **options):
    """A new run of one of the three tasks, as in a new process."""
    model = Reader(seed)
    if kind == "two stages":
        stages = two_stages(model)
    elif kind == "translation":
        stages = [translation(model)]
    else:  # a held-out loss, the best weights kept, and an early end
        held = TEXTS[:6]
        stages = two_stages(
            model,
            held_out=lambda: ops.cross_entropy(
                model.label(model.vectors(held).mean(axis=1)), targets=1 - LABELS[:6]
            ),
            evaluate_every=2,
            patience=2,
            keep="best",
        )
    return Run(model, stages, {"seed": seed}, **options)
