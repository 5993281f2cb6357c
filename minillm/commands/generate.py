"""``generate``: texts that a trained language model writes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from minillm.commands.arguments import add_model
from minillm.commands.language_pictures import next_token_picture
from minillm.commands.runs import opened
from minillm.commands.sampling_options import (
    DRAWING,
    add_sampling,
    choice_of,
    number,
    refuse_beside,
    refuse_large_k,
)
from minillm.commands.standard_input import is_piped, piped_lines
from minillm.commands.tables import table
from minillm.models.decoding import Text, beam_search
from minillm.tasks.generation import Continuation, LanguageModel
from minillm.tasks.published import language_model
from minillm.text.terminal import visible


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, prompts, how much to write, and how."""
    add_model(parser)
    parser.add_argument(
        "texts",
        nargs="*",
        metavar="PROMPT",
        help="to go on from; default: the lines of standard input, or an empty one",
    )
    add = parser.add_argument
    whole = number(int, least=1)
    add("--length", type=whole, default=100, metavar="N", help="new tokens at most (default: 100)")
    add("--samples", type=whole, default=1, metavar="N", help="for each prompt (default: 1)")
    add("--stop", action="append", default=[], metavar="TEXT", help="ends a text; may be repeated")
    add("--beam", type=whole, metavar="N", help="search for the most probable text with N beams")
    add(
        "--length-penalty",
        type=number(float, least=0),
        default=0.0,
        metavar="N",
        help="with --beam, favours longer texts (default: 0, none)",
    )
    add(
        "--format",
        choices=("text", "tokens", "jsonl"),
        default="text",
        help="tokens and jsonl have ln p of every token, as the model has it before any filter "
        "(default: text)",
    )
    add(
        "--picture",
        type=picture_file,
        metavar="FILE",
        help="a .png of what the model finds probable behind the prompt, before any filter",
    )
    add_sampling(parser)


def picture_file(text: str) -> Path:
    """A PNG that can be written: no other kind of file is replaced by one."""
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError(f"must end in .png, got {text!r}")
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.absolute().parent}")
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is a folder, a file is needed")
    return path


def run(arguments: argparse.Namespace) -> None:
    """Write on behind every prompt."""
    choice = checked_choice(arguments)
    language = load_language_model(arguments.model, arguments.device)
    refuse_large_k(arguments, len(language.vocabulary))
    prompts = arguments.texts or (piped_lines() if is_piped() else []) or [""]
    for prompt in prompts:
        require_room(language, prompt)
    if arguments.picture is not None:
        if len(prompts) > 1:
            raise ValueError(f"--picture is of one prompt, got {len(prompts)}")
        next_token_picture(arguments.picture, prompts[0], language.next_tokens(prompts[0]))
        print(f"picture: {arguments.picture}", file=sys.stderr)
    if arguments.beam is not None:
        written = [searched(language, prompt, arguments) for prompt in prompts]
    elif arguments.format == "text" and len(prompts) == arguments.samples == 1:
        show_stream(language, prompts[0], arguments, choice)
        return
    else:
        written = language.write(
            prompts, arguments.length, n_samples=arguments.samples, stop=arguments.stop, **choice
        )
    several = sum(map(len, written)) > 1
    for place, (prompt, texts) in enumerate(zip(prompts, written, strict=True), start=1):
        for sample, text in enumerate(texts, start=1):
            if several and arguments.format != "jsonl":
                print(f"--- prompt {place}, text {sample}")
            show(prompt, sample, text, arguments)


def checked_choice(arguments: argparse.Namespace) -> dict[str, Any]:
    """How tokens are chosen, once no option is without an effect.

    Raises:
        ValueError: names the one that would be.
    """
    if arguments.beam is not None:
        refuse_beside("--beam searches and draws nothing", arguments, (*DRAWING, "greedy", "stop"))
    elif arguments.length_penalty:
        raise ValueError("--length-penalty is for --beam: give that, too")
    elif arguments.greedy and arguments.samples > 1:
        raise ValueError("--greedy writes the same text every time: leave out --samples")
    return choice_of(arguments)


def require_room(language: LanguageModel, prompt: str) -> None:
    """Refuse a prompt that is longer than the model reads, or is not text.

    Raises:
        ValueError: says how long both are.
    """
    if any("\ud800" <= character <= "\udfff" for character in prompt):
        raise ValueError(f"the prompt {prompt!r} is not UTF-8")
    length, longest = len(language.prompt(prompt)), language.model.config.max_length
    if length > longest:
        raise ValueError(
            f"the prompt is over-long: {length} tokens, and the model reads {longest}: shorten it "
            "at its beginning"
        )


def load_language_model(path: Path, device: str) -> LanguageModel:
    """The language model in a file, in a run's folder, or in a published one."""
    language = opened(path, LanguageModel, language_model)
    language.model.to_device(device)
    return language


def show_stream(
    language: LanguageModel, prompt: str, arguments: argparse.Namespace, choice: dict[str, Any]
) -> None:
    """One text, as it is written."""
    pieces = language.stream(
        language.prompt(prompt), arguments.length, stop=arguments.stop, **choice
    )
    print(visible(prompt), end="", flush=True)
    for piece in pieces:
        print(visible(piece), end="", flush=True)
    print()


def searched(
    language: LanguageModel, prompt: str, arguments: argparse.Namespace
) -> list[Continuation]:
    """The best texts that the beams find, ``--samples`` of them."""
    before = language.prompt(prompt)
    found = beam_search(
        language.model,
        before,
        arguments.length,
        width=arguments.beam,
        alpha=arguments.length_penalty,
        stop_ids=[language.frame[1]],
    )
    texts = [Text(one.tokens, one.log_p, one.stopped) for one in found[: arguments.samples]]
    return [language.continuation(text, before) for text in texts]


def show(prompt: str, sample: int, text: Continuation, arguments: argparse.Namespace) -> None:
    """One text in the format that was asked for."""
    if arguments.format == "jsonl":
        row = {"prompt": prompt, "sample": sample, **text._asdict()}
        print(json.dumps(row, ensure_ascii=False))
    elif arguments.format == "tokens":
        print(f"{prompt!r}: {sum(text.log_p):.3f} nats in all")
        rows = [[repr(t), f"{p:.3f}"] for t, p in zip(text.tokens, text.log_p, strict=True)]
        print(table(["token", "ln p"], rows))
    else:
        print(visible(prompt + text.text))
