"""``translate learn``: from pairs of sentences to a translator."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from minillm.commands.arguments import add_overwriting, add_recipe, recipe_of
from minillm.commands.held_out import held_apart
from minillm.commands.instruct import print_kept
from minillm.commands.progress import print_sharing, watch
from minillm.commands.runs import (
    MODEL,
    RECORD,
    naming_options,
    refuse_overwriting,
    replace_earlier_run,
    watch_over,
)
from minillm.commands.tables import percent
from minillm.commands.translation_files import (
    Asked,
    add_pair_format,
    add_pairs,
    read_files,
    save_dictionary,
)
from minillm.commands.translation_pictures import translation_curve
from minillm.commands.translation_scoring import AUTOMATIC, print_scores, scored
from minillm.tasks.translation import TranslationRecipe, TranslationTraining, WordForWord
from minillm.text import text_key
from minillm.text.parallel_files import Pair
from minillm.text.terminal import visible

PICTURE = "translation.png"
SHOWN = 5  # sentences with their translations


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The pairs, how they are laid out, where to write, and the recipe."""
    add_pairs(parser, text="two files line by line, source and target; or one TSV, CSV or .jsonl")
    add_pairs(
        parser, "--held-out", text="pairs to measure on, as FILE; default: a tenth of the pairs"
    )
    add_pair_format(parser)
    add_overwriting(parser, default_out=Path("runs/translation"))
    add_recipe(parser, TranslationRecipe)


def run(arguments: argparse.Namespace) -> None:
    """Read, split, learn tokens, train, save, compare with the baselines, draw.

    Guide: 6.2 (G38).
    """
    started = time.perf_counter()
    recipe = recipe_of(arguments, TranslationRecipe)
    refuse_overwriting(arguments)
    pairs, held_out = read_parts(arguments, recipe.seed)
    print(f"learning tokens of {len(pairs):,} pairs ...", file=sys.stderr)
    with naming_options(data=arguments.files[0], held_out=(arguments.held_out or [None])[0]):
        training = TranslationTraining(
            recipe,
            pairs,
            held_out,
            out=arguments.out,
            resume=arguments.resume,
            device=arguments.device,
            threads=arguments.threads,
        )
    replace_earlier_run(arguments, training.run)
    watch_over(arguments, training.run)
    describe(training, held_out)
    watch(training.steps(), total=recipe.steps, title="translate", record=arguments.out / RECORD)
    translator = training.result()
    translator.save(arguments.out / MODEL)
    print(f"trained in {time.perf_counter() - started:.0f} s; model: {arguments.out}")
    print_kept(arguments.out / RECORD)
    print(f"held out: {training.held_out_loss():.3f} nats per token")
    baseline = WordForWord.learn(pairs)
    save_dictionary(arguments.out, baseline)
    measured = [
        pair
        for pair in held_out[: recipe.held_out_pairs]
        if len(translator.tokens.encode_source(pair.source)) <= recipe.max_length
    ]
    scores, written = scored([Asked(translator, 1, 0.0)], baseline, measured, AUTOMATIC)
    print_scores(scores, AUTOMATIC, measured)
    for pair, text in list(zip(measured, written, strict=True))[:SHOWN]:
        print(f"\n{visible(pair.source)}\n  = {visible(pair.target)}\n  > {visible(text)}")
    picture = arguments.out / PICTURE
    translation_curve(picture, arguments.out / RECORD, smoothing=recipe.smoothing)
    print(f"\npicture: {picture}")
    print(f"next: minillm translate score {arguments.out} SOURCE TARGET --beam 4")


def read_parts(arguments: argparse.Namespace, seed: int) -> tuple[list[Pair], list[Pair]]:
    """The pairs to learn from, and those that are held out; they have no source in common.

    Raises:
        ValueError: as ``read_files`` and ``held_apart``.
    """
    pairs = read_files(arguments.files, arguments).pairs
    given = arguments.held_out
    held_out = None if given is None else read_files(given, arguments).pairs
    return held_apart(
        pairs,
        held_out,
        path=arguments.files[0],
        what="pairs",
        same="have a source that is also held out",
        key=lambda pair: text_key(pair.source),
        seed=seed,
    )


def describe(training: TranslationTraining, held_out: list[Pair]) -> None:
    """Print what is to be trained, on how much text."""
    tokens, longest = training.translator.tokens, training.recipe.max_length
    for name, pairs, left in zip(
        ("train", "held out"), (training.pairs, training.held_out), training.left_out, strict=True
    ):
        sources = sum(len(pair.source) - 1 for pair in pairs)  # without the tokens of ends
        targets = sum(len(pair.target) - 2 for pair in pairs)
        print(
            f"{name}: pairs {len(pairs):,}, tokens of the sources {sources:,}, of the targets "
            f"{targets:,}" + (f"; left out, over {longest} tokens: {left:,}" if left else "")
        )
    sides = {"source": tokens.source, "target": tokens.target}
    for side, language in sides.items():
        texts = [getattr(pair, side) for pair in held_out]
        unknown = language.vocabulary.unknown_rate(map(language.tokenizer.tokenize, texts))
        shared = ", shared" if tokens.shared else ""
        print(
            f"vocabulary of the {side} {len(language.vocabulary):,}{shared}, unknown in held out "
            f"{percent(unknown)}"
        )
    print(f"parameters {training.model.parameter_count():,}")
    print_sharing(training)
