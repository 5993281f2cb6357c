"""The labs on two aspects: remedies, measures, controls, and what the stored verdicts say."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from minillm.labs.compare import cell
from minillm.labs.compare_result import Result
from minillm.labs.conflict import aspects, aspects_sgd
from minillm.labs.conflict.aspect_case import CONDITIONS, AspectCase, rate_of
from minillm.labs.conflict.aspect_remedies import MODEL, TRAINED, TRAINING, best_weight, plain
from minillm.labs.conflict.aspects import evaluate
from minillm.labs.conflict.joint_training import weighted
from minillm.labs.conflict.two_tasks import Sizes, exact
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.stored import STORED, read_file
from minillm.labs.verdicts import HELPS, NOTHING
from minillm.training import DivergenceError

LABS = {lab.name: lab for lab in (aspects.STUDY, aspects_sgd.STUDY)}
each_lab = pytest.mark.parametrize("lab", LABS.values(), ids=[*LABS])


def small(lab, **changes):
    """A lab's settings with a small model and a few steps."""
    s = lab.settings
    return replace(
        s,
        sizes=Sizes(width=8, hidden=8),
        training=replace(s.training, steps=5, batch=8, warmup=1),
        strengths=replace(s.strengths, weights=(0.1, 0.9), width=16),
        **changes,
    )


FAST = small(aspects.STUDY)


def weights(readers):
    return [
        np.concatenate([value.ravel() for value in model.state_dict().values()])
        for model in readers
    ]


def test_every_remedy_gives_another_model_for_each_condition():
    case = AspectCase(FAST, 0)
    found = {name: weights(remedy(case)) for name, remedy in {**TRAINING, **MODEL}.items()}
    for place, name in enumerate(CONDITIONS):
        # before there is a conflict some are the same steps of Adam, but for rounding
        different = {values[place].tobytes() for values in found.values()}
        assert len(different) >= len(found) - 2, name


def test_necks_scales_and_rates_are_those_of_the_conditions():
    readers = plain(AspectCase(FAST, 0))
    assert [model.neck.weight.shape[0] for model in readers] == [8, 8, 1]
    wide = MODEL["wider neck"](AspectCase(FAST, 0))
    assert [model.neck.weight.shape[0] for model in wide] == [64, 64, 8]
    s = FAST
    for name, changed in (
        ("scaled", replace(s.scaled, scale=1.0, rates=s.even.rates)),
        ("narrow", replace(s.narrow, neck=8, times=1, rates=s.even.rates)),
    ):
        like = weights(plain(AspectCase(replace(s, **{name: changed}), 0)))
        np.testing.assert_array_equal(like[CONDITIONS.index(name)], like[0])
    longer = plain(AspectCase(replace(s, even=replace(s.even, times=2)), 0))
    assert np.abs(weights(longer)[0] - weights(readers)[0]).max() > 1e-3
    rates = replace(s.even, rates={"sum": 0.5, "CAGrad": 0.25})
    assert [rate_of(rates, name) for name in ("sum", "CAGrad", "own")] == [0.5, 0.25, 0.5]


def test_the_best_weight_is_chosen_for_each_condition():
    case = AspectCase(FAST, 0)
    every = [
        case.trained(lambda losses, w=w: weighted(losses, (w, 1 - w)), "best weight")
        for w in FAST.strengths.weights
    ]
    for place, model in enumerate(best_weight(case)):
        tried = [exact(readers[place], case.every).accuracies.min() for readers in every]
        assert exact(model, case.every).accuracies.min() == max(tried)


def test_a_model_whose_training_diverges_is_as_before(monkeypatch):
    def diverging(model, *_, **__):
        model.neck.weight.data = model.neck.weight.data + np.inf
        raise DivergenceError("planted")

    monkeypatch.setattr("minillm.labs.conflict.aspect_case.train", diverging)
    case = AspectCase(FAST, 0)
    start = case.model(replace(FAST.sizes, neck=8))
    np.testing.assert_array_equal(weights(plain(case))[0], weights([start])[0])


