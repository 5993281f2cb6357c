"""The classes of a task, numbered."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minillm.backend.ids import check_ids


class Labels:
    """The names of the classes in sorted order; the place of a name is its id::

        Labels(["spam", "ham", "spam"]).names  ->  ("ham", "spam")

    Raises:
        ValueError: there are no names.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(set(names)))
        if not self.names:
            raise ValueError("Labels: at least one class name is needed, got an empty list")
        self.name_to_id = {name: i for i, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    def encode(self, labels: Iterable[str]) -> np.ndarray:
        """The class ids of some labels, ``(N,)`` ``int64``.

        Raises:
            ValueError: a label is not among the names; unlike a token it has no stand-in.
        """
        ids = []
        for place, label in enumerate(labels):
            if label not in self.name_to_id:
                known = ", ".join(self.names)
                raise ValueError(f"unknown label {label!r} at position {place}; known: {known}")
            ids.append(self.name_to_id[label])
        return np.array(ids, dtype=np.int64)

    def decode(self, ids: Any) -> list[str]:
        """The names of some class ids.

        Raises:
            IndexError: an id belongs to no class.
            TypeError: the ids are not integers.
        """
        array = check_ids(ids, len(self), name="class id", of="a set of classes")
        return [self.names[i] for i in array]
