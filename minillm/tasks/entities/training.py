"""Train a tagger on sentences whose words have tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.models import Bert
from minillm.models.token_classifier import TokenClassifier
from minillm.nn.recomputing import recompute_blocks
from minillm.optim import AdamW, decay_groups, linear_with_warmup
from minillm.tasks.collation import lengths_of
from minillm.tasks.encoding import TextEncoder
from minillm.tasks.entities.batches import (
    Encoded,
    TagBatch,
    collate,
    encode_words,
    hide_words,
    n_words,
)
from minillm.tasks.entities.recipe import TaggerRecipe
from minillm.tasks.entities.schemes import legal, tags_for, types_in
from minillm.tasks.entities.spans import convert
from minillm.tasks.entities.tagger import Tagger
from minillm.tasks.fingerprints import digest_of_json
from minillm.text import LearnedTokenizer, tokenizer_for
from minillm.text.conll_files import TaggedSentence
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

SAVE_EVERY = 100  # updates


class TaggerTraining:
    """Train an encoder and its head on tagged sentences, in whatever scheme their tags are.

    ``steps()`` yields a ``Step`` after each update.  Tags are turned into those of
    ``recipe.scheme``, and tags that do not fit together are read as ``spans_of`` reads them.  The
    loss of ``held_out`` sentences is measured after each pass; with ``recipe.patience`` the
    weights with the least one are put back at the end.

    With a folder ``out`` a checkpoint is written after the first step, every 100 and at the end;
    ``resume=True`` goes on from it, bit for bit: see ``Run``.  ``threads`` share the rows of a
    batch: see ``gradients_by``.

    Raises:
        ValueError: no sentences, or none with a name; a type in ``held_out`` that training lacks;
            patience without held-out sentences.
        CheckpointError: nothing to resume, or the checkpoint belongs to another run.
    Source: Devlin et al. 2019, "BERT", arXiv:1810.04805, section 5.3.
    Guide: 6.4 (G39).
    """

    def __init__(
        self,
        recipe: TaggerRecipe,
        sentences: Sequence[TaggedSentence],
        *,
        held_out: Sequence[TaggedSentence] = (),
        out: str | Path | None = None,
        resume: bool = False,
        device: str = "cpu",
        threads: int = 1,
    ):
        if recipe.patience and not held_out:
            raise ValueError("patience needs held-out sentences, got none")
        self.recipe, self.threads = recipe, threads
        types = types_in(tag for sentence in sentences for tag in sentence.tags)
        if not types:
            raise ValueError("no name is tagged in the sentences to learn from")
        self.tags = tags_for(types, recipe.scheme)
        self.encoder = encoder_for(recipe, sentences)
        self.learned, self.targets = self.encoded(sentences)
        self.held_out, self.held_out_targets = self.encoded(held_out)
        self.per_epoch = batches_per_epoch(len(self.learned), recipe.batch_size)
        self.n_steps = max(round(recipe.epochs * self.per_epoch), 1 if recipe.epochs > 0 else 0)
        self.model = self.new_model().to_device(device)
        recompute_blocks(self.model, recipe.recompute)
        data = {
            "data": digest_of_json([(s.words, s.tags) for s in sentences]),
            "held_out": digest_of_json([(s.words, s.tags) for s in held_out]),
        }
        facts = {**asdict(recipe), "threads": threads, **data}
        self.run = Run(
            self.model, [self.stage()], facts, out=out, resume=resume, save_every=SAVE_EVERY
        )

    def new_model(self) -> TokenClassifier:
        """The encoder and its head, before the first update."""
        seed, scheme = self.recipe.seed, self.recipe.scheme
        config = self.recipe.model_config(len(self.encoder.vocabulary))
        return TokenClassifier(
            Bert(config, rng=stream(seed, "encoder")),
            len(self.tags),
            rng=stream(seed, "tag head"),
            legal=legal(self.tags, scheme) if self.recipe.head == "crf" else None,
            radius=self.recipe.radius,
        )

    def encoded(
        self, sentences: Sequence[TaggedSentence]
    ) -> tuple[list[Encoded], list[np.ndarray]]:
        """What the model reads, and the numbers of the tags; long sentences in parts."""
        number = {tag: i for i, tag in enumerate(self.tags)}
        parts: list[Encoded] = []
        targets: list[np.ndarray] = []
        for sentence in sentences:
            start = 0
            for part in encode_words(sentence.words, self.encoder):
                stop = start + len(part.first)
                own = convert(sentence.tags[start:stop], self.recipe.scheme)
                unknown = sorted({*own} - {*number})
                if unknown:
                    raise ValueError(
                        f"line {sentence.line}: the type of {unknown[0]} is not one of those to "
                        f"learn from: {', '.join(types_in(self.tags))}"
                    )
                parts.append(part)
                targets.append(np.array([number[tag] for tag in own], dtype=np.int64))
                start = stop
        return parts, targets

    def steps(self) -> Iterator[Step]:
        """The updates, one after another."""
        return self.run.stage("tag")

    def stage(self) -> Stage:
        """The stage of tagging: AdamW under a rate that rises for a tenth, then falls to 0."""
        recipe, total = self.recipe, self.n_steps
        stage = Stage(
            "tag",
            self.loss_of,
            self.batches,
            total,
            optimizer=lambda: AdamW(decay_groups(self.model), weight_decay=recipe.weight_decay),
            schedule=linear_with_warmup(peak=recipe.lr, warmup=total // 10, total=total)
            if total
            else None,
            max_norm=recipe.max_norm or None,
            gradients=gradients_by(recipe, n_words, threads=self.threads),
        )
        if not self.held_out:
            return stage
        return replace(
            stage,
            held_out=self.held_out_loss,
            evaluate_every=self.per_epoch,
            patience=recipe.patience or None,
            keep="best" if recipe.patience else "last",
        )

    def batches(self, start: int, stop: int) -> Iterator[TagBatch]:
        """Batches ``start`` to ``stop - 1``; every pass hides other words."""
        recipe = self.recipe
        order = numbered_order(
            lengths_of([one.ids for one in self.learned]),
            batch_size=recipe.batch_size,
            seed=recipe.seed,
            purpose="tag",
            start=start,
            stop=stop,
        )
        together = collate(self.learned, self.targets)
        for number, indices in enumerate(order, start=start):
            rng = stream(recipe.seed, "hidden words", number)
            yield hide_words(together(indices), self.encoder.vocabulary, recipe.hidden_words, rng)

    def loss_of(self, batch: TagBatch) -> Tensor:
        """-ln p of the tags of a batch, for each word."""
        return self.model.loss(*batch)

    def held_out_loss(self) -> float:
        """The same of the held-out sentences, in nats."""
        lengths = lengths_of([one.ids for one in self.held_out])
        order = bucketed_order(lengths, batch_size=64, rng=None)
        batches = map(collate(self.held_out, self.held_out_targets), order)
        return mean_loss(self.model, batches, self.loss_of, n_words)[0]

    def result(self) -> Tagger:
        """The tagger as it is now."""
        return Tagger(self.model, self.encoder, self.tags, self.recipe.scheme)


def encoder_for(recipe: TaggerRecipe, sentences: Sequence[TaggedSentence]) -> TextEncoder:
    """The tokeniser and the vocabulary that the words of the sentences teach.

    Raises:
        ValueError: as ``tokenizer_for``.
    """
    texts = [" ".join(sentence.words) for sentence in sentences]
    tokenizer = tokenizer_for(recipe.tokenizer, texts, min_count=max(recipe.min_count, 2))
    learned = isinstance(tokenizer, LearnedTokenizer)  # rare pairs are left out already
    return TextEncoder.build(
        texts,
        tokenizer=tokenizer,
        max_length=recipe.max_length,
        min_count=1 if learned else recipe.min_count,
    )