def test_the_numbers_of_a_model_by_hand():
    case = AspectCase(FAST, 0)
    readers = plain(case)
    found = evaluate(case, readers)
    food, service = exact(readers.narrow, case.every).accuracies
    assert found["least, narrow"] == min(food, service)
    assert found["over, narrow"] == pytest.approx(2 - food - service - 0.25)
    assert found["excess, narrow"] == pytest.approx(found["losses, narrow"].sum() - np.log(2) / 2)
    assert found["below, narrow"] == pytest.approx(0.875 - min(food, service))
    assert {*aspects.STUDY.measures} <= {*found}
    items = {measure.items for measure in aspects.STUDY.measures.values()}
    assert items == {len(case.every.texts)}


@each_lab
def test_pcgrad_and_upgrad_are_one_method(lab):
    """With the optimizer of the lab, on few steps."""
    case = AspectCase(small(lab), 0)
    assert abs(lab.controls["PCGrad and UPGrad"].measure(case)) < 0.01


def test_where_both_tasks_have_one_label_one_number_is_enough():
    """On a seed that the lab does not use; it does not read labels that differ."""
    s = aspects.STUDY.settings
    case = AspectCase(replace(s, training=replace(s.training, steps=60)), 100)
    assert abs(aspects.same_labels(case)) < 0.05


@pytest.mark.slow
@each_lab
def test_the_controls_find_nothing_with_the_settings_of_the_lab(lab):
    for seed in range(100, 110):
        case = AspectCase(lab.settings, seed)
        for name, control in lab.controls.items():
            assert abs(control.measure(case)) <= control.margin, (name, seed)


@each_lab
def test_the_template_is_a_remedy_of_this_lab(lab, tmp_path):
    path = tmp_path / "service.py"
    path.write_text(lab.template, encoding="utf-8")
    with_own, name = with_own_remedy(lab, path)
    case = AspectCase(small(lab), 0)
    assert {*cell(with_own, case, name).numbers} == {*cell(lab, case, "sum").numbers}


@each_lab
def test_every_remedy_that_trains_has_a_rate_in_every_condition(lab):
    for name in CONDITIONS:
        assert tuple(getattr(lab.settings, name).rates) == TRAINED


@cache
def stored(name):
    """The file of a lab, and its numbers judged again."""
    file = read_file(name, STORED)
    return file, Result(LABS[name], [*LABS[name].remedies], file["results"], file["cpu_seconds"])


@each_lab
def test_the_stored_verdicts_are_those_of_the_stored_numbers(lab):
    file, result = stored(lab.name)
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == lab.comparisons and len(file["seeds"]) == 10


def words(name, condition):
    """The verdict of every remedy of a lab in a condition."""
    _, result = stored(name)
    return {
        remedy: verdict.word
        for (remedy, measure), verdict in result.verdicts().items()
        if measure == f"least, {condition}"
    }


def helping(name, condition):
    """The remedies that help there."""
    return {remedy for remedy, word in words(name, condition).items() if word == HELPS}


@each_lab
def test_stored_no_model_is_above_the_ceiling_and_the_controls_found_nothing(lab):
    _, result = stored(lab.name)
    for remedy in lab.remedies:
        if remedy != "wider neck":
            assert result.values(remedy, "over, narrow").min() > -1e-6
            assert result.values(remedy, "below, narrow").min() > -1e-6
            assert result.values(remedy, "excess, narrow").min() > -1e-6
    assert all(result.passes(name) for name in lab.controls)


def test_the_lab_says_that_with_losses_as_they_are_nothing_helps_and_most_changes_nothing():
    """Though gradients conflict in most steps: see the study of the raters."""
    _, result = stored("aspects")
    assert (result.values("sum", "least, even") == 1).all()
    undecided = {r for r, word in words("aspects", "even").items() if word != NOTHING}
    assert undecided == {"FAMO", "Nash-MTL"} and not helping("aspects", "even")


