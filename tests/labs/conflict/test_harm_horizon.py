"""The study of the harm horizon: its gradients, its policies, and what the stored numbers say."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs import read_study
from minillm.labs.conflict.harm_horizon import (
    STUDY,
    measure,
    tables_of,
    texts_of,
    theorem_gradients,
    whole,
    word_gradients,
)
from minillm.labs.learners import AdamSettings
from minillm.labs.small_gpt import GptSizes, GptTraining, new_gpt
from minillm.labs.worlds.answer_tree import word_harm

SETTINGS = STUDY.settings
HORIZONS = SETTINGS.horizons
SMALL = replace(
    SETTINGS,
    length=4,
    horizons=(2, 4),
    model=GptSizes(width=8, n_layers=1, n_heads=2),
    reading=GptTraining(batch=8, steps=60, rate=0.01, warmup=5),
    safety=AdamSettings(rate=0.01, steps=120),
)


def random_gpt(seed):
    model = new_gpt(replace(SMALL.model, std=0.8), vocabulary_size=4, max_length=4, seed=seed)
    model.to_dtype(np.float64)
    return model


def test_the_tables_of_a_gpt_are_what_it_says_behind_every_beginning():
    model = random_gpt(0)
    log_p = whole(tables_of(model, SMALL)).data
    assert np.exp(log_p).sum() == pytest.approx(1.0)
    logits = model(np.array([[3, 2, 0, 1]])).data[0, :, :3]
    steps = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    answer = (2, 0, 1, 1)
    place = np.ravel_multi_index(answer, (3,) * 4)
    assert log_p[place] == pytest.approx(steps[np.arange(4), answer].sum())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("horizon", [1, 2, 4])
def test_in_the_weights_of_random_gpts_both_ways_give_one_gradient(seed, horizon):
    """No word behind the horizon has one, though all words share the weights."""
    model, harm = random_gpt(seed), word_harm(3, 4, horizon)
    found, theorem = (
        way(lambda: tables_of(model, SMALL), model.parameters(), harm)
        for way in (word_gradients, theorem_gradients)
    )
    np.testing.assert_allclose(found, theorem, atol=1e-12)
    np.testing.assert_allclose(found[horizon:], 0.0, atol=1e-12)
    assert (np.linalg.norm(found[:horizon], axis=1) > 1e-4).all()


def test_the_gradients_of_the_words_add_up_to_that_of_the_expected_harm():
    model, harm = random_gpt(1), word_harm(3, 4, 3)
    gradient = word_gradients(lambda: tables_of(model, SMALL), model.parameters(), harm).sum(axis=0)
    weight = model.blocks[0].feed_forward.inner.bias
    names = [name for name, _ in model.named_parameters()]
    place = names.index("blocks.0.feed_forward.inner.bias")
    before = sum(p.size for p in model.parameters()[:place])

    def harmed(value):
        weight.data = np.array([value, *weight.data[1:]])
        return np.exp(whole(tables_of(model, SMALL)).data) @ harm

    start = weight.data[0]
    difference = (harmed(start + 1e-5) - harmed(start - 1e-5)) / 2e-5
    assert gradient[before] == pytest.approx(difference, rel=1e-5)


def test_texts_begin_alike_and_follow_the_chain_of_their_seed():
    drawn = texts_of(SMALL, 0)(4000)
    assert drawn.shape == (4000, 5) and (drawn[:, 0] == 3).all()
    assert np.unique(drawn[:, 1:]).tolist() == [0, 1, 2]
    after = [np.bincount(drawn[:, 2:][drawn[:, 1:-1] == w], minlength=3) for w in range(3)]
    shares = np.array([counts / counts.sum() for counts in after])
    other = texts_of(SMALL, 1)(4000)
    assert np.abs(shares[0] - shares[1]).max() > 0.1
    assert np.abs(np.bincount(other.ravel()) - np.bincount(drawn.ravel())).max() > 100


def test_every_number_of_a_seed_is_measured_and_the_gpt_comes_near_the_best_policy():
    found = measure(SMALL, 100)
    rows = dict.fromkeys(("gradient", "variance"), (2, 4))
    rows |= dict.fromkeys(("kl, best", "kl, gpt", "kl, gpt without penalty"), (2, 4))
    assert {k: v.shape for k, v in found.items()} == {**rows, "error": (2,), "harm": (2, 4)}
    assert found["error"].max() < 1e-12
    before, best, learned, free = found["harm"].T
    assert (best < 0.05).all() and (np.abs(learned - best) < 0.03).all() and (free < 0.02).all()
    assert (before > 0.1).all()
    assert np.abs(found["kl, gpt"] - found["kl, best"]).max() < 0.1


def behind(numbers, i):
    """Of the i-th horizon, the numbers of the words behind it, (seeds, ...)."""
    return numbers[:, i, HORIZONS[i] :]


def test_the_study_says_that_both_gradients_are_one_and_zero_behind_the_horizon():
    stored = read_study("harm_horizon")
    assert stored["error"].max() < 1e-12
    for i, horizon in enumerate(HORIZONS):
        assert (np.abs(behind(stored["gradient"], i)) < 1e-12).all()
        assert (stored["gradient"][:, i, :horizon] > 1e-4).all()
        assert (stored["gradient"][:, i].argmax(axis=-1) == horizon - 1).all()


def test_the_study_says_that_the_best_policy_moves_no_word_behind_the_horizon():
    stored = read_study("harm_horizon")
    for i, horizon in enumerate(HORIZONS):
        best, learned = stored["kl, best"][:, i], stored["kl, gpt"][:, i]
        assert (np.abs(best[:, horizon:]) < 1e-12).all()
        assert (best.argmax(axis=-1) == horizon - 1).all()
        assert (learned[:, horizon:].sum(axis=-1) < 0.01 * learned.sum(axis=-1)).all()


def test_the_study_says_that_without_a_penalty_shared_weights_move_words_behind_it_as_well():
    """They have no gradient of their own: shares of the distance, by horizon and seed."""
    free = read_study("harm_horizon")["kl, gpt without penalty"]
    shares = [behind(free, i).sum(axis=-1) / free[:, i].sum(axis=-1) for i in range(3)]
    assert np.mean(shares[0]) > 0.5 and min(share.min() for share in shares[:2]) > 0.05
    assert read_study("harm_horizon")["harm"][:, :, 3].max() < 0.001


def test_the_study_says_that_the_best_policy_moves_where_words_decide_most():
    """Correlation over the words of an answer, for every horizon and seed."""
    stored = read_study("harm_horizon")
    for kl, variance in zip(stored["kl, best"], stored["variance"], strict=True):
        for one, other in zip(kl, variance, strict=True):
            assert np.corrcoef(one, other)[0, 1] > 0.95
