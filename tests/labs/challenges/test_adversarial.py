"""The lab of adversarial inputs: its attacks on planted models, its remedies, its controls."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.labs.challenges.adversarial import (
    CONTROLS,
    MEASURES,
    STUDY,
    TEMPLATE,
    evaluate,
    lost,
)
from minillm.labs.challenges.adversarial_attacks import STEPS, Attacked
from minillm.labs.challenges.adversarial_case import (
    Adversarial,
    AttackedEncoder,
    Settings,
    Strengths,
    behind,
    unit,
)
from minillm.labs.challenges.adversarial_directions import STUDY as DIRECTIONS
from minillm.labs.challenges.adversarial_directions import Settings as DirectionSettings
from minillm.labs.challenges.adversarial_directions import measure
from minillm.labs.challenges.adversarial_remedies import REMEDIES
from minillm.labs.compare import cell
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.small_encoder import Encoder, Learning

pytestmark = pytest.mark.guide("G56")
FAST = Settings(
    learned=300,
    tested=40,
    eps=0.2,
    model=Encoder(width=16, n_heads=2, hidden=16, std=0.1),
    learning=Learning(steps=0, rate=1e-2),
    strengths=Strengths(steps=60, tuning=10, few=20, times=2, width=24, dropout=0.3),
)


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return Adversarial(FAST, 0)


def planted(case, forgotten=()):
    """A linear model that counts opinions, and does not know some of the words.

    The first number of a vector says the side; one word of each opinion weighs as much as another.
    """
    model = case.untrained(replace(FAST.model, n_layers=0))
    bad, good = case.settings.world.opinions.swapaxes(0, 1).reshape(2, -1)
    table = np.zeros_like(model.tokens.weight.data)
    table[good, 0], table[bad, 0] = 1.0, -1.0
    table[[*forgotten], 0] *= -1.0  # taken for the other side
    model.tokens.weight.data = table
    model.positions.weight.data = np.zeros_like(model.positions.weight.data)
    line = np.zeros_like(model.output.weight.data)
    line[:, 0] = [-4.5, 4.5]
    model.output.weight.data = line
    model.output.bias.data = np.zeros_like(model.output.bias.data)
    return model


def attacked(case, model):
    return Attacked(model, case.tested, case.alike, np.random.default_rng(0))


def test_words_and_their_vectors_give_the_same_scores(case):
    model = case.untrained(FAST.model).eval()
    ids = case.tested.ids
    np.testing.assert_allclose(
        model.of_vectors(Tensor(model.vectors(ids))).data, model(ids).data, rtol=1e-5, atol=1e-6
    )


def test_what_is_behind_is_the_log_odds_of_the_other_class(case):
    model, ids, labels = planted(case), case.tested.ids, case.tested.labels
    opinions = np.where(np.isin(ids, case.settings.world.opinions[:, 1]), 1, 0).sum(axis=1)
    signed = 2 * opinions - 3  # 3, 1, -1 or -3
    wanted = -np.where(labels == 1, 1, -1) * signed
    found = behind(model, labels)(Tensor(model.vectors(ids))).data
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_of_a_planted_line_every_number_of_every_step_is_known(case):
    """9 times the mean of first numbers: F = -y (good - bad), and |g|_1 = 9 over 9 words."""
    found = attacked(case, planted(case))
    along, size = found.along((0.0, 0.5, 1.0)), unit(found.vectors)
    assert size == pytest.approx((3 / 9 / 16) ** 0.5)
    np.testing.assert_allclose(along["foretold"], 9 * size * np.array([0.0, 0.5, 1.0]), rtol=1e-5)
    np.testing.assert_allclose(along["risen"][0], along["foretold"], rtol=1e-5, atol=1e-6)
    # the gradient has one number of 16, so that its direction is 4 times as effective
    np.testing.assert_allclose(along["risen"][1], 4 * along["foretold"], rtol=1e-5, atol=1e-6)
    assert along["accuracy"][:, 0].tolist() == [1.0] * 4
    narrow = (np.isin(case.tested.ids, case.settings.world.opinions[:, 1]).sum(axis=1) % 3) > 0
    assert along["accuracy"][0, 2] == pytest.approx(1 - narrow.mean())  # 1.3 nats turn those by 1
    assert np.abs(along["risen"][2:]).max() < 0.3


def test_all_steps_of_a_size_are_equally_long_and_two_are_aimed(case):
    found = attacked(case, case.untrained(FAST.model))
    steps = {name: found.step(name, 0.5) for name in STEPS}
    length = 0.5 * unit(found.vectors) * 16**0.5
    for name, step in steps.items():
        np.testing.assert_allclose(np.linalg.norm(step, axis=2), length, rtol=1e-4)
        cosine = (step * found.gradient).sum(axis=2) / length
        cosine /= np.linalg.norm(found.gradient, axis=2)
        assert (cosine.min() > 0.5) == ("gradient" in name)


def test_a_model_that_takes_one_word_for_the_other_side_falls_to_it_and_only_where_it_matters(case):
    word = int(case.settings.world.opinions[1, 1, 7])  # praises, and is rare
    model = planted(case, [word])
    found = attacked(case, model)
    praised = np.isin(case.tested.ids, case.settings.world.opinions[:, 1])
    counted = (praised & (case.tested.ids != word)).sum(axis=1)  # what the model takes for praise
    turned = (case.tested.labels == 1) & (counted == 2)  # one of two becomes one that blames
    for way in ("exhaustive", "first order"):
        before, after = found.swapped(way, 1)
        assert before - after == pytest.approx(turned.mean())
    agreed = found.agreement()
    assert agreed["found, first order"] == agreed["reached, first order"] == 1.0
    assert agreed["found, random"] < 0.7 and agreed["reached, random"] < 0.3


def test_a_model_that_knows_every_word_cannot_be_deceived_by_a_swap(case):
    found = attacked(case, planted(case))
    for way in ("random", "first order", "exhaustive"):
        assert found.swapped(way, 3).tolist() == [1.0] * 4


def test_every_remedy_gives_a_model_of_its_own_and_all_measures(case):
    case = case.with_strengths(steps=20)
    models = {name: remedy(case) for name, remedy in REMEDIES.items()}
    said = {model(case.tested.ids).data.tobytes() for model in models.values()}
    assert len(said) == len(REMEDIES) and {type(m) for m in models.values()} == {AttackedEncoder}
    assert {*MEASURES} < {*evaluate(case, models["none"])}


def test_the_strengths_of_remedies_at_0_are_the_baseline(case):
    off = case.with_strengths(swapped=0.0, eps=0.0, word_dropout=0.0, dropout=0.0, tuning=0)
    wanted = REMEDIES["none"](case)(case.tested.ids).data
    names = ("words swapped", "adversarial training", "word dropout", "dropout")
    for name in (*names, "tuned on attacked"):
        np.testing.assert_array_equal(REMEDIES[name](off)(case.tested.ids).data, wanted)


def test_training_on_steps_helps_against_steps_and_swaps_in_training_against_swaps(case):
    case = case.with_strengths(eps=0.1, swapped=0.7, steps=150)
    none, steps, swaps = (
        evaluate(case, REMEDIES[name](case))
        for name in ("none", "adversarial training", "words swapped")
    )
    assert steps["accuracy, sign step"] > none["accuracy, sign step"] + 0.2
    assert swaps["accuracy, one swap"] > none["accuracy, one swap"] + 0.2
    assert none["accuracy, one swap"] <= none["accuracy, first-order swap"]
    assert none["accuracy, first-order swap"] < none["accuracy, random swap"]


def test_a_remedy_of_ones_own_is_measured(case, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    assert cell(lab, case, name).numbers["accuracy"] > 0.8


def test_controls_are_small_even_here(case):
    many = Adversarial(replace(FAST, learned=1500), 0).with_strengths(steps=150)
    assert [*CONTROLS] == [*STUDY.controls]
    assert abs(lost(many, "accuracy, random swap")) < 0.1
    assert abs(lost(many, "accuracy, random signs")) < 0.1


def test_the_directions_of_every_arm_have_their_row():
    assert DIRECTIONS.settings.case.rare in {rare for _, rare in DIRECTIONS.settings.arms}
    small = DirectionSettings(case=FAST, arms=((0, 0.1), (1, 0.1)), sizes=(0.0, 0.2), turns=2)
    found = {name: np.array(rows) for name, rows in measure(small, 0).items()}
    assert found["accuracy"].shape == (2, 4, 2) and found["swapped"].shape == (2, 3, 3)
    assert found["agreement"].shape == (2, 4)
    np.testing.assert_array_equal(found["risen"][:, :, 0], 0.0)
    np.testing.assert_allclose(found["risen"][0, 0], found["foretold"][0], rtol=1e-4)  # a line
    assert found["accuracy"][1, 0, 1] < found["accuracy"][1, 2, 1] - 0.2


@pytest.mark.slow
def test_the_controls_of_full_size_pass_on_another_seed():
    case = Adversarial(STUDY.settings, 200)
    for control in CONTROLS.values():
        assert abs(control.measure(case)) <= control.margin
