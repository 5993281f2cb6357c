"""``train``: pretrain and fine-tune a classifier on the user's own file."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from minillm.backend import stream
from minillm.commands.arguments import recipe_of
from minillm.commands.baselines import baselines
from minillm.commands.progress import watch
from minillm.commands.scores import score_header, score_row
from minillm.commands.tables import percent, table
from minillm.tasks import ClassifierTraining
from minillm.text import (
    Example,
    class_counts,
    clean,
    read_examples,
    read_lines,
    require_classes,
    split,
    text_key,
)


def run(arguments: argparse.Namespace) -> None:
    """Read, clean, split, pretrain, fine-tune, compare with the baselines, save."""
    started = time.perf_counter()
    splits = read_splits(arguments)
    train = splits.pop("train")
    refuse_overwriting(arguments)
    unlabelled = read_lines(arguments.unlabelled) if arguments.unlabelled else []
    training = ClassifierTraining(
        recipe_of(arguments),
        train,
        unlabelled,
        out=arguments.out,
        resume=arguments.resume,
        device=arguments.device,
    )
    require_known_labels(splits, training.labels.name_to_id)
    vocabulary = training.encoder.vocabulary
    tokens = training.encoder.tokenize(example.text for example in splits["dev"])
    print(
        f"vocabulary {len(vocabulary)}, unknown in dev {percent(vocabulary.unknown_rate(tokens))}"
    )
    print(f"parameters {training.model.parameter_count():,}")
    watch(training.pretrain(), total=training.steps["pretrain"], title="pretrain")
    watch(training.finetune(), total=training.steps["finetune"], title="fine-tune")
    training.result().save(arguments.out / "model.safetensors")
    print(f"trained in {time.perf_counter() - started:.0f} s; model: {arguments.out}")
    counts = class_counts(train)
    positive = arguments.positive or min(counts, key=lambda name: counts[name])
    print_scores(training, train, splits, positive)


def read_splits(arguments: argparse.Namespace) -> dict[str, list[Example]]:
    """Train, dev and perhaps test; training texts that occur in the others are dropped."""
    examples, report = clean(read_examples(arguments.train, columns=arguments.columns))
    print(f"{arguments.train}: {report}")
    require_classes(examples, source=arguments.train)
    held_out = {
        name: read_examples(path, columns=arguments.columns)
        for name, path in (("dev", arguments.dev), ("test", arguments.test))
        if path is not None
    }
    if "dev" not in held_out:
        rng = stream(arguments.seed, "split")
        examples, dev, rest = split(examples, rng=rng)
        held_out = {"dev": dev if "test" not in held_out else dev + rest, "test": rest} | held_out
    seen = {text_key(example.text) for part in held_out.values() for example in part}
    kept = [example for example in examples if text_key(example.text) not in seen]
    if len(kept) < len(examples):
        print(
            f"{len(examples) - len(kept)} training texts are also held out: dropped from training"
        )
    for name, part in {"train": kept, **held_out}.items():
        print(f"{name}: {len(part)} texts, classes {class_counts(part)}")
    require_classes(kept, source=arguments.train)
    return {"train": kept, **held_out}


def refuse_overwriting(arguments: argparse.Namespace) -> None:
    """Stop before an earlier run would be lost.

    Raises:
        ValueError: ``--out`` holds a run, and neither --resume nor --overwrite was given.
    """
    out: Path = arguments.out
    if arguments.resume or not out.exists():
        return
    found = [path for path in sorted(out.iterdir()) if path.suffix in (".safetensors", ".jsonl")]
    if found and not arguments.overwrite:
        raise ValueError(
            f"--out {out} holds an earlier run ({found[0].name}): give --resume, --overwrite, "
            "or another --out"
        )


def require_known_labels(splits: dict[str, list[Example]], known: dict[str, int]) -> None:
    """Raises:
    ValueError: a held-out label that training never saw.
    """
    for name, examples in splits.items():
        for example in examples:
            if example.label not in known:
                raise ValueError(
                    f"{name}: label {example.label!r} does not occur in the training file, "
                    f"which has {', '.join(known)}"
                )


def print_scores(
    training: ClassifierTraining,
    train: Sequence[Example],
    splits: dict[str, list[Example]],
    positive: str,
) -> None:
    """One table per split: the model beside its baselines, classes chosen by probability."""
    if positive not in training.labels.name_to_id:
        known = ", ".join(training.labels.names)
        raise ValueError(f"--positive {positive!r} is not one of {known}")
    dev = splits["dev"]
    predicted, scores = baselines(train, dev, splits, training.encoder, positive=positive)
    classifier = training.result()
    for name, examples in splits.items():
        texts, true = [e.text for e in examples], [e.label for e in examples]
        p = classifier.predict_probabilities(texts)
        rows = []
        for title, by_split in predicted.items():
            found = scores.get(title, {}).get(name)
            row = score_row(training.labels, true, by_split[name], found, positive)
            rows.append([title, *row])
        own = training.labels.decode(p.argmax(axis=1))
        column = p[:, training.labels.name_to_id[positive]]
        rows.append(["BERT", *score_row(training.labels, true, own, column, positive)])
        print(f"\n{name}, {len(examples)} texts (threshold: the most probable class)")
        print(table(score_header(positive), rows))
