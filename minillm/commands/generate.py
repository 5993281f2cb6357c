"""``generate``: texts that a trained language model writes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from minillm.commands.arguments import add_model
from minillm.commands.language_pictures import next_token_picture
from minillm.commands.runs import model_file
from minillm.commands.sampling_options import add_sampling, choice_of, refuse_large_k
from minillm.commands.tables import table
from minillm.models.decoding import beam_search
from minillm.tasks.generation import Continuation, LanguageModel
from minillm.text.terminal import visible


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, prompts, how much to write, and how."""
    add_model(parser)
    parser.add_argument(
        "texts", nargs="*", metavar="PROMPT", help="to go on from; default: an empty one"
    )
    parser.add_argument("--length", type=int, default=100, metavar="N", help="new tokens at most")
    parser.add_argument("--samples", type=int, default=1, metavar="N", help="texts for each prompt")
    parser.add_argument(
        "--stop", action="append", default=[], metavar="TEXT", help="ends a text; may be repeated"
    )
    parser.add_argument(
        "--beam", type=int, metavar="N", help="search for the most probable text with N beams"
    )
    parser.add_argument(
        "--length-penalty", type=float, default=0.0, metavar="N", help="of beams; 0: none"
    )
    parser.add_argument(
        "--format",
        choices=("text", "tokens", "jsonl"),
        default="text",
        help="tokens and jsonl have the log-probability of every token (default: text)",
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="PNG of what is probable behind the prompt"
    )
    add_sampling(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write on behind every prompt."""
    choice = choice_of(arguments)
    language = load_language_model(arguments.model, arguments.device)
    refuse_large_k(arguments, len(language.vocabulary))
    prompts = arguments.texts or [""]
    if arguments.picture is not None:
        next_token_picture(arguments.picture, prompts[0], language.next_tokens(prompts[0]))
        print(f"picture: {arguments.picture}", file=sys.stderr)
    if arguments.beam is not None:
        refuse_beside_beams(arguments)
        written = [searched(language, prompt, arguments) for prompt in prompts]
    elif arguments.format == "text" and len(prompts) == arguments.samples == 1:
        show_stream(language, prompts[0], arguments)
        return
    else:
        written = language.write(
            prompts, arguments.length, n_samples=arguments.samples, stop=arguments.stop, **choice
        )
    for prompt, texts in zip(prompts, written, strict=True):
        for number, text in enumerate(texts):
            show(prompt, number, text, arguments)


def load_language_model(path: Path, device: str) -> LanguageModel:
    """The language model in a file, or in a run's folder."""
    language = LanguageModel.load(model_file(path))
    language.model.to_device(device)
    return language


def show_stream(language: LanguageModel, prompt: str, arguments: argparse.Namespace) -> None:
    """One text, as it is written."""
    pieces = language.stream(
        language.prompt(prompt), arguments.length, stop=arguments.stop, **choice_of(arguments)
    )
    print(visible(prompt), end="", flush=True)
    for piece in pieces:
        print(visible(piece), end="", flush=True)
    print()


def refuse_beside_beams(arguments: argparse.Namespace) -> None:
    """Refuse options that draw, or that beams do not have.

    Raises:
        ValueError: names the option.
    """
    drawing = ("repetition_penalty", "temperature", "top_k", "top_p", "min_p")
    given = [name for name in drawing if getattr(arguments, name) is not None]
    given += ["greedy"] if arguments.greedy else []
    given += ["stop"] if arguments.stop else []
    if given:
        option = given[0].replace("_", "-")
        raise ValueError(f"--beam searches and draws nothing: leave out --{option}")


def searched(
    language: LanguageModel, prompt: str, arguments: argparse.Namespace
) -> list[Continuation]:
    """The best texts that the beams find, ``--samples`` of them."""
    found = beam_search(
        language.model,
        language.prompt(prompt),
        arguments.length,
        width=arguments.beam,
        alpha=arguments.length_penalty,
        stop_ids=[language.frame[1]],
    )
    return [
        Continuation(
            language.decode(one.tokens), language.spelled(one.tokens), one.log_p, one.stopped
        )
        for one in found[: arguments.samples]
    ]


def show(prompt: str, number: int, text: Continuation, arguments: argparse.Namespace) -> None:
    """One text in the format that was asked for."""
    if arguments.format == "jsonl":
        row = {"prompt": prompt, "sample": number, **text._asdict()}
        print(json.dumps(row, ensure_ascii=False))
    elif arguments.format == "tokens":
        print(f"{prompt!r}, sample {number + 1}: {sum(text.log_p):.3f} nats in all")
        rows = [[repr(t), f"{p:.3f}"] for t, p in zip(text.tokens, text.log_p, strict=True)]
        print(table(["token", "ln p"], rows))
    else:
        print(f"--- {number + 1}\n{visible(prompt + text.text)}")
