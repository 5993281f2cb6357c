"""Pretrain, then fine-tune: two generators of steps that can stop anywhere and resume."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from minillm.autograd import Parameter, Tensor
from minillm.backend import CheckpointError, stream
from minillm.models import Bert, BertConfig, MaskedLanguageModel, SequenceClassifier
from minillm.nn import Module
from minillm.optim import AdamW, linear_with_warmup
from minillm.tasks.classification import TextClassifier
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.masked_lm import MaskedBatch, masked_batches
from minillm.tasks.recipe import Recipe
from minillm.text import Batch, Example, Labels, Vocabulary
from minillm.training import RunRecord, Step, fit, load_training, read_facts, save_training
from minillm.training.data_order import batches_per_epoch, numbered_batches

SAVE_EVERY = 100  # updates
STAGES = ("pretrain", "finetune")


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
    bit for bit as if nothing had happened.

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
        out: Path | None = None,
        resume: bool = False,
        device: str = "cpu",
    ):
        self.recipe, self.out, self.device = recipe, out, device
        texts = [example.text for example in examples]
        self.encoder = TextEncoder.build(
            [*texts, *unlabelled],
            tokenizer=recipe.tokenizer,
            max_length=recipe.max_length,
            min_count=recipe.min_count,
        )
        if len(self.encoder.vocabulary) == len(Vocabulary([])):
            raise ValueError(f"no token of the texts occurs min_count = {recipe.min_count} times")
        self.labels = Labels(example.label for example in examples)
        self.targets = self.labels.encode(example.label for example in examples)
        self.labelled = self.encoder(texts)
        self.all_text = self.labelled + self.encoder(unlabelled)
        self.steps = {
            "pretrain": self.count_steps(len(self.all_text), recipe.pretrain_epochs),
            "finetune": self.count_steps(len(self.labelled), recipe.finetune_epochs),
        }
        self.model = TwoHeads(self.config(), len(self.labels), seed=recipe.seed).to_device(device)
        self.facts = {**asdict(recipe), "data": digest(examples, unlabelled)}
        self.resumed_stage = self.find_stage(resume)
        self.record: RunRecord | None = None

    def config(self) -> BertConfig:
        """The sizes of the encoder."""
        r = self.recipe
        return BertConfig(
            vocabulary_size=len(self.encoder.vocabulary),
            width=r.width,
            n_layers=r.n_layers,
            n_heads=r.n_heads,
            hidden=4 * r.width,
            max_length=r.max_length,
            dropout=r.dropout,
        )

    def count_steps(self, n_examples: int, epochs: float) -> int:
        """Updates in that many passes over the data."""
        return round(epochs * batches_per_epoch(n_examples, self.recipe.batch_size))

    def find_stage(self, resume: bool) -> str | None:
        """The stage that the checkpoint in ``out`` belongs to, ``None`` to start anew."""
        if not resume:
            return None
        if self.out is None or not self.checkpoint.exists():
            raise CheckpointError(f"nothing to resume: there is no checkpoint in {self.out}")
        stage = read_facts(self.checkpoint).get("stage")
        if stage not in STAGES:
            raise CheckpointError(f"{self.checkpoint}: not of a run that pretrains and fine-tunes")
        return stage

    @property
    def checkpoint(self) -> Path:
        """Where the state of an unfinished run is."""
        return (self.out or Path()) / "checkpoint.safetensors"

    def pretrain(self) -> Iterator[Step]:
        """Masked language modelling on all texts."""
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

        lr = self.recipe.pretrain_lr
        return self.stage("pretrain", masked.parameters(), batches, loss_of, lr)

    def finetune(self) -> Iterator[Step]:
        """Classification of the labelled texts, from the pretrained encoder."""
        classifier = self.model.classifier

        def batches(start: int, stop: int) -> Iterator[Batch]:
            return numbered_batches(
                self.labelled,
                self.targets,
                vocabulary_size=len(self.encoder.vocabulary),
                batch_size=self.recipe.batch_size,
                seed=self.recipe.seed,
                purpose="finetune",
                start=start,
                stop=stop,
            )

        def loss_of(batch: Batch) -> Tensor:
            return classifier.loss(batch.ids, batch.mask, batch.targets)  # type: ignore[arg-type]

        head = [*classifier.pooler.parameters(), *classifier.output.parameters()]
        trained = head if self.recipe.head_only else classifier.parameters()
        return self.stage("finetune", trained, batches, loss_of, self.recipe.finetune_lr)

    def stage(
        self,
        name: str,
        parameters: list[Parameter],
        batches: Callable[[int, int], Iterator[Any]],
        loss_of: Callable[[Any], Tensor],
        peak: float,
    ) -> Iterator[Step]:
        """One stage, from its beginning or from the checkpoint."""
        total = self.steps[name]
        if total == 0 or STAGES.index(name) < STAGES.index(self.resumed_stage or STAGES[0]):
            return
        optimizer = AdamW(parameters, decay=self.recipe.decay)
        facts = {**self.facts, "stage": name}
        if self.resumed_stage == name:
            load_training(self.checkpoint, self.model, optimizer, facts=facts)
        schedule = linear_with_warmup(peak=peak, warmup=total // 10, total=total)
        self.open_record(name, optimizer.steps)
        waiting = batches(optimizer.steps, total)
        max_norm = self.recipe.max_norm
        for step in fit(loss_of, waiting, optimizer, schedule=schedule, max_norm=max_norm):
            self.note(name, step)
            if self.out and (optimizer.steps % SAVE_EVERY == 0 or optimizer.steps == total):
                save_training(self.checkpoint, self.model, optimizer, facts)
            yield step

    def open_record(self, stage: str, steps_done: int) -> None:
        """Begin ``record.jsonl``, or continue it where the checkpoint stands."""
        if self.out is None or self.record is not None:
            return
        path = self.out / "record.jsonl"
        if self.resumed_stage is None:
            self.record = RunRecord(path, self.facts)
        else:
            before = self.steps["pretrain"] if stage == "finetune" else 0
            self.record = RunRecord.resume(path, n_events=before + steps_done)

    def note(self, stage: str, step: Step) -> None:
        """One line of the record."""
        if self.record is not None:
            self.record.append(
                stage=stage,
                step=step.index,
                loss=float(step.loss),
                gradient_norm=float(step.gradient_norm),
                lr=step.lr,
            )

    def result(self) -> TextClassifier:
        """The classifier as it is now."""
        return TextClassifier(self.model.classifier, self.encoder, self.labels)


def digest(examples: Sequence[Example], unlabelled: Sequence[str]) -> str:
    """SHA-256 of the data, by which a resumed run knows that they are the same."""
    sha = hashlib.sha256()
    for text, label in [*examples, *((text, "") for text in unlabelled)]:
        sha.update(f"{label}\0{text}\0".encode())
    return sha.hexdigest()
