"""``train``: pretrain and fine-tune a classifier on the user's own file."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from minillm.commands.arguments import (
    add_labelled_training,
    add_recipe,
    add_training_options,
    recipe_of,
)
from minillm.commands.baselines import save_baselines
from minillm.commands.labelled import print_cut
from minillm.commands.progress import print_sharing, watch
from minillm.commands.ranks import add_ranks, only_helps
from minillm.commands.runs import (
    MODEL,
    RECORD,
    naming_options,
    refuse_overwriting,
    replace_earlier_run,
    watch_over,
)
from minillm.commands.scores import (
    how_labels_are_said,
    name_of,
    needs_threshold,
    positive_class,
    score_table,
)
from minillm.commands.splits import read_splits, read_unlabelled, require_known_labels
from minillm.commands.tables import percent
from minillm.models.bag_of_words import BagOfWords
from minillm.tasks import (
    ClassifierTraining,
    Recipe,
    TextClassifier,
    as_classifiers,
    evaluate,
    fit_baselines,
    tuned,
)
from minillm.text import Example, class_counts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files, how they are laid out, where to write, and the recipe."""
    add_labelled_training(parser)
    parser.add_argument("--unlabelled", type=Path, help="more texts to pretrain on, one a line")
    add_training_options(parser, default_out=Path("runs/train"), kept="words, labels and sizes")
    add_ranks(parser)
    add_recipe(parser, Recipe)


def run(arguments: argparse.Namespace) -> None:
    """Read, clean, split, pretrain, fine-tune, compare with the baselines, save.

    Guide: 6.1 (G36).
    """
    started = time.perf_counter()
    recipe = recipe_of(arguments, Recipe)
    if recipe.finetune_epochs == 0:
        raise ValueError("--finetune-epochs must be above 0: the labels would not be learned")
    refuse_overwriting(arguments)
    splits = read_splits(arguments)
    train = splits.pop("train")
    counts = class_counts(train)
    positive = positive_class(arguments.positive, counts)
    require_known_labels(splits, counts)
    training = begun(arguments, recipe, train, splits)
    replace_earlier_run(arguments, training.run)
    watch_over(arguments, training.run)
    describe(training, train, splits)
    seen = None if only_helps(arguments) else arguments.out / RECORD
    watch(training.pretrain(), total=training.steps["pretrain"], title="pretrain", record=seen)
    watch(training.finetune(), total=training.steps["finetune"], title="fine-tune", record=seen)
    if only_helps(arguments):
        return
    found = positive if needs_threshold(arguments.positive, counts) else None
    baselines = fit_baselines(train, splits["dev"], training.encoder, positive=found)
    classifier = training.result()
    classifier.positive = positive
    classifier.decision = tuned(classifier, splits["dev"], found)
    save_baselines(arguments.out, baselines)
    classifier.save(arguments.out / MODEL)
    print(f"trained in {time.perf_counter() - started:.0f} s; model: {arguments.out}")
    print_scores(classifier, baselines, splits, positive)


def begun(
    arguments: argparse.Namespace,
    recipe: Recipe,
    train: list[Example],
    splits: dict[str, list[Example]],
) -> ClassifierTraining:
    """The training, before its first update.

    Raises:
        ValueError, CheckpointError: as ``ClassifierTraining``.
    """
    with naming_options(data=arguments.train, held_out=arguments.dev):
        return ClassifierTraining(
            recipe,
            train,
            read_unlabelled(arguments, splits),
            held_out=splits["dev"],
            start_from=arguments.start_from,
            out=arguments.out,
            resume=arguments.resume,
            device=arguments.device,
            threads=arguments.threads,
            ranks=arguments.ranks,
        )


def describe(
    training: ClassifierTraining, train: list[Example], splits: dict[str, list[Example]]
) -> None:
    """Print what is to be trained, and how well the texts fit into it."""
    vocabulary = training.encoder.vocabulary
    unknown = vocabulary.unknown_rate(training.encoder.tokenize(text for text, _ in splits["dev"]))
    print(f"vocabulary {len(vocabulary)}, unknown in dev {percent(unknown)}")
    print_cut(training.encoder, train=train, **splits)
    print(f"parameters {training.model.parameter_count():,}")
    print_sharing(training)


def print_scores(
    classifier: TextClassifier,
    baselines: dict[str, BagOfWords],
    splits: dict[str, list[Example]],
    positive: str,
) -> None:
    """One table per split: the model beside its baselines."""
    classifiers = as_classifiers(baselines, classifier.encoder.tokenizer)
    classifiers[name_of(classifier)] = classifier
    for name, examples in splits.items():
        print(f"\n{name}, {len(examples)} texts ({how_labels_are_said(classifier)})")
        scores = {kind: evaluate(one, examples) for kind, one in classifiers.items()}
        print(score_table(scores, positive))
