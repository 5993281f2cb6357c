"""The command line: ``python -m minillm COMMAND``; ``commands/arguments.py`` lists the commands."""

from __future__ import annotations

import argparse
import difflib
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from minillm.backend import DeviceError, require_device
from minillm.backend.locks import freed_after
from minillm.backend.threads import limit_threads
from minillm.commands.arguments import build_parser
from minillm.commands.ranks import Outcome, require_one_or_together, run_as_rank, speaking
from minillm.commands.words import Words
from minillm.launching import ending_all, launched
from minillm.training import DivergenceError

EXTRAS = {  # extra -> the modules that it brings, beside those that every installation has
    "course": (
        *("matplotlib", "nbformat", "nbclient", "jupytext", "jupyter", "jupyter_client"),
        *("ipykernel", "hypothesis"),
    ),
    "fast": ("numba",),
    "cluster": ("mpi4py",),
    "serve": ("starlette", "uvicorn", "anyio", "h11"),
    "test": ("pytest", "xdist"),
}
EXPECTED = (OSError, ValueError, DeviceError, DivergenceError, MemoryError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what can go wrong in use is one line on stderr, and an exit code.

    0 done, 1 failed, 2 wrong options, 130 stopped by Ctrl-C, 143 by SIGTERM.
    """
    with printable(sys.stdout, sys.stderr):
        return run_command(sys.argv[1:] if argv is None else argv)


def run_command(words: Sequence[str]) -> int:
    """``main``, once whatever it prints can be shown."""
    with speaking(launched()[1] == 0):  # the first of several says what is wrong with the words
        arguments = parsed(words)
    if "data_parallel" in arguments and arguments.data_parallel:
        return run_as_rank(arguments, outcome)
    ended = outcome(arguments)
    if ended.told:
        print(ended.told, file=sys.stderr)
    return ended.code


def outcome(arguments: argparse.Namespace) -> Outcome:
    """Run the command: its exit code, the line for stderr, and the error that it is about."""
    name = f"minillm {arguments.command}"
    try:
        require_one_or_together(arguments)
        if "out" in arguments:  # what trains says so before it reads
            require_device(getattr(arguments, "device", "cpu"))
        # who shares batches among threads gives each of them one BLAS thread
        limit_threads(arguments.threads, each=1 if "shares_batches" in arguments else None)
        with freed_after():
            arguments.run(arguments)
        sys.stdout.flush()  # here, where a reader who has gone is not an error
    except KeyboardInterrupt as error:
        say = words_of(arguments)
        hint = say("; --resume goes on from the last checkpoint, if there is one")
        told = say("stopped") + (hint if "resume" in arguments else "")
        return Outcome(130, f"\n{name}: {told}", error)
    except BrokenPipeError as error:  # the reader of our output, such as `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Outcome(0, "", error)
    except ModuleNotFoundError as error:
        extra = extra_of(error)
        if arguments.debug or extra is None:
            raise
        return Outcome(
            2,
            f"{name}: needs {error.name}, which is not installed: in a clone "
            f"run  pip install -e '.[{extra}]'",
            error,
        )
    except EXPECTED as error:
        if arguments.debug:
            raise
        told = words_of(arguments).error(error)
        return Outcome(1, f"{name}: {told}{how_to_need_less(error, arguments)}", error)
    return Outcome(0)


def how_to_need_less(error: BaseException, arguments: argparse.Namespace) -> str:
    """The end of a message about memory, where a training ran out of it without saying more."""
    if not isinstance(error, MemoryError) or "recompute" not in arguments or "--" in str(error):
        return ""
    return (
        "; --recompute 1, --accumulate N or smaller sizes need less, and "
        "python -m minillm profile --formulas tells how much"
    )


def words_of(arguments: argparse.Namespace) -> Words:
    """The language of a command; English where it has no choice, or has not made it."""
    return Words(getattr(arguments, "language", None) or "en")


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command; texts may also stand behind its options."""
    parser = build_parser(words)
    arguments, rest = parser.parse_known_args(words)
    if rest and ("texts" not in arguments or any(word.startswith("-") for word in rest)):
        own = innermost(parser, words)
        own.error(f"unrecognized arguments: {' '.join(rest)}{nearest(rest, own)}")
    if rest:
        arguments.texts += rest
    return arguments


def innermost(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command that the words name, or of its action."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for place, word in enumerate(words):
                if word in action.choices:
                    return innermost(action.choices[word], words[place + 1 :])
    return parser


def nearest(unknown: Sequence[str], parser: argparse.ArgumentParser) -> str:
    """The end of a message: which options are spelled like those that there are not."""
    known = [option for option in parser._option_string_actions if option.startswith("--")]
    found = [
        near
        for word in unknown
        if word.startswith("--")
        for near in difflib.get_close_matches(word.partition("=")[0], known, n=2, cutoff=0.7)
    ]
    return f"; did you mean {', '.join(found)}?" if found else ""


@contextmanager
def printable(*streams: TextIO) -> Iterator[None]:
    """Write what a terminal's encoding lacks (GBK, cp1252, ASCII) as escapes, not as an error."""
    wrapped = [stream for stream in streams if isinstance(stream, io.TextIOWrapper)]
    before = [stream.errors for stream in wrapped]
    for stream in wrapped:
        stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        for stream, errors in zip(wrapped, before, strict=True):
            if not stream.closed:
                stream.reconfigure(errors=errors)


def extra_of(error: ModuleNotFoundError) -> str | None:
    """The extra of this package that brings a missing module, if one does."""
    module = (error.name or "").partition(".")[0]
    return next((extra for extra, modules in EXTRAS.items() if module in modules), None)


def run() -> None:
    """Entry point of the installed script."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ending_all():
        sys.exit(main())


if __name__ == "__main__":
    run()
