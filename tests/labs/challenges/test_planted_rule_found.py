"""What the study of the planted rule found, in its stored numbers."""

import numpy as np
import pytest

from minillm.labs.challenges.planted_rule import STUDY
from minillm.labs.challenges.planted_rule_methods import COLUMNS, METHODS
from minillm.labs.statistics import mean_and_interval
from minillm.labs.stored import read_study

IDLE, ASKED, STRONG, COINS = range(4)  # the topic has no weight, 1, 4; nothing decides
CAUSAL = ("integrated gradients", "occlusion")
LOOKING = ("attention", "rollout")
MARGIN = 0.05  # of a control


@pytest.fixture(scope="module")
def found():
    return read_study(STUDY.name)


@pytest.fixture(scope="module")
def shares(found):
    """A column of a method, (seeds, arms)."""
    return lambda method, column: found["methods"][
        :, :, [*METHODS].index(method), COLUMNS.index(column)
    ]


def certain(differences):
    """The least that the mean of all seeds is, with 95 % confidence."""
    mean, half = mean_and_interval(differences)
    return float(mean - half)


def test_the_study_says_that_its_models_follow_the_rule_and_only_coins_are_followed_by_none(found):
    accuracy, topics, turned, stayed = found["follows"].transpose(2, 1, 0)
    for arm in (IDLE, ASKED, STRONG):
        assert min(accuracy[arm].min(), turned[arm].min(), stayed[arm].min()) > 0.98
    assert topics[ASKED:].min() > 0.99 and topics[IDLE].mean() < 0.25
    assert accuracy[COINS].mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.guide("G52")
def test_the_study_says_that_occlusion_and_integrated_gradients_find_what_decides(shares):
    for method in CAUSAL:
        assert shares(method, "first")[:, :COINS].min() > 0.95
        assert shares(method, "topic first")[:, :COINS].max() < 0.02
    assert shares("occlusion", "all")[:, :COINS].min() > 0.98
    assert shares("random", "first").mean() == pytest.approx((1 + 1 / 3) / 8, abs=0.03)


@pytest.mark.guide("G52")
@pytest.mark.parametrize("method", LOOKING)
@pytest.mark.parametrize("arm", [ASKED, STRONG])
def test_the_study_says_that_attention_looks_at_the_topic_which_does_not_decide(
    shares, method, arm
):
    """In six seeds; in five others it is of the same size, .21 to .46, and once not certain."""
    topic = shares(method, "topic first")
    assert certain(topic[:, arm] - topic[:, IDLE]) > 0.0 and topic[:, IDLE].mean() < 0.02
    assert certain(shares("occlusion", "first")[:, arm] - shares(method, "first")[:, arm]) > 0.0


def test_the_study_says_that_what_decides_is_lost_among_what_is_looked_at(shares):
    """About three texts of ten; of five other seeds as many (.36, .22), and it is not certain."""
    for method in LOOKING:
        first = shares(method, "first")
        lost = first[:, IDLE] - first[:, [ASKED, STRONG]].mean(axis=1)
        assert lost.mean() > 0.2 and mean_and_interval(lost)[1] > 0.2  # seeds differ widely


def test_the_study_says_that_gradient_times_input_is_misled_too_and_the_norm_hardly(shares):
    product, norm = (
        shares(method, "topic first")[:, STRONG] for method in ("gradient x input", "gradient norm")
    )
    assert certain(product - norm) > 0.05
    assert shares("gradient norm", "first")[:, :COINS].mean() == pytest.approx(0.83, abs=0.05)


def test_the_study_says_that_attention_matters_to_the_answer_all_the_same(found):
    """Permuted weights change it by a third: that they move something says not what decides."""
    assert found["permuted"][:, :COINS].mean(axis=0).min() > 0.3
    assert found["permuted"][:, COINS].max() < 0.1


@pytest.mark.guide("G52")
def test_the_study_says_that_every_curve_is_better_than_a_random_one_and_few_tell_methods_apart(
    shares,
):
    for method in [*METHODS][1:]:
        for arm in (IDLE, ASKED, STRONG):
            gained = shares("random", "deletion")[:, arm] - shares(method, "deletion")[:, arm]
            assert certain(gained) > 0.05, method
            gained = shares(method, "insertion")[:, arm] - shares("random", "insertion")[:, arm]
            assert certain(gained) > 0.05, method
    misled, right = (shares(name, "deletion")[:, ASKED].mean() for name in ("attention", "rule"))
    assert 0.0 < misled - right < 0.05 < shares("random", "deletion")[:, ASKED].mean() - right


def test_the_study_says_that_where_nothing_decides_no_curve_is_better_than_a_random_one(shares):
    """A method always puts some word first; the areas say that it has no effect."""
    for method in [*METHODS][1:]:
        for column in ("deletion", "insertion"):
            differences = (shares(method, column) - shares("random", column))[:, COINS]
            mean, half = mean_and_interval(differences)
            assert abs(mean) + half < MARGIN, (method, column)
    assert shares("occlusion", "topic first")[:, COINS].mean() > 0.8


@pytest.mark.guide("G52")
def test_the_study_says_how_many_steps_completeness_takes(found):
    gap = found["gap"][:, :COINS].mean(axis=(0, 1))  # by 1, 2, 4, 8, 16, 32 steps
    assert (np.diff(gap) < 0).all()
    assert gap[0] > 1.0 and 0.1 < gap[2] < 0.6 and gap[4] < 0.05 and gap[5] < 0.005


def test_the_study_says_that_a_clue_moves_to_the_first_token_and_the_topic_brings_nothing(found):
    effects = found["patched"][:, :COINS]  # (seeds, arms, layers, start clue topic)
    np.testing.assert_allclose(effects[:, :, 0, 1], 1.0, atol=0.01)
    np.testing.assert_allclose(effects[:, :, 2, 0], 1.0, atol=0.01)
    assert np.abs(effects[..., 2]).mean() < 0.02


@pytest.mark.guide("G52")
def test_the_study_says_that_a_probe_is_selective_only_where_the_text_was_read(found):
    """In the last layer by .08; in five other seeds by .11, which are too few to be certain."""
    task, control = found["probes"][:, :COINS].mean(axis=1).transpose(2, 1, 0)  # (layers, seeds)
    assert certain(control[0] - task[0]) > 0.3  # the word by heart, and no "not" before it
    assert certain(task[2] - task[0]) > 0.1 and (task[2] - control[2]).mean() > 0.05
    coins = found["probes"][:, COINS, 2]
    assert (coins[:, 1] > coins[:, 0]).all()
