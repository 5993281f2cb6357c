"""Templates with slots: a finite grammar whose sentences are numbered.

Sentence number ``k`` is ``k`` written in the mixed radix of the slots, as a day's seconds are
written in hours, minutes and seconds.  Drawing different sentences is then drawing different
numbers: nothing is drawn twice, nothing is rejected, and the size of the grammar is known.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from math import prod
from typing import NamedTuple, Protocol, TypeVar, overload

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


def ways(slots: Mapping[str, Sequence[S]]) -> int:
    """In how many ways slots can be filled."""
    return prod(len(choices) for choices in slots.values())


def chosen(slots: Mapping[str, Sequence[S]], number: int) -> dict[str, S]:
    """What fills each slot: the last digit of ``number`` chooses for the first, the rest follow."""
    found = {}
    for slot, choices in slots.items():
        number, digit = divmod(number, len(choices))
        found[slot] = choices[digit]
    return found


class Pattern(NamedTuple):
    """One template and the choices for each of its slots.

    ``Pattern("the {noun} was {adjective}.", {"noun": ("soup", "bread"), "adjective": ("hot",)})``
    has two sentences: "The soup was hot." and "The bread was hot."
    """

    template: str
    slots: Mapping[str, Sequence[str]]

    @property
    def size(self) -> int:
        """How many sentences the pattern has."""
        return ways(self.slots)

    def sentence(self, number: int) -> str:
        """Sentence ``number`` of ``range(size)``, with a capital at its start.

        The last digit of ``number`` chooses for the first slot, the rest for the others.
        """
        text = self.template.format_map(chosen(self.slots, number))
        return text[0].upper() + text[1:]


class WithSentences(Protocol[S_co]):
    """A pattern: how many sentences it has, and each by its number."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def sentence(self, number: int) -> S_co:
        """Sentence ``number`` of ``range(size)``."""
        ...


class Numbered(Sequence[S]):
    """All sentences of several patterns, numbered one pattern after the other."""

    def __init__(self, patterns: Iterable[WithSentences[S]]):
        self.patterns = [pattern for pattern in patterns if pattern.size]
        self.ends = list(accumulate(pattern.size for pattern in self.patterns))

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    @overload
    def __getitem__(self, number: int) -> S: ...
    @overload
    def __getitem__(self, number: slice) -> list[S]: ...
    def __getitem__(self, number: int | slice) -> S | list[S]:
        if isinstance(number, slice):
            return [self[k] for k in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(f"sentence {number} of a grammar with {len(self)} sentences")
        which = bisect_right(self.ends, number)
        pattern = self.patterns[which]
        return pattern.sentence(number - self.ends[which] + pattern.size)

    def __iter__(self) -> Iterator[S]:
        return (self[number] for number in range(len(self)))


class Sentences(Numbered[str]):
    """Sentences of one language."""


class Kind(NamedTuple):
    """One kind of sentence of a corpus: its tags, its share, and its sentences by label."""

    tags: frozenset[str]
    share: float
    sentences: dict[str, Sentences]
