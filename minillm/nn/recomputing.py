"""A stack of blocks that are computed again in the backward pass, in groups."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from minillm.autograd import Tensor, recompute
from minillm.autograd.grad_mode import is_recording
from minillm.nn.cache import KeyValueCache
from minillm.nn.module import Module

NUMBER = "must be a number of blocks, 0 or more"


def through_blocks(
    blocks: Sequence[Module],
    x: Tensor,
    *others: Any,
    recomputed: int = 0,
    caches: Sequence[KeyValueCache | None] | None = None,
    **settings: Any,
) -> Tensor:
    """``x_l = block_l(x_{l-1}, *others)``, in groups of ``recomputed`` blocks; 0 keeps everything.

    Of a group only what enters it is kept: see ``recompute``.

    Raises:
        ValueError: a cache beside it, while gradients are recorded: the second pass would find
            keys in it that the first one has left there.
    """
    given = [None] * len(blocks) if caches is None else caches
    if not recomputed or not is_recording():
        for block, cache in zip(blocks, given, strict=True):
            x = block(x, *others, **settings, **({} if cache is None else {"cache": cache}))
        return x
    if any(cache is not None for cache in given):
        raise ValueError(
            f"recompute={recomputed} with a cache of keys: the second pass would read what the "
            "first has kept; generate under no_grad(), or set recompute to 0"
        )
    for first in range(0, len(blocks), recomputed):
        group = blocks[first : first + recomputed]
        x = recompute(through_blocks, group, x, *others, **settings)
    return x


def check_blocks(every: Any) -> None:
    """Refuse what is no size of a group of blocks.

    Raises:
        ValueError: it is negative.
        TypeError: it is not an integer.
    """
    told = f"recompute {NUMBER}, got {every!r}"
    if not isinstance(every, Integral) or isinstance(every, bool):
        raise TypeError(told)
    if every < 0:
        raise ValueError(told)


def recompute_blocks(model: Module, every: int) -> int:
    """Let the stacks of a model be computed again in groups of ``every`` blocks; 0 ends that.

    How many stacks there are: one in a GPT or BERT, also below a head.

    Raises:
        ValueError: ``every`` is negative, or above 0 where there is no stack.
        TypeError: ``every`` is not an integer.
    """
    check_blocks(every)
    stacks = [module for _, module in model.named_modules() if hasattr(module, "recompute")]
    if every and not stacks:
        raise ValueError(f"recompute: a {type(model).__name__} has no blocks to compute again")
    for stack in stacks:
        stack.recompute = every
    return len(stacks)
