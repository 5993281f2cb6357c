"""Writing texts token by token: as a stream, and all at once.

Letters: B texts, T positions of the longest prompt, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minillm.models.decoding.choosing import Choice, Filter, greedy
from minillm.models.decoding.filters import require_whole
from minillm.models.decoding.prompts import aligned, check_room, followed, seen_tokens
from minillm.models.decoding.readers import Reader, reader_of
from minillm.models.gpt import Gpt

# what a text has written so far -> whether it ends here
Stop = Callable[[Sequence[int]], bool]


class Written(NamedTuple):
    """One more token of every text."""

    ids: np.ndarray  # (B,)
    log_p: np.ndarray  # (B,): ln p of the model itself, before any filter
    running: np.ndarray  # (B,): False where the text had ended before; its id means nothing
    stopped: np.ndarray  # (B,): True where this token ended it


class Text(NamedTuple):
    """What was written behind one prompt."""

    tokens: list[int]  # with the one that ended it
    log_p: list[float]  # of each, in nats, as the model has it before any filter
    stopped: bool  # by a stop token or string; False where the length did it


def stream_tokens(
    model: Gpt | Reader,
    prompts: Any,
    n_new: int,
    *,
    mask: np.ndarray | None = None,
    choose: Choice = greedy,
    filtered: Filter | None = None,
    stop_ids: Sequence[int] = (),
    stop: Stop | None = None,
    keep: int | None = None,
) -> Iterator[Written]:
    """Write ``n_new`` tokens behind every prompt, or until all have stopped, one at a time::

        z = model(text so far),   token = choose(filtered(z)),   text = text + token

    ``prompts`` are B sequences of ids of any lengths, or ``(B, T)`` with a ``mask``, padded on
    either side.  ``filtered`` comes from ``filtering``; ``choose`` is ``greedy`` or
    ``sampling(rng)``.  A text ends with one of ``stop_ids``, or when ``stop(its new tokens)``.

    The model has ``max_length`` positions.  With ``keep``, whenever they are full, the last of
    that many tokens are read anew from position 0 and what stood before is forgotten.

    Raises:
        ValueError: an empty or over-long prompt, no room for ``n_new`` and no ``keep``, everything
            filtered away; all but the last before the first token is written.
        IndexError, TypeError: ids as in ``check_ids``.
    Guide: 9.2 (G30, G40).
    """
    reader: Reader = reader_of(model) if isinstance(model, Gpt) else model
    ids, real = aligned(prompts, mask)
    require_whole("n_new", n_new, 0)
    check_room(ids.shape[1], n_new, reader.max_length, keep)
    seen = seen_tokens(ids, real, reader.vocabulary_size)
    ends = Ends(len(ids), stop_ids, stop)
    return writing(reader, ids, real, seen, n_new, choose, filtered, ends, keep)


def writing(
    reader: Reader,
    ids: np.ndarray,
    real: np.ndarray,
    seen: np.ndarray,
    n_new: int,
    choose: Choice,
    filtered: Filter | None,
    ends: Ends,
    keep: int | None,
) -> Iterator[Written]:
    """The loop of ``stream_tokens``, apart from its checks: a generator would wait with them."""
    rows = np.arange(len(ids))
    logits = reader.start(ids, real) if n_new else np.zeros((0, 0))
    for n in range(n_new):
        tokens = choose(logits if filtered is None else filtered(logits, seen))
        log_p = log_probability(logits.astype(np.float64), rows, tokens)
        seen[rows, tokens] = True
        running, stopped = ends.after(tokens)
        yield Written(tokens, log_p, running, stopped)
        if ends.all_stopped or n == n_new - 1:
            return
        if keep is None:
            logits = reader.step(tokens)
            continue
        ids = np.concatenate([ids, tokens[:, None]], axis=1)
        real = followed(real)
        if ids.shape[1] <= reader.max_length:
            logits = reader.step(tokens)
        else:
            ids, real = ids[:, -keep:], real[:, -keep:]
            logits = reader.start(ids, real)


def log_probability(z: np.ndarray, rows: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """``z_i - ln sum_j exp(z_j)`` of one token of each row; the largest is taken off first."""
    z = z - z.max(axis=-1, keepdims=True)
    return z[rows, tokens] - np.log(np.exp(z).sum(axis=-1))


class Ends:
    """Which texts have ended, and what each has written."""

    def __init__(self, n_texts: int, stop_ids: Sequence[int], stop: Stop | None):
        self.stop_ids, self.stop = list(stop_ids), stop
        self.written: list[list[int]] = [[] for _ in range(n_texts)]
        self.running = np.ones(n_texts, bool)

    @property
    def all_stopped(self) -> bool:
        """Whether there is nothing left to write."""
        return not self.running.any()

    def after(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Who was running before these tokens, and who ends with them."""
        running, stopped = self.running.copy(), np.zeros(len(tokens), bool)
        for i in np.flatnonzero(running):
            self.written[i].append(int(tokens[i]))
            by_text = self.stop is not None and self.stop(self.written[i])
            stopped[i] = by_text or int(tokens[i]) in self.stop_ids
        self.running = running & ~stopped
        return running, stopped


def generate(
    model: Gpt | Reader,
    prompts: Any,
    n_new: int,
    *,
    n_samples: int = 1,
    mask: np.ndarray | None = None,
    choose: Choice = greedy,
    filtered: Filter | None = None,
    stop_ids: Sequence[int] = (),
    stop: Stop | None = None,
    keep: int | None = None,
) -> list[list[Text]]:
    """``n_samples`` texts behind every prompt, all written side by side: ``texts[prompt][sample]``.

    Arguments and errors: as ``stream_tokens``; ``greedy`` writes the same text every time.

    Guide: 9.2 (G30, G40).
    """
    require_whole("n_samples", n_samples, 1)
    ids, real = aligned(prompts, mask)
    ids, real = (np.repeat(x, n_samples, axis=0) for x in (ids, real))
    texts = [Text([], [], False) for _ in ids]
    for step in stream_tokens(
        model,
        ids,
        n_new,
        mask=real,
        choose=choose,
        filtered=filtered,
        stop_ids=stop_ids,
        stop=stop,
        keep=keep,
    ):
        for i in np.flatnonzero(step.running):
            texts[i].tokens.append(int(step.ids[i]))
            texts[i].log_p.append(float(step.log_p[i]))
            texts[i] = texts[i]._replace(stopped=bool(step.stopped[i]))
    return [texts[i : i + n_samples] for i in range(0, len(texts), n_samples)]
