"""Instruction tuning: a language model learns to write what the assistant said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from minillm.autograd import Tensor
from minillm.tasks.collation import lengths_of
from minillm.tasks.dialogue.recipe import ChatRecipe, facts_of, save_every, stage_of
from minillm.tasks.dialogue.rows import ChatBatch, collate_chats, n_answers, rows_of
from minillm.tasks.generation import LanguageModel
from minillm.text.documents import Conversation
from minillm.training import Run, Step, bucketed_order, mean_loss, numbered_order
from minillm.training.preferences import response_loss


class InstructionTuning:
    """Train ``language`` itself on conversations; what the user said is read, and not learned.

    ``steps()`` yields a ``Step`` after each update; the loss on ``held_out`` is measured after each
    pass, and with ``keep="best"`` the weights of the least one stay.  With a folder ``out`` a
    checkpoint is written after each pass, every 100 steps at least, and at the end;
    ``resume=True`` goes on from it, bit for bit: see ``Run``.

    Raises:
        ValueError: no conversation; as ``rows_of``.
        CheckpointError: nothing to resume, or the checkpoint belongs to another run.
    Source: Ouyang et al. 2022, "Training language models to follow instructions with human
        feedback", section 3 (supervised fine-tuning).
    Guide: 9.2 (G40).
    """

    def __init__(
        self,
        recipe: ChatRecipe,
        language: LanguageModel,
        conversations: Sequence[Conversation],
        *,
        held_out: Sequence[Conversation] = (),
        out: str | Path | None = None,
        resume: bool = False,
        device: str = "cpu",
        keep: Literal["last", "best"] = "last",
    ):
        if not conversations:
            raise ValueError("instruction tuning needs conversations, got none")
        self.recipe, self.language = recipe, language
        self.rows, self.held_out = (rows_of(language, some) for some in (conversations, held_out))
        self.model = language.model.to_device(device)
        stage = stage_of(
            "instruct",
            recipe,
            self.model,
            len(self.rows),
            loss_of=self.loss_of,
            batches=self.batches,
            count=n_answers,
            held_out=self.held_out_loss if self.held_out else None,
            keep=keep,
        )
        self.n_steps = stage.steps
        facts = facts_of(recipe, self.model, data=conversations, held_out=held_out)
        often = save_every(recipe, len(self.rows))
        self.run = Run(self.model, [stage], facts, out=out, resume=resume, save_every=often)

    def steps(self) -> Iterator[Step]:
        """The updates, one after another."""
        return self.run.stage("instruct")

    def batches(self, start: int, stop: int) -> Iterator[ChatBatch]:
        """Batches ``start`` to ``stop - 1``, the same ones whenever they are asked for."""
        order = numbered_order(
            lengths_of([row.ids for row in self.rows]),
            batch_size=self.recipe.batch_size,
            seed=self.recipe.seed,
            purpose="instruct",
            start=start,
            stop=stop,
        )
        return (collate_chats([self.rows[i] for i in chosen]) for chosen in order)

    def loss_of(self, batch: ChatBatch) -> Tensor:
        """The mean cross-entropy of what the assistant writes, in nats a token."""
        return response_loss(
            self.model(batch.ids, batch.mask), ids=batch.ids, answers=batch.answers
        )

    def held_out_loss(self) -> float:
        """The same of the held-out conversations."""
        lengths = lengths_of([row.ids for row in self.held_out])
        order = bucketed_order(lengths, batch_size=64, rng=None)
        batches = (collate_chats([self.held_out[i] for i in chosen]) for chosen in order)
        return mean_loss(self.model, batches, self.loss_of, n_answers)[0]

    def result(self) -> LanguageModel:
        """The language model as it is now, ready to write."""
        self.model.eval()
        return self.language
