"""What the pipeline prints and draws between its stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minillm.backend import stream, to_numpy
from minillm.commands.pictures import attention_picture, confusion_picture, learning_curves
from minillm.commands.predictions import Predictions, terminal_columns
from minillm.commands.tables import percent, table
from minillm.commands.words import Words
from minillm.labs.stored import read_settings, read_study
from minillm.models.bag_of_words import BagOfWords
from minillm.tasks import (
    ClassifierTraining,
    MaskedScores,
    TextClassifier,
    TextEncoder,
    as_classifiers,
    evaluate,
)
from minillm.tasks.collation import lengths_of
from minillm.text import CleaningReport, Example, class_counts, pad
from minillm.text.corpora import Corpus
from minillm.text.corpora.samples import SAMPLES
from minillm.training import bucketed_order, read_record


def describe_corpus(corpus: Corpus, extra: Sequence[str], say: Words) -> None:
    """Sizes, classes, examples."""
    for name in ("train", "dev", "test"):
        examples = getattr(corpus, name)
        told = "{name:<6}{n:>6} sentences, classes {counts}"
        print(say(told, name=name, n=len(examples), counts=class_counts(examples)))
    print(say("{n} more sentences without labels, for pretraining", n=len(extra)))
    for text, label in corpus.train[:4]:
        print(f"  {label:<10}{text}")


def describe_cleaning(report: CleaningReport, say: Words) -> None:
    """How many sentences cleaning kept, and why not the others."""
    told = (
        "{read} read, {kept} kept ({altered} altered); dropped: {empty} empty, {too_long} too "
        "long, {no_letters} without letters, {duplicates} duplicates, {contradictions} "
        "contradictions"
    )
    print(say(told, **asdict(report)))


def describe_tokens(encoder: TextEncoder, corpus: Corpus, say: Words) -> None:
    """One sentence as tokens and ids; unknown tokens; what a split at blanks would give."""
    text = corpus.train[0].text
    tokens = encoder.tokenize([text])[0]
    test = encoder.tokenize(example.text for example in corpus.test)
    print(say("tokens  {tokens}", tokens=" | ".join(tokens)))
    ids = encoder([text])[0].tolist()
    print(say("ids     {ids}   ([CLS] first, [SEP] last)", ids=ids))
    unknown = percent(encoder.vocabulary.unknown_rate(test))
    told = "vocabulary {n}, of training texts alone; unknown in test: {unknown}"
    print(say(told, n=len(encoder.vocabulary), unknown=unknown))
    told = "a split at blanks, as in the guide, gives {blanks} tokens instead of {n}"
    print(say(told, blanks=len(text.split()), n=len(tokens)))


def describe_batch(training: ClassifierTraining, say: Words) -> None:
    """A padded batch, and how much of it is padding with and without sorting by length."""
    ids, mask = pad(training.labelled[:3])
    for row, real in zip(ids, mask, strict=True):
        print("  " + " ".join(f"{i:>3}" if r else "  ." for i, r in zip(row, real, strict=True)))
    n, lengths = training.recipe.batch_size, lengths_of(training.labelled)
    in_buckets = bucketed_order(lengths, batch_size=n, rng=stream(training.recipe.seed, "padding"))
    as_given = [np.arange(i, min(i + n, len(lengths))) for i in range(0, len(lengths), n)]
    bucketed, unsorted = (
        1 - lengths.sum() / sum(len(batch) * lengths[batch].max() for batch in order)
        for order in (in_buckets, as_given)
    )
    told = "padding: {unsorted} of all positions, {bucketed} in buckets by length"
    print(say(told, unsorted=percent(unsorted), bucketed=percent(bucketed)))


def masked_scores(training: ClassifierTraining, corpus: Corpus) -> MaskedScores:
    """The masked language model and its baselines on dev sentences."""
    return training.masked_scores([text for text, _ in corpus.dev])


def print_masked_scores(training: ClassifierTraining, corpus: Corpus, say: Words) -> MaskedScores:
    """``masked_scores``, as a table."""
    scores = masked_scores(training, corpus)
    told = "{n} hidden words of dev sentences, mean cross-entropy in nats:"
    print(say(told, n=scores.n_hidden))
    rows = [
        [say("uniform"), f"{scores.uniform:.3f}"],
        [say("word frequencies (unigram)"), f"{scores.unigram:.3f}"],
        [say("counts of both neighbours"), f"{scores.neighbours:.3f}"],
        ["BERT", f"{scores.model:.3f}"],
    ]
    print(table([say("guess by"), say("nats")], rows))
    if scores.model > scores.neighbours:
        told = "so far counts guess better: after how many passes BERT does, see labs run passes"
        print(say(told))
    return scores


def print_table(
    models: dict[str, TextClassifier],
    baselines: dict[str, BagOfWords],
    corpus: Corpus,
    say: Words,
) -> None:
    """Accuracy on the test set, whole and by what a sentence demands.

    Guide: 6.1 (G35).
    """
    tokenizer = next(iter(models.values())).encoder.tokenizer
    groups = sorted({tag for tags in corpus.tags["test"] for tag in tags})
    counts = [sum(group in tags for tags in corpus.tags["test"]) for group in groups]
    rows = [[say("sentences"), str(len(corpus.test)), "", *map(str, counts)]]
    for name, classifier in {**as_classifiers(baselines, tokenizer), **models}.items():
        scores = evaluate(classifier, corpus.test)
        row = [say(name), percent(scores.accuracy), f"{scores.macro_f1:.3f}"]
        for group in groups:
            chosen = np.array([group in tags for tags in corpus.tags["test"]])
            row.append(percent(scores.among(chosen).accuracy))
        rows.append(row)
    stored = stored_row(groups, say) if "single" in groups else None
    rows += [stored.row] if stored else []
    print(table([say(name) for name in ("test accuracy", "all", "macro F1", *groups)], rows))
    if stored:
        print(stored.told)


class StoredRow(NamedTuple):
    """What the table says of a model that was measured before."""

    row: list[str]
    told: str


def stored_row(groups: Sequence[str], say: Words) -> StoredRow | None:
    """BERT trained without single clauses, as the study measured it; nothing where it is missing.

    An installed package has no folder of studies beside it.
    """
    try:
        stored, settings = read_study("single_clauses"), read_settings("single_clauses")
    except FileNotFoundError:
        return None
    accuracy = stored[f"{say.language}, BERT without"].mean(axis=0)
    of = dict(zip(settings["groups"], accuracy, strict=True))
    samples = {
        dial: stored[f"{say.language}, BERT {dial}, samples"] for dial in ("without", "with")
    }
    told = (
        "last row: measured before on {n} other corpora (labs run single_clauses), mean; of the "
        "{samples} sentences below it got {without:.1f} right, and trained with single clauses "
        "{with_them:.1f}"
    )
    n, of_samples = samples["with"].shape
    right = {dial: float(found.sum(axis=1).mean()) for dial, found in samples.items()}
    return StoredRow(
        [
            say("BERT, trained without single clauses"),
            percent(of["all"]),
            "",
            *(percent(of[group]) for group in groups),
        ],
        say(told, n=n, samples=of_samples, without=right["without"], with_them=right["with"]),
    )


def print_predictions(classifier: TextClassifier, corpus: str, say: Words) -> None:
    """Labels of sentences that are in no corpus, beside what a reader says, and what is new."""
    samples = SAMPLES[corpus, say.language]
    news = {"what is new": [", ".join(map(say, sample.news)) for sample in samples]}
    print_samples(classifier, [sample.example for sample in samples], news, say)
    known = [sample.known_example for sample in samples if sample.known]
    if known:
        print("\n" + say("the same in words and places of the training texts:"))
        print_samples(classifier, known, {}, say)


def print_samples(
    classifier: TextClassifier,
    examples: Sequence[Example],
    more: Mapping[str, Sequence[str]],
    say: Words,
) -> None:
    """What is said of labelled sentences, ``more`` beside it, and how many are right."""
    found = Predictions.of(classifier, [text for text, _ in examples])
    expected = [label for _, label in examples]
    beside = {"expected": expected, **more}
    print(found.as_table(beside, columns=terminal_columns(), say=say))
    right = sum(found.names[c] == label for c, label in zip(found.said, expected, strict=True))
    print(say("right: {right} of {n}", right=right, n=len(examples)))


def draw_pictures(
    out: Path, training: ClassifierTraining, corpus: Corpus, masked: MaskedScores, say: Words
) -> None:
    """Write the three pictures, or say why not."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        print(say("none: matplotlib is not installed"))
        return
    classifier = training.result()
    classes = len(classifier.labels)
    _, events = read_record(out / "record.jsonl")  # also what came before a resume
    losses = {s: [e["loss"] for e in events if e["stage"] == s] for s in ("pretrain", "finetune")}
    learning_curves(out / "curves.png", losses, masked, n_classes=classes, say=say)
    counts = evaluate(classifier, corpus.test).confusion
    confusion_picture(out / "confusion.png", counts, classifier.labels.names, say)
    hard = next((i for i, tags in enumerate(corpus.tags["test"]) if "order" in tags), 0)
    ids = training.encoder([corpus.test[hard].text])[0]
    tokens = training.encoder.vocabulary.decode(ids)
    training.model.eval()
    maps = list(training.model.classifier.bert.attention_weights(ids[None], ids[None] >= 0))
    if not attention_picture(out / "attention.png", to_numpy(maps[-1][0]), tokens, say):
        places = " ".join(f"{i}={t}" for i, t in enumerate(tokens))
        print(say("positions of attention.png: {places}", places=places))
    for name in ("curves", "confusion", "attention"):
        print(f"  {out / name}.png")
