"""The study of few examples: every number has its place, and what it draws is drawn apart."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.few_examples import FineTuning
from minillm.labs.learners import AdamSettings
from minillm.labs.pretraining import few_shot
from minillm.labs.pretraining.few_shot import STUDY, Settings, best, draw, measure, untrained
from minillm.labs.small_gpt import SmallGpt
from minillm.labs.stored import read_study
from minillm.labs.worlds.namings import Namings

ADAM = AdamSettings(rate=1e-3, steps=1)
SMALL = Settings(
    world=Namings(domains=("film",), entries=7),
    shares=(0.0, 1.0),
    model=SmallGpt(width=8, n_layers=1, n_heads=2, batch=2, steps=1, warmup=0),
    shots=(0, 1, 3),
    draws=2,
    tuning=FineTuning(whole=ADAM, head=ADAM),
)


def test_every_number_of_a_seed_is_measured():
    found = measure(SMALL, 0)
    assert {key: number.shape for key, number in found.items()} == {
        "in context": (2, 2, 4, 3, 3, 2),
        "tuned": (3, 2, 2, 2, 2, 2),
        "bag of words": (2, 2, 2),
        "best": (3, 3, 2),
    }
    assert (found["in context"] >= 0).all()
    found |= {"in context": found["in context"][:, :, :2], "tuned": found["tuned"][:, :, 0]}
    assert all(((numbers >= 0) & (numbers <= 1)).all() for numbers in found.values())
    assert (found["bag of words"] == 0.5).all()  # it never saw the adjectives


def test_the_gpt_of_the_study_has_a_hundred_thousand_weights_and_reads_the_longest_list():
    language, world = untrained(Settings(), 0), Settings().world
    assert language.model.parameter_count() >= 100_000
    assert 2 * max(Settings().shots) < world.entries
    text = "; ".join(f"{word} dax" for word, _ in world.examples[: world.entries]) + ";"
    assert len(language.encode(text)) == language.model.config.max_length
    assert not (language.encode(text) == language.vocabulary.unknown_id).any()
    for word in (*world.usual, *world.drawn):
        assert language.prompt(word)[1] != language.vocabulary.unknown_id


@pytest.mark.parametrize("kind", STUDY.settings.labels)
def test_a_draw_shows_k_of_each_class_and_asks_about_all_others(kind):
    settings = Settings()
    for k in (0, 1, 5):
        shown, right = draw(settings, k, 3, kind, 0), draw(settings, k, 3, "right", 0)
        texts = [text for text, _ in shown.examples]
        assert texts == [text for text, _ in right.examples] and len(texts) == 2 * k
        asked = [one.text for one in shown.asked.queries]
        assert sorted(texts + asked) == sorted(text for text, _ in settings.world.examples)
        assert set(shown.asked.queries) <= set(settings.world.examples)
        assert shown.words == right.words
        differ = [a != b for a, b in zip(shown.examples, right.examples, strict=True)]
        assert shown.wrong == sum(differ) and (kind != "right" or not shown.wrong)
    draws = [draw(settings, 5, r, kind, 0) for r in range(6)]
    assert len({tuple(one.examples) for one in draws}) == 6
    assert len({tuple(one.words.values()) for one in draws}) > 3


def test_the_best_answer_goes_by_how_many_labels_are_wrong(monkeypatch):
    found = best(replace(SMALL, draws=40), 0)
    right, noisy, shuffled = found
    assert (right[0] == 0.5).all() and (right[1:] == 1).all()
    assert 0.8 < noisy[1].mean() < 1
    assert shuffled.mean() == pytest.approx(0.5, abs=0.15)


def test_each_share_has_a_model_of_its_own_and_the_last_is_untrained(monkeypatch):
    noted = []
    monkeypatch.setattr(few_shot, "pretrained", lambda settings, share, seed: share)
    monkeypatch.setattr(few_shot, "untrained", lambda settings, seed: "untrained")
    for name in ("in_context", "tuned"):
        monkeypatch.setattr(
            few_shot, name, lambda s, model, seed, name=name: noted.append((name, model)) or 0.0
        )
    measure(SMALL, 0)
    models = [0.0, 1.0]
    wanted = [("in_context", m) for m in models] + [("tuned", m) for m in [*models, "untrained"]]
    assert noted == wanted


def test_lists_and_first_weights_are_the_same_for_every_share_but_for_their_words():
    one, other = (untrained(SMALL, 5).model.state_dict() for _ in range(2))
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name])


@pytest.mark.guide("G51")
def test_the_study_says_that_the_lists_decide_what_examples_in_the_context_are_worth():
    """Shares, words, plain or calibrated and in nats, labels, numbers of examples, draws."""
    found = read_study("few_shot")["in context"][:, :, :, 0].mean(axis=(0, -1))
    nothing_drawn, half_drawn, all_drawn = found
    assert (nothing_drawn[0] == 1).all() and (half_drawn[0] == 1).all()  # also with shuffled labels
    assert (half_drawn[1, 0, 1:] > 0.99).all()  # drawn words, right labels
    assert (np.abs(half_drawn[1, 2, 1:] - 0.5) < 0.1).all()  # shuffled ones
    assert (np.abs(nothing_drawn[1] - 0.5) < 0.05).all()
    assert (np.abs(all_drawn - 0.5) < 0.02).all()


@pytest.mark.guide("G51")
def test_the_study_says_that_fine_tuning_needs_what_pretraining_brought():
    """Starts, what learns, shares or nats, labels, numbers of examples, draws."""
    stored = read_study("few_shot")
    starts = stored["tuned"][:, :, :, 0].mean(axis=(0, -1))
    assert (starts[:2, :, 0] > 0.99).all()  # usual words in all lists, in half of them
    assert (np.abs(starts[2:, :, 0] - 0.5) < 0.05).all()  # in none; untrained
    assert (stored["bag of words"] == 0.5).all()
