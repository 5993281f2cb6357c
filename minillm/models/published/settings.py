"""``config.json`` in our words: sizes translated, settings that we lack refused by name."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from minillm.backend import CheckpointError
from minillm.backend.folder_files import file_in

CONFIG = "config.json"
# Settings that change nothing which a model of ours computes: names, defaults of other programs,
# how weights are first drawn, ids that a vocabulary has.
IMMATERIAL = frozenset(
    {
        *(
            "architectures",
            "model_type",
            "transformers_version",
            "_name_or_path",
            "tokenizer_class",
        ),
        *("dtype", "torch_dtype", "use_cache", "initializer_range", "gradient_checkpointing"),
        *("pad_token_id", "bos_token_id", "eos_token_id", "sep_token_id", "cls_token_id"),
        *("mask_token_id", "id2label", "label2id", "num_labels", "_num_labels", "finetuning_task"),
        *("task_specific_params", "return_dict", "output_attentions", "output_hidden_states"),
        *("language", "n_ctx", "keys_to_ignore_at_inference", "attn_implementation"),
        *("_attn_implementation", "_attn_implementation_autoset", "output_past"),
    }
)


def read_config(folder: str | Path) -> dict[str, Any]:
    """What ``config.json`` of a folder says.

    Raises:
        OSError: it is missing or not readable.
        CheckpointError: it is not a JSON object, or names no ``model_type``.
    """
    path = file_in(folder, CONFIG)
    if path is None:
        missing = str(Path(folder) / CONFIG)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), missing)
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CheckpointError(f"{path}: not JSON: {error}") from error
    if not isinstance(config, dict):
        raise CheckpointError(f"{path}: an object is needed, got a {type(config).__name__}")
    if not isinstance(config.get("model_type"), str):
        raise CheckpointError(f"{path}: model_type must be a name, such as 'bert' or 'gpt2'")
    return config


def translated(
    config: Mapping[str, Any],
    sizes: Mapping[str, tuple[str, Any]],
    fixed: Mapping[str, tuple[Any, ...]],
    passed_over: Iterable[str] = (),
) -> dict[str, Any]:
    """Our settings of a published configuration.

    ``sizes``: our name -> their name, and what they take where it is missing.  ``fixed``: the
    values of a setting for which our model computes the same; the first is theirs where it is
    missing.  Any other setting must be off (null, false, empty) or be ``passed_over``.

    Raises:
        CheckpointError: lists every setting that is not supported, with its value.
    """
    known = {theirs for theirs, _ in sizes.values()} | IMMATERIAL | {*passed_over} | fixed.keys()
    problems = [
        f"{name} = {json.dumps(config[name])}; supported: {' or '.join(map(json.dumps, allowed))}"
        for name, allowed in fixed.items()
        if name in config and config[name] not in allowed
    ]
    problems += [
        f"{name} = {json.dumps(value)}: this setting is not known here"
        for name, value in config.items()
        if name not in known and value not in (None, False, {}, [])
    ]
    found = {ours: config.get(theirs, default) for ours, (theirs, default) in sizes.items()}
    problems += [
        f"{sizes[ours][0]} = {json.dumps(value)}: a number is needed, like {sizes[ours][1]}"
        for ours, value in found.items()
        if not fits(value, sizes[ours][1])
    ]
    refuse(problems, config["model_type"])
    return found


def fits(value: Any, example: Any) -> bool:
    """Whether a value is a number as ``example`` is: whole ones from 1 on, others from 0 on."""
    if isinstance(example, int):
        return isinstance(value, int) and not isinstance(value, bool) and value >= 1
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def one_dropout(config: Mapping[str, Any], names: Iterable[str], default: float) -> float:
    """The dropout of a model that has one everywhere.

    Raises:
        CheckpointError: it has several.
    """
    given = {name: config.get(name, default) for name in names}
    rates = {rate for rate in given.values() if rate is not None}
    if len(rates) != 1 or not all(fits(rate, 0.1) for rate in rates):
        shown = ", ".join(f"{name} = {json.dumps(rate)}" for name, rate in given.items())
        refuse([f"{shown}; supported: one rate from 0 on for all of them"], config["model_type"])
    return float(rates.pop())


def refuse(problems: Iterable[str], model_type: str) -> None:
    """Raise if there are problems, and list them all.

    Raises:
        CheckpointError: there are.
    """
    listed = sorted(problems)
    if listed:
        raise CheckpointError(
            f"{CONFIG}: settings of this {model_type} that are not supported:\n  "
            + "\n  ".join(listed)
        )


def label_names(config: Mapping[str, Any]) -> list[str]:
    """The names of the classes in the order of their numbers; LABEL_0, LABEL_1 without names.

    Raises:
        CheckpointError: the numbers are not 0, 1, 2 and so on, or a name is no text.
    """
    named = config.get("id2label")
    if not named:
        n = config.get("num_labels", config.get("_num_labels", 2))
        if not fits(n, 2):
            raise CheckpointError(f"{CONFIG}: num_labels must be a whole number, got {n!r}")
        return [f"LABEL_{i}" for i in range(n)]
    try:
        numbers = {int(number): name for number, name in named.items()}
    except (AttributeError, TypeError, ValueError):
        raise CheckpointError(f"{CONFIG}: id2label must be an object of numbers") from None
    if sorted(numbers) != list(range(len(named))) or not all(
        isinstance(name, str) and name for name in numbers.values()
    ):
        raise CheckpointError(
            f"{CONFIG}: id2label must name 0 to {len(named) - 1}, each with a text; got {named!r}"
        )
    return [numbers[i] for i in range(len(numbers))]
