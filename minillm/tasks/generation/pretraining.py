"""Pretraining from left to right: one stage, from texts to a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.models.gpt import Gpt
from minillm.nn.recomputing import recompute_blocks
from minillm.optim import AdamW, cosine_with_warmup, decay_groups
from minillm.tasks.fingerprints import digest_of_json
from minillm.tasks.generation.chat import ChatTemplate
from minillm.tasks.generation.held_out import best_ngrams, counting_loss, language_loss
from minillm.tasks.generation.language_model import LanguageModel
from minillm.tasks.generation.recipe import GptRecipe
from minillm.tasks.generation.tokens import language_tokens, plain_texts
from minillm.tasks.generation.windows import Window, training_windows
from minillm.tasks.recipe import with_kept
from minillm.text import Tokenizer, Vocabulary
from minillm.text.documents import Document
from minillm.training import Run, Stage, Step
from minillm.training.data_parallel import gradients_by
from minillm.training.ranks import Ranks

SAVE_EVERY = 100  # updates


class CausalPretraining:
    """Train a GPT to foretell the next token of texts; ``steps()`` yields what happened::

        loss = -(1/n) sum_i ln p(t_i | t_1 ... t_{i-1})

    One text is taken as a long one: pieces of ``max_length`` tokens from random places.
    Several are documents: each is framed by the tokens that begin and end it, cut where it is
    longer than the model reads, and never mixed with another.  A conversation is written down by
    ``template``.

    The tokeniser learns from ``documents`` alone, unless ``tokens`` gives one.  The loss on the
    ``held_out`` ones is measured every so many updates, and at the end the weights that had the
    least one are put back.

    With a folder ``out`` a checkpoint is written after the first step, every 100 and at the end;
    ``resume=True`` goes on from the last one, bit for bit: see ``Run``.  ``start_from`` is the
    folder of an earlier run, to train on from: its weights, tokens, sizes and kind of text.
    ``threads`` share the rows of a batch: see ``ShardedGradients``; or processes do, the
    ``ranks``: see ``DataParallelGradients``.

    Raises:
        ValueError: no text, or too short a one; nothing is held out; as ``language_tokens`` and
            ``start_from_run``.
        CheckpointError: nothing to resume, or the checkpoint belongs to another run.
    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
        section 3.1.
    Guide: 1.4.3, 9.2 (G30).
    """

    def __init__(
        self,
        recipe: GptRecipe,
        documents: Sequence[Document],
        held_out: Sequence[Document],
        *,
        template: ChatTemplate | None = None,
        tokens: tuple[Tokenizer, Vocabulary] | None = None,
        start_from: str | Path | None = None,
        out: str | Path | None = None,
        resume: bool = False,
        device: str = "cpu",
        threads: int = 1,
        ranks: Ranks | None = None,
    ):
        require_texts_of_both(documents, held_out)
        self.threads, self.ranks = threads, ranks
        if start_from is None:
            self.recipe, self.language = new_language_model(recipe, documents, template, tokens)
        elif tokens is not None:
            raise ValueError("tokens are those of the run to start from: give one of both")
        else:
            self.recipe, self.language = start_from_run(Path(start_from), recipe, template)
        self.model = self.language.model.to_device(device)
        recompute_blocks(self.model, self.recipe.recompute)
        self.texts = [self.language.encode(one) for one in documents]
        encoded = [self.language.encode(one) for one in held_out]
        self.held_out = first_tokens(encoded, self.recipe.held_out_tokens)
        next(self.batches(0, 1))  # too little text fails now rather than in a folder that is begun
        data = {"data": digest_of_json(list(documents)), "held_out": digest_of_json(list(held_out))}
        self.run = Run(
            self.model,
            [self.stage()],
            {**asdict(self.recipe), "threads": threads, **data, "tokens": digest(self.language)},
            out=out,
            resume=resume,
            start_from=start_from and Path(start_from) / "checkpoint.safetensors",
            save_every=SAVE_EVERY,
            ranks=ranks,
        )

    def steps(self) -> Iterator[Step]:
        """The updates, one after another."""
        return self.run.stage("pretrain")

    def stage(self) -> Stage:
        """AdamW under a rate that rises, then falls on a cosine; the best weights are kept."""
        r = self.recipe
        return Stage(
            "pretrain",
            self.loss_of,
            self.batches,
            r.steps,
            optimizer=lambda: AdamW(
                decay_groups(self.model), weight_decay=r.weight_decay, betas=(0.9, r.beta2)
            ),
            schedule=cosine_with_warmup(
                peak=r.lr, warmup=min(r.warmup, r.steps // 10), total=r.steps, lowest=r.lowest_lr
            ),
            max_norm=r.max_norm or None,
            gradients=gradients_by(
                r, lambda window: window.n_targets, threads=self.threads, ranks=self.ranks
            ),
            held_out=self.held_out_loss,
            evaluate_every=r.evaluate_every,
            patience=r.patience or None,
            keep="best",
        )

    def batches(self, start: int, stop: int) -> Iterator[Window]:
        """Pieces of the texts, the same ones whenever they are asked for."""
        r = self.recipe
        return training_windows(
            self.texts,
            length=r.max_length,
            batch_size=r.batch_size,
            seed=r.seed,
            start=start,
            stop=stop,
        )

    def loss_of(self, window: Window) -> Tensor:
        """The mean cross-entropy of a batch, in nats."""
        return self.model.loss(*window)

    def held_out_loss(self) -> float:
        """The mean cross-entropy of the held-out tokens, in nats."""
        return language_loss(self.model, self.held_out)

    @cached_property
    def counted(self) -> tuple[int, float]:
        """The length of the best n-grams of the same texts, and their held-out loss."""
        ngrams = best_ngrams(self.texts, len(self.language.vocabulary))
        return ngrams.order, counting_loss(ngrams, self.held_out)

    def result(self) -> LanguageModel:
        """The language model as it is now."""
        return self.language


def require_texts_of_both(documents: Sequence[Document], held_out: Sequence[Document]) -> None:
    """Refuse to learn from nothing, or without a measure.

    Raises:
        ValueError: says how many there are of both.
    """
    if not documents or not held_out:
        raise ValueError(
            "pretraining needs texts to learn from and texts that are held out, got "
            f"{len(documents)} and {len(held_out)}"
        )


def new_language_model(
    recipe: GptRecipe,
    documents: Sequence[Document],
    template: ChatTemplate | None,
    tokens: tuple[Tokenizer, Vocabulary] | None,
) -> tuple[GptRecipe, LanguageModel]:
    """A model that knows nothing yet, with ``tokens``, or with those of ``documents``."""
    if tokens is None:
        texts = plain_texts(documents)
        tokens = language_tokens(recipe.tokenizer, texts, min_count=recipe.min_count)
    else:
        recipe = replace(recipe, tokenizer=tokens[0].name)
    vocabulary = tokens[1]
    model = Gpt(recipe.model_config(len(vocabulary)), rng=stream(recipe.seed, "gpt"))
    several = len(documents) > 1 or not isinstance(documents[0], str)
    return recipe, LanguageModel(model, *tokens, documents=several, template=template)


def start_from_run(
    folder: Path, recipe: GptRecipe, template: ChatTemplate | None
) -> tuple[GptRecipe, LanguageModel]:
    """The model of an earlier run, and ``recipe`` with its sizes.

    Raises:
        OSError, CheckpointError: as ``LanguageModel.load``.
        ValueError: ``recipe`` asks for another size or tokeniser than the run has.
    """
    earlier = LanguageModel.load(folder / "model.safetensors")
    config = earlier.model.config
    kept = {n: getattr(config, n) for n in ("width", "n_layers", "n_heads", "max_length")}
    kept["style"] = "llama" if config.positions == "rotary" else "gpt2"
    kept["tokenizer"] = earlier.tokenizer.name
    recipe = with_kept(recipe, kept)
    if template is not None:
        template.require_known(earlier.vocabulary)
        earlier.template = template
    return recipe, earlier


def first_tokens(texts: Sequence[np.ndarray], most: int) -> list[np.ndarray]:
    """The texts up to ``most`` tokens of all together."""
    kept, left = [], most
    for text in texts:
        if left < 2:
            break
        kept.append(text[:left])
        left -= len(kept[-1])
    return kept


def digest(language: LanguageModel) -> str:
    """SHA-256 of tokens and template, by which a resumed run knows that they are the same."""
    parts = [language.vocabulary.to_json(), language.template.to_json(), language.documents]
    return digest_of_json(parts)
