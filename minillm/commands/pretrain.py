"""``pretrain``: a language model on the user's own texts."""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

from minillm.backend import stream
from minillm.commands.arguments import add_encoding, add_recipe, add_training_options, recipe_of
from minillm.commands.held_out import held_apart, key_of
from minillm.commands.language_pictures import loss_curve
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
from minillm.commands.tables import percent, table
from minillm.commands.tokenizer import read_tokens
from minillm.models.decoding import sampling
from minillm.tasks.generation import CausalPretraining, ChatTemplate, GptRecipe, pieces
from minillm.tasks.generation.tokens import plain_texts
from minillm.tasks.metrics import repetition
from minillm.text.documents import Document, read_documents
from minillm.text.terminal import visible

SAMPLE = 60  # tokens at most


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The texts, how they are laid out, where to write, and the recipe."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help='text, or JSON Lines (.jsonl) with "text" or "messages" in every object',
    )
    add_documents(parser)
    parser.add_argument(
        "--held-out",
        type=Path,
        metavar="FILE",
        help="texts to measure on; default: a tenth of FILE",
    )
    parser.add_argument(
        "--tokens", type=Path, metavar="DIR", help="a tokenizer's folder; default: learn one"
    )
    parser.add_argument(
        "--template",
        type=Path,
        metavar="FILE",
        help="how conversations are written: JSON with begin, turns, reply and end",
    )
    add_training_options(parser, default_out=Path("runs/pretrain"), kept="tokens and sizes")
    add_ranks(parser)
    add_recipe(parser, GptRecipe)


def add_documents(parser: argparse.ArgumentParser) -> None:
    """What is a document in a text file, and how its characters are written."""
    parser.add_argument(
        "--documents",
        choices=("whole", "lines", "paragraphs"),
        default="whole",
        help="a text file is one long text, or each of its lines or paragraphs is a text of its "
        "own (default: whole)",
    )
    add_encoding(parser)


def run(arguments: argparse.Namespace) -> None:
    """Read, split, learn tokens, train, compare with counting, save, draw, write a sample."""
    started = time.perf_counter()
    recipe = recipe_of(arguments, GptRecipe)
    refuse_overwriting(arguments)
    if arguments.tokens is not None and recipe.tokenizer != GptRecipe.tokenizer:
        raise ValueError("--tokenizer is for tokens that are learned: leave it out beside --tokens")
    template = ChatTemplate.read(arguments.template) if arguments.template else None
    documents, held_out = read_parts(arguments, recipe.seed, template or ChatTemplate())
    training = begun(arguments, recipe, template, documents, held_out)
    replace_earlier_run(arguments, training.run)
    watch_over(arguments, training.run)
    describe(training, documents, held_out)
    record = arguments.out / RECORD
    seen = None if only_helps(arguments) else record
    watch(training.steps(), total=training.recipe.steps, title="pretrain", record=seen)
    if only_helps(arguments):
        return
    training.result().save(arguments.out / MODEL)
    print(f"trained in {time.perf_counter() - started:.0f} s; model: {arguments.out}")
    print("counting n-grams of the same text ...", file=sys.stderr)
    order, counted = training.counted
    print_losses(training, order, counted)
    loss_curve(
        picture := arguments.out / "loss.png",
        record,
        order=order,
        counted=counted,
        vocabulary_size=len(training.language.vocabulary),
    )
    print(f"picture: {picture}")
    print_sample(training)


def begun(
    arguments: argparse.Namespace,
    recipe: GptRecipe,
    template: ChatTemplate | None,
    documents: list[Document],
    held_out: list[Document],
) -> CausalPretraining:
    """The training, before its first update.

    Raises:
        ValueError, CheckpointError: as ``CausalPretraining``, with the options that are meant.
    """
    with naming_options(data=arguments.file, held_out=arguments.held_out):
        return CausalPretraining(
            recipe,
            documents,
            held_out,
            template=template,
            tokens=arguments.tokens and read_tokens(arguments.tokens),
            start_from=arguments.start_from,
            out=arguments.out,
            resume=arguments.resume,
            device=arguments.device,
            threads=arguments.threads,
            ranks=arguments.ranks,
        )


