"""``finetune``: a pretrained model learns the user's labels; what it forgets is measured."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from pathlib import Path

from minillm.backend import CheckpointError
from minillm.commands.arguments import (
    add_labelled_training,
    add_overwriting,
    add_recipe,
    recipe_of,
)
from minillm.commands.baselines import save_baselines
from minillm.commands.finetune_input import few, refuse_idle, warn_of_leaks
from minillm.commands.finetune_pictures import finetuning_picture
from minillm.commands.forgetting import Forgetting, read_forgetting
from minillm.commands.labelled import print_cut
from minillm.commands.progress import print_sharing, watch
from minillm.commands.ranks import add_ranks, only_helps
from minillm.commands.runs import (
    MODEL,
    RECORD,
    model_file,
    naming_options,
    refuse_overwriting,
    refuse_own_folder,
    replace_earlier_run,
    watch_over,
)
from minillm.commands.scores import needs_threshold, positive_class
from minillm.commands.splits import read_splits, require_known_labels
from minillm.commands.tables import percent, table
from minillm.commands.train import print_scores
from minillm.commands.unknown_words import warn_of_unknown
from minillm.course.assets import MAKERS, load
from minillm.tasks import fit_baselines, tuned
from minillm.tasks.finetuning import (
    BertBody,
    FinetuneRecipe,
    FineTuning,
    GptBody,
    Pretrained,
    open_pretrained,
)
from minillm.tasks.published import is_published
from minillm.text import Example, class_counts
from minillm.training import Step, held_out_losses, read_record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, the files, how they are laid out, where to write, and the recipe."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a run's folder or model file, or a published folder with config.json; or "
        + " or ".join(MAKERS)
        + ": small ones that come with minillm (reviews, English and Chinese; reviews and news, "
        "English)",
    )
    add_labelled_training(parser)
    parser.add_argument(
        "--forgetting",
        type=Path,
        metavar="TEXTS",
        help="texts such as the model was pretrained on, one a line: what a token of them costs "
        "it, before and after",
    )
    parser.add_argument(
        "--shots",
        type=int,
        metavar="K",
        help="learn from K texts of each label, drawn by --seed from those to train on; default: "
        "all of them",
    )
    add_overwriting(parser, default_out=Path("runs/finetune"))
    add_ranks(parser)
    add_recipe(parser, FinetuneRecipe)


def run(arguments: argparse.Namespace) -> None:
    """Read, split, fine-tune, compare with the baselines, measure what was forgotten, save, draw.

    Guide: 2.1, 9.3.4 (G32).
    """
    started = time.perf_counter()
    recipe = recipe_of(arguments, FinetuneRecipe)
    refuse_idle(recipe)
    refuse_overwriting(arguments)
    refuse_own_folder(arguments)
    pretrained = opened(arguments.model)
    forgetting = None if only_helps(arguments) else read_forgetting(arguments, pretrained)
    splits = read_splits(arguments)
    warn_of_leaks(arguments, pretrained)
    train = few(splits.pop("train"), arguments.shots, recipe.seed)
    counts = class_counts(train)
    positive = positive_class(arguments.positive, counts)
    require_known_labels(splits, counts)
    training = begun(arguments, recipe, pretrained, train, splits["dev"])
    replace_earlier_run(arguments, training.run)
    watch_over(arguments, training.run)
    describe(training, train, splits)
    record = arguments.out / RECORD
    seen = None if only_helps(arguments) else record
    watch(examined(training, forgetting), total=training.n_steps, title="fine-tune", record=seen)
    if only_helps(arguments):
        return
    print_kept(training, record, forgetting)
    found = positive if needs_threshold(arguments.positive, counts) else None
    baselines = fit_baselines(train, splits["dev"], training.encoder, positive=found)
    classifier = training.result()
    classifier.positive = positive
    classifier.decision = tuned(classifier, splits["dev"], found)
    save_baselines(arguments.out, baselines)
    classifier.save(arguments.out / MODEL)
    print(f"trained in {time.perf_counter() - started:.0f} s; model: {arguments.out}")
    print_scores(classifier, baselines, splits, positive)
    if forgetting is not None:
        print_forgetting(forgetting, training)
    picture = arguments.out / "finetune.png"
    finetuning_picture(picture, record, forgetting, method=recipe.method)
    print(f"picture: {picture}")


def begun(
    arguments: argparse.Namespace,
    recipe: FinetuneRecipe,
    pretrained: Pretrained,
    train: list[Example],
    dev: list[Example],
) -> FineTuning:
    """The fine-tuning, before its first update.

    Raises:
        ValueError, CheckpointError: as ``FineTuning``, with the options that are meant.
    """
    try:
        with naming_options(data=arguments.train, held_out=arguments.dev):
            return FineTuning(
                recipe,
                pretrained,
                train,
                held_out=dev,
                out=arguments.out,
                resume=arguments.resume,
                device=arguments.device,
                threads=arguments.threads,
                ranks=arguments.ranks,
            )
    except ValueError as error:
        if str(error).startswith(("LoRA: rank", "no linear layer", "the linear layers")):
            raise ValueError(f"--rank {recipe.rank} --where {recipe.where}: {error}") from error
        raise


def opened(name: str) -> Pretrained:
    """The model of a folder or a file, or one that comes with minillm.

    Raises:
        OSError: there is neither a file of that name nor such a model.
        CheckpointError: as ``open_pretrained``.
    """
    if name in MAKERS and not Path(name).exists():
        own = load(name)
        return BertBody(own.model, own.encoder) if name == "bert" else GptBody.of(own)
    if not Path(name).exists():
        raise FileNotFoundError(
            f"{name}: there is no such file or folder, and the models that come with minillm are "
            + " and ".join(MAKERS)
        )
    try:
        path = Path(name)
        return open_pretrained(path if is_published(path) else model_file(path))
    except CheckpointError as error:
        raise CheckpointError(f"MODEL, which comes before FILE: {error}") from error


def describe(training: FineTuning, train: list[Example], splits: dict[str, list[Example]]) -> None:
    """Print how much of the model is trained, and how well the texts fit into it."""
    trained, numbers = training.counts()
    print(f"parameters {numbers:,}, trained {trained:,} ({percent(trained / numbers)})")
    tokens = training.encoder.tokenize(text for text, _ in train)
    vocabulary = training.encoder.vocabulary
    unknown = vocabulary.unknown_rate(tokens)
    print(f"vocabulary {len(vocabulary):,}, unknown in train {percent(unknown)}")
    warn_of_unknown(unknown)
    print_cut(training.encoder, train=train, **splits)
    print_sharing(training)


def examined(training: FineTuning, forgetting: Forgetting | None) -> Iterator[Step]:
    """The steps; where the labels are examined, the language is, too."""
    for step in training.steps():
        if forgetting is not None and step.held_out_loss is not None:
            forgetting.examine(step.index + 1, training)
        yield step


def print_kept(training: FineTuning, record: Path, forgetting: Forgetting | None) -> None:
    """Under --patience, whether it ended early, and which weights were kept.

    The last point of the curve of forgetting is then of these weights, not of the last update.
    """
    if not training.recipe.patience:
        return
    _, events = read_record(record)
    losses = held_out_losses(events)
    last, best = max(losses), min(losses, key=lambda done: losses[done])
    early = f"ended after {last} of {training.n_steps} updates; " if last < training.n_steps else ""
    print(f"{early}kept are the weights after update {best}, held-out loss {losses[best]:.3f}")
    if forgetting is not None and best < last:
        forgetting.cut(last)


def print_forgetting(forgetting: Forgetting, training: FineTuning) -> None:
    """What a token costs before fine-tuning and after it."""
    after = training.language_loss(forgetting.texts)
    rows = [
        [name, f"{loss:.3f}", f"{math.exp(loss):,.1f}"]
        for name, loss in (("before", forgetting.before), ("after", after))
    ]
    what = "hidden" if isinstance(training.pretrained, BertBody) else "next"
    print(f"\nforgetting, {len(forgetting.texts)} texts of {forgetting.path}")
    print(table(["fine-tuning", f"nats per {what} token", "perplexity"], rows))
