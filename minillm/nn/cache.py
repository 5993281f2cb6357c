"""What a decoder has already worked out of the words before.

Letters: H heads of keys, S positions so far, K head width.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from minillm.autograd import Tensor
from minillm.backend import Array, check_ids, moved_like, on_host
from minillm.ops import concatenate


class KeyValueCache:
    """The keys and values of the positions that one block has seen, and those of its memory.

    A block that is called with it puts the keys and values of its input behind those that are
    there, and lets the queries of the input attend to all: word by word, a text gives what it
    gives at once.  Cross-attention projects its memory once.  One cache serves one block and one
    batch of texts: ``[KeyValueCache() for _ in model.blocks]``, made anew for each generation.

    ``len(cache)`` is the number of positions: ``LearnedPositions`` must be told, and attention
    must not, since it adds the number by itself.  ``mask`` speaks of all keys, the ones that are
    kept too.

    Shapes: ``keys`` and ``values (..., H, S, K)``.

    What is kept is constant: gradients do not flow through it, and asking for them is an error.
    Any other error leaves the cache as it was, and the call can be repeated.
    """

    def __init__(self) -> None:
        self.keys: Tensor | None = None
        self.values: Tensor | None = None
        self.holder: int | None = None  # which attention's keys and values these are
        self.start = 0  # the position of the first of them
        self.memory: Array | None = None  # whose keys and values these are:
        self.memory_keys: Tensor | None = None
        self.memory_values: Tensor | None = None

    def __len__(self) -> int:
        return 0 if self.keys is None else self.keys.shape[-2]

    def __bool__(self) -> bool:
        return True  # also while it is empty

    def followed_by(
        self, keys: Tensor, values: Tensor, holder: int, start: int
    ) -> tuple[Tensor, Tensor]:
        """What is kept and behind it what is new; the cache itself is left as it is.

        ``holder`` is the ``id`` of the attention that asks, ``start`` the position of the first
        key of all.

        Raises:
            RuntimeError: a gradient is wanted.
            ValueError: the new ones belong to another batch, other heads or another attention, or
                ``start`` is another than before.
        """
        refuse_recorded(keys, values)
        if self.keys is None or self.values is None:
            return keys, values
        if holder != self.holder:
            raise ValueError(
                "KeyValueCache: holds the keys of another block; each block needs a cache of its "
                "own: [KeyValueCache() for _ in blocks]"
            )
        if start != self.start:
            raise ValueError(
                f"KeyValueCache: its first key stands at start={self.start}, got start={start}: "
                "start stays what it was, the cache counts on from there; leave it out"
            )
        for kept, new in ((self.keys, keys), (self.values, values)):
            if (*kept.shape[:-2], kept.shape[-1]) != (*new.shape[:-2], new.shape[-1]):
                raise ValueError(
                    f"KeyValueCache: holds {kept.shape}, got {new.shape}: only the number of "
                    "positions may differ; another batch needs a cache of its own"
                )
        return concatenate(self.keys, keys, axis=-2), concatenate(self.values, values, axis=-2)

    def keep(self, keys: Tensor, values: Tensor, holder: int, start: int) -> None:
        """Hold these, from now on."""
        self.keys, self.values, self.holder, self.start = keys, values, holder, start

    def of_memory(self, memory: Tensor) -> tuple[Tensor, Tensor] | None:
        """The keys and values of ``memory``, or ``None`` if they have to be worked out.

        Raises:
            ValueError: the cache holds those of another memory.
        """
        if self.memory_keys is None or self.memory_values is None:
            return None
        if self.memory is not None and memory.data is not self.memory:
            raise ValueError(
                "KeyValueCache: holds the keys of another memory; each source needs a cache of "
                "its own, and the memory must stay the same array"
            )
        return self.memory_keys, self.memory_values

    def keep_memory(self, memory: Tensor, keys: Tensor, values: Tensor) -> None:
        """Hold the keys and values of ``memory``, from now on.

        Raises:
            RuntimeError: a gradient is wanted.
        """
        refuse_recorded(keys, values)
        self.memory, self.memory_keys, self.memory_values = memory.data, keys, values

    def select(self, rows: Array) -> None:
        """Go on with these texts of the batch, in this order; one may come twice (a beam's).

        The next call's memory must be the same rows of the memory there was; one memory that all
        texts share stays as it is.

        Raises:
            ValueError: what is held is one text without an axis for the batch; ``rows`` are not
                one-dimensional.
            IndexError, TypeError: as ``check_ids``.
        """
        if self.keys is not None and self.keys.ndim < 4:
            raise ValueError(f"KeyValueCache: keys {self.keys.shape} have no axis of a batch")
        names = ("keys", "values", "memory_keys", "memory_values")
        held = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        batched = {name: kept for name, kept in held.items() if kept.ndim >= 4}
        size = max((len(kept.data) for kept in batched.values()), default=0)
        if on_host(rows):
            rows = check_ids(rows, size, name="row", of="a batch") if batched else np.asarray(rows)
        if rows.ndim != 1:
            raise ValueError(f"KeyValueCache: rows must be one-dimensional, got shape {rows.shape}")
        for name, kept in batched.items():
            if len(kept.data) == size:
                setattr(self, name, kept[moved_like(rows, kept.data)])
        self.memory = None


@contextmanager
def unchanged_by_errors(*caches: KeyValueCache | None) -> Iterator[None]:
    """A stretch that fills caches, one or those of all blocks, or none of them if it raises.

    Raises:
        TypeError: it is something else than a cache.
    """
    for cache in caches:
        if not isinstance(cache, KeyValueCache | None):
            raise TypeError(f"a block needs one KeyValueCache, got a {type(cache).__name__}")
    with restored_by_errors(*(cache for cache in caches if cache is not None)):
        yield


@contextmanager
def restored_by_errors(*holders: object) -> Iterator[None]:
    """A stretch behind which, if it raises, objects have the attributes that they had before.

    So a call that was refused can be repeated.  What is changed in place stays changed.
    """
    before = [(holder, dict(vars(holder))) for holder in holders]
    try:
        yield
    except BaseException:
        for holder, held in before:
            vars(holder).update(held)
        raise


def refuse_recorded(keys: Tensor, values: Tensor) -> None:
    """Raise if somebody wants the gradient of what is to be kept.

    Raises:
        RuntimeError: somebody does.
    """
    if keys.requires_grad or values.requires_grad:
        raise RuntimeError(
            "KeyValueCache: no gradient flows through what is kept; call the model under no_grad()"
        )
