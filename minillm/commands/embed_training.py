"""``embed train``: word vectors from the user's texts."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from math import log
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minillm.backend import write_atomically
from minillm.commands.embed_options import (
    CBOW_RATE,
    CHECKPOINT,
    GLOVE,
    NUMBERS,
    PICTURE,
    VECTORS,
    refuse_replacing,
)
from minillm.commands.embed_pictures import components_picture
from minillm.commands.embed_progress import Told
from minillm.models.word_vectors import (
    GloveSettings,
    Sentences,
    Window,
    Word2VecSettings,
    WordVectors,
    count_cooccurrences,
    n_chunks,
    write_vectors,
)
from minillm.models.word_vectors.glove import weight
from minillm.models.word_vectors.settings import CBOW
from minillm.tasks.generation.tokens import plain_texts
from minillm.tasks.glove_vectors import facts_of as glove_facts
from minillm.tasks.glove_vectors import learn_glove
from minillm.tasks.word_vectors import facts_of as word2vec_facts
from minillm.tasks.word_vectors import learn_word2vec
from minillm.text import Vocabulary, WordTokenizer
from minillm.text.documents import read_documents
from minillm.training.journal import TIMES, Journal
from minillm.training.times import RunTimes

SHOWN = 200  # words of the picture


class Learned(NamedTuple):
    """The vectors, and what is told of their training."""

    table: np.ndarray
    facts: dict[str, Any]


def train(arguments: argparse.Namespace) -> None:
    """Read, count, learn, write the vectors, the numbers and a picture."""
    started = time.perf_counter()
    refuse_replacing(arguments)
    sentences = read_sentences(arguments)
    vocabulary = Vocabulary.build(
        sentences, max_size=arguments.max_words, min_count=arguments.min_count, special={}
    )
    n_words = sum(map(len, sentences))
    known = vocabulary.ordinary
    rows = [[known[word] for word in words if word in known] for words in sentences]
    kept = sum(map(len, rows))
    print(
        f"sentences {len(sentences):,}, words {n_words:,}, of them kept {kept:,}; "
        f"different words kept {len(vocabulary):,}"
    )
    if len(vocabulary) < 2:
        raise ValueError(
            f"{len(vocabulary)} different words occur {arguments.min_count} times: at least two "
            "are needed; lower --min-count, or give more text"
        )
    arguments.out.mkdir(parents=True, exist_ok=True)
    learned = learn(rows, len(vocabulary), arguments)
    facts = {
        "files": [str(path) for path in arguments.files],
        "sentences": len(sentences),
        "words": n_words,
        "kept": kept,
        "vocabulary": len(vocabulary),
        "min_count": arguments.min_count,
        **learned.facts,
    }
    write(arguments.out, WordVectors(vocabulary.tokens, learned.table), facts)
    print(f"trained in {time.perf_counter() - started:.0f} s")


def write(out: Path, vectors: WordVectors, facts: Mapping[str, Any]) -> None:
    """The vectors, the numbers that made them, and a picture where it has two sides."""
    write_vectors(out / VECTORS, vectors)
    text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    write_atomically(out / NUMBERS, text.encode())
    print(f"vectors: {out / VECTORS}")
    if min(len(vectors), vectors.width) >= 2:
        components_picture(out / PICTURE, vectors, SHOWN)
        print(f"picture: {out / PICTURE}")


def read_sentences(arguments: argparse.Namespace) -> list[list[str]]:
    """The words of every sentence of all files."""
    tokenizer = WordTokenizer()
    texts = [
        text
        for path in arguments.files
        for text in plain_texts(
            read_documents(path, split=arguments.sentences, encoding=arguments.encoding)
        )
    ]
    return [tokenizer.tokenize(text) for text in texts]


def learn(rows: Sequence[Sequence[int]], size: int, arguments: argparse.Namespace) -> Learned:
    """The table of the chosen method."""
    try:
        return (of_glove if arguments.method == GLOVE else of_word2vec)(rows, size, arguments)
    except ValueError as error:
        raise ValueError(
            str(error).replace("lower rate or batch", "give a lower --rate")
        ) from error


def going_on(arguments: argparse.Namespace) -> dict[str, Any]:
    """Where the checkpoint is, whether to go on from it, and the options that shape the text."""
    shaping = ("sentences", "encoding", "min_count", "max_words", "method", "window")
    return {
        "checkpoint": arguments.out / CHECKPOINT,
        "resume": arguments.resume,
        "facts": {f"--{name.replace('_', '-')}": getattr(arguments, name) for name in shaping},
    }


def telling(
    arguments: argparse.Namespace,
    facts: Mapping[str, Any],
    *,
    epochs: int,
    per_pass: int = 1,
    items: int | None = None,
) -> Told:
    """What prints how far it is, writes its record, and lets an earlier run's files go then."""
    names = () if arguments.resume else (VECTORS, NUMBERS, PICTURE)
    replaced = [arguments.out / name for name in names]
    method, steps = arguments.method, epochs * per_pass
    given = {**going_on(arguments)["facts"], **facts, f"{method}.steps": steps}
    journal = Journal(arguments.out, given)
    journal.times = RunTimes(arguments.out / TIMES, resume=arguments.resume)
    return Told(
        method, epochs=epochs, per_pass=per_pass, items=items, replaced=replaced, journal=journal
    )


def of_word2vec(rows: Sequence[Sequence[int]], size: int, arguments: argparse.Namespace) -> Learned:
    """Learn from the words one after another; the vectors are those of the word in the middle."""
    text = Sentences.of_ids(rows, size)
    settings = Word2VecSettings(model=arguments.method, width=arguments.width, seed=arguments.seed)
    settings = replace(
        settings,
        window=arguments.window or settings.window,
        epochs=arguments.epochs or settings.epochs,
        rate=arguments.rate or (CBOW_RATE if arguments.method == CBOW else settings.rate),
        negatives=arguments.negatives or settings.negatives,
        subsample=settings.subsample
        if arguments.subsample is None
        else arguments.subsample or None,
    )
    per_pass = n_chunks(text, settings) // settings.epochs
    facts = word2vec_facts(text, settings)
    told = telling(arguments, facts, epochs=settings.epochs, per_pass=per_pass)
    tables = learn_word2vec(text, settings, **going_on(arguments), told=told)
    told.print_end((1 + settings.negatives) * log(2))  # all dot products are 0 then
    return Learned(tables.input, {"method": arguments.method, "settings": asdict(settings)})


def of_glove(rows: Sequence[Sequence[int]], size: int, arguments: argparse.Namespace) -> Learned:
    """Count, and learn from the counts."""
    window = Window() if arguments.window is None else Window(arguments.window)
    x = count_cooccurrences(rows, size, window)
    print(f"pairs of words that stand together: {len(x.counts):,}")
    settings = GloveSettings(width=arguments.width, seed=arguments.seed)
    settings = replace(
        settings,
        epochs=arguments.epochs or settings.epochs,
        rate=arguments.rate or settings.rate,
    )
    told = telling(arguments, glove_facts(x, settings), epochs=settings.epochs, items=len(x.counts))
    last = learn_glove(x, settings, **going_on(arguments), told=told)
    squares = weight(x.counts, settings.weighting) * np.log(x.counts) ** 2
    told.print_end(float(squares.mean()))  # all that the model says is about 0 then
    facts = {
        "method": GLOVE,
        "window": asdict(window),
        "settings": asdict(settings),
        "pairs": len(x.counts),
        "mean J": last.loss / len(x.counts),
    }
    return Learned(last.model.table, facts)
