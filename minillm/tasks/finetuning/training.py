"""Fine-tuning: a pretrained model learns the labels of some examples."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.nn import LoRA, Module, merge_lora
from minillm.nn.recomputing import recompute_blocks
from minillm.optim import AdamW, linear_with_warmup
from minillm.tasks.classification import TextClassifier
from minillm.tasks.collation import Batch, collate_sentences, lengths_of
from minillm.tasks.finetuning.bodies import Pretrained
from minillm.tasks.finetuning.methods import METHODS
from minillm.tasks.finetuning.recipe import USUAL, FinetuneRecipe
from minillm.tasks.fingerprints import digest_of_examples
from minillm.text import Example, Labels
from minillm.training import (
    Run,
    Stage,
    Step,
    batches_per_epoch,
    bucketed_order,
    mean_loss,
    numbered_order,
)
from minillm.training.checkpointing import digest_of_weights
from minillm.training.data_parallel import gradients_by
from minillm.training.ranks import Ranks

SAVE_EVERY = 100  # updates


class Both(Module):
    """One body under its language head and under a classification head."""

    def __init__(self, language: Module, classifier: Module):
        self.language, self.classifier = language, classifier


class FineTuning:
    """Train a copy of a pretrained model on labelled examples; the model itself stays as it is.

    ``steps()`` yields a ``Step`` after each update.  The loss of ``held_out`` examples is measured
    after each pass; with ``recipe.patience`` the weights with the least one are put
    back at the end.  ``language_loss`` says at any time what the language of pretraining costs
    now: it rises where fine-tuning forgets.

    With a folder ``out`` a checkpoint is written after the first step, every 100 and at the end;
    ``resume=True`` goes on from it, bit for bit: see ``Run``.  ``threads`` share the rows of a
    batch: see ``ShardedGradients``; or processes do, the ``ranks``: see ``DataParallelGradients``.

    A model that classifies already keeps its head and its labels, unless ``recipe.new_head``.

    Raises:
        ValueError: fewer than two classes; a label that the model's head does not know; patience
            without held-out examples; as ``add_lora``.
        CheckpointError: nothing to resume, or the checkpoint belongs to another run.
    Source: Devlin et al. 2019, "BERT", section 3.2; Radford et al. 2018, section 3.2.
    Guide: 2.1, 9.3.4 (G32).
    """

    def __init__(
        self,
        recipe: FinetuneRecipe,
        pretrained: Pretrained,
        examples: Sequence[Example],
        *,
        held_out: Sequence[Example] = (),
        out: str | Path | None = None,
        resume: bool = False,
        device: str = "cpu",
        threads: int = 1,
        ranks: Ranks | None = None,
    ):
        if recipe.patience and not held_out:
            raise ValueError("patience needs held-out examples, got none")
        self.recipe, self.threads, self.ranks = recipe, threads, ranks
        self.pretrained = pretrained.fresh(stream(recipe.seed, "fine-tuning"))
        self.encoder = pretrained.encoder
        self.labels = labels_of(pretrained, examples, new_head=recipe.new_head)
        self.targets = self.labels.encode(label for _, label in examples)
        self.labelled = self.encoder([text for text, _ in examples])
        self.held_out_targets = self.labels.encode(label for _, label in held_out)
        self.held_out = self.encoder([text for text, _ in held_out])
        self.per_epoch = batches_per_epoch(len(examples), recipe.batch_size)
        self.n_steps = max(round(recipe.epochs * self.per_epoch), 1 if recipe.epochs > 0 else 0)
        self.model = self.with_head()
        both = Both(self.pretrained.model, self.model).to_device(device)
        recompute_blocks(self.model, recipe.recompute)
        earlier = pretrained.earlier
        given = digest_of_weights(
            Both(pretrained.model, earlier.model) if earlier else pretrained.model
        )
        rng = stream(recipe.seed, "additions")
        self.groups = METHODS[recipe.method](self.model, recipe, rng)
        data = {"data": digest_of_examples(examples), "held_out": digest_of_examples(held_out)}
        facts = {**asdict(recipe), "threads": threads, **data, "model": given}
        self.run = Run(
            both, [self.stage()], facts,
            out=out, resume=resume, save_every=SAVE_EVERY, ranks=ranks,
        )  # fmt: skip

    def with_head(self) -> Any:
        """The pretrained body under a head: a new one, or the one that it has learned before."""
        r, pretrained = self.recipe, self.pretrained
        earlier = None if r.new_head else pretrained.earlier
        usual = pretrained.usual_pooling if earlier is None else earlier.model.pooling
        pooling = usual if r.pooling == USUAL else r.pooling
        rng = stream(r.seed, "new class head")
        model = pretrained.classifier(len(self.labels), rng=rng, pooling=pooling)
        if earlier is not None:
            model.load_state_dict(earlier.model.state_dict())
        return model

    def steps(self) -> Iterator[Step]:
        """The updates, one after another."""
        return self.run.stage("finetune")

    def stage(self) -> Stage:
        """AdamW under a rate that rises for a tenth of the updates, then falls to 0."""
        r, total = self.recipe, self.n_steps
        held_out = self.held_out_loss if self.held_out else None
        return Stage(
            "finetune",
            self.loss_of,
            self.batches,
            total,
            optimizer=lambda: AdamW(self.groups, weight_decay=r.weight_decay),
            schedule=linear_with_warmup(peak=r.peak, warmup=total // 10, total=total)
            if total
            else None,
            max_norm=r.max_norm or None,
            gradients=gradients_by(
                r, lambda batch: len(batch.ids), threads=self.threads, ranks=self.ranks
            ),
            held_out=held_out,
            evaluate_every=self.per_epoch if held_out else None,
            patience=r.patience or None,
            keep="best" if r.patience else "last",
        )

    def batches(self, start: int, stop: int) -> Iterator[Batch]:
        """Batches ``start`` to ``stop - 1``, the same ones whenever they are asked for."""
        order = numbered_order(
            lengths_of(self.labelled),
            batch_size=self.recipe.batch_size,
            seed=self.recipe.seed,
            purpose="finetune",
            start=start,
            stop=stop,
        )
        return map(collate_sentences(self.labelled, self.targets), order)

    def loss_of(self, batch: Batch) -> Tensor:
        """The mean cross-entropy of a batch, in nats."""
        loss: Tensor = self.model.loss(batch.ids, batch.mask, batch.targets)
        return loss

    def held_out_loss(self) -> float:
        """The mean cross-entropy of the held-out examples, in nats."""
        order = bucketed_order(lengths_of(self.held_out), batch_size=64, rng=None)
        batches = map(collate_sentences(self.held_out, self.held_out_targets), order)
        return mean_loss(self.model, batches, self.loss_of, lambda batch: len(batch.ids))[0]

    def language_loss(self, texts: Sequence[str]) -> float:
        """What a token of these texts costs the model as it is now: see ``Pretrained``."""
        return self.pretrained.language_loss(texts)

    def counts(self) -> tuple[int, int]:
        """How many numbers are trained, and how many there are."""
        trained = sum(p.size for p in self.model.trainable_parameters())
        return trained, self.model.parameter_count()

    def result(self) -> TextClassifier:
        """The classifier as it is now, LoRA merged; the label to find is the rarest one."""
        model = pickle.loads(pickle.dumps(self.model)).unfreeze()  # dropout's key stays as it is
        if any(isinstance(module, LoRA) for _, module in model.named_modules()):
            merge_lora(model)
        rarest = self.labels.names[int(np.bincount(self.targets).argmin())]
        return TextClassifier(model, self.encoder, self.labels, positive=rarest)


def labels_of(pretrained: Pretrained, examples: Sequence[Example], *, new_head: bool) -> Labels:
    """The labels of the examples, or those that the model's head knows.

    Raises:
        ValueError: one of the examples has another.
    """
    if new_head or pretrained.earlier is None:
        return Labels(label for _, label in examples)
    known = pretrained.earlier.labels
    unknown = sorted({label for _, label in examples} - set(known.names))
    if unknown:
        raise ValueError(
            f"label {unknown[0]!r} is not one that the model has learned, which are "
            f"{', '.join(known.names)}: give new_head (--new-head) to learn a new head"
        )
    return known
