"""Texts that are written side by side, each by its own settings, told token by token.

Letters: B texts, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minillm.models.decoding import Reader, before_stop, stream_tokens
from minillm.models.decoding.stopping import open_end
from minillm.serving.sampling import Sampling
from minillm.serving.texts import percent
from minillm.tasks.generation import LanguageModel


class Row:
    """One of the texts: what is written of it, and what of that has been told.

    The ``p`` that is told of a token is the model's own, before temperature and filters.
    """

    def __init__(self, language: LanguageModel, job: Any):
        self.job, self.language = job, language
        self.sampling: Sampling = job.question.sampling
        self.decode = language.behind(job.question.reading.ids)
        self.tokens: list[int] = []
        self.text, self.shown, self.stopped, self.ended = "", 0, False, False

    def take(self, token: int, log_p: float) -> None:
        """One more token; the text so far is told as far as it is certain."""
        stop = self.sampling.stop
        self.tokens.append(token)
        self.text = self.decode(self.tokens)
        by_text = any(one in self.text for one in stop)
        self.stopped = by_text or token in self.sampling.ends
        self.ended = self.stopped or len(self.tokens) == self.sampling.length
        if by_text:
            self.text = before_stop(self.text, stop)
        certain = len(self.text) - (0 if self.ended else open_end(self.text, stop))
        piece, self.shown = self.text[self.shown : certain], max(certain, self.shown)
        (name,) = self.language.spelled([token])
        p = percent(np.exp(log_p))
        self.job.tell("token", {"piece": piece, "token": {"text": name, "id": token, "p": p}})
        if self.ended:
            self.job.tell("done", self.answer())

    def answer(self) -> dict[str, Any]:
        """What is told at the end."""
        reading = self.job.question.reading
        return {
            "text": self.text,
            "count": len(self.tokens),
            "stopped": self.stopped,
            "cut": reading.cut,
        }


class Writing:
    """The rows of one batch, a token of each at every ``step``.

    Each row has its own filters and its own random numbers: it is written as it is alone, up to
    the rounding of the probabilities.  One that has ended, or that nobody waits for any more, is
    not told further; when all are, it is over.

    Guide: 7.3.3 (G64).
    """

    def __init__(
        self, language: LanguageModel, reader: Reader, jobs: Sequence[Any], keep: int | None
    ):
        self.rows = [Row(language, job) for job in jobs]
        self.steps = stream_tokens(
            reader,
            [job.question.reading.ids for job in jobs],
            max(row.sampling.length for row in self.rows),
            choose=self.choose,
            filtered=self.filtered,
            keep=keep,
        )

    @property
    def running(self) -> list[Row]:
        """The rows that somebody still waits for."""
        return [row for row in self.rows if not (row.ended or row.job.abandoned)]

    @property
    def jobs(self) -> list[Any]:
        """Whom to tell if the next step fails."""
        return [row.job for row in self.running]

    def filtered(self, logits: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Each row by its own filters, (B, V)."""
        rows = enumerate(self.rows)
        one = [row.sampling.filtered(logits[i : i + 1], seen[i : i + 1]) for i, row in rows]
        return np.concatenate(one)

    def choose(self, logits: np.ndarray) -> np.ndarray:
        """Each row by its own draws, (B,)."""
        rows = enumerate(self.rows)
        return np.concatenate([row.sampling.choose(logits[i : i + 1]) for i, row in rows])

    def step(self) -> bool:
        """One more token of each; whether there is another one to come."""
        if not self.running:
            return False
        written = next(self.steps, None)
        if written is None:
            return False
        for i, row in enumerate(self.rows):
            if row in self.running:
                row.take(int(written.ids[i]), float(written.log_p[i]))
        return bool(self.running)

    def refuse(self, error: Exception) -> None:
        """Tell everybody that the rest will not come."""
        for job in self.jobs:
            job.tell("refused", error)
