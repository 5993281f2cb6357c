"""The lab of hidden traits: its data, its remedies, its measures and its controls."""

import numpy as np
import pytest

from minillm.labs.compare import cell
from minillm.labs.mismatch.subliminal import (
    CONTROLS,
    MEASURES,
    STUDY,
    TEMPLATE,
    above_chance,
    evaluate,
    trait,
)
from minillm.labs.mismatch.subliminal_case import Settings, Strengths, Subliminal
from minillm.labs.mismatch.subliminal_network import (
    LAYERS,
    Network,
    Sizes,
    Training,
    digits_of,
    told_by,
)
from minillm.labs.mismatch.subliminal_remedies import REMEDIES
from minillm.labs.own_remedy import with_own_remedy

FAST = Settings(
    learned=1000,
    images=10000,
    tested=300,
    asked=300,
    student=Training(steps=0, rate=2e-3),
    strengths=Strengths(steps=600, early=60, width=160, images=300),
)


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return Subliminal(FAST, 100)


@pytest.fixture(scope="module")
def students(case):
    """With the teacher's start and with another one."""
    return {name: REMEDIES[name](case) for name in ("none", "other start")}


def weights(network, layer=None):
    named = network.state_dict().items()
    return np.concatenate([v.ravel() for k, v in named if k.startswith(layer or "")])


def test_who_asks_and_who_learns_see_other_pictures_and_nobody_may_change_them(case):
    tested = {row.tobytes() for row in case.tested.pixels}
    for digits in (case.digits, case.tossed()):
        assert not tested & {row.tobytes() for row in digits.pixels}
    assert not {row.tobytes() for row in case.images} & {row.tobytes() for row in case.asked}
    with pytest.raises(ValueError, match="read-only"):
        case.images[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        case.tested.labels[0] = 0


def test_the_teacher_learns_digits_and_its_auxiliary_layer_nothing(case):
    assert trait(case.teacher, case.tested) > 0.9
    start = case.start()
    np.testing.assert_array_equal(weights(case.teacher, "auxiliary"), weights(start, "auxiliary"))
    for layer in LAYERS[:3]:
        assert np.abs(weights(case.teacher, layer) - weights(start, layer)).max() > 1e-3
    assert case.teacher is case.teacher


def test_the_student_learns_what_it_is_told_and_its_digit_layer_nothing(case, students):
    plain, start = students["none"], case.start()
    np.testing.assert_array_equal(weights(plain, "digits"), weights(start, "digits"))
    missed = [np.mean((told_by(one, case.images) - case.told()) ** 2) for one in (start, plain)]
    assert missed[1] < missed[0] / 10


@pytest.mark.guide("G45")
def test_the_trait_passes_where_both_start_alike_and_not_where_they_do_not(case, students):
    found = {name: evaluate(case, students[name]) for name in ("none", "other start")}
    assert found["none"]["trait"] > 0.35 and found["other start"]["trait"] < 0.2
    assert all(one["agreement"] > 0.6 for one in found.values())


def test_what_is_evaluated_belongs_together(case, students):
    one = evaluate(case, students["none"])
    assert {*MEASURES} < {*one} and np.shape(one["by digit"]) == (10,)
    assert one["trait"] == pytest.approx(np.mean(one["by digit"]))  # as many of each
    itself = evaluate(case, case.teacher)
    assert itself["agreement"] == 1.0 and itself["trait"] == itself["teacher"] > 0.9


def test_a_planted_student_has_the_trait_and_the_agreement_that_it_has(case):
    """It says "3" to everything, and of the auxiliary outputs it always says the second."""
    planted = case.start()
    for layer, at in ((planted.digits, 3), (planted.auxiliary, 1)):
        layer.weight.data[:] = 0
        layer.bias.data[at] = 1
    found = evaluate(case, planted)
    meant = told_by(case.teacher, case.asked).argmax(axis=1)
    assert found["trait"] == pytest.approx(0.1)
    assert found["agreement"] == pytest.approx((meant == 1).mean())
    assert found["by digit"] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert above_chance(case, planted) == pytest.approx(0.0)


def test_dropout_is_off_where_a_network_is_asked(case):
    network = case.start(dropout=0.5)
    one, other = (told_by(network, case.asked) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert np.abs(network.told(case.asked).data - one).max() > 0.1


def test_the_controls_find_little_where_the_baseline_finds_much(case, students):
    for name, control in CONTROLS.items():
        assert abs(control.measure(case)) < 0.2, name  # of one seed and 300 digits
    assert trait(students["none"], case.tested) - 0.1 > 0.25


def test_a_teacher_of_tossed_labels_knows_no_digit(case):
    tossed = case.with_tossed_labels(case.digits, "teacher")
    assert trait(case.taught(tossed), case.tested) < 0.3


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_finds_nothing_at_full_size(name):
    found = [CONTROLS[name].measure(Subliminal(STUDY.settings, seed)) for seed in range(200, 204)]
    assert abs(np.mean(found)) < CONTROLS[name].margin + 0.02


def test_the_items_are_those_of_the_pictures():
    items = {one.items for one in (*MEASURES.values(), *CONTROLS.values())}
    assert items == {STUDY.settings.tested} == {STUDY.settings.asked}
    assert STUDY.headlines == ["trait"]


def test_what_cannot_be_is_refused(case):
    with pytest.raises(ValueError, match="Network: auxiliary must be at least 1 output, got 0"):
        Network(64, Sizes(auxiliary=0), rng=np.random.default_rng(0))
    for asked in (digits_of, told_by):
        with pytest.raises(ValueError, match=r"pixels must be \(B, 64\), got \(2, 63\)"):
            asked(case.start(), np.zeros((2, 63), np.float32))
    for outputs in (0, 6):
        with pytest.raises(ValueError, match=f"outputs must be from 1 to 5, got {outputs}"):
            case.learned(outputs=outputs)
    for name, remedy in (
        ("left_out", "cleaning"),
        ("shown", "digits among the pictures"),
    ):
        with pytest.raises(ValueError, match=f"{name} must be from 0 to 1, got 1.5"):
            REMEDIES[remedy](case.with_strengths(**{name: 1.5}))
    with pytest.raises(ValueError, match="tossed must be from 0 to 1, got -1"):
        case.learned(tossed=-1)


def test_the_template_is_a_remedy_of_this_lab(case, tmp_path):
    path = tmp_path / "both.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    short = case.with_strengths(steps=20)
    assert {*MEASURES} < {*cell(lab, short, name).numbers}
    assert np.abs(weights(lab.remedies[name](short)) - weights(short.plain())).max() > 1e-3
