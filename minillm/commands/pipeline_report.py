"""What the pipeline prints and draws between its stages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from minillm.backend import stream, to_numpy
from minillm.commands.baselines import as_classifiers
from minillm.commands.pictures import attention_picture, confusion_picture, learning_curves
from minillm.commands.predictions import Predictions, terminal_columns
from minillm.commands.tables import percent, table
from minillm.models.bag_of_words import BagOfWords
from minillm.tasks import (
    ClassifierTraining,
    MaskedScores,
    TextClassifier,
    TextEncoder,
    evaluate,
    evaluate_masked,
)
from minillm.tasks.collation import lengths_of
from minillm.text import class_counts, pad
from minillm.text.corpora import Corpus
from minillm.text.corpora.samples import SAMPLES
from minillm.training import bucketed_order, read_record


def describe_corpus(corpus: Corpus, extra: Sequence[str]) -> None:
    """Sizes, classes, examples."""
    for name in ("train", "dev", "test"):
        examples = getattr(corpus, name)
        print(f"{name:<6}{len(examples):>6} sentences, classes {class_counts(examples)}")
    print(f"{len(extra)} more sentences without labels, for pretraining")
    for text, label in corpus.train[:4]:
        print(f"  {label:<10}{text}")


def describe_tokens(encoder: TextEncoder, corpus: Corpus) -> None:
    """One sentence as tokens and ids; unknown tokens; what a split at blanks would give."""
    text = corpus.train[0].text
    tokens = encoder.tokenize([text])[0]
    test = encoder.tokenize(example.text for example in corpus.test)
    print(f"tokens  {' | '.join(tokens)}")
    print(f"ids     {encoder([text])[0].tolist()}   ([CLS] first, [SEP] last)")
    unknown = percent(encoder.vocabulary.unknown_rate(test))
    print(
        f"vocabulary {len(encoder.vocabulary)}, of training texts alone; unknown in test: {unknown}"
    )
    blanks = len(text.split())
    print(f"a split at blanks, as in the guide, gives {blanks} tokens instead of {len(tokens)}")


def describe_batch(training: ClassifierTraining) -> None:
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
    print(
        f"padding: {percent(unsorted)} of all positions, {percent(bucketed)} in buckets by length"
    )


def masked_scores(training: ClassifierTraining, corpus: Corpus) -> MaskedScores:
    """The masked language model and its baselines on dev sentences."""
    return evaluate_masked(
        training.model.masked,
        training.all_text,
        training.encoder(example.text for example in corpus.dev),
        training.encoder.vocabulary,
        seed=training.recipe.seed,
    )


def print_masked_scores(training: ClassifierTraining, corpus: Corpus) -> MaskedScores:
    """``masked_scores``, as a table."""
    scores = masked_scores(training, corpus)
    print(f"{scores.n_hidden} hidden words of dev sentences, mean cross-entropy in nats:")
    rows = [
        ["uniform", f"{scores.uniform:.3f}"],
        ["word frequencies (unigram)", f"{scores.unigram:.3f}"],
        ["counts of both neighbours", f"{scores.neighbours:.3f}"],
        ["BERT", f"{scores.model:.3f}"],
    ]
    print(table(["guess by", "nats"], rows))
    return scores


def print_table(
    models: dict[str, TextClassifier], baselines: dict[str, BagOfWords], corpus: Corpus
) -> None:
    """Accuracy on the test set, whole and by what a sentence demands."""
    tokenizer = next(iter(models.values())).encoder.tokenizer
    groups = sorted({tag for tags in corpus.tags["test"] for tag in tags})
    rows = []
    for name, classifier in {**as_classifiers(baselines, tokenizer), **models}.items():
        scores = evaluate(classifier, corpus.test)
        row = [name, percent(scores.accuracy), f"{scores.macro_f1:.3f}"]
        for group in groups:
            chosen = np.array([group in tags for tags in corpus.tags["test"]])
            row.append(percent(scores.among(chosen).accuracy))
        rows.append(row)
    print(table(["test accuracy", "all", "macro F1", *groups], rows))


def print_predictions(classifier: TextClassifier, corpus: str, language: str) -> None:
    """Labels of sentences that are in no corpus, beside what a reader says."""
    texts, expected = zip(*SAMPLES[corpus, language], strict=True)
    print(Predictions.of(classifier, texts).as_table(expected, columns=terminal_columns()))


def draw_pictures(
    out: Path, training: ClassifierTraining, corpus: Corpus, masked: MaskedScores
) -> None:
    """Write the three pictures, or say why not."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        print("none: matplotlib is not installed")
        return
    classifier = training.result()
    classes = len(classifier.labels)
    _, events = read_record(out / "record.jsonl")  # also what came before a resume
    losses = {s: [e["loss"] for e in events if e["stage"] == s] for s in ("pretrain", "finetune")}
    learning_curves(out / "curves.png", losses, masked, n_classes=classes)
    counts = evaluate(classifier, corpus.test).confusion
    confusion_picture(out / "confusion.png", counts, classifier.labels.names)
    hard = next((i for i, tags in enumerate(corpus.tags["test"]) if "order" in tags), 0)
    ids = training.encoder([corpus.test[hard].text])[0]
    tokens = training.encoder.vocabulary.decode(ids)
    training.model.eval()
    maps = list(training.model.classifier.bert.attention_weights(ids[None], ids[None] >= 0))
    if not attention_picture(out / "attention.png", to_numpy(maps[-1][0]), tokens):
        print("positions of attention.png: " + " ".join(f"{i}={t}" for i, t in enumerate(tokens)))
    for name in ("curves", "confusion", "attention"):
        print(f"  {out / name}.png")
