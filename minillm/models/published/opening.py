"""A folder that ``transformers`` wrote, opened: its parts become those of our models."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from minillm.backend import CheckpointError, stream
from minillm.backend.weight_files import WeightFiles, open_weights
from minillm.models.published.bert import BERT
from minillm.models.published.gpt2 import GPT2
from minillm.models.published.kinds import Kind
from minillm.models.published.llama import LLAMA
from minillm.models.published.naming import Named, left_over, misfits, modern, names_of
from minillm.models.published.settings import CONFIG, label_names, read_config, refuse
from minillm.nn import Module
from minillm.nn.initialization import undrawn

KINDS = {kind.model_type: kind for kind in (BERT, GPT2, LLAMA)}


class Published:
    """A folder with ``config.json`` and weights, of which nothing but the headers has been read.

    ``kind`` is what is known of its ``model_type``, ``config`` our configuration, ``head`` our
    name of the head that it holds, and ``labels`` are the names of its classes.  With ``check``
    everything is read, and compared with the checksums that our own files carry.

    Raises:
        OSError: a file is missing or not readable.
        CheckpointError: a file is damaged; the architecture is none of those here; lists the
            settings that are not supported.
    Guide: 7.1.3, 7.2.3 (G59).
    """

    def __init__(self, folder: str | Path, *, check: bool = False):
        self.folder = Path(folder)
        self.settings: Mapping[str, Any] = read_config(folder)
        self.kind = kind_of(self.settings["model_type"])
        self.head = head_of(self.kind, self.settings)
        self.config = self.kind.read(self.settings)
        self.labels = label_names(self.settings)
        self.weights: WeightFiles = open_weights(folder, check=check)
        self.spelled = modern(self.weights)  # the name of today -> the file's
        self.prefixed = any(name.startswith(self.kind.prefix) for name in self.spelled)

    def empty(self, head: str, n_labels: int, rng: np.random.Generator | None) -> Module:
        """A model with this head; without an ``rng`` its weights are zeros, to be overwritten."""
        make = self.kind.heads[head].make
        if self.config.n_layers > len(self.weights):
            raise CheckpointError(
                f"{self.folder}: {CONFIG} promises {self.config.n_layers} layers, the files hold "
                f"{len(self.weights)} arrays"
            )
        try:
            with undrawn() if rng is None else nullcontext():
                return make(self.config, n_labels, rng or stream(0, "overwritten at once"))
        except (ValueError, MemoryError) as error:  # such as a width that heads do not divide
            raise CheckpointError(f"{self.folder}: {CONFIG}: no such model: {error}") from error

    def names(self, head: str, model: Module) -> list[Named]:
        """Our parameters beside the published arrays in which they lie."""
        return names_of(self.kind, self.kind.heads[head], model, prefixed=self.prefixed)

    def model(
        self,
        head: str | None = None,
        *,
        n_labels: int | None = None,
        rng: np.random.Generator | None = None,
        dtype: type[np.floating] = np.float32,
        copy: bool = False,
    ) -> Module:
        """The model, ready to read; see ``from_pretrained``."""
        head = self.head if head is None else head
        if head not in self.kind.heads:
            there = ", ".join(self.kind.heads)
            raise ValueError(
                f"head must be one of {there} for a {self.kind.model_type}, got {head!r}"
            )
        new = head != self.head or (n_labels not in (None, len(self.labels)))
        if new and rng is None and self.kind.heads[head].table:
            raise ValueError(
                f"{self.folder} holds the head {self.head!r} with {len(self.labels)} labels; "
                f"for a new one, {head!r}, give rng= (and n_labels=)"
            )
        model = self.empty(head, n_labels or len(self.labels), rng if new else None)
        if np.dtype(dtype) != np.float32:
            model.to_dtype(dtype)
        rows = self.names(head, model)
        if new:  # the body's, and of the head what is there by chance, such as BERT's pooler
            rows = [row for row in rows if row.in_body or self.holds(row)]
        self.require_fit(rows)
        parameters = dict(model.named_parameters())
        for row in rows:
            array = row.place.read(self.array(row.published), self.head_width)
            parameters[row.ours].data = array.astype(dtype, copy=copy)
        return model.eval()

    def holds(self, row: Named) -> bool:
        """Whether the folder has an array for this parameter, of its shape."""
        name = self.spelled.get(row.published)
        return name is not None and tuple(self.weights.shapes[name]) == row.published_shape

    @property
    def head_width(self) -> int:
        """How many features each head of queries has."""
        return int(self.config.width // self.config.n_heads)

    def array(self, name: str) -> np.ndarray:
        """An array by its name of today."""
        return self.weights[self.spelled[name]]

    def require_fit(self, rows: list[Named]) -> None:
        """Refuse a folder whose arrays are not those of ``rows``.

        Raises:
            CheckpointError: lists all that is missing, superfluous, or of another shape or kind.
        """
        shapes = {today: self.weights.shapes[name] for today, name in self.spelled.items()}
        dtypes = {today: self.weights.dtypes[name] for today, name in self.spelled.items()}
        problems = [*misfits(rows, shapes, dtypes), *self.not_tied()]
        problems += [f"unexpected {name} {tuple(shapes[name])}" for name in self.left_over(rows)[1]]
        if problems:
            raise CheckpointError(
                f"{self.folder}: these weights are not those of its {CONFIG}:\n  "
                + "\n  ".join(sorted(problems))
            )

    def passed_over(self, rows: list[Named]) -> list[str]:
        """Names of arrays that no parameter takes and that may be there: buffers, other heads."""
        return self.left_over(rows)[0]

    def left_over(self, rows: list[Named]) -> tuple[list[str], list[str]]:
        """Names of arrays that no parameter takes: those that may be there, and the others."""
        used = {row.published for row in rows} | {twin for twin, _ in self.kind.tied}
        spare = [name for name in self.spelled if name not in used]
        return left_over(self.kind, spare, self.kind.heads.values())

    def not_tied(self) -> list[str]:
        """Arrays that should repeat another one and do not."""
        if not self.settings.get("tie_word_embeddings", self.kind.model_type != "llama"):
            return []
        return [
            f"{twin} is not equal to {name}, though tie_word_embeddings is true"
            for twin, name in self.kind.tied
            if twin in self.spelled
            and name in self.spelled
            and not np.array_equal(self.array(twin), self.array(name))
        ]


def from_pretrained(
    folder: str | Path,
    head: str | None = None,
    *,
    n_labels: int | None = None,
    rng: np.random.Generator | None = None,
    dtype: type[np.floating] = np.float32,
    copy: bool = False,
    check: bool = False,
) -> Module:
    """Our model with the weights of a folder that ``transformers`` wrote.

    It is made of the parts that our own models are made of: a ``Bert`` with the head that the
    folder holds ("body", "masked", "sequence", "tokens" or "spans"), or a ``Gpt`` with GPT-2's
    parts or with Llama's ("language").  With another ``head``, or another number of labels, the
    body is the folder's and the head is new, drawn from ``rng``.

    Weights stay in the file and are read when they are used, as far as they lie there as here;
    what is float16 or bfloat16 there, or in another order, is copied.  ``copy`` copies all, so
    that the file may be deleted; ``check`` reads all at once and finds flipped bits, where the
    file has a checksum: ``save_pretrained`` writes one.

    Raises:
        OSError: a file is missing or not readable.
        CheckpointError: a file is damaged, or not one of these models; all misfits are listed.
        ValueError: no such head, or a new one without ``rng``.
    Guide: 7.1.3, 7.2.3 (G59).
    """
    opened = Published(folder, check=check)
    return opened.model(head, n_labels=n_labels, rng=rng, dtype=dtype, copy=copy)


def kind_of(model_type: str) -> Kind:
    """What is known of a ``model_type``.

    Raises:
        CheckpointError: nothing.
    """
    if model_type not in KINDS:
        known = ", ".join(KINDS)
        raise CheckpointError(f"{CONFIG}: model_type {model_type!r} is none of {known}")
    return KINDS[model_type]


def head_of(kind: Kind, settings: Mapping[str, Any]) -> str:
    """Our name of the head that a configuration says is there; without a word, the body alone.

    Raises:
        CheckpointError: an architecture that is none of those here.
    """
    architectures = settings.get("architectures") or [next(iter(kind.heads.values())).architecture]
    found = kind.head_of(str(architectures[0])) if isinstance(architectures, list) else None
    if found is None:
        known = " or ".join(head.architecture for head in kind.heads.values())
        refuse([f"architectures = {architectures!r}; supported: {known}"], kind.model_type)
    return str(found)
