"""Pretrain, then fine-tune: the two stages by which a classifier is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.models import Bert, MaskedLanguageModel, SequenceClassifier
from minillm.nn import Module
from minillm.nn.recomputing import recompute_blocks
from minillm.optim import AdamW, decay_groups, linear_with_warmup
from minillm.tasks.classification import TextClassifier
from minillm.tasks.collation import Batch, collate_sentences, lengths_of
from minillm.tasks.fingerprints import digest_of_examples
from minillm.tasks.masked_lm import (
    MaskedBatch,
    MaskedScores,
    evaluate_masked,
    masked_batches,
    n_hidden,
)
from minillm.tasks.recipe import Recipe
from minillm.tasks.starting_point import starting_point
from minillm.text import Example
from minillm.training import (
    Run,
    Stage,
    Step,
    batches_per_epoch,
    bucketed_order,
    mean_loss,
    numbered_order,
)
from minillm.training.data_parallel import gradients_by
from minillm.training.ranks import Ranks

SAVE_EVERY = 100  # updates


class TwoHeads(Module):
    """One encoder under a masked-language head and a classification head."""

    def __init__(self, recipe: Recipe, vocabulary_size: int, n_classes: int):
        seed, pooling = recipe.seed, recipe.pooling
        encoder = Bert(recipe.model_config(vocabulary_size), rng=stream(seed, "encoder"))
        self.masked = MaskedLanguageModel(encoder, rng=stream(seed, "masked head"))
        self.classifier = SequenceClassifier(
            encoder, n_classes, rng=stream(seed, "class head"), pooling=pooling
        )
        recompute_blocks(self, recipe.recompute)


class ClassifierTraining:
    """Pretrain a BERT on texts, then fine-tune it on labelled examples.

    ``pretrain()`` and ``finetune()`` yield a ``Step`` after each update; what has to happen in
    between (progress, pictures) is the caller's.  With a folder ``out`` a checkpoint is written
    every 100 steps and at the end of each stage, and ``resume=True`` goes on from the last one,
    bit for bit as if nothing had happened: see ``Run``, whose stages they are.

    The loss of ``held_out`` examples is measured after every pass of fine-tuning; with
    ``recipe.keep_best`` or ``recipe.patience`` the weights with the least one are put back at its
    end, which patience may bring early.

    ``start_from`` is the folder of an earlier run: its weights, vocabulary, labels, sizes and
    pooling are where this one begins; a ``recipe`` that asks for others is refused.

    ``threads`` share the rows of a batch where that pays: see ``ShardedGradients``; or several
    processes do, the ``ranks``: see ``DataParallelGradients``.

    Raises:
        ValueError: fewer than two classes, no examples or no tokens, or a recipe that does not
            fit; patience without held-out examples; a label that is not one of the earlier run.
        CheckpointError: nothing to resume, or the checkpoint belongs to another run; there is no
            run to start from.
    Guide: 2.1, 9.3.4 (G32).
    """

    def __init__(
        self,
        recipe: Recipe,
        examples: Sequence[Example],
        unlabelled: Sequence[str] = (),
        *,
        held_out: Sequence[Example] = (),
        start_from: str | Path | None = None,
        out: str | Path | None = None,
        resume: bool = False,
        device: str = "cpu",
        threads: int = 1,
        ranks: Ranks | None = None,
    ):
        if (recipe.keep_best or recipe.patience) and not held_out:
            raise ValueError("keep_best and patience need held-out examples, got none")
        self.device, self.threads, self.ranks = device, threads, ranks
        self.recipe, self.encoder, self.labels = starting_point(
            recipe, examples, unlabelled, start_from
        )
        self.targets = self.labels.encode(example.label for example in examples)
        self.held_out = self.encoder([text for text, _ in held_out])
        self.held_out_targets = self.labels.encode(label for _, label in held_out)
        self.labelled = self.encoder([text for text, _ in examples])
        self.all_text = self.labelled + self.encoder(unlabelled)
        self.steps = {
            "pretrain": self.count_steps(len(self.all_text), recipe.pretrain_epochs),
            "finetune": self.count_steps(len(self.labelled), recipe.finetune_epochs),
        }
        sizes = len(self.encoder.vocabulary), len(self.labels)
        self.model = TwoHeads(self.recipe, *sizes).to_device(device)
        data, apart = digest_of_examples(examples, unlabelled), digest_of_examples(held_out)
        self.run = Run(
            self.model,
            [self.pretraining(), self.finetuning()],
            {**asdict(self.recipe), "threads": threads, "data": data, "held_out": apart},
            out=out, resume=resume, save_every=SAVE_EVERY, ranks=ranks,
            start_from=start_from and Path(start_from) / "checkpoint.safetensors",
        )  # fmt: skip

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

        frozen = classifier.bert if self.recipe.head_only else None
        lr = self.recipe.finetune_lr
        stage = self.stage(
            "finetune", classifier, batches, self.class_loss, lr, n_texts, frozen=frozen
        )
        if not self.held_out:
            return stage
        return replace(
            stage,
            held_out=self.held_out_loss,
            evaluate_every=batches_per_epoch(len(self.labelled), self.recipe.batch_size),
            patience=self.recipe.patience or None,
            keep="best" if self.recipe.keep_best or self.recipe.patience else "last",
        )

    def masked_scores(self, held_out: Sequence[str]) -> MaskedScores:
        """What a word hidden in other texts costs, in nats: see ``evaluate_masked``."""
        words, seed = self.encoder.vocabulary, self.recipe.seed
        ids = self.encoder(held_out)
        return evaluate_masked(self.model.masked, self.all_text, ids, words, seed=seed)

    def class_loss(self, batch: Batch) -> Tensor:
        """The mean cross-entropy of a batch of labelled texts."""
        classifier = self.model.classifier
        return classifier.loss(batch.ids, batch.mask, batch.targets)  # type: ignore[arg-type]

    def held_out_loss(self) -> float:
        """The mean cross-entropy of the held-out examples, in nats."""
        collate = collate_sentences(self.held_out, self.held_out_targets)
        order = bucketed_order(lengths_of(self.held_out), batch_size=64, rng=None)
        batches = map(collate, order)
        return mean_loss(self.model.classifier, batches, self.class_loss, n_texts)[0]

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
            return AdamW(decay_groups(model), weight_decay=self.recipe.weight_decay)

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
            gradients=gradients_by(self.recipe, count, threads=self.threads, ranks=self.ranks),
        )

    def result(self) -> TextClassifier:
        """The classifier as it is now; the label to find is the rarest one."""
        rarest = self.labels.names[int(np.bincount(self.targets).argmin())]
        return TextClassifier(self.model.classifier, self.encoder, self.labels, positive=rarest)


def n_texts(batch: Batch) -> int:
    """How many texts of a batch are to be classified."""
    return len(batch.ids)
