"""``tag apply``: the names in new texts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from minillm.commands.arguments import add_encoding, add_model
from minillm.commands.runs import opened
from minillm.commands.standard_input import is_piped, piped_lines
from minillm.commands.tag_input import remark_on_long
from minillm.tasks.entities import spans_of, words_of
from minillm.tasks.entities.tagger import Tagger
from minillm.tasks.published import tagger as published_tagger
from minillm.text.conll_files import conll_text, sentences_in
from minillm.text.json_lines import json_objects
from minillm.text.reading import lines_of, read_text

INPUTS = {".conll": "conll", ".jsonl": "jsonl", ".ndjson": "jsonl"}


class Item(NamedTuple):
    """A text, and where its words lie."""

    text: str
    places: list[tuple[int, int]]

    @property
    def words(self) -> list[str]:
        """The words."""
        return [self.text[start:stop] for start, stop in self.places]


def add_apply(parser: argparse.ArgumentParser) -> None:
    """A model, texts, and how they are read and written."""
    add_model(parser)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="default: from standard input")
    parser.add_argument("--file", type=Path, help="what to tag; - is standard input")
    parser.add_argument(
        "--input",
        choices=("text", "conll", "jsonl"),
        help="a text a line; a word a line; or objects with a text or with words (default: by the "
        "ending of --file, else text)",
    )
    parser.add_argument(
        "--format", choices=("text", "conll", "jsonl"), default="text", help="default: text"
    )
    add_encoding(parser)


def apply(arguments: argparse.Namespace) -> None:
    """Print the texts with their names, in the order of the texts.

    Guide: 6.4 (G39).
    """
    items = [*map(of_text, arguments.texts), *read_items(arguments)]
    if not items:
        raise ValueError("nothing to tag: give texts, or --file")
    tagger = load_tagger(arguments)
    full = [item for item in items if item.places]
    for remark in remarks(tagger, items):
        print(f"minillm tag: {remark}", file=sys.stderr)
    said = iter(tagger.predict_probabilities([item.words for item in full]))
    n_names = 0
    for item in items:
        tagged = next(said) if item.places else []
        n_names += len(spans_of([tag for tag, _ in tagged]))
        print(WRITERS[arguments.format](item, tagged), end="")
    if not n_names:
        print("minillm tag: no name was found", file=sys.stderr)


def load_tagger(arguments: argparse.Namespace) -> Tagger:
    """The tagger in a file, in a run's folder, or in a published one."""
    tagger = opened(arguments.model, Tagger, published_tagger)
    tagger.model.to_device(arguments.device)
    return tagger


def remarks(tagger: Tagger, items: list[Item]) -> Iterator[str]:
    """What a reader should know: texts without words, and those that are read in parts."""
    empty = sum(not item.places for item in items)
    if empty:
        yield f"{empty} of {len(items)} texts have no words: there is nothing to tag in them"
    remark = remark_on_long(tagger, [item.words for item in items if item.places])
    if remark:
        yield remark


def read_items(arguments: argparse.Namespace) -> list[Item]:
    """What --file or standard input holds; nobody is kept waiting at a keyboard.

    Raises:
        ValueError: as ``sentences_in`` and ``json_objects``; an object without text or words.
    """
    path: Path | None = arguments.file
    if path is not None and str(path) != "-":
        text, name = read_text(path, encoding=arguments.encoding), str(path)
        kind = arguments.input or INPUTS.get(path.suffix, "text")
    elif path is None and (arguments.texts or not is_piped()):
        return []
    else:
        text, name = "\n".join(piped_lines(arguments.encoding)), "standard input"
        kind = arguments.input or "text"
    if kind == "conll":
        return [of_words(s.words) for s in sentences_in(text, name=name, tagged=False)]
    if kind == "jsonl":
        return [of_object(o, f"{name}, line {line}") for line, o in json_objects(text, name)]
    return [of_text(line) for line in lines_of(text)]


def of_text(text: str) -> Item:
    """A running text, cut into words."""
    return Item(text, words_of(text))


def of_words(words: tuple[str, ...] | list[str]) -> Item:
    """Words that somebody has cut already, with a blank between."""
    places, start = [], 0
    for word in words:
        places.append((start, start + len(word)))
        start += len(word) + 1
    return Item(" ".join(words), places)


def of_object(found: dict[str, object], where: str) -> Item:
    """The text or the words of a JSON object.

    Raises:
        ValueError: it has neither, or words that are not texts, or empty.
    """
    words, text = found.get("words"), found.get("text")
    if isinstance(words, list) and all(isinstance(word, str) and fits(word) for word in words):
        return of_words(words)
    if words is not None or not isinstance(text, str):
        raise ValueError(
            f'{where}: "text" with a text or "words" with a list of words, none of them empty or '
            f"with blanks around it, is needed, got {json.dumps(found, ensure_ascii=False):.80}"
        )
    return of_text(text)


def fits(word: str) -> bool:
    """Whether a word could stand on a line of a CoNLL file."""
    return bool(word) and word == word.strip() and not {*word} & {*"\t\r\n"}


def as_text(item: Item, tagged: list[tuple[str, float]]) -> str:
    """The text with its names in brackets: ``[Anna Brandt PER] is in [Rome LOC].``"""
    found, end = "", 0
    for kind, first, last in spans_of([tag for tag, _ in tagged]):
        start, stop = item.places[first][0], item.places[last - 1][1]
        found += f"{item.text[end:start]}[{item.text[start:stop]} {kind}]"
        end = stop
    return found + item.text[end:] + "\n"


def as_conll(item: Item, tagged: list[tuple[str, float]]) -> str:
    """A word, a tab and its tag on every line, then a blank line."""
    return conll_text([(item.words, [tag for tag, _ in tagged])])


def as_json_line(item: Item, tagged: list[tuple[str, float]]) -> str:
    """An object with the text and its names: type, place, and how probable their tags are."""
    names = []
    for kind, first, last in spans_of([tag for tag, _ in tagged]):
        start, stop = item.places[first][0], item.places[last - 1][1]
        p = min(p for _, p in tagged[first:last])
        names.append(
            {
                "type": kind,
                "name": item.text[start:stop],
                "start": start,
                "stop": stop,
                "least_probability": round(p, 6),
            }
        )
    escape = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    return json.dumps({"text": item.text, "names": names}, ensure_ascii=escape) + "\n"


WRITERS = {"text": as_text, "conll": as_conll, "jsonl": as_json_line}
