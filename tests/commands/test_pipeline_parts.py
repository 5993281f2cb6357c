"""Which part of the data, and which seed, each stage of the pipeline is given: recorded."""

import contextlib
import io
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from minillm.__main__ import main
from minillm.backend import stream
from minillm.commands import pipeline, pipeline_report
from minillm.commands.tables import percent
from minillm.commands.words import Words
from minillm.tasks import (
    ClassifierTraining,
    TextClassifier,
    classifier_training,
    evaluate,
    evaluate_masked,
    fit_baselines,
)
from minillm.text import Example, require_disjoint
from minillm.text.corpora import load_corpus, unlabelled

SEED, SIZES, EXTRA = 3, (60, 20, 40), 40
CORPUS = load_corpus("sentiment", "en", seed=SEED, sizes=SIZES)
TINY = {"width": 8, "n_layers": 1, "n_heads": 2, "pretrain_epochs": 0.1, "finetune_epochs": 0.5}
KEPT = (  # where, which function, and what of its arguments
    (pipeline, require_disjoint, lambda **parts: parts),
    (pipeline, fit_baselines, lambda train, dev, encoder: (train, dev)),
    (pipeline_report, evaluate, lambda classifier, examples: examples),
    (
        classifier_training,
        evaluate_masked,
        lambda model, train, dev, words, seed: (train, dev, seed),
    ),
    (pipeline_report, stream, lambda *path: path),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What a small pipeline of seed 3 said, what it gave to whom, and the model it saved."""
    given, out, said = {}, tmp_path_factory.mktemp("pipeline"), io.StringIO()

    def noting(function, keep):
        def noted(*arguments, **options):
            given.setdefault(function.__name__, []).append(keep(*arguments, **options))
            return function(*arguments, **options)

        return noted

    class Noted(ClassifierTraining):
        def __init__(self, recipe, examples, unlabelled, **options):
            given.setdefault("training", []).append((recipe.seed, examples, unlabelled))
            super().__init__(recipe, examples, unlabelled, **options)

    def attention_picture(path, weights, tokens, say):
        given["pictured"] = tokens
        return True

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setattr(pipeline, "PIPELINE", replace(pipeline.PIPELINE, **TINY))
        patch.setattr(pipeline, "EXTRA_TEXTS", EXTRA)
        patch.setattr(pipeline, "load_corpus", partial(load_corpus, sizes=SIZES))
        patch.setattr(pipeline, "ClassifierTraining", Noted)
        for module, function, keep in KEPT:
            patch.setattr(module, function.__name__, noting(function, keep))
        patch.setattr(pipeline_report, "attention_picture", attention_picture)
        assert main(["pipeline", "--seed", str(SEED), "--out", str(out)]) == 0
    return said.getvalue(), given, TextClassifier.load(out / "model.safetensors")


@pytest.mark.guide("G1", "G42")
def test_train_is_learned_from_and_penalties_are_chosen_on_dev(run):
    _, given, _ = run
    extra = unlabelled("sentiment", "en", seed=SEED, size=EXTRA)
    assert given["training"] == [(SEED, CORPUS.train, extra)] * 2  # all of it, and the head alone
    assert given["fit_baselines"] == [(CORPUS.train, CORPUS.dev)]
    parts = {"train": CORPUS.train, "dev": CORPUS.dev, "test": CORPUS.test}
    assert given["require_disjoint"] == [parts]
    assert given["stream"] == [(SEED, "padding")]


@pytest.mark.guide("G27")
def test_words_are_hidden_in_dev_sentences_and_counted_in_all_that_were_pretrained_on(run):
    _, given, classifier = run
    _, examples, extra = given["training"][0]
    before, after = (
        ([ids.tolist() for ids in train], [ids.tolist() for ids in dev], seed)
        for train, dev, seed in given["evaluate_masked"]
    )
    learned = classifier.encoder([*(text for text, _ in examples), *extra])
    held_out = classifier.encoder([text for text, _ in CORPUS.dev])
    assert before == after
    assert before == ([ids.tolist() for ids in learned], [ids.tolist() for ids in held_out], SEED)


@pytest.mark.guide("G37")
def test_every_score_is_of_test_sentences_and_of_those_that_the_column_names(run):
    said, given, classifier = run
    # the rows of the table, and the confusion matrix
    assert given["evaluate"] == [CORPUS.test] * 6
    scores = evaluate(classifier, CORPUS.test)
    right = scores.predicted == scores.true
    groups = ("concession", "negation", "order", "plain", "single")
    shares = [right.mean()]
    shares += [right[[group in tags for tags in CORPUS.tags["test"]]].mean() for group in groups]
    (row,) = re.findall(r"^BERT, fine-tuned +(.*)$", said, re.MULTILINE)
    all_of_them, _, *parts = re.split(r"\s{2,}", row)
    assert [all_of_them, *parts] == [percent(share) for share in shares]


def test_unknown_words_are_those_of_test_and_the_picture_is_of_a_test_sentence(run):
    said, given, classifier = run
    encoder = classifier.encoder
    rate = encoder.vocabulary.unknown_rate(encoder.tokenize(text for text, _ in CORPUS.test))
    assert rate > 0 and f"unknown in test: {percent(rate)}\n" in said
    hard = np.flatnonzero(["order" in tags for tags in CORPUS.tags["test"]])[0]
    assert given["pictured"] == encoder.vocabulary.decode(encoder([CORPUS.test[hard].text])[0])


def test_what_cleaning_drops_is_not_learned_from(monkeypatch):
    dirty = CORPUS._replace(train=[*CORPUS.train, Example("?!", "negative")])
    monkeypatch.setattr(pipeline, "load_corpus", lambda *_, **__: dirty)
    corpus, _ = pipeline.read("sentiment", "en", SEED, Words("en"))
    assert corpus == CORPUS
