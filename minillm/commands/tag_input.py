"""Tagged files as the options say, with what was noticed while they were read."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from minillm.backend import stream
from minillm.commands.held_out import held_apart
from minillm.tasks.entities.schemes import first_illegal, parts, scheme_of, types_in
from minillm.tasks.entities.tagger import Tagger, Words
from minillm.text import text_key
from minillm.text.conll_files import TaggedSentence, read_conll


class Splits(NamedTuple):
    """Sentences to learn from, to look at while learning, and to measure on at the end."""

    train: list[TaggedSentence]
    dev: list[TaggedSentence]
    test: list[TaggedSentence]


def read_splits(arguments: argparse.Namespace, seed: int) -> Splits:
    """The files; where there is no --dev, a tenth of the sentences for it and one for a test.

    Raises:
        ValueError: fewer than 10 sentences to split; none that is not held out, too; a type that
            training lacks; as ``read_conll``.
    """
    given = {
        name: read_tagged(path, arguments.encoding)
        for name in ("train", "dev", "test")
        if (path := getattr(arguments, name)) is not None
    }
    train, dev, test = (given.get(name, []) for name in ("train", "dev", "test"))
    if not dev:
        tenth = len(train) // 10
        if not tenth:
            raise ValueError(
                f"{arguments.train}: {len(train)} sentences are too few to keep a tenth for --dev"
            )
        shuffled = [train[i] for i in stream(seed, "split of sentences").permutation(len(train))]
        dev, rest = shuffled[:tenth], shuffled[tenth:]
        train, test = (rest, test) if test else (rest[tenth:], rest[:tenth])
    train = apart(arguments, train, dev, test, seed)
    types = types_in(tag for sentence in train for tag in sentence.tags)
    require_types(arguments.dev or "dev", dev, types)
    require_types(arguments.test or "test", test, types)
    print(f"sentences: {len(train)} train, {len(dev)} dev, {len(test)} test")
    return Splits(train, dev, test)


def apart(
    arguments: argparse.Namespace,
    train: list[TaggedSentence],
    dev: list[TaggedSentence],
    test: list[TaggedSentence],
    seed: int,
) -> list[TaggedSentence]:
    """What is learned from: no sentence that is also in ``dev`` or ``test``, and how many were.

    Sentences in both of these are counted alone: short ones are in many published files.

    Raises:
        ValueError: nothing is left.
    """
    if both := {*map(words_key, dev)} & {*map(words_key, test)}:
        print(f"{len(both)} sentences are in dev and in test: what is chosen on dev knows them")
    return held_apart(
        train,
        dev + test,
        path=arguments.train,
        what="sentences",
        same="are also in dev or test",
        key=words_key,
        seed=seed,
    )[0]


def words_key(sentence: TaggedSentence) -> str:
    """By what two sentences are the same: their words, without case."""
    return text_key(" ".join(sentence.words))


def read_tagged(path: Path, encoding: str) -> list[TaggedSentence]:
    """The sentences of a file; prints what is odd about its tags.

    Raises:
        ValueError, OSError: as ``read_conll``.
    """
    sentences = read_conll(path, encoding=encoding)
    scheme = scheme_of(tag for sentence in sentences for tag in sentence.tags)
    odd = [(s, place) for s in sentences if (place := first_illegal(s.tags, scheme)) is not None]
    if odd:
        sentence, place = odd[0]
        line = sentence.line + min(place, len(sentence.tags) - 1)
        print(
            f"{path}: tags of {len(odd)} of {len(sentences)} sentences do not fit together in "
            f"{scheme}, first {told(sentence, place)} on line {line}: where a name starts inside, "
            "it is read as its beginning"
        )
    return sentences


def told(sentence: TaggedSentence, place: int) -> str:
    """What is wrong at a place of a sentence."""
    around = ["the start", *sentence.tags, "the end"]
    return f"{around[place + 1]} behind {around[place]}"


def require_types(
    path: Path | str, sentences: Sequence[TaggedSentence], known: Collection[str]
) -> None:
    """Refuse a type that was not learned.

    Raises:
        ValueError: with the line.
    """
    for sentence in sentences:
        for place, tag in enumerate(sentence.tags):
            kind = parts(tag)[1]
            if kind and kind not in known:
                raise ValueError(
                    f"{path}, line {sentence.line + place}: the type of {tag} is not one of those "
                    f"that are learned: {', '.join(known)}"
                )


def print_long(tagger: Tagger, sentences: Words, name: str) -> None:
    """How many sentences are longer than the model reads at once, where there are any."""
    remark = remark_on_long(tagger, sentences)
    if remark:
        print(f"{name}: {remark}")


def remark_on_long(tagger: Tagger, sentences: Words) -> str:
    """What to say of sentences that are longer than the model, if there are any."""
    n = tagger.count_long(sentences)
    if not n:
        return ""
    return (
        f"{n} of {len(sentences)} sentences have more than the {tagger.encoder.max_length} pieces "
        "that the model reads at once: they are read in parts"
    )
