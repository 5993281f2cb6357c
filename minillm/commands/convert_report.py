"""What a published model consists of, here and there, as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from re import sub
from typing import Any

from minillm.models import BertConfig
from minillm.models.published import Published
from minillm.models.published.naming import Named
from minillm.models.published.places import LAYER
from minillm.tasks.published import Opened
from minillm.tasks.publishing import labels_of
from minillm.text.terminal import visible


def report(task: Opened, folder: Path, *, title: str | None = None) -> str:
    """Kind, parts, sizes, labels, the table of names, and what was passed over.

    ``folder`` is the published one, ``task`` what it is here.  All of it is read.

    Raises:
        CheckpointError: the weights do not have the checksum that they carry.
    """
    published = Published(folder)
    model: Any = task.model
    rows = published.names(published.head, model)
    theirs = {row.published for row in rows}
    head = published.kind.heads[published.head]
    lines = [
        f"{title or folder}: {published.kind.model_type}, {head.architecture}; here "
        f"{type(task).__name__} with {type(model).__name__}",
        *sizes(published.config),
    ]
    labels = labels_of(task)
    if labels is not None:
        lines.append(f"{len(labels)} labels: {', '.join(labels)}")
    lines += [
        f"parameters {model.parameter_count():,}, in {len(rows)} arrays here and {len(theirs)} "
        "there",
        "",
        *name_table(rows),
        "",
    ]
    twins = [t for t, _ in published.kind.tied if t in published.spelled and t not in theirs]
    unchecked = [path.name for path in published.weights.verify()]
    for what, names in (
        ("passed over", published.passed_over(rows)),
        ("passed over, since it is equal to another array", twins),
        ("not all numbers are finite in", published.weights.not_finite()),
        ("without a checksum, so that a changed number is not noticed", unchecked),
    ):
        if names:
            lines.append(f"{what}: {', '.join(sorted(names))}")
    return "\n".join(map(visible, lines))


def sizes(config: Any) -> Iterator[str]:
    """The numbers of a configuration in words, and the parts of a GPT."""
    hidden = config.hidden if isinstance(config, BertConfig) else config.inner_width
    yield (
        f"layers {config.n_layers}, width {config.width}, heads {config.n_heads}, hidden {hidden}, "
        f"positions {config.max_length}, tokens {config.vocabulary_size}, eps {config.eps:g}"
    )
    if not isinstance(config, BertConfig):
        tied = "the head is the table of tokens" if config.tied else "a head of its own"
        keys = config.n_key_heads or config.n_heads
        yield (
            f"positions {config.positions}, norm {config.norm}, feed-forward "
            f"{config.feed_forward}, heads of keys {keys}, {tied}"
        )


def name_table(rows: list[Named]) -> Iterator[str]:
    """Our modules beside theirs, a line for all layers together: ``#`` is the number of a layer.

    Weight and bias of a module are those of the module there.
    """
    lines: dict[str, tuple[str, str]] = {}
    for row in rows:
        ours, theirs = (sub(r"(?<=\.)\d+(?=\.)", LAYER, n) for n in (row.ours, row.published))
        if "." in ours:
            ours, theirs = (name.rpartition(".")[0] for name in (ours, theirs))
        lines.setdefault(ours, (theirs, how(row)))
    first, second = (max(map(len, column)) for column in (lines, [t for t, _ in lines.values()]))
    yield f"{'here':<{first}}  there"
    for ours, (theirs, lies) in lines.items():
        yield f"{ours:<{first}}  {theirs:<{second}}  {lies}".rstrip()


def how(row: Named) -> str:
    """How an array lies there, where it does not lie as here."""
    place = row.place
    said = [f"part {place.part + 1} of {place.parts}"] if place.parts > 1 else []
    said += ["transposed"] if place.transposed and len(row.shape) == 2 else []
    said += ["rows of each head in another order"] if place.halves else []
    return ", ".join(said)
