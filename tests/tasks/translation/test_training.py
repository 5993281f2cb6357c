"""From pairs of sentences to a translator: what is learned, kept and resumed."""

import math

import numpy as np
import pytest

from minillm.backend import CheckpointError
from minillm.models import next_tokens
from minillm.ops import IGNORE
from minillm.tasks.translation import (
    TranslationRecipe,
    WordForWord,
    evaluate_translations,
    translation_loss,
)
from minillm.tasks.translation.batches import as_ids, n_targets, training_batches
from minillm.text.parallel_files import Pair
from minillm.training import ShardedGradients, mean_gradients
from tests.streams import asked_twice, note_streams
from tests.tasks.small import as_bytes
from tests.tasks.translation.little import ALL, LEARNS, TEST, TINY, TRAIN, train


@pytest.fixture(autouse=True)
def save_every_five(monkeypatch):
    """Checkpoints after updates 5, 10, 15 and 20."""
    monkeypatch.setattr("minillm.tasks.translation.training.SAVE_EVERY", 5)


@pytest.mark.guide("G38")
def test_an_encoder_decoder_learns_a_language_that_word_for_word_cannot(learned):
    """Sentences that it has never read: their words turned round, "not" around the verb."""
    assert not {pair.source for pair in TRAIN} & {pair.source for pair in TEST}
    scores, written = evaluate_translations(learned.result(), TEST)
    assert scores.exact == 1.0
    assert scores.bleu.score == pytest.approx(100.0)
    lengths = [(len(w.split()), len(s.split())) for w, (s, _) in zip(written, TEST, strict=True)]
    assert {own - source for own, source in lengths} == {1, 2}  # never the source's length
    assert evaluate_translations(WordForWord.learn(TRAIN), TEST)[0].exact == 0.0


@pytest.mark.guide("G38")
@pytest.mark.parametrize(
    "other",
    [
        {"order": "post", "lr": 5e-3},
        {"positions": "learned"},
        {"separate": True, "tokenizer": "byte_pairs:300", "max_length": 20},
        {"schedule": "inverse_sqrt"},
    ],
    ids=lambda other: next(iter(other.values())),
)
def test_every_kind_learns_it(other):
    training, steps = train(settings={**LEARNS, **other})
    losses = [step.held_out_loss for step in steps if step.held_out_loss is not None]
    assert min(losses) < 0.25
    assert evaluate_translations(training.result(), TEST)[0].exact > 0.9


