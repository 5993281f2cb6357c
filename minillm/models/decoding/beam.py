"""Search for the most probable text, several beginnings at a time.

Letters: W beams, V vocabulary, Y a text's new tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minillm.models.decoding.filters import is_real, require_whole
from minillm.models.decoding.prompts import aligned, check_room, seen_tokens
from minillm.models.decoding.readers import Reader, reader_of
from minillm.models.gpt import Gpt
from minillm.ops import log_softmax


class Hypothesis(NamedTuple):
    """A text, and how good the search finds it."""

    tokens: list[int]  # with the one that ended it
    log_p: list[float]  # of each, in nats
    score: float  # the sum of log_p over the length penalty
    stopped: bool  # by a stop token; False where the length did it


class Beam(NamedTuple):
    """A text that is not ended."""

    tokens: list[int]
    log_p: list[float]
    total: float


def length_penalty(length: int, alpha: float) -> float:
    """What a text's log-probability is divided by: ``((5 + length) / 6)^alpha``.

    With 0 long texts lose by every token; with 1 nearly the mean of all tokens counts.

    Source: Wu et al. 2016, "Google's Neural Machine Translation System", eq. 14.
    """
    return ((5.0 + length) / 6.0) ** alpha


def beam_search(
    model: Gpt | Reader,
    prompt: Any,
    n_new: int,
    *,
    width: int,
    alpha: float = 0.0,
    stop_ids: Sequence[int] = (),
) -> list[Hypothesis]:
    """The best texts of at most ``n_new`` tokens that ``width`` beams find, best first::

        score(Y) = ln p(Y | prompt) / ((5 + |Y|) / 6)^alpha

    Every beam is continued by every token; the ``width`` best continuations that do not end are
    the next beams, and those that end among the best are kept.  It stops when no beam can become
    better than the ``width`` best that have ended.  With ``width=1`` and no stop it is greedy;
    with as many beams as there are texts, nothing is missed.

    Raises:
        ValueError: a number out of its range, an empty or over-long prompt, no room for ``n_new``.
        IndexError, TypeError: ids as in ``check_ids``.
    Source: Wu et al. 2016, "Google's Neural Machine Translation System", section 7.
    Guide: 9.2 (G40).
    """
    return beam_searches(model, [prompt], n_new, width=width, alpha=alpha, stop_ids=stop_ids)[0]


def beam_searches(
    model: Gpt | Reader,
    prompts: Any,
    n_new: int,
    *,
    width: int,
    alpha: float = 0.0,
    stop_ids: Sequence[int] = (),
) -> list[list[Hypothesis]]:
    """The best texts behind every prompt, found side by side: ``texts[prompt][place]``.

    Each prompt has beams of its own, and finds what ``beam_search`` finds for it alone; all beams
    of all prompts are the rows of one batch, which those of a finished search leave.

    Raises:
        ValueError, IndexError, TypeError: as ``beam_search``.
    Guide: 9.2 (G40).
    """
    reader: Reader = reader_of(model) if isinstance(model, Gpt) else model
    require_whole("n_new", n_new, 1)
    require_whole("width", width, 1)
    if not (is_real(alpha) and 0.0 <= alpha < np.inf):
        raise ValueError(f"alpha must be at least 0 and finite, got {alpha!r}")
    ids, real = aligned(prompts)
    check_room(ids.shape[1], n_new, reader.max_length, None)
    seen_tokens(ids, real, reader.vocabulary_size)
    searches = [Search(width, alpha, n_new, set(stop_ids)) for _ in ids]
    running, logits = searches, reader.start(ids, real)
    while True:
        log_p = log_softmax.rule(logits.astype(np.float64))[0]
        first, rows = 0, []
        for search in running:
            n = len(search.beams)
            rows.append(first + search.advance(log_p[first : first + n]))
            first += n
        chosen = [one for one, search in zip(rows, running, strict=True) if not search.finished]
        running = [search for search in running if not search.finished]
        if not running:
            return [search.result() for search in searches]
        reader.select(np.concatenate(chosen))
        last = [beam.tokens[-1] for search in running for beam in search.beams]
        logits = reader.step(np.array(last))


class Search:
    """The beams of one prompt, and the texts that have ended."""

    def __init__(self, width: int, alpha: float, n_new: int, stop_ids: set[int]):
        self.width, self.alpha, self.n_new, self.stop_ids = width, alpha, n_new, stop_ids
        self.beams, self.ended = [Beam([], [], 0.0)], list[Hypothesis]()

    def advance(self, log_p: np.ndarray) -> np.ndarray:
        """Continue by one token, ``log_p (W, V)``; which old beam each new one continues."""
        self.beams, rows, new = continued(self.beams, log_p, self.width, self.stop_ids, self.alpha)
        self.ended = best(self.ended + new, self.width)
        return rows

    @property
    def finished(self) -> bool:
        """Whether all has ended, the length is reached, or nothing better can come."""
        if not self.beams or len(self.beams[0].tokens) == self.n_new:
            return True
        return decided(self.beams, self.ended, self.width, self.n_new, self.alpha)

    def result(self) -> list[Hypothesis]:
        """The best texts, also those that the length has cut."""
        cut = [hypothesis(beam, self.alpha, stopped=False) for beam in self.beams]
        return best(self.ended + cut, self.width)


def continued(
    beams: list[Beam], log_p: np.ndarray, width: int, stop_ids: set[int], alpha: float
) -> tuple[list[Beam], np.ndarray, list[Hypothesis]]:
    """The next beams, which old beam each continues, and what has ended among the best."""
    totals = np.array([beam.total for beam in beams])[:, None] + log_p  # (W, V)
    going, rows, ended = list[Beam](), list[int](), list[Hypothesis]()
    order = np.argsort(-totals, axis=None, kind="stable")[: width * (1 + len(stop_ids))]
    for place, flat in enumerate(order):
        row, token = (int(i) for i in np.unravel_index(flat, totals.shape))
        total, old = float(totals[row, token]), beams[row]
        if total == -np.inf:
            break
        beam = Beam([*old.tokens, token], [*old.log_p, float(log_p[row, token])], total)
        if token in stop_ids:
            ended += [hypothesis(beam, alpha, stopped=True)] if place < width else []
        elif len(going) < width:
            going.append(beam)
            rows.append(row)
    return going, np.array(rows, dtype=np.int64), ended


def decided(
    beams: list[Beam], ended: list[Hypothesis], width: int, n_new: int, alpha: float
) -> bool:
    """Whether no beam can overtake: at best all its further tokens are certain, and it is long."""
    bound = beams[0].total / length_penalty(n_new, alpha)
    return len(ended) == width and bound <= ended[-1].score


def hypothesis(beam: Beam, alpha: float, *, stopped: bool) -> Hypothesis:
    """A beam with its score."""
    score = beam.total / length_penalty(len(beam.tokens), alpha)
    return Hypothesis(beam.tokens, beam.log_p, score, stopped)


def best(hypotheses: list[Hypothesis], width: int) -> list[Hypothesis]:
    """The ``width`` best, best first."""
    return sorted(hypotheses, key=lambda h: -h.score)[:width]
