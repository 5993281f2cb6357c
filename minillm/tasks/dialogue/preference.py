"""Learning from preferences: of two answers the better one becomes the more probable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import moved_like
from minillm.tasks.dialogue.recipe import PreferenceRecipe, facts_of, save_every, stage_of
from minillm.tasks.dialogue.reference import checked_reference, log_p, log_probabilities
from minillm.tasks.dialogue.rows import ChatBatch, ChatRow, collate_chats, pair_rows
from minillm.tasks.generation import LanguageModel
from minillm.text.preference_files import Preference
from minillm.training import Run, Step, numbered_order
from minillm.training.checkpointing import digest_of_weights
from minillm.training.preferences import Preferred, check_pairs, dpo_loss


class PairBatch(NamedTuple):
    """Pairs of answers, and what the reference says of them."""

    chosen: ChatBatch
    rejected: ChatBatch
    reference: np.ndarray  # (B, 2) log-probabilities of both


class PreferenceTuning:
    """Train ``language`` itself by DPO; the ``reference`` is what it was before, or another model.

    The reference is asked once, before the first update: its log-probabilities are kept, not its
    weights.  ``steps()`` yields a ``Step`` after each update; ``rewards`` and ``margins`` say how
    far the model has gone on the held-out pairs.  With a folder ``out`` a checkpoint is written
    after each pass, every 100 steps at least, and at the end; ``resume=True`` goes on from it, bit
    for bit: see ``Run``.

    Raises:
        ValueError: no pair, or one of equal answers; a reference of other tokens; as ``rows_of``.
        CheckpointError: nothing to resume, or the checkpoint belongs to another run.
    Source: Rafailov et al. 2023, "Direct Preference Optimization: Your Language Model is Secretly
        a Reward Model", section 4.
    Guide: 9.2 (G40).
    """

    def __init__(
        self,
        recipe: PreferenceRecipe,
        language: LanguageModel,
        pairs: Sequence[Preference],
        *,
        held_out: Sequence[Preference] = (),
        reference: LanguageModel | None = None,
        out: str | Path | None = None,
        resume: bool = False,
        device: str = "cpu",
    ):
        check_pairs([pair.chosen for pair in pairs], [pair.rejected for pair in pairs])
        self.recipe, self.language = recipe, language
        self.model = language.model.to_device(device)
        self.pairs, self.held_out = (pair_rows(language, some) for some in (pairs, held_out))
        self.held_out_pairs = list(held_out)
        told = language if reference is None else checked_reference(language, reference)
        self.reference, self.reference_held_out = (
            log_probabilities(told.model.to_device(device), some)
            for some in (self.pairs, self.held_out)
        )
        stage = stage_of(
            "prefer",
            recipe,
            self.model,
            len(pairs),
            loss_of=self.loss_of,
            batches=self.batches,
            count=lambda batch: len(batch.reference),
            held_out=self.held_out_loss if held_out else None,
        )
        self.n_steps = stage.steps
        facts = facts_of(recipe, self.model, data=pairs, held_out=held_out)
        facts |= {} if reference is None else {"reference": digest_of_weights(reference.model)}
        often = save_every(recipe, len(pairs))
        self.run = Run(self.model, [stage], facts, out=out, resume=resume, save_every=often)

    def steps(self) -> Iterator[Step]:
        """The updates, one after another."""
        return self.run.stage("prefer")

    def batches(self, start: int, stop: int) -> Iterator[PairBatch]:
        """Batches ``start`` to ``stop - 1``, the same ones whenever they are asked for."""
        lengths = [len(a.ids) + len(b.ids) for a, b in zip(*self.pairs, strict=True)]
        order = numbered_order(
            np.array(lengths),
            batch_size=self.recipe.batch_size,
            seed=self.recipe.seed,
            purpose="prefer",
            start=start,
            stop=stop,
        )
        return (self.batch(self.pairs, self.reference, chosen) for chosen in order)

    def batch(
        self,
        pairs: tuple[list[ChatRow], list[ChatRow]],
        reference: np.ndarray,
        places: np.ndarray,
    ) -> PairBatch:
        """The pairs at these places."""
        chosen, rejected = (collate_chats([rows[i] for i in places]) for rows in pairs)
        return PairBatch(chosen, rejected, reference[:, places].T)

    def preferred(self, batch: PairBatch) -> Preferred:
        """Loss, implicit rewards and margins of a batch."""
        policy = [log_p(self.model, one) for one in (batch.chosen, batch.rejected)]
        data = policy[0].data
        chosen, rejected = (
            Tensor(moved_like(row.astype(data.dtype), data)) for row in batch.reference.T
        )
        return dpo_loss(
            *policy, reference_chosen=chosen, reference_rejected=rejected, beta=self.recipe.beta
        )

    def loss_of(self, batch: PairBatch) -> Tensor:
        """-ln σ(margin) in the mean of the batch."""
        return self.preferred(batch).loss

    def held_out_loss(self) -> float:
        """The same of the held-out pairs."""
        margins = self.margins()
        return float(np.logaddexp(0.0, -margins).mean())

    def rewards(self) -> np.ndarray:
        """β (ln π - ln π_ref) of the held-out answers, (2, N): the chosen ones, the rejected."""
        gained = log_probabilities(self.model, self.held_out) - self.reference_held_out
        rewards: np.ndarray = self.recipe.beta * gained
        return rewards

    def margins(self) -> np.ndarray:
        """By how much the reward of the chosen answer is above that of the rejected one, (N,)."""
        chosen, rejected = self.rewards()
        margins: np.ndarray = chosen - rejected
        return margins

    def result(self) -> LanguageModel:
        """The language model as it is now, ready to write."""
        self.model.eval()
        return self.language
