"""Directions in the stream of a GPT: what it writes there, and copies that write no such thing.

The stream is the sum that every layer reads and adds to.  Whatever stands in it was written by the
tables of tokens and positions, or by the last layer of a branch; so a direction is taken out of it
by changing these weights, and put into it by the bias of one of them.  Nothing has to be hooked.

Letters: N texts, L layers, D model width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from minillm.autograd import Parameter, no_grad
from minillm.models.gpt import Gpt


def last_vectors(model: Gpt, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """What stands in the stream at the last token of each text, behind every layer, (N, L, D)."""
    found = []
    for text in texts:
        with no_grad():
            x = model.embed(np.array([text]), None, 0)
            behind = []
            for block in model.blocks:
                x = block(x)
                behind.append(x.data[0, -1])
        found.append(behind)
    return np.array(found)


def difference_of_means(
    model: Gpt, texts: Sequence[Sequence[int]], others: Sequence[Sequence[int]]
) -> np.ndarray:
    """What texts have in the stream that others have not, at their last tokens, (L, D)::

        r_l = mean over texts of x_l  -  mean over others of x_l

    Raises:
        ValueError: there are no texts, or no others.
    Source: Arditi et al. 2024, "Refusal in Language Models Is Mediated by a Single Direction",
        arXiv:2406.11717.
    """
    if not texts or not others:
        raise ValueError(f"a difference of means of {len(texts)} texts and {len(others)} others")
    one, other = (last_vectors(model, some).mean(axis=0) for some in (texts, others))
    difference: np.ndarray = one - other
    return difference


def without(model: Gpt, direction: np.ndarray) -> Gpt:
    """A copy that writes nothing along a direction, at no layer and no position::

        W' = (I - r rᵀ) W,    b' = (I - r rᵀ) b,       r: the direction, of length 1

    W and b write into the stream.  The head stays as it is, and so a tied one is untied.

    Raises:
        ValueError: the direction is not ``(D,)`` or 0.
    Source: Arditi et al. 2024, arXiv:2406.11717: the same as taking it out of the stream.
    """
    r = checked(model, direction)
    r /= np.linalg.norm(r)
    copy = untied(model)
    for parameter, axis in writing(copy):
        along = np.tensordot(r, parameter.data, (0, axis))
        taken = np.tensordot(r, along, 0)  # the axis of the stream comes first
        parameter.data = parameter.data - np.moveaxis(taken, 0, axis)
    return copy


def with_added(model: Gpt, direction: np.ndarray, layer: int) -> Gpt:
    """A copy whose layer of that number, from 0, adds a direction at every position.

    Raises:
        ValueError: the direction is not ``(D,)`` or 0.
    """
    copy = deepcopy(model)
    block: Any = copy.blocks[layer]
    bias = block.feed_forward.outer.bias
    bias.data = bias.data + checked(model, direction).astype(bias.dtype)
    return copy


def first_words(
    model: Gpt, texts: Sequence[Sequence[int]], direction: np.ndarray, layer: int
) -> np.ndarray:
    """The most probable next word where a direction is added behind a layer, from 0, (N,).

    It is added at the last token alone: what stands at all others is as it was.

    Raises:
        ValueError: the direction is not ``(D,)`` or 0.
    """
    r, found = checked(model, direction), []
    for text in texts:
        with no_grad():
            x = model.embed(np.array([text]), None, 0)
            for k, block in enumerate(model.blocks):
                x = block(x)
                if k == layer:
                    at_last = np.zeros_like(x.data)
                    at_last[0, -1] = r
                    x = x + at_last
            found.append(model.logits(model.norm(x)).data[0, -1].argmax())
    return np.array(found)


def checked(model: Gpt, direction: np.ndarray) -> np.ndarray:
    """A direction of the stream, once it is known to be one."""
    width = model.config.width
    if direction.shape != (width,) or not np.abs(direction).max() > 0.0:
        raise ValueError(f"a direction must be ({width},) and not 0, got {direction}")
    return direction.astype(model.tokens.weight.dtype)


def untied(model: Gpt) -> Gpt:
    """A copy whose head is a table of its own."""
    copy: Any = deepcopy(model)
    if copy.head is None:
        copy.config = replace(model.config, tied=False)
        copy.head = deepcopy(model.tokens)
    return copy


def writing(model: Gpt) -> Iterator[tuple[Parameter, int]]:
    """Every parameter that writes into the stream, and which of its axes is that of the stream."""
    yield model.tokens.weight, 1
    if model.positions is not None:
        yield model.positions.weight, 1
    blocks: Any = model.blocks
    for block in blocks:
        for layer in (block.attention.output, block.feed_forward.outer):
            yield layer.weight, 0
            if layer.bias is not None:
                yield layer.bias, 0
