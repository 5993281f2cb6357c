"""Small trained models that lessons load: ``minillm/assets/NAME.safetensors``.

``python -m minillm course assets NAME`` makes one again, from the data and settings that its maker
names.  A file holds weights in float16, and in its header what they are the weights of, how they
were made, and what the model reaches on texts that it did not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from minillm.backend import load_arrays, save_arrays
from minillm.course import pretrained_bert, pretrained_gpt
from minillm.course.places import ASSETS
from minillm.tasks.generation import LanguageModel

HELD_OUT = "held_out_loss"  # in the header of every file


class Trained(Protocol):
    """A model that can be written: its arrays, and what the header says of them."""

    def parts(self) -> tuple[dict[str, np.ndarray], dict[str, str]]: ...


@dataclass(frozen=True)
class Maker:
    """How a model is trained, read from its file, and judged."""

    train: Callable[[], Trained]
    read: Callable[[Mapping[str, np.ndarray], Mapping[str, str]], Any]
    held_out_loss: Callable[[Any], float]


MAKERS: dict[str, Maker] = {
    "bert": Maker(
        pretrained_bert.train, pretrained_bert.PretrainedBert.from_parts, pretrained_bert.loss
    ),
    "gpt": Maker(pretrained_gpt.train, LanguageModel.from_parts, pretrained_gpt.loss),
}


def load(name: str) -> Any:
    """The model of that name: for "bert" a ``PretrainedBert``, for "gpt" a ``LanguageModel``.

    Raises:
        ValueError: there is none; the message lists the names there are.
        CheckpointError: its file is damaged, or of something else.
    """
    return maker_of(name).read(*load_arrays(path_of(name)))


def make(name: str, folder: Path = ASSETS) -> Path:
    """Train the model of that name and write its file; the path.

    What is stored as its loss is that of the rounded weights, as they will be read.

    Raises:
        ValueError: as ``load``.
    """
    maker = maker_of(name)
    weights, described = maker.train().parts()
    halves = {key: array.astype(np.float16) for key, array in weights.items()}
    loss = maker.held_out_loss(maker.read(halves, described))
    path = path_of(name, folder)
    save_arrays(path, halves, {**described, HELD_OUT: f"{loss:.6f}"})
    return path


def stored_loss(name: str) -> float:
    """What the file says that its model reaches on texts that it did not see, in nats."""
    return float(load_arrays(path_of(name))[1][HELD_OUT])


def path_of(name: str, folder: Path = ASSETS) -> Path:
    """The file of that name."""
    return folder / f"{name}.safetensors"


def maker_of(name: str) -> Maker:
    """The maker of that name.

    Raises:
        ValueError: there is none.
    """
    require_makers([name])
    return MAKERS[name]


def require_makers(names: Iterable[str]) -> None:
    """Refuse names that no model has.

    Raises:
        ValueError: the first of them, and the names there are.
    """
    for name in names:
        if name not in MAKERS:
            raise ValueError(f"no trained model {name!r}; there are {', '.join(MAKERS)}")
