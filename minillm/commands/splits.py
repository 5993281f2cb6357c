"""The parts of a run's data, as ``train`` reads them: disjoint, and each with its classes."""

from __future__ import annotations

import argparse

from minillm.backend import stream
from minillm.commands.labelled import print_empty, read
from minillm.text import (
    Example,
    class_counts,
    clean,
    read_lines,
    require_classes,
    require_disjoint,
    split,
    text_key,
)


def read_splits(arguments: argparse.Namespace) -> dict[str, list[Example]]:
    """Train, dev and perhaps test; texts that a given dev or test file has are dropped first."""
    given = read(arguments.train, arguments)
    examples, report = clean(given, max_characters=arguments.max_characters)
    print(f"{arguments.train}: {report}")
    require_classes(examples, source=f"{arguments.train}: {report}")
    held_out = read_held_out(arguments)
    seen = held_out_keys(held_out)
    kept = [example for example in examples if text_key(example.text) not in seen]
    if len(kept) < len(examples):
        print(f"{len(examples) - len(kept)} of its texts are also held out: dropped")
    require_classes(kept, source=f"{arguments.train}: without the texts that are held out")
    if "dev" not in held_out:
        kept, dev, rest = split_or_explain(kept, arguments)
        held_out = {"dev": dev if "test" not in held_out else dev + rest, "test": rest} | held_out
    for name, part in {"train": kept, **held_out}.items():
        print(f"{name}: {len(part)} texts, classes {class_counts(part)}")
    return {"train": kept, **held_out}


def read_held_out(arguments: argparse.Namespace) -> dict[str, list[Example]]:
    """The files of --dev and --test, as far as they are given.

    Raises:
        ValueError: they share a text; names both files.
    """
    files = {"dev": arguments.dev, "test": arguments.test}
    held_out = {name: read(path, arguments) for name, path in files.items() if path is not None}
    for name, examples in held_out.items():
        print_empty(files[name], examples)
    require_disjoint(**{f"--{name} {files[name]}": part for name, part in held_out.items()})
    return held_out


def held_out_keys(held_out: dict[str, list[Example]]) -> set[str]:
    """The texts that training must not see, in the spelling in which texts are compared."""
    return {text_key(example.text) for part in held_out.values() for example in part}


def split_or_explain(
    examples: list[Example], arguments: argparse.Namespace
) -> tuple[list[Example], list[Example], list[Example]]:
    """``split`` by the run's seed.

    Raises:
        ValueError: too few examples of a class; says which file, and what helps.
    """
    try:
        return split(examples, rng=stream(arguments.seed, "split"))
    except ValueError as error:
        raise ValueError(f"{arguments.train}: {error}; give more, or a file as --dev") from error


def read_unlabelled(arguments: argparse.Namespace, held_out: dict[str, list[Example]]) -> list[str]:
    """The texts of --unlabelled, without empty ones and those that are held out."""
    path = arguments.unlabelled
    if path is None:
        return []
    seen = held_out_keys(held_out) | {""}
    texts = read_lines(path, encoding=arguments.encoding)
    kept = [text for text in texts if text_key(text) not in seen]
    print(f"{path}: {len(kept)} of {len(texts)} texts, the others are empty or held out")
    return kept


def require_known_labels(splits: dict[str, list[Example]], known: dict[str, int]) -> None:
    """Refuse held-out labels that training never saw.

    Raises:
        ValueError: naming the file, the label, and the labels of training.
    """
    for name, examples in splits.items():
        for example in examples:
            if example.label not in known:
                raise ValueError(
                    f"{name}: label {example.label!r} does not occur in the training file, "
                    f"which has {', '.join(known)}"
                )
