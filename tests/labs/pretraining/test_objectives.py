"""The study of objectives: what each asks, what it teaches, and what the numbers are of."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from minillm.labs import mean_and_interval, read_study
from minillm.labs.pretraining import objectives
from minillm.labs.pretraining.abilities import (
    copied_and_found,
    counted,
    every_review,
    hidden_tokens,
    judged,
    next_nats,
    seen,
    up_to_end,
    written,
)
from minillm.labs.pretraining.filling import framed
from minillm.labs.pretraining.questions import (
    OBJECTIVES,
    Encoder,
    Pretraining,
    asked,
    new_model,
    pretrain,
)
from minillm.labs.two_stages import Sizes
from minillm.labs.worlds.agreement import Agreement
from minillm.ops import IGNORE
from minillm.tasks import NeighbourCounts

LANGUAGE = Agreement(
    nouns="dog/dogs cat/cats", places="near", verbs="eats/eat hides/hide", reasons="hunger fear"
)
READ = framed(LANGUAGE)
WORDS = READ.vocabulary
SENTENCE = READ(LANGUAGE.encode("the dogs near the cat eat from hunger"))[0]
OTHER = int(WORDS.encode(["cats"])[0])
SMALL = Encoder(width=16, n_layers=1, n_heads=2, hidden=32, max_length=10, dropout=0.0)
SHORT = Pretraining(steps=250, batch_size=32, warmup=20)
TRAINED = ("masked", "causal", "plain", "denoising", "plain, bottleneck", "denoising, bottleneck")


def sentences(seed, n):
    return list(READ(LANGUAGE.draw(n, np.random.default_rng(seed))))


@cache
def learned(name, steps=250):
    """A small model after a short pretraining on the small language."""
    training, objective = replace(SHORT, steps=steps), OBJECTIVES[name]
    model = new_model(objective, SMALL, len(WORDS), seed=0)
    if steps:
        batches = asked(objective.question, sentences(0, 400), WORDS, training, seed=0)
        pretrain(model, batches, training, rate=0.01)
    return model


@cache
def told(name):
    """What it makes of shown and of hidden tokens."""
    return copied_and_found(learned(name), sentences(1, 300), WORDS, seed=0)


@pytest.mark.guide("G28")
@pytest.mark.errata("A23")
def test_a_plain_autoencoder_copies_and_finds_nothing_and_a_denoising_one_does_both():
    counts = counted(NeighbourCounts(sentences(0, 400), WORDS), sentences(1, 300), WORDS, seed=0)
    chance, most_frequent = counts["chance"], counts["unigram"]
    assert told("plain")["visible"] == 1.0
    assert told("plain")["masked"][0] <= most_frequent[0] + 0.1  # of words in their frequency
    assert told("plain")["masked"][1] > chance[1]  # sure of what is wrong: worse than not knowing
    for name in ("denoising", "masked"):
        right, nats = told(name)["masked"]
        assert right > most_frequent[0] + 0.3 and nats < most_frequent[1] - 1
    assert told("denoising")["visible"] == 1.0


@pytest.mark.guide("G28")
def test_through_a_bottleneck_even_the_plain_one_has_something_to_learn():
    """A vector of 16 numbers is no table of ten tokens: what is said again had to be kept."""
    name = "plain, bottleneck"
    before, after = (
        copied_and_found(learned(name, steps), sentences(1, 300), WORDS, seed=0)["visible"]
        for steps in (0, 250)
    )
    assert before < 0.4 < 0.6 < after < 1


@pytest.mark.guide("G33")
@pytest.mark.parametrize("name", TRAINED)
def test_the_masks_and_what_is_asked(name):
    """Which outputs (rows) depend on which tokens (columns), to the bit; then the question."""
    sees, n = seen(learned(name), SENTENCE, OTHER), len(SENTENCE)
    changed = SENTENCE != OTHER
    wanted = np.tri(n, dtype=bool) if name == "causal" else np.ones((n, n), dtype=bool)
    print(f"{name}\n{sees.astype(int)}")
    np.testing.assert_array_equal(sees, wanted & changed)

    (batch,) = asked(
        OBJECTIVES[name].question, [SENTENCE], WORDS, replace(SHORT, steps=1, batch_size=1), 0
    )
    shown, wanted = batch.ids[0], batch.targets[0]
    hidden = shown != SENTENCE
    if name == "causal":
        assert not hidden.any() and np.array_equal(wanted[:-1], SENTENCE[1:])
        assert wanted[-1] == IGNORE
    else:
        asked_for = wanted != IGNORE
        np.testing.assert_array_equal(wanted[asked_for], SENTENCE[asked_for])
        assert asked_for.sum() == (1 if name == "masked" else n - 2)
        assert ("plain" in name) == (not hidden.any())


@pytest.mark.guide("G33")
def test_masked_and_causal_models_differ_in_mask_and_question_alone():
    (a, b), rows = (learned(name, 0) for name in ("masked", "causal")), sentences(0, 8)
    for (name, left), (other, right) in zip(
        a.named_parameters(), b.named_parameters(), strict=True
    ):
        assert name == other and np.array_equal(left.data, right.data)
    originals = []
    for name in TRAINED:
        batches = list(asked(OBJECTIVES[name].question, rows, WORDS, replace(SHORT, steps=3), 0))
        causal = name == "causal"
        originals.append(
            [x.ids if causal else np.where(x.targets == IGNORE, x.ids, x.targets) for x in batches]
        )
    for found in originals[1:]:
        np.testing.assert_array_equal(np.array(found), np.array(originals[0]))


@pytest.mark.guide("G33")
def test_the_causal_model_writes_and_its_next_tokens_cost_what_the_language_costs():
    model = learned("causal")
    texts = written(model, WORDS, 50, 10, np.random.default_rng(0))
    known = {tuple(WORDS.decode(READ(row[None])[0, 1:-1])) for row in LANGUAGE.every[0]}
    assert np.mean([tuple(text) in known for text in texts]) > 0.5
    assert len({tuple(text) for text in texts}) > 10
    entropy = -LANGUAGE.every[1] @ np.log(LANGUAGE.every[1]) / (LANGUAGE.length + 1)
    assert entropy - 0.05 < next_nats(model, sentences(1, 300), rows=64) < entropy + 0.1
    unlearned = written(learned("causal", 0), WORDS, 20, 10, np.random.default_rng(0))
    assert not any(tuple(text) in known for text in unlearned)


def test_hidden_tokens_are_those_under_mask_and_shown_ones_are_untouched():
    for batch in hidden_tokens(sentences(1, 100), WORDS, seed=0):
        assert (batch.ids[batch.asked] == WORDS.mask_id).all()
        assert (batch.original[batch.asked] >= READ.first).all()
        assert (batch.ids[batch.shown] == batch.original[batch.shown]).all()
        assert not (batch.shown & batch.asked).any() and batch.asked.any()
        assert np.isin(batch.shown.sum(axis=1), [7]).all()  # one of eight is chosen


def test_counts_are_asked_for_the_same_tokens():
    rows = sentences(1, 100)
    counts = NeighbourCounts(sentences(0, 400), WORDS)
    found, nats = counted(counts, rows, WORDS, seed=0), []
    for batch in hidden_tokens(rows, WORDS, seed=0):
        for i, j in zip(*np.nonzero(batch.asked), strict=True):
            left, right = batch.ids[i, j - 1], batch.ids[i, j + 1]
            nats.append(-counts.log_probability(batch.original[i, j], left, right))
    assert found["neighbours"][1] == pytest.approx(np.mean(nats))
    n = len(LANGUAGE.words)
    np.testing.assert_allclose(found["chance"], [1 / n, np.log(n)])


def test_written_texts_are_judged_by_the_grammar_and_by_what_was_read():
    known, other = (tokens.split() for tokens in ("a b", "c"))
    one, two, *_ = map(list, sorted(every_review("en")))
    found = judged([one, two, known, other], "en", read={tuple(two)})
    assert found == (0.5, 0.25, (len(one) + len(two) + 3) / 4)


def test_a_text_ends_before_its_first_end():
    sep = WORDS.decode([WORDS.sep_id])[0]
    assert up_to_end(["a", sep, "b", sep], WORDS) == ["a"] and up_to_end(["a"], WORDS) == ["a"]


@pytest.mark.guide("G33")
def test_every_number_of_a_seed_is_measured_and_both_classify():
    tried = ("none", "masked", "causal", "plain, bottleneck")
    tiny = replace(
        objectives.STUDY.settings,
        sizes=Sizes(train=40, dev=20, test=30, extra=60),
        encoder=SMALL,
        pretraining=replace(SHORT, steps=2, warmup=1),
        objectives=tuple(one for one in objectives.CHOSEN if one.name in tried),
        labels=(20, 40),
        updates=1,
        written=3,
    )
    found = objectives.measure(tiny, 0)
    shapes = {key: np.shape(value) for key, value in found.items()}
    length = shapes["masked, sees"][0]
    for name in tried[1:]:
        assert shapes[f"{name}, masked"] == (2,) and shapes[f"{name}, sees"] == (length, length)
        assert (f"{name}, visible" in found) == (name != "causal")
        assert (f"{name}, next" in found) == (f"{name}, written" in found) == (name == "causal")
    for name in tried:
        assert shapes[f"{name}, probe"] == (2,) and shapes[f"{name}, fine-tuned"] == (2, 3)
    assert "none, masked" not in found
    assert shapes["bag of words"] == shapes["bag of words and pairs"] == (2, 3)
    assert shapes["neighbours, masked"] == (2,) and shapes["n-grams, next"] == ()


@pytest.mark.guide("G28")
@pytest.mark.errata("A23")
def test_in_every_stored_seed_the_plain_autoencoder_only_copies_and_the_denoising_one_learns():
    runs = read_study("objectives")
    assert (runs["plain, visible"] > 0.9999).all()
    assert (runs["plain, masked"][:, 0] < runs["chance, masked"][:, 0] + 0.005).all()
    assert (runs["plain, masked"][:, 1] > runs["chance, masked"][:, 1]).all()
    assert (runs["denoising, visible"] > 0.999).all()
    more, half = mean_and_interval(runs["neighbours, masked"] - runs["denoising, masked"])
    assert -more[0] > half[0] and more[1] > half[1]  # more found than by counting, for less
    for name in ("plain, bottleneck", "denoising, bottleneck"):
        assert ((runs[f"{name}, visible"] > 0.6) & (runs[f"{name}, visible"] < 0.8)).all()


@pytest.mark.guide("G33")
def test_in_the_stored_seeds_masks_differ_one_of_both_writes_and_both_classify_alike():
    runs = read_study("objectives")
    n = runs["causal, sees"].shape[1]
    assert (runs["causal, sees"] == np.tri(n)).all() and (runs["masked, sees"] == 1).all()
    assert (runs["causal, next"] < runs["n-grams, next"] - 0.1).all()
    assert (runs["causal, written"][:, 0] > 0.3).all()
    masked, causal = (runs[f"{name}, fine-tuned"][:, 1, 0] for name in ("masked", "causal"))
    assert min(masked.mean(), causal.mean()) > runs["bag of words"][:, 1, 0].mean()
    change, half = mean_and_interval(causal - masked)
    assert abs(change) < half  # which of them is the better start, five seeds do not decide