@pytest.mark.parametrize("stop", [5, 7, 18])
def test_a_run_that_is_left_and_resumed_ends_at_the_same_bits(tmp_path, stop):
    whole, _ = train(out=tmp_path / "whole")
    train(out=tmp_path / "left", stop=stop)
    again, steps = train(out=tmp_path / "left", resume=True)
    assert len(steps) == 20 - stop // 5 * 5
    assert as_bytes(again.model.state_dict()) == as_bytes(whole.model.state_dict())
    for name in ("checkpoint.safetensors", "record.jsonl"):
        assert (tmp_path / "left" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize(
    "other",
    [{"pairs": TRAIN[1:]}, {"held_out": TEST[1:]}, {"settings": {"smoothing": 0.2}}],
    ids=["pairs", "held out", "smoothing"],
)
def test_a_run_of_something_else_does_not_resume(tmp_path, other):
    train(out=tmp_path, stop=6)
    with pytest.raises(CheckpointError):
        train(out=tmp_path, resume=True, **other)


def test_the_weights_with_the_least_held_out_loss_are_kept_and_patience_ends_it():
    """What is held out has the targets of other sentences: learning soon makes it worse."""
    wrong = [Pair(a.source, b.target) for a, b in zip(TEST, TEST[1:] + TEST[:1], strict=True)]
    settings = {"lr": 2e-2, "steps": 80, "patience": 3, "dropout": 0.0}
    training, steps = train(held_out=wrong, settings=settings)
    losses = [step.held_out_loss for step in steps if step.held_out_loss is not None]
    assert len(steps) < 80
    assert min(losses) < losses[-1]
    assert training.held_out_loss() == pytest.approx(min(losses), rel=1e-6)


def test_the_held_out_loss_is_the_mean_over_all_tokens_without_smoothing(learned):
    translator, total, n = learned.result(), 0.0, 0
    for pair in TEST:
        source = translator.tokens.encode_source(pair.source)[None]
        inputs, targets = next_tokens(translator.tokens.encode_target(pair.target)[None])
        total += float(translator.model.loss(source, inputs, targets, reduction="sum"))
        n += targets.size
    pairs = as_ids(TEST, translator.tokens, 10)
    assert translation_loss(translator.model, pairs, rows=5) == pytest.approx(total / n, rel=1e-5)
    assert translator.loss(TEST) == pytest.approx(total / n, rel=1e-5)


def test_what_is_trained_on_is_smoothed_and_begins_near_guessing():
    training, steps = train(settings={"dropout": 0.0}, stop=1)
    guessing = math.log(len(training.translator.tokens.target.vocabulary))
    assert guessing - 0.1 < float(steps[0].loss) < guessing + 1.2
    batch = next(training.batches(0, 1))
    smoothed, plain = (float(training.model.loss(*batch, smoothing=s)) for s in (0.1, 0.0))
    assert float(training.loss_of(batch)) == smoothed
    assert abs(smoothed - plain) > 1e-4


@pytest.mark.guide("G38")
def test_every_pair_is_in_one_batch_of_an_epoch_beside_pairs_of_its_length(learned):
    pairs = [pair for pair, _ in ALL[:-1]]
    ids = as_ids(pairs, learned.translator.tokens, 10)
    batches = list(training_batches(ids, batch_size=8, seed=3, start=0, stop=12))
    seen = [
        tuple(row[real]) for b in batches for row, real in zip(b.source, b.source_mask, strict=True)
    ]
    assert sorted(seen) == sorted(tuple(one.source) for one in ids)
    assert sum(map(n_targets, batches)) == sum(len(one.target) - 1 for one in ids)
    for batch in batches:
        real = batch.targets != IGNORE
        np.testing.assert_array_equal(
            batch.inputs[:, 1:][real[:, 1:]], batch.targets[:, :-1][real[:, 1:]]
        )
        assert (batch.inputs[:, 0] == learned.translator.bos).all()
    assert sum(b.source_mask.all() for b in batches) > 8  # of 12 batches most need no padding
    again = list(training_batches(ids, batch_size=8, seed=3, start=5, stop=7))
    for got, want in zip(again, batches[5:7], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(got, want, strict=True))


def test_threads_share_a_batch_of_pairs():
    training, _ = train(stop=0, settings={"dropout": 0.0})
    batch = next(training.batches(0, 1))
    found = []
    for gradients in (mean_gradients, ShardedGradients(2, n_targets, worthwhile=0)):
        parameters = training.model.parameters()
        found.append(
            gradients(training.loss_of, [batch], parameters, counts=[1.0], allow_unused=False)
        )
    assert float(found[0][0]) == pytest.approx(float(found[1][0]), rel=1e-5)
    for one, other in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_no_two_things_are_drawn_from_one_stream(monkeypatch):
    found = note_streams(monkeypatch)
    train()
    assert asked_twice(found) == {}
    assert {path[0] for path in found} == {TINY.seed}


def test_tokens_come_from_the_pairs_that_are_learned_from_alone():
    one, _ = train(stop=0)
    other, _ = train(held_out=[Pair("zebra zebra", "zebro zebro")] * 3, stop=0)
    assert one.translator.tokens.to_json() == other.translator.tokens.to_json()


def test_long_pairs_are_left_out_and_counted():
    long = Pair("cat " * 10, "la kato")
    training, _ = train([*TRAIN, long, Pair(*long[::-1])], [*TEST, long], stop=0)
    assert training.left_out == (2, 1)
    assert len(training.pairs) == len(TRAIN)
    with pytest.raises(ValueError, match="got 0 and 24, beside 3 and 0 of more than max_length"):
        train([long] * 3)
    with pytest.raises(ValueError, match="got 72 and 0"):
        train(held_out=[])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("steps", 0), ("lr", -1.0), ("dropout", math.inf), ("dropout", 1.0), ("width", 15)),
        *(("order", "middle"), ("schedule", "linear"), ("smoothing", 1.0), ("max_length", 1)),
        *(("evaluate_every", 0), ("held_out_pairs", 0), ("positions", "rotary")),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        TranslationRecipe(**{name: value})
    with pytest.raises(ValueError, match="must be even"):
        TranslationRecipe(width=15, n_heads=3)
