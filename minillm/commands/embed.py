"""``embed``: word vectors from the user's texts, or a published model's; vectors of texts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minillm.backend import write_atomically
from minillm.commands.embed_options import VECTORS, add_training
from minillm.commands.embed_texts import add_texts, embed_texts
from minillm.commands.embed_training import train
from minillm.commands.runs import require_files
from minillm.commands.sampling_options import number
from minillm.commands.tables import percent, table
from minillm.models.word_vectors import (
    WordVectors,
    analogy_scores,
    read_questions,
    read_vectors,
    total,
)
from minillm.tasks.published import is_published
from minillm.tasks.published_vectors import token_of, token_vectors
from minillm.text.terminal import visible


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be done, each with its options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_training(actions.add_parser("train", help="learn vectors from your texts"))
    near = actions.add_parser("neighbours", help="which words are nearest to some")
    add_vectors(near)
    near.add_argument("words", nargs="+", metavar="WORD", help="as the file spells them")
    near.add_argument(
        "--count",
        type=number(int, least=1),
        default=10,
        metavar="N",
        help="neighbours of each (default: 10)",
    )
    asked = actions.add_parser("analogies", help="how many of your analogies they know")
    add_vectors(asked)
    asked.add_argument(
        "questions",
        type=Path,
        metavar="QUESTIONS",
        help="lines ': section' and lines of four words, as in questions-words.txt",
    )
    asked.add_argument("--cased", action="store_true", help="tell capital letters from small ones")
    texts = "vectors of texts, from a BERT: the mean of its last layer, and how near they are"
    add_texts(actions.add_parser("texts", help=texts))


def add_vectors(parser: argparse.ArgumentParser) -> None:
    """Where the vectors are, how many of them to read, and where to put the numbers."""
    parser.add_argument(
        "vectors",
        type=Path,
        metavar="VECTORS",
        help="the folder that train wrote; a file of word2vec or GloVe, text or binary; or a "
        "published folder, whose table of tokens it is",
    )
    parser.add_argument(
        "--limit", type=number(int, least=1), metavar="N", help="read the first N words alone"
    )
    parser.add_argument(
        "--blanks", action="store_true", help="words of a text file may have blanks in them"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table here, too")


def run(arguments: argparse.Namespace) -> None:
    """Train, or read vectors and ask them."""
    if arguments.action == "train":
        train(arguments)
        return
    if arguments.action == "texts":
        embed_texts(arguments)
        return
    require_files(arguments, "json")
    vectors = loaded(arguments)
    print(f"{arguments.vectors}: words {len(vectors):,}, width {vectors.width}")
    found = neighbours if arguments.action == "neighbours" else analogies
    numbers = found(vectors, arguments)
    if arguments.json is not None:
        text = json.dumps({"vectors": str(arguments.vectors), **numbers}, ensure_ascii=False)
        write_atomically(arguments.json, (text + "\n").encode())


def loaded(arguments: argparse.Namespace) -> WordVectors:
    """The vectors of a file, of a run's folder, or of the tokens of a published model."""
    path = arguments.vectors
    if is_published(path):
        vectors = token_vectors(path)
        n = arguments.limit or len(vectors)
        return WordVectors(vectors.words[:n], vectors.table[:n])
    if path.is_dir():
        if not (path / VECTORS).exists():
            raise ValueError(f"{path}: there is no {VECTORS} in this folder: train to its end")
        path = path / VECTORS
    try:
        return read_vectors(path, limit=arguments.limit, blanks=arguments.blanks)
    except ValueError as error:
        raise ValueError(str(error).replace("blanks=True", "--blanks")) from error


def neighbours(vectors: WordVectors, arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Print the nearest words of each word with their cosines; the same as data."""
    words = arguments.words
    if is_published(arguments.vectors):
        words = [word if word in vectors else token_of(arguments.vectors, word) for word in words]
    found = vectors.nearest(words, arguments.count)
    for word, near in zip(words, found, strict=True):
        rows = [[visible(n.word), f"{n.cosine:.3f}"] for n in near]
        print(f"\n{table([visible(word), 'cosine'], rows)}")
    listed = [[list(one) for one in near] for near in found]
    return {"neighbours": dict(zip(words, listed, strict=True))}


def analogies(vectors: WordVectors, arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Print the share of right answers by section, and how many could be asked; as data, too."""
    questions = read_questions(arguments.questions)
    scores = analogy_scores(vectors, questions, fold=not arguments.cased)
    scores = {**scores, "all": total(scores)} if "all" not in scores else scores
    rows = [
        [
            name,
            f"{s.right:,}" if s.asked else "-",
            percent(s.accuracy) if s.asked else "-",
            f"{s.asked:,}",
            f"{s.questions:,}",
        ]
        for name, s in scores.items()
    ]
    print(table(["section", "right", "of those asked", "asked", "questions"], rows))
    print("a question is asked if all its four words have vectors")
    return {"sections": {name: s._asdict() for name, s in scores.items()}}
