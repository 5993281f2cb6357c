"""What is known of a kind of published models: its configuration, names and heads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minillm.models.published.places import Place
from minillm.nn import Module

Table = Mapping[str, Place | str]


@dataclass(frozen=True)
class Head:
    """What stands on a body: our class, the architecture's name there, its parameters' places.

    ``make`` is given our configuration, the number of labels and an ``rng``.  ``body`` is the
    attribute under which our class holds the body, "" where it is the body.
    """

    architecture: str
    make: Callable[[Any, int, np.random.Generator], Module]
    body: str
    table: Table
    labelled: bool = False
    aliases: tuple[str, ...] = ()  # other architectures that hold this head, too


@dataclass(frozen=True)
class Kind:
    """A ``model_type``.

    ``read`` and ``write`` translate configurations.  Behind ``prefix`` the body's parameters are
    named where there is a head.  ``leftovers`` are patterns of names that may be there besides:
    buffers, and heads that nobody asked for.
    """

    model_type: str
    read: Callable[[Mapping[str, Any]], Any]
    write: Callable[[Any], dict[str, Any]]
    prefix: str
    table: Table
    heads: Mapping[str, Head]
    leftovers: tuple[str, ...] = ()
    tied: tuple[tuple[str, str], ...] = ()  # names that may repeat another parameter

    def head_of(self, architecture: str) -> str | None:
        """Our name of the head that an architecture has, ``None`` if it is not known."""
        for name, head in self.heads.items():
            if architecture in (head.architecture, *head.aliases):
                return name
        return None
