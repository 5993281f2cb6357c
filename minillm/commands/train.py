"""``train``: pretrain and fine-tune a classifier on the user's own file."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from minillm.backend import stream
from minillm.commands.arguments import add_columns, add_recipe, add_run_options, recipe_of
from minillm.commands.baselines import as_classifiers, fit_baselines, save_baselines
from minillm.commands.progress import print_sharing, watch
from minillm.commands.scores import positive_class, score_table
from minillm.commands.tables import percent
from minillm.models.bag_of_words import BagOfWords
from minillm.tasks import ClassifierTraining, evaluate
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files, how they are laid out, where to write, and the recipe."""
    parser.add_argument("train", type=Path, metavar="FILE", help="labelled texts, one a line")
    parser.add_argument("--dev", type=Path, help="held-out file; default: a tenth of FILE")
    parser.add_argument("--test", type=Path, help="test file; default: a tenth of FILE if no --dev")
    parser.add_argument("--unlabelled", type=Path, help="more texts to pretrain on, one a line")
    add_columns(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier run in --out")
    add_run_options(parser, default_out=Path("runs/train"))
    add_recipe(parser)


def run(arguments: argparse.Namespace) -> None:
    """Read, clean, split, pretrain, fine-tune, compare with the baselines, save."""
    started = time.perf_counter()
    recipe = recipe_of(arguments)
    splits = read_splits(arguments)
    train = splits.pop("train")
    positive = positive_class(arguments.positive, class_counts(train))
    refuse_overwriting(arguments)
    training = ClassifierTraining(
        recipe,
        train,
        read_unlabelled(arguments.unlabelled, splits),
        out=arguments.out,
        resume=arguments.resume,
        device=arguments.device,
        threads=arguments.threads,
    )
    require_known_labels(splits, training.labels.name_to_id)
    if arguments.overwrite and not arguments.resume:
        for path in earlier_run(arguments.out):
            path.unlink()
    vocabulary = training.encoder.vocabulary
    tokens = training.encoder.tokenize(example.text for example in splits["dev"])
    print(
        f"vocabulary {len(vocabulary)}, unknown in dev {percent(vocabulary.unknown_rate(tokens))}"
    )
    print(f"parameters {training.model.parameter_count():,}")
    print_sharing(training)
    watch(training.pretrain(), total=training.steps["pretrain"], title="pretrain")
    watch(training.finetune(), total=training.steps["finetune"], title="fine-tune")
    baselines = fit_baselines(train, splits["dev"], training.encoder)
    save_baselines(arguments.out, baselines)
    classifier = training.result()
    classifier.positive = positive
    classifier.save(arguments.out / "model.safetensors")
    print(f"trained in {time.perf_counter() - started:.0f} s; model: {arguments.out}")
    print_scores(training, baselines, splits, positive)


def read_splits(arguments: argparse.Namespace) -> dict[str, list[Example]]:
    """Train, dev and perhaps test; texts that a given dev or test file has are dropped first."""
    examples, report = clean(read_examples(arguments.train, columns=arguments.columns))
    print(f"{arguments.train}: {report}")
    require_classes(examples, source=arguments.train)
    held_out = {
        name: read_examples(path, columns=arguments.columns)
        for name, path in (("dev", arguments.dev), ("test", arguments.test))
        if path is not None
    }
    seen = held_out_keys(held_out)
    kept = [example for example in examples if text_key(example.text) not in seen]
    if len(kept) < len(examples):
        print(f"{len(examples) - len(kept)} of its texts are also held out: dropped")
    require_classes(kept, source=arguments.train)
    if "dev" not in held_out:
        kept, dev, rest = split_or_explain(kept, arguments)
        held_out = {"dev": dev if "test" not in held_out else dev + rest, "test": rest} | held_out
    for name, part in {"train": kept, **held_out}.items():
        print(f"{name}: {len(part)} texts, classes {class_counts(part)}")
    return {"train": kept, **held_out}


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


def read_unlabelled(path: Path | None, held_out: dict[str, list[Example]]) -> list[str]:
    """The texts of a file, without empty ones and those that are held out."""
    if path is None:
        return []
    seen = held_out_keys(held_out) | {""}
    texts = read_lines(path)
    kept = [text for text in texts if text_key(text) not in seen]
    print(f"{path}: {len(kept)} of {len(texts)} texts, the others are empty or held out")
    return kept


def refuse_overwriting(arguments: argparse.Namespace) -> None:
    """Stop before an earlier run would be lost.

    Raises:
        ValueError: ``--out`` holds a run, and neither --resume nor --overwrite was given.
    """
    found = earlier_run(arguments.out)
    if found and not (arguments.resume or arguments.overwrite):
        raise ValueError(
            f"--out {arguments.out} holds an earlier run ({found[0].name}): give --resume, "
            "--overwrite, or another --out"
        )


def earlier_run(out: Path) -> list[Path]:
    """The weights that a run left in ``out``.

    Raises:
        NotADirectoryError: ``out`` exists and is not a folder.
    """
    names = {"checkpoint.safetensors", "model.safetensors"}
    return sorted(p for p in out.iterdir() if p.name in names) if out.exists() else []


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


def print_scores(
    training: ClassifierTraining,
    baselines: dict[str, BagOfWords],
    splits: dict[str, list[Example]],
    positive: str,
) -> None:
    """One table per split: the model beside its baselines, classes chosen by probability."""
    classifiers = as_classifiers(baselines, training.encoder.tokenizer)
    classifiers["BERT"] = training.result()
    for name, examples in splits.items():
        print(f"\n{name}, {len(examples)} texts (threshold: the most probable class)")
        scores = {kind: evaluate(one, examples) for kind, one in classifiers.items()}
        print(score_table(scores, positive))