@pytest.mark.guide("G43")
def test_the_lab_says_that_another_unit_makes_the_sum_lose_a_task_and_a_weight_repairs_it():
    _, result = stored("aspects")
    assert result.values("sum", "service, scaled").mean() < 0.7
    assert result.values("sum", "food, scaled").min() > 0.99
    assert helping("aspects", "scaled") == {
        *("best weight", "FAMO", "MGDA, normalised", "CAGrad", "IMTL-G", "Aligned-MTL"),
    }
    for remedy in ("best weight", "MGDA, normalised"):
        assert (result.values(remedy, "least, scaled") == 1).all()
    assert result.values("MGDA", "food, scaled").mean() < 0.75  # the bias to short gradients


@pytest.mark.guide("G43")
def test_the_lab_says_that_through_one_number_no_training_comes_near_the_ceiling():
    """The sum goes where the cross-entropies are least: one task perfect, the other a coin."""
    _, result = stored("aspects")
    assert helping("aspects", "narrow") == {"GradNorm", "wider neck"}
    np.testing.assert_allclose(result.values("sum", "least, narrow"), 0.5, atol=0.01)
    np.testing.assert_allclose(result.values("sum", "over, narrow"), 0.25, atol=0.01)
    for remedy in TRAINED:
        assert result.values(remedy, "below, narrow").mean() > 0.2
        assert result.values(remedy, "least, narrow").mean() < 0.7
    excess = {r: result.values(r, "excess, narrow").mean() for r in TRAINED}
    assert min(excess, key=excess.get) == "uncertainty weights"
    assert excess["sum"] < 0.15 < 0.3 < excess["GradNorm"]


@pytest.mark.guide("G46", "G47")
def test_the_lab_says_that_of_architecture_the_neck_helps_and_of_regularisation_nothing():
    """Only where a single number is handed on; nothing of it repairs a unit."""
    _, result = stored("aspects")
    assert (result.values("wider neck", "least, narrow") == 1).all()
    for condition in CONDITIONS:
        assert {*MODEL} & helping("aspects", condition) <= {"wider neck"}
    for remedy in MODEL:
        assert (result.values(remedy, "least, even") == 1).all()
        if "decay" in remedy or "dropout" in remedy:
            assert words("aspects", "narrow")[remedy] == NOTHING


def test_the_lab_says_that_under_sgd_three_repair_the_unit_and_a_weight_of_the_grid_does_not():
    """The gradient of a head is its own, and a hundred times as short as that of the other."""
    _, result = stored("aspects_sgd")
    assert {"MGDA, normalised", "CAGrad", "uncertainty weights"} <= helping("aspects_sgd", "scaled")
    reached = {r: result.values(r, "least, scaled").mean() for r in TRAINED}
    assert {r for r, mean in reached.items() if mean > 0.9} == {
        *("MGDA, normalised", "CAGrad", "uncertainty weights"),
    }
    assert reached["MGDA, normalised"] == 1.0 and reached["best weight"] < 0.6


def test_the_lab_says_that_under_sgd_what_is_more_balanced_costs_more():
    """Through one number; the sum of both losses is higher with each that helps."""
    _, result = stored("aspects_sgd")
    helps = helping("aspects_sgd", "narrow")
    assert helps == {
        *("best weight", "GradNorm", "MGDA", "MGDA, normalised", "IMTL-G", "Nash-MTL"),
        "Aligned-MTL",
    }
    assert not helping("aspects_sgd", "even")
    for remedy in TRAINED:
        assert result.values(remedy, "below, narrow").mean() > 0.15
    for remedy in helps:
        assert result.differences(remedy, "excess, narrow").mean() > 0.05


def test_a_remedy_cannot_change_the_sentences_by_which_it_is_judged():
    case = AspectCase(FAST, 0)
    with pytest.raises(ValueError, match="read-only"):
        case.every.labels[:] = 0.0