def read_parts(
    arguments: argparse.Namespace, seed: int, template: ChatTemplate
) -> tuple[list[Document], list[Document]]:
    """The texts to learn from, and those that are held out.

    Raises:
        ValueError: there are too few to hold any out, or none beside those that are; somebody
            speaks who has no turn in the template.
    """
    documents = read_checked(arguments.file, arguments, template)
    held_out: list[Document] | None
    if arguments.held_out is not None:
        held_out = read_checked(arguments.held_out, arguments, template)
    elif len(documents) == 1 and isinstance(documents[0], str):
        text = documents[0]
        cut = len(text) - len(text) // 10
        if not text[cut:].strip():
            raise ValueError(
                f"{arguments.file}: of {len(text)} characters none can be held out: give a longer "
                "text, or --held-out FILE"
            )
        return [text[:cut]], [text[cut:]]
    else:
        held_out = None
    return held_apart(documents, held_out, path=arguments.file, what="texts", key=key_of, seed=seed)


def read_checked(
    path: Path, arguments: argparse.Namespace, template: ChatTemplate
) -> list[Document]:
    """The texts of a file; in its conversations nobody speaks who has no turn.

    Raises:
        ValueError: names the file, the conversation and the role.
    """
    documents = read_documents(path, split=arguments.documents, encoding=arguments.encoding)
    for number, one in enumerate(documents, start=1):
        for role in () if isinstance(one, str) else {message.role for message in one}:
            if role not in template.turns:
                raise ValueError(
                    f"{path}, conversation {number}: role {role!r} has no turn in the chat "
                    f"template, which has {', '.join(template.turns)}"
                )
    return documents


def describe(
    training: CausalPretraining, documents: list[Document], held_out: list[Document]
) -> None:
    """Print what is to be trained, on how much text."""
    language = training.language
    vocabulary = language.vocabulary
    for name, part in (("train", documents), ("held out", held_out)):
        characters = sum(map(len, plain_texts(part)))
        tokens = training.texts if name == "train" else training.held_out
        print(
            f"{name}: texts {len(part):,}, characters {characters:,}, tokens "
            f"{sum(map(len, tokens)):,}{' that are scored' if name != 'train' else ''}"
        )
    unknown = vocabulary.unknown_rate(map(language.tokenizer.tokenize, plain_texts(held_out)))
    print(f"vocabulary {len(vocabulary):,}, unknown in held out {percent(unknown)}")
    print(f"parameters {training.model.parameter_count():,}")
    print_sharing(training)


def print_losses(training: CausalPretraining, order: int, counted: float) -> None:
    """What a held-out token costs the model, and whoever only counts."""
    rows = []
    uniform = math.log(len(training.language.vocabulary))
    for name, loss in (
        ("GPT", training.held_out_loss()),
        (f"counts, n-grams of up to {order}", counted),
        ("every token alike", uniform),
    ):
        rows.append([name, f"{loss:.3f}", f"{math.exp(loss):,.1f}"])
    print(table(["held out", "nats per token", "perplexity"], rows))


def print_sample(training: CausalPretraining) -> None:
    """What the model writes when it is given nothing, and how much it repeats itself."""
    rng, n = stream(training.recipe.seed, "sample"), SAMPLE
    written = training.result().write([""], n, choose=sampling(rng))[0][0]
    print(f"a sample, without a prompt:\n{visible(written.text)}")
    n = len(written.tokens)
    others = [row for row in pieces(training.held_out, n - 1) if len(row) == n] if n > 2 else []
    if others:
        usual = sum(repetition(row.tolist(), 2) for row in others) / len(others)
        print(
            "repetition, the share of pairs of neighbouring tokens that stood in the text before: "
            f"{percent(repetition(written.tokens, 2))}; in held-out text of that length "
            f"{percent(usual)}"
        )
