"""``tokenizer``: learn tokens from texts, write them as published files, show those of a text."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from minillm.commands.arguments import folder_of
from minillm.commands.option_kinds import tokenizer_words
from minillm.commands.runs import refuse_replacing
from minillm.commands.sampling_options import number
from minillm.commands.tables import table
from minillm.tasks.generation import language_tokens
from minillm.tasks.generation.tokens import plain_texts
from minillm.text import (
    BytePairTokenizer,
    LearnedTokenizer,
    Tokenizer,
    Vocabulary,
    WordPieceTokenizer,
    kind_and_size,
    own_vocabulary,
    read_byte_pairs,
    read_wordpiece,
    write_byte_pairs,
    write_wordpiece,
)
from minillm.text.documents import read_documents

FILES = "vocab.json", "merges.txt"
LINES = "vocab.txt"
LEARNED = "byte_pairs:1000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Texts to learn from or a folder with tokens, and what to do with them."""
    from minillm.commands.pretrain import add_documents

    parser.add_argument(
        "source", type=Path, metavar="FILE", help="texts to learn from, or a tokenizer's folder"
    )
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="whose tokens to show")
    parser.add_argument(
        "--tokenizer",
        type=tokenizer_words,
        default=LEARNED,
        help="byte_pairs:N or wordpiece:N, with the number of tokens, to which special ones come; "
        f"word or character, which learn nothing, to look at (default: {LEARNED})",
    )
    parser.add_argument(
        "--min-count",
        type=number(int, least=1),
        default=2,
        metavar="N",
        help="rarer pairs are not joined (default: 2)",
    )
    parser.add_argument(
        "--cased", action="store_true", help="vocab.txt of a folder tells large letters from small"
    )
    parser.add_argument("--out", type=folder_of, metavar="DIR", help="where to write the files")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")
    add_documents(parser)


def run(arguments: argparse.Namespace) -> None:
    """Learn or read, say what was found, write, show."""
    if arguments.source.is_dir():
        refuse_learning(arguments)
        tokenizer, vocabulary = read_tokens(arguments.source, lower=not arguments.cased)
        print(f"{arguments.source}: {tokenizer.name}, tokens {len(vocabulary):,}")
    else:
        if arguments.cased:
            raise ValueError("--cased is for a folder with a vocab.txt, got texts to learn from")
        refuse_losing(arguments)
        tokenizer, vocabulary = learn(arguments)
    for text in arguments.texts:
        show(text, tokenizer, vocabulary)


def refuse_learning(arguments: argparse.Namespace) -> None:
    """Refuse options of learning beside a folder whose tokens are learned already.

    Raises:
        ValueError: names the option.
    """
    for name, usual in (("out", None), ("tokenizer", LEARNED), ("min_count", 2)):
        if getattr(arguments, name) != usual:
            option = name.replace("_", "-")
            raise ValueError(f"--{option} is for tokens that are learned, got a folder of them")


def learn(arguments: argparse.Namespace) -> tuple[Tokenizer, Vocabulary]:
    """The tokens of the texts, what they are like, and their files."""
    read = {"split": arguments.documents, "encoding": arguments.encoding}
    texts = plain_texts(read_documents(arguments.source, **read))
    print(f"learning from {sum(map(len, texts)):,} characters ...", file=sys.stderr)
    tokenizer, vocabulary = language_tokens(
        arguments.tokenizer, texts, min_count=arguments.min_count
    )
    if isinstance(tokenizer, WordPieceTokenizer):
        vocabulary = own_vocabulary(tokenizer)  # with BERT's special tokens, as its files have them
    n_tokens = sum(len(tokenizer.tokenize(text)) for text in texts)
    print(
        f"{tokenizer.name}: tokens {len(vocabulary):,}, of them special {vocabulary.n_special}; "
        f"characters per token {sum(map(len, texts)) / max(n_tokens, 1):.2f}"
    )
    wanted = kind_and_size(arguments.tokenizer)[1] or 0
    if len(vocabulary.ordinary) < wanted:
        print(
            f"fewer than {wanted:,}: no more pairs occur {arguments.min_count} times (--min-count)"
        )
    longest = sorted(map(tokenizer.join, zip(vocabulary.ordinary)), key=len, reverse=True)
    print(f"longest: {'  '.join(repr(token) for token in longest[:10])}")
    if arguments.out is not None:
        write_tokens(arguments.out, tokenizer, vocabulary)
    return tokenizer, vocabulary


def refuse_losing(arguments: argparse.Namespace) -> None:
    """Stop before files would be lost, or before work whose kind has no files.

    Raises:
        ValueError: see above.
    """
    if arguments.out is None:
        return
    if arguments.tokenizer.partition(":")[0] not in (
        BytePairTokenizer.name,
        WordPieceTokenizer.name,
    ):
        raise ValueError(f"a {arguments.tokenizer} tokenizer learns nothing that --out could hold")
    refuse_replacing(arguments.out, (*FILES, LINES), overwrite=arguments.overwrite)


def write_tokens(folder: Path, tokenizer: Tokenizer, vocabulary: Vocabulary) -> None:
    """Write ``vocab.json`` and ``merges.txt``, or ``vocab.txt``."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(tokenizer, BytePairTokenizer):
        write_byte_pairs(folder / FILES[0], folder / FILES[1], tokenizer, vocabulary)
        print(f"wrote {folder / FILES[0]} and {folder / FILES[1]}")
    elif isinstance(tokenizer, WordPieceTokenizer):
        write_wordpiece(folder / LINES, tokenizer, vocabulary)
        print(f"wrote {folder / LINES}")


def read_tokens(folder: Path, *, lower: bool = True) -> tuple[Tokenizer, Vocabulary]:
    """The tokeniser in a folder's files.

    Raises:
        ValueError: the folder has none of the files; as ``read_byte_pairs``, ``read_wordpiece``.
        OSError: they cannot be read.
    """
    if (folder / FILES[0]).exists():
        return read_byte_pairs(folder / FILES[0], folder / FILES[1])
    if (folder / LINES).exists():
        return read_wordpiece(folder / LINES, lower=lower)
    if (folder / FILES[1]).exists():
        raise ValueError(f"{folder}: {FILES[1]} is there, but not {FILES[0]}")
    raise ValueError(f"{folder}: neither {' and '.join(FILES)} nor {LINES} is there")


def show(text: str, tokenizer: Tokenizer, vocabulary: Vocabulary) -> None:
    """Token, id and place of every token of a text."""
    tokens = tokenizer.tokenize(text)
    rows = [[t, str(i)] for t, i in zip(tokens, vocabulary.encode(tokens), strict=True)]
    header = ["token", "id"]
    if isinstance(tokenizer, LearnedTokenizer):
        header += ["at", "text"]
        for row, (start, stop) in zip(rows, tokenizer.spans(text), strict=True):
            row += [f"{start}-{stop}", repr(text[start:stop])]
    print(f"\n{text}\n{table(header, rows)}")
