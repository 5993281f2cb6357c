"""What a model can be asked, whichever kind it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import minillm
from minillm.nn import Module
from minillm.nn.quantization import STORED, quantize, stored_bytes
from minillm.serving.classifier import ServedClassifier
from minillm.serving.language import ServedLanguage
from minillm.serving.limits import Limits
from minillm.tasks import TextClassifier
from minillm.tasks.generation import LanguageModel


class Served(Protocol):
    """A model as the worker knows it.

    ``kinds`` are those of its questions; the one named by ``written`` is answered token by token.
    """

    kinds: tuple[str, ...]
    written: str

    def about(self) -> dict[str, Any]:
        """What it is and what it can do."""

    def question(self, kind: str, asked: Mapping[str, Any]) -> Any:
        """What was asked, checked, its text as ids.

        Raises:
            Refused: 422; it cannot be answered.
        """

    def together(self, kind: str, questions: Sequence[Any]) -> bool:
        """Whether these can be one batch."""

    def answers(self, kind: str, questions: Sequence[Any]) -> list[dict[str, Any]]:
        """The answers of one batch, in its order."""

    def writing(self, jobs: Sequence[Any]) -> Any:
        """Texts that are written side by side, see ``Writing``."""


def served(
    model: TextClassifier | LanguageModel,
    limits: Limits,
    *,
    name: str = "",
    stored: str = "float32",
) -> Served:
    """A classifier or a language model, ready to be asked; its weights in fewer bits if wanted.

    Raises:
        ValueError: ``stored`` is none of float32, int8 and float16.
        TypeError: another kind of model.
    Guide: 7.3.3 (G64).
    """
    if stored not in ("float32", *STORED):
        raise ValueError(f"stored must be one of float32, {', '.join(STORED)}, got {stored!r}")
    kinds: dict[type, Any] = {TextClassifier: ServedClassifier, LanguageModel: ServedLanguage}
    if type(model) not in kinds:
        raise TypeError(
            f"served: needs a classifier or a language model, got {type(model).__name__}"
        )
    module: Module = model.model
    module.eval()
    more = {"name": name, "parameters": module.parameter_count(), "stored": stored}
    if stored != "float32":
        quantize(module, stored)
    more |= {"bytes": stored_bytes(module), "version": minillm.__version__}
    found: Served = kinds[type(model)](model, limits, more)
    return found
