"""Pairs of sentences and translators from files, and how a translator is asked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minillm.backend import write_atomically
from minillm.backend.progress import progress_bar
from minillm.commands.arguments import add_encoding
from minillm.commands.runs import model_file
from minillm.commands.sampling_options import number
from minillm.commands.translation_long import CUT
from minillm.tasks.translation import Translation, Translator, WordForWord
from minillm.text import read_text
from minillm.text.parallel_files import ParallelReading, read_pairs, read_parallel

DICTIONARY = "dictionary.json"
LENGTH_PENALTY = 0.6  # of beams
AT_ONCE = 64  # sentences between two strokes of the bar


def add_pairs(parser: argparse.ArgumentParser, name: str = "files", *, text: str) -> None:
    """Pairs of sentences: two files line by line, or one with both columns."""
    parser.add_argument(name, nargs="+", type=Path, metavar="FILE", help=text)


def add_pair_format(parser: argparse.ArgumentParser) -> None:
    """How the files of pairs are laid out."""
    parser.add_argument(
        "--columns",
        type=two_names,
        metavar="A,B",
        help="of one file, the names of source and target: columns of a header line, or JSON keys",
    )
    add_encoding(parser)


def two_names(text: str) -> tuple[str, str]:
    """Two names with a comma between them.

    Raises:
        argparse.ArgumentTypeError: there are more or fewer.
    """
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names):
        raise argparse.ArgumentTypeError(f"needs two names, such as en,de, got {text!r}")
    return names[0], names[1]


def read_files(paths: Sequence[Path], arguments: argparse.Namespace) -> ParallelReading:
    """The pairs of one file or two; notes go to stderr.

    Raises:
        ValueError: more than two files, one file twice, or --columns beside two; as
            ``read_parallel`` and ``read_pairs``.
    """
    if len(paths) > 2:
        raise ValueError(
            "pairs stand in two files, line by line, or in one with two columns, got "
            f"{len(paths)}: {', '.join(map(str, paths))}"
        )
    if len(paths) == 2:
        if arguments.columns is not None:
            raise ValueError("--columns is for pairs that stand in one file, got two")
        if paths[0].resolve() == paths[1].resolve():
            raise ValueError(f"{paths[0]} is given for source and target: they are two files")
        found = read_parallel(*paths, encoding=arguments.encoding)
    else:
        found = read_pairs(paths[0], keys=arguments.columns, encoding=arguments.encoding)
    for note in found.notes:
        print(note, file=sys.stderr)
    return found


def add_search(parser: argparse.ArgumentParser) -> None:
    """How the best translation is searched for."""
    parser.add_argument(
        "--beam",
        type=number(int, least=1),
        default=1,
        metavar="N",
        help="beams that search for the most probable translation (default: 1, greedily)",
    )
    parser.add_argument(
        "--length-penalty",
        type=number(float, least=0),
        metavar="N",
        help=f"with --beam above 1, favours longer translations (default: {LENGTH_PENALTY})",
    )


def asked_as(translator: Translator, arguments: argparse.Namespace) -> Asked:
    """The translator, asked as the options say."""
    penalty = arguments.length_penalty
    return Asked(
        translator,
        arguments.beam,
        LENGTH_PENALTY if penalty is None else penalty,
        cut=arguments.long == CUT,
    )


def refuse_idle_penalty(arguments: argparse.Namespace) -> None:
    """Refuse a length penalty that would do nothing.

    Raises:
        ValueError: see above.
    """
    if arguments.length_penalty is not None and arguments.beam == 1:
        raise ValueError("--length-penalty is for --beam 2 or more: greedy search has none")


def load_translator(path: Path, device: str) -> Translator:
    """The translator in a file, or in a run's folder."""
    translator = Translator.load(model_file(path))
    translator.model.to_device(device)
    return translator


@dataclass(frozen=True)
class Asked:
    """A translator, asked under a progress bar; a blank line stays one."""

    translator: Translator
    beam: int
    length_penalty: float
    cut: bool = False  # texts that are longer than the model reads, instead of refusing them

    @property
    def name(self) -> str:
        """What stands in a table."""
        return "encoder-decoder, " + ("greedy" if self.beam == 1 else f"{self.beam} beams")

    def translate(self, texts: Sequence[str]) -> list[str]:
        """The translation of every text."""
        return [one.text for one in self.search(texts)]

    def search(self, texts: Sequence[str]) -> list[Translation]:
        """The translations of all texts, in their order.

        Raises:
            ValueError: a text is longer than the model reads.
        """
        self.translator.sources(
            texts, cut=self.cut
        )  # all are looked at before the first is translated
        found = [Translation("", [], [], True)] * len(texts)
        asked = [place for place, text in enumerate(texts) if text.strip()]
        with progress_bar(total=len(asked), desc="translate", unit="sentence") as bar:
            for start in range(0, len(asked), AT_ONCE):
                places = asked[start : start + AT_ONCE]
                written = self.translator.search(
                    [texts[i] for i in places],
                    width=self.beam,
                    alpha=self.length_penalty,
                    cut=self.cut,
                )
                for place, one in zip(places, written, strict=True):
                    found[place] = one
                bar.update(len(places))
        return found


def save_dictionary(folder: Path, baseline: WordForWord) -> None:
    """Keep the word-for-word translations beside the model, for ``score``."""
    text = json.dumps(baseline.dictionary, ensure_ascii=False, indent=0)
    write_atomically(folder / DICTIONARY, text.encode())


def load_dictionary(path: Path) -> WordForWord | None:
    """What ``save_dictionary`` kept in a run's folder; nothing for a lone model file."""
    if not (path / DICTIONARY).exists():
        return None
    return WordForWord(json.loads(read_text(path / DICTIONARY)))
