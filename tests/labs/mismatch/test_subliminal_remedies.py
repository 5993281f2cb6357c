"""The remedies of the lab of hidden traits do what they say, and without strength nothing."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.mismatch.subliminal import trait
from minillm.labs.mismatch.subliminal_case import Subliminal, Training
from minillm.labs.mismatch.subliminal_network import LAYERS, Network, digits_of, told_by
from minillm.labs.mismatch.subliminal_remedies import REMEDIES, kept_images, start_between
from tests.labs.mismatch.test_subliminal import FAST, weights


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return Subliminal(FAST, 100)


@pytest.fixture
def lessons(case, monkeypatch):
    """What a remedy asks ``learned`` for, instead of a training."""
    asked = []
    monkeypatch.setattr(case, "learned", lambda student=None, **how: asked.append((student, how)))
    return asked


def test_every_remedy_gives_a_student_of_its_own(case):
    short = case.with_strengths(steps=40, early=20)
    students = [remedy(short) for remedy in REMEDIES.values()]
    assert all(isinstance(student, Network) for student in students)
    said = [digits_of(student, case.tested.pixels) for student in students]
    assert len({scores.tobytes() for scores in said}) == len(said)


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("cleaning", {"left_out": 0.0}),
        ("as many left out at random", {"left_out": 0.0}),
        ("noise on what is told", {"blurred": 0.0}),
        ("digits among the pictures", {"shown": 0.0}),
        ("tossed digits in training", {"tossed_share": 0.0}),
        ("tuned on tossed digits", {"tossed_steps": 0}),
        ("weight decay", {"weight_decay": 0.0}),
        ("dropout", {"dropout": 0.0}),
        ("fewer outputs", {"outputs": 5}),
        ("fewer pictures", {"images": 10000}),
        ("early stop", {"early": 20}),
        ("longer training", {"longer": 1}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(remedy, off):
    weak = Subliminal(replace(FAST, strengths=replace(FAST.strengths, steps=20, **off)), 100)
    np.testing.assert_allclose(weights(REMEDIES[remedy](weak)), weights(weak.plain()), atol=1e-6)


def test_with_other_steps_another_baseline_is_trained(case):
    other = case.with_strengths(steps=5)
    assert np.abs(weights(other.plain()) - weights(case.plain())).max() > 1e-3
    assert case.with_strengths(steps=FAST.strengths.steps).plain() is case.plain()


@pytest.mark.parametrize(
    ("remedy", "same"),
    [
        ("other start", []),
        ("other start, same output layers", ["digits", "auxiliary"]),
        ("other start, same first layer", ["first"]),
        ("same start, other output layers", ["first", "second"]),
    ],
)
def test_a_start_has_the_layers_of_the_teachers_that_its_name_says(case, lessons, remedy, same):
    REMEDIES[remedy](case)
    ((start, how),) = lessons
    found = [name for name in LAYERS if (weights(start, name) == weights(case.start(), name)).all()]
    assert found == same and not how
    with pytest.raises(ValueError, match="no layer 'third'; there are first, second, digits, aux"):
        case.started("third")


def test_a_start_between_two_is_at_its_ends_one_of_them_and_has_no_smaller_weights(case):
    same, other = weights(case.start()), weights(case.started())
    np.testing.assert_array_equal(weights(case.between(0.0)), same)
    np.testing.assert_allclose(weights(case.between(1.0)), other)
    middle = weights(case.between(0.5))
    np.testing.assert_allclose(middle, (same + other) / 2**0.5, rtol=1e-5)
    assert middle.std() == pytest.approx(same.std(), rel=0.03)
    with pytest.raises(ValueError, match=r"distance must be from 0 to 1, got 1\.5"):
        start_between(case, 1.5)


def test_cleaning_leaves_out_where_the_teacher_is_surest_and_chance_anywhere(case, lessons):
    some = case.with_strengths(left_out=0.4)
    some.learned = case.learned
    kept, random = (REMEDIES[name](some) or lessons[-1][1]["images"] for name in (
        "cleaning", "as many left out at random"
    ))  # fmt: skip
    assert len(kept) == len(random) == kept_images(some) == 6000
    p = np.exp(digits_of(case.teacher, case.images))
    sure = dict(zip(map(bytes, case.images), (p / p.sum(axis=1)[:, None]).max(axis=1), strict=True))
    here = {*map(bytes, kept)}
    left = [s for image, s in sure.items() if image not in here]
    assert max(sure[bytes(image)] for image in kept) <= min(left)
    assert np.mean([sure[bytes(i)] for i in random]) == pytest.approx(
        np.mean([*sure.values()]), abs=0.03
    )
    for name, (_, how) in zip(("cleaning", "random"), lessons, strict=True):
        again = told_by(case.teacher, how["images"])
        np.testing.assert_allclose(how["told"], again, atol=1e-5, err_msg=name)
    assert kept_images(case.with_strengths(left_out=1.0)) == 1


def test_what_is_told_is_noisy_in_units_of_each_output(case, lessons):
    REMEDIES["noise on what is told"](case)
    noise = lessons[0][1]["told"] - case.told()
    wanted = FAST.strengths.blurred * case.told().std(axis=0)
    np.testing.assert_allclose(noise.std(axis=0), wanted, rtol=0.15)


def test_a_share_of_the_pictures_are_digits_of_which_the_teacher_tells(case, lessons):
    part = case.with_strengths(shown=0.3)
    part.learned = case.learned
    REMEDIES["digits among the pictures"](part)
    images, told = lessons[0][1]["images"], lessons[0][1]["told"]
    assert len(images) == 10000
    np.testing.assert_array_equal(images[:7000], case.images[3000:])
    assert (digits_of(case.teacher, images[7000:]).max(axis=1) > 4).mean() > 0.8
    np.testing.assert_allclose(told, told_by(case.teacher, images), atol=1e-5)


def test_an_output_that_is_not_told_teaches_nothing(case):
    start = case.start()
    found = case.learned(outputs=2, training=Training(steps=5))
    changed = (found.auxiliary.weight.data != start.auxiliary.weight.data).any(axis=1)
    assert changed.tolist() == [True, True, False, False, False]


def test_tossed_digits_are_learned_in_training_and_behind_it(case):
    digits = case.tossed()
    hard = case.with_strengths(steps=150, tossed_steps=100, tossed_share=0.5)
    before = trait(hard.plain(), digits)
    for remedy in ("tossed digits in training", "tuned on tossed digits"):
        assert trait(REMEDIES[remedy](hard), digits) > before + 0.4, remedy
    true = case.drawn(50, "tossed")
    assert (digits.labels == true.labels).mean() < 0.4
    assert sorted(digits.labels) == sorted(true.labels)
    np.testing.assert_array_equal(digits.pixels, true.pixels)
