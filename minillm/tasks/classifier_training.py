"""Pretrain, then fine-tune: the two stages by which a classifier is trained."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.backend.ids import IGNORE
from minillm.models import Bert, BertConfig, MaskedLanguageModel, SequenceClassifier
from minillm.nn import Module
from minillm.optim import AdamW, linear_with_warmup
from minillm.tasks.classification import TextClassifier
from minillm.tasks.collation import Batch, collate_sentences, lengths_of
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.masked_lm import MaskedBatch, masked_batches
from minillm.tasks.recipe import Recipe
from minillm.text import Example, Labels, tokenizer_kind
from minillm.training import (
    Run,
    ShardedGradients,
    Stage,
    Step,
    batches_per_epoch,
    mean_gradients,
    numbered_order,
)

SAVE_EVERY = 100  # updates


class TwoHeads(Module):
    """One encoder under a masked-language head and a classification head."""

    def __init__(self, config: BertConfig, n_classes: int, *, seed: int):
        encoder = Bert(config, rng=stream(seed, "encoder"))
        self.masked = MaskedLanguageModel(encoder, rng=stream(seed, "masked head"))
        self.classifier = SequenceClassifier(encoder, n_classes, rng=stream(seed, "class head"))


class ClassifierTraining:
    """Pretrain a BERT on texts, then fine-tune it on labelled examples.

    ``pretrain()`` and ``finetune()`` yield a ``Step`` after each update; what has to happen in
    between (progress, pictures) is the caller's.  With a folder ``out`` a checkpoint is written
    every 100 steps and at the end of each stage, and ``resume=True`` goes on from the last one,
    bit for bit as if nothing had happened: see ``Run``, whose stages they are.

    ``threads`` share the rows of a batch where that pays: see ``ShardedGradients``.

    Raises:
        ValueError: fewer than two classes, no examples or no tokens, or a recipe that does not
            fit.
        CheckpointError: nothing to resume, or the checkpoint belongs to another run.
    """

    def __init__(
        self,
        recipe: Recipe,
        examples: Sequence[Example],
        unlabelled: Sequence[str] = (),
        *,
        out: str | Path | None = None,
        resume: bool = False,
        device: str = "cpu",
        threads: int = 1,
    ):
        self.recipe, self.device, self.threads = recipe, device, threads
        texts = [example.text for example in examples]
        self.encoder = TextEncoder.build(
            [*texts, *unlabelled],
            tokenizer=tokenizer_kind(recipe.tokenizer)(),
            max_length=recipe.max_length,
            min_count=recipe.min_count,
        )
        if not self.encoder.vocabulary.ordinary_ids.size:
            raise ValueError(f"no token of the texts occurs min_count = {recipe.min_count} times")
        self.labels = Labels(example.label for example in examples)
        self.targets = self.labels.encode(example.label for example in examples)
        self.labelled = self.encoder(texts)
        self.all_text = self.labelled + self.encoder(unlabelled)
        self.steps = {
            "pretrain": self.count_steps(len(self.all_text), recipe.pretrain_epochs),
            "finetune": self.count_steps(len(self.labelled), recipe.finetune_epochs),
        }
        config = recipe.model_config(len(self.encoder.vocabulary))
        self.model = TwoHeads(config, len(self.labels), seed=recipe.seed).to_device(device)
        self.run = Run(
            self.model,
            [self.pretraining(), self.finetuning()],
            {**asdict(recipe), "threads": threads, "data": digest(examples, unlabelled)},
            out=out,
            resume=resume,
            save_every=SAVE_EVERY,
        )

    def count_steps(self, n_examples: int, epochs: float) -> int:
        """Updates in that many passes over the data: at least one, if there are to be any."""
        steps = round(epochs * batches_per_epoch(n_examples, self.recipe.batch_size))
        return max(steps, 1) if epochs > 0 and n_examples else steps

    def pretrain(self) -> Iterator[Step]:
        """Masked language modelling on all texts."""
        return self.run.stage("pretrain")

    def finetune(self) -> Iterator[Step]:
        """Classification of the labelled texts, from the pretrained encoder."""
        return self.run.stage("finetune")

    def pretraining(self) -> Stage:
        """The stage of masked language modelling."""
        masked = self.model.masked

        def batches(start: int, stop: int) -> Iterator[MaskedBatch]:
            return masked_batches(
                self.all_text,
                self.encoder.vocabulary,
                batch_size=self.recipe.batch_size,
                seed=self.recipe.seed,
                start=start,
                stop=stop,
            )

        def loss_of(batch: MaskedBatch) -> Tensor:
            return masked.loss(batch.ids, batch.mask, batch.targets)

        return self.stage("pretrain", masked, batches, loss_of, self.recipe.pretrain_lr, n_hidden)

    def finetuning(self) -> Stage:
        """The stage of classification; the encoder is frozen where the head alone is to learn."""
        classifier = self.model.classifier
        collate = collate_sentences(self.labelled, self.targets)

        def batches(start: int, stop: int) -> Iterator[Batch]:
            order = numbered_order(
                lengths_of(self.labelled),
                batch_size=self.recipe.batch_size,
                seed=self.recipe.seed,
                purpose="finetune",
                start=start,
                stop=stop,
            )
            return map(collate, order)

        def loss_of(batch: Batch) -> Tensor:
            return classifier.loss(batch.ids, batch.mask, batch.targets)  # type: ignore[arg-type]

        frozen = classifier.bert if self.recipe.head_only else None
        lr = self.recipe.finetune_lr
        return self.stage("finetune", classifier, batches, loss_of, lr, n_texts, frozen=frozen)

    def stage(
        self,
        name: str,
        model: Module,
        batches: Callable[[int, int], Iterator[Any]],
        loss_of: Callable[[Any], Tensor],
        peak: float,
        count: Callable[[Any], float],
        frozen: Module | None = None,
    ) -> Stage:
        """What both stages share: AdamW under a rate that rises for a tenth, then falls to 0."""
        total = self.steps[name]

        def optimizer() -> AdamW:
            if frozen is not None:
                frozen.freeze()
            return AdamW(model.trainable_parameters(), weight_decay=self.recipe.weight_decay)

        return Stage(
            name,
            loss_of,
            batches,
            total,
            optimizer=optimizer,
            schedule=linear_with_warmup(peak=peak, warmup=total // 10, total=total)
            if total
            else None,
            max_norm=self.recipe.max_norm or None,
            gradients=ShardedGradients(self.threads, count)
            if self.threads != 1
            else mean_gradients,
        )

    def result(self) -> TextClassifier:
        """The classifier as it is now; the label to find is the rarest one."""
        rarest = self.labels.names[int(np.bincount(self.targets).argmin())]
        return TextClassifier(self.model.classifier, self.encoder, self.labels, positive=rarest)


def n_hidden(batch: MaskedBatch) -> int:
    """How many tokens of a batch are to be found, over which the loss is a mean."""
    return int((batch.targets != IGNORE).sum())


def n_texts(batch: Batch) -> int:
    """How many texts of a batch are to be classified."""
    return len(batch.ids)


def digest(examples: Sequence[Example], unlabelled: Sequence[str]) -> str:
    """SHA-256 of the data, by which a resumed run knows that they are the same."""
    sha = hashlib.sha256()
    for text, label in [*examples, *((text, "") for text in unlabelled)]:
        sha.update(f"{label}\0{text}\0".encode())
    return sha.hexdigest()
