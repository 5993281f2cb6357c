"""Training on pairs of sentences: one stage, from two texts to a translator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from minillm.autograd import Tensor
from minillm.backend import stream
from minillm.models.encoder_decoder import EncoderDecoder
from minillm.nn.recomputing import recompute_blocks
from minillm.optim import AdamW, decay_groups
from minillm.tasks.fingerprints import digest_of_json
from minillm.tasks.translation.batches import (
    PairBatch,
    as_ids,
    n_targets,
    training_batches,
    translation_loss,
)
from minillm.tasks.translation.recipe import TranslationRecipe
from minillm.tasks.translation.tokens import TranslationTokens, learned_tokens
from minillm.tasks.translation.translator import Translator
from minillm.text.parallel_files import Pair
from minillm.training import Run, Stage, Step
from minillm.training.data_parallel import gradients_by

SAVE_EVERY = 100  # updates


class TranslationTraining:
    """Train an encoder-decoder on pairs of sentences; ``steps()`` yields what happened::

        loss = -(1/n) sum_i sum_c q_i[c] ln p(c | source, t_1 ... t_{i-1})

    with q the right token, smoothed.  The tokens are learned from ``pairs`` alone, unless
    ``tokens`` are given.  The loss on the ``held_out`` pairs, without smoothing, is measured every
    so many updates, and at the end the weights that had the least one are put back.  Pairs of
    more than ``max_length`` tokens are left out: ``left_out`` says how many of both.

    With a folder ``out`` a checkpoint is written after the first step, every 100 and at the end;
    ``resume=True`` goes on from the last one, bit for bit: see ``Run``.

    Raises:
        ValueError: no pair, or none that is short enough; as ``learned_tokens``.
        CheckpointError: nothing to resume, or the checkpoint belongs to another run.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 5.
    Guide: 6.2 (G38).
    """

    def __init__(
        self,
        recipe: TranslationRecipe,
        pairs: Sequence[Pair],
        held_out: Sequence[Pair],
        *,
        tokens: TranslationTokens | None = None,
        out: str | Path | None = None,
        resume: bool = False,
        device: str = "cpu",
        threads: int = 1,
    ):
        r = self.recipe = recipe
        self.threads = threads
        held_out = list(held_out)[: r.held_out_pairs]
        if tokens is None:
            tokens = learned_tokens(pairs, r.tokenizer, separate=r.separate, min_count=r.min_count)
        sizes = len(tokens.source.vocabulary), len(tokens.target.vocabulary)
        model = EncoderDecoder(r.model_config(*sizes), rng=stream(r.seed, "encoder-decoder"))
        self.model = model.to_device(device)
        recompute_blocks(self.model, r.recompute)
        self.translator = Translator(self.model, tokens)
        self.pairs, self.held_out = (as_ids(p, tokens, r.max_length) for p in (pairs, held_out))
        self.left_out = len(pairs) - len(self.pairs), len(held_out) - len(self.held_out)
        self.require_pairs_of_both()
        data = {"data": digest_of_json(list(pairs)), "held_out": digest_of_json(held_out)}
        self.run = Run(
            self.model,
            [self.stage()],
            {
                **asdict(r),
                "threads": threads,
                **data,
                "tokens": digest_of_json(tokens.to_json()),
            },
            out=out,
            resume=resume,
            save_every=SAVE_EVERY,
        )

    def require_pairs_of_both(self) -> None:
        """Refuse to learn from nothing, or without a measure.

        Raises:
            ValueError: says how many there are of both.
        """
        if not self.pairs or not self.held_out:
            raise ValueError(
                "translation needs pairs to learn from and pairs that are held out, got "
                f"{len(self.pairs)} and {len(self.held_out)}, beside {self.left_out[0]} and "
                f"{self.left_out[1]} of more than max_length = {self.recipe.max_length} tokens"
            )

    def steps(self) -> Iterator[Step]:
        """The updates, one after another."""
        return self.run.stage("translation")

    def stage(self) -> Stage:
        """AdamW under a rate that rises, then falls; the best weights are kept."""
        r = self.recipe
        return Stage(
            "translation",
            self.loss_of,
            self.batches,
            r.steps,
            optimizer=lambda: AdamW(
                decay_groups(self.model), weight_decay=r.weight_decay, betas=(0.9, r.beta2)
            ),
            schedule=r.rates(),
            max_norm=r.max_norm or None,
            gradients=gradients_by(r, n_targets, threads=self.threads),
            held_out=self.held_out_loss,
            evaluate_every=r.evaluate_every,
            patience=r.patience or None,
            keep="best",
        )

    def batches(self, start: int, stop: int) -> Iterator[PairBatch]:
        """Pairs of alike lengths, the same ones whenever they are asked for."""
        r = self.recipe
        return training_batches(
            self.pairs, batch_size=r.batch_size, seed=r.seed, start=start, stop=stop
        )

    def loss_of(self, batch: PairBatch) -> Tensor:
        """The smoothed cross-entropy of a batch, in nats."""
        return self.model.loss(*batch, smoothing=self.recipe.smoothing)

    def held_out_loss(self) -> float:
        """The mean cross-entropy of the held-out targets, in nats, without smoothing."""
        return translation_loss(self.model, self.held_out)

    def result(self) -> Translator:
        """The translator as it is now."""
        return self.translator
