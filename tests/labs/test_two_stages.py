"""A BERT that is pretrained once: copies are fine-tuned, it stays what it was."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.two_stages import Sizes, TwoStages, accuracy_by_group, draw_texts
from minillm.tasks import ClassifierTraining
from minillm.text.corpora import load_corpus, unlabelled
from tests.labs.planted_models import Says, grammar
from tests.tasks.small import TEN_AND_TEN

SIZES = Sizes(train=24, dev=8, test=12, extra=16)
RECIPE = replace(TEN_AND_TEN, max_length=24)


@pytest.fixture(scope="module")
def stages():
    texts = draw_texts("sentiment", "en", SIZES, seed=3)
    return TwoStages(texts.corpus.train, texts.extra, RECIPE, seed=7)


def same(a, b):
    return {name: bool((array == b[name]).all()) for name, array in a.items()}


def test_the_texts_are_those_of_the_seed_and_the_dial():
    for dial in (True, False):
        found = draw_texts("sentiment", "zh", SIZES, seed=5, single_clauses=dial)
        options = {"seed": 5, "single_clauses": dial}
        assert found.corpus == load_corpus("sentiment", "zh", sizes=(24, 8, 12), **options)
        assert found.extra == unlabelled("sentiment", "zh", size=16, **options)


def test_a_copy_is_finetuned_and_the_pretrained_model_stays(stages):
    assert stages.training.recipe.seed == 7
    before = {k: v.copy() for k, v in stages.training.model.state_dict().items()}
    start = ClassifierTraining(replace(RECIPE, seed=7), stages.examples, stages.extra)
    assert not all(same(before, start.model.state_dict()).values())  # it has been pretrained

    model = stages.finetuned(head_only=True).model.bert.state_dict()
    assert all((v == before[f"masked.bert.{k}"]).all() for k, v in model.items())
    stages.finetuned(finetune_epochs=2)
    assert all(same(before, stages.training.model.state_dict()).values())


def test_without_pretraining_it_begins_where_a_fresh_model_does(stages):
    fresh = ClassifierTraining(
        replace(RECIPE, seed=7, pretrain_epochs=0), stages.examples, stages.extra
    )
    for _ in fresh.finetune():
        pass
    found = stages.finetuned(pretrained=False).model.state_dict()
    assert all(same(found, fresh.result().model.state_dict()).values())
    assert not all(same(found, stages.finetuned().model.state_dict()).values())


def test_how_the_sentence_is_read_can_be_changed(stages):
    assert stages.finetuned(pooling="mean").model.pooling == "mean"


def test_the_accuracy_of_a_group_is_that_of_its_examples():
    test = load_corpus("sentiment", "en", sizes=(0, 0, 8)).test
    wrong = {"negative": "positive", "positive": "negative"}
    label = grammar("en")
    half = [i % 2 == 0 for i in range(8)]
    known = {text: i % 2 == 0 for i, (text, _) in enumerate(test)}
    classifier = Says(lambda text: label[text] if known[text] else wrong[label[text]])
    groups = {"all": np.ones(8, bool), "first": np.array(half), "rest": ~np.array(half)}
    assert accuracy_by_group(classifier, test, groups) == [0.5, 1.0, 0.0]


def test_the_first_labels_are_learned_and_the_rest_are_texts_like_the_others(stages):
    """The words have the same numbers, or the pretrained weights would be those of others."""
    few = stages.finetuned(labels=6, finetune_epochs=2)
    assert few.encoder.vocabulary.tokens == stages.training.encoder.vocabulary.tokens
    alone = TwoStages(stages.examples[:6], [], RECIPE, seed=7)
    assert alone.training.encoder.vocabulary.tokens != few.encoder.vocabulary.tokens
    whole = stages.finetuned(finetune_epochs=2).model.state_dict()
    assert not all(same(few.model.state_dict(), whole).values())

    changed = TwoStages.__new__(TwoStages)
    changed.training, changed.extra = stages.training, stages.extra
    turned = [(text, "unknown") for text, _ in stages.examples[6:]]
    changed.examples = [*stages.examples[:6], *turned]  # labels that are never read
    found = changed.finetuned(labels=6, finetune_epochs=2).model.state_dict()
    assert all(same(found, few.model.state_dict()).values())
    bags = changed.baselines(stages.examples[:6], labels=6)
    assert set(bags["bag of words"].labels.names) == {label for _, label in stages.examples[:6]}
