"""What a GPT of plain sentences is asked: the same trial for every corpus."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.few_examples import FineTuning
from minillm.labs.learners import AdamSettings
from minillm.labs.plain_shots import Sentences, Trial, plain_shots, pretraining, short
from minillm.labs.pretraining import few_shot_reviews
from minillm.labs.pretraining.few_shot_reviews import without_full_stop
from minillm.labs.real_text import few_shot_sst2
from minillm.tasks import prompt_of
from minillm.text import Example, WordTokenizer
from minillm.text.corpora import load_corpus

ADAM = AdamSettings(rate=1e-3, steps=1)
REVIEWS = few_shot_reviews.STUDY.settings
RECIPE = replace(
    REVIEWS.recipe,
    width=8,
    n_heads=2,
    n_layers=1,
    max_length=100,
    batch_size=2,
    steps=2,
    warmup=1,
    evaluate_every=1,
    held_out_tokens=60,
    min_count=1,
)
SMALL = replace(
    REVIEWS.few,
    queries=4,
    shots=(0, 1, 2),
    draws=2,
    longest=14,
    tuning=FineTuning(whole=ADAM, head=ADAM),
)


@pytest.fixture(scope="module")
def sentences():
    corpus = load_corpus("sentiment", "en", seed=0, sizes=(400, 20, 60))
    read, held_out = ([text for text, _ in part] for part in (corpus.train, corpus.dev))
    shown, asked = (without_full_stop(part) for part in (corpus.train, corpus.test))
    assert not any(text.endswith(".") for text, _ in (*shown, *asked))
    return Sentences(read, held_out, shown, asked)


def test_every_number_of_a_seed_is_measured(sentences):
    found = plain_shots(RECIPE, SMALL, sentences, 0)
    assert {key: number.shape for key, number in found.items()} == {
        "loss": (),
        "in context": (4, 2, 3, 2),
        "tuned": (2, 2, 2, 2, 2),
        "untrained": (2, 2, 2, 2, 2),
        "bag of words": (2, 2, 2),
    }
    assert found["in context"][:2].max() <= 1 and found["loss"] > 0


def test_queries_are_balanced_short_and_not_among_the_examples(sentences):
    trial = Trial(SMALL, sentences, 0)
    labels = [label for _, label in trial.asked.queries]
    assert labels.count("negative") == labels.count("positive") == 4
    assert set(trial.asked.queries) <= set(sentences.asked)
    assert {len(short([one], SMALL)) for one in (*trial.asked.queries, *trial.pool)} == {1}
    assert trial.words == {"negative": "annoyed", "positive": "delighted"}
    prompt = trial.asked.prompt(trial.draw("right", 1, 0), "The plot was dull", trial.words)
    assert prompt.endswith("The plot was dull; I was") and prompt.count("; I was") == 3
    right, dealt = (trial.draw(kind, 2, 1) for kind in ("right", "shuffled"))
    assert [text for text, _ in right] == [text for text, _ in dealt]
    assert set(right) <= set(trial.pool)


@pytest.mark.parametrize("study", [few_shot_reviews.STUDY, few_shot_sst2.STUDY])
def test_the_longest_prompt_fits_and_nothing_much_is_left(study):
    few = study.settings.few
    longest = Example(" ".join(["so"] * few.longest), "0")
    words = dict(zip("01", few.words, strict=True))
    shown = [longest] * 2 * max(few.shots)
    prompt = prompt_of(shown, longest.text, words, arrow=few.arrow, end=few.end)
    length = len(WordTokenizer().tokenize(prompt))
    assert length <= study.settings.recipe.max_length <= 1.1 * length


def test_the_gpt_has_a_hundred_thousand_weights_and_knows_the_words():
    corpus = load_corpus("sentiment", "en", seed=0, sizes=(2000, 50, 60))
    read, held_out = ([text for text, _ in part] for part in (corpus.train, corpus.dev))
    language = pretraining(REVIEWS.recipe, Sentences(read, held_out, [], [])).result()
    assert language.model.parameter_count() >= 100_000 and not language.documents
    unknown = language.vocabulary.unknown_id
    few = REVIEWS.few
    assert not np.any(language.prompt(f"{few.arrow} {' '.join(few.words)}{few.end}") == unknown)
