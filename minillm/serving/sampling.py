"""How the next token of a text is chosen, as fields of a request."""

from __future__ import annotations

from dataclasses import dataclass

from minillm.backend import stream
from minillm.models.decoding import filtering, greedy, sampling
from minillm.models.decoding.choosing import Choice, Filter
from minillm.serving.fields import Fields
from minillm.serving.refusals import not_possible

FILTERS = {  # field -> least and most; beyond them softmax has nothing left to say
    "repetition_penalty": (1.0, 100.0),
    "temperature": (0.01, 100.0),
    "top_p": (0.000001, 1.0),
    "min_p": (0.000001, 1.0),
}
SEEDS = 2**63 - 1


@dataclass(frozen=True)
class Sampling:
    """How one text goes on: the same seed writes the same text, as with ``minillm generate``."""

    length: int
    filtered: Filter
    choose: Choice
    ends: tuple[int, ...]  # tokens that end it
    stop: tuple[str, ...]  # and texts


def sampling_of(fields: Fields, longest: int, size: int, ends: tuple[int, ...]) -> Sampling:
    """The settings of a request; ``size`` is that of the vocabulary.

    Raises:
        Refused: 422; a field is wrong, or would have no effect.
    """
    length = fields.whole("length", min(40, longest), least=1, most=longest)
    bounds = FILTERS.items()
    wanted = {name: fields.real(name, least=low, most=high) for name, (low, high) in bounds}
    top_k = fields.whole("top_k", None, least=1, most=size)
    always = fields.flag("greedy")
    seed = fields.whole("seed", 0, least=0, most=SEEDS)
    stop = tuple(fields.texts("stop", most=4))
    drawing = {name: value for name, value in {**wanted, "top_k": top_k}.items() if value}
    drawing.pop("repetition_penalty", None)
    if always and drawing:
        name = next(iter(drawing))
        raise not_possible(f"greedy takes the most probable token: leave out {name}")
    choose = greedy if always else sampling(stream(seed, "generate"))
    return Sampling(length, filtering(**wanted, top_k=top_k), choose, ends, stop)
