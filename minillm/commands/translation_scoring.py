"""``translate score``: translations beside those that people wrote, as a table and as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minillm.backend import write_atomically
from minillm.commands.arguments import add_model
from minillm.commands.runs import require_files
from minillm.commands.tables import percent, table
from minillm.commands.translation_files import (
    Asked,
    add_pair_format,
    add_pairs,
    add_search,
    asked_as,
    load_dictionary,
    load_translator,
    read_files,
    refuse_idle_penalty,
)
from minillm.commands.translation_long import add_long, places_to_translate
from minillm.tasks.metrics import TRANSLATION_TOKENS
from minillm.tasks.translation import (
    CopySource,
    Translates,
    TranslationScores,
    Translator,
    WordForWord,
    evaluate_translations,
)
from minillm.text.parallel_files import Pair, ParallelReading
from minillm.text.tokenizers import is_ideograph

AUTOMATIC = "auto"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A model, pairs of sentences, how to search and how to score."""
    add_model(parser)
    add_pairs(parser, text="two files line by line, source and target; or one TSV, CSV or .jsonl")
    add_pair_format(parser)
    add_search(parser)
    add_long(parser, skipped="it is not scored")
    add_scoring(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="where to write the translations, one a line; blank where a pair was left out",
    )


def add_scoring(parser: argparse.ArgumentParser) -> None:
    """How BLEU parts its tokens, and where the numbers go."""
    parser.add_argument(
        "--tokenize",
        choices=(AUTOMATIC, *TRANSLATION_TOKENS),
        default=AUTOMATIC,
        help="the tokens of BLEU; auto: zh where the references are Chinese, else 13a",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the scores there, too")


def run(arguments: argparse.Namespace) -> None:
    """Translate, compare with the baselines of the run, print and write.

    Guide: 6.2 (G38).
    """
    require_files(arguments, "json", "out")
    refuse_idle_penalty(arguments)
    translator = load_translator(arguments.model, arguments.device)
    found = short_enough(translator, read_files(arguments.files, arguments), arguments)
    pairs, asked = found.pairs, asked_as(translator, arguments)
    baseline = load_dictionary(arguments.model)
    scores, written = scored([asked], baseline, pairs, arguments.tokenize)
    print_scores(scores, arguments.tokenize, pairs)
    if arguments.json is not None:
        search = {"beam": asked.beam, "length_penalty": asked.length_penalty}
        write_scores(arguments.json, scores, tokens_of(arguments.tokenize, pairs), search)
    if arguments.out is not None:
        text = dict(zip(found.lines, written, strict=True))
        rows = "".join(f"{text.get(line, '')}\n" for line in found.all_lines)
        write_atomically(arguments.out, rows.encode())


def short_enough(
    translator: Translator, found: ParallelReading, arguments: argparse.Namespace
) -> ParallelReading:
    """The pairs whose sources the model can read, as --long says.

    Raises:
        ValueError: as ``places_to_translate``; none is left.
    """
    places = places_to_translate(
        translator,
        [pair.source for pair in found.pairs],
        lambda place: f"{arguments.files[0]}, line {found.lines[place]}",
        arguments.long,
    )
    if not places:
        raise ValueError(f"{arguments.files[0]}: all sources are longer than the model reads")
    return found._replace(
        pairs=[found.pairs[i] for i in places], lines=[found.lines[i] for i in places]
    )


def scored(
    asked: Sequence[Asked], baseline: WordForWord | None, pairs: Sequence[Pair], tokenize: str
) -> tuple[dict[str, TranslationScores], list[str]]:
    """The scores of all systems by name, and the translations of the first."""
    systems: dict[str, Translates] = {one.name: one for one in asked}
    if baseline is not None:
        systems["word for word"] = baseline
    systems["the source, copied"] = CopySource()
    found, first = {}, list[str]()
    for name, system in systems.items():
        scores, written = evaluate_translations(system, pairs, tokenize=tokens_of(tokenize, pairs))
        found[name], first = scores, first or written
    return found, first


def tokens_of(tokenize: str, pairs: Sequence[Pair]) -> str:
    """The name of BLEU's tokens; with "auto" the references decide."""
    if tokenize != AUTOMATIC:
        return tokenize
    return "zh" if any(is_ideograph(c) for pair in pairs for c in pair.target) else "13a"


def print_scores(
    scores: Mapping[str, TranslationScores], tokenize: str, pairs: Sequence[Pair]
) -> None:
    """A row for every system."""
    header = [f"{len(pairs):,} sentences", "exact", f"BLEU ({tokens_of(tokenize, pairs)})"]
    header += ["brevity penalty", "chrF"]
    rows = [
        [name, percent(s.exact), *(f"{x:.{n}f}" for x, n in numbers_of(s))]
        for name, s in scores.items()
    ]
    print(table(header, rows))


def numbers_of(s: TranslationScores) -> list[tuple[float, int]]:
    """The columns behind the first, each with its number of decimals."""
    return [(s.bleu.score, 1), (s.bleu.brevity_penalty, 3), (s.chrf, 1)]


def write_scores(
    path: Path, scores: Mapping[str, TranslationScores], tokenize: str, search: dict[str, Any]
) -> None:
    """The same as JSON, with all that shaped the numbers."""
    systems = {
        name: {
            "exact": s.exact,
            "bleu": s.bleu._asdict(),
            "chrf": s.chrf,
        }
        for name, s in scores.items()
    }
    n = next(iter(scores.values())).n
    found = {"sentences": n, "tokenize": tokenize, **search, "systems": systems}
    write_atomically(path, (json.dumps(found, indent=1) + "\n").encode())
