"""The lab of fairness: its data, its remedies, its measures and its controls."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import Tensor
from minillm.labs.challenges.fairness import (
    CONTROLS,
    MEASURES,
    STUDY,
    TEMPLATE,
    by_lot,
    evaluate,
    without_penalty,
)
from minillm.labs.challenges.fairness_case import Fairness, Selector, Settings, Strengths
from minillm.labs.challenges.fairness_remedies import REMEDIES, with_twins
from minillm.labs.compare import cell
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.small_encoder import Encoder, Learning, SmallEncoder
from minillm.labs.worlds.applications import TOWNS, Applications
from minillm.training.fairness import covariance_penalty, independence_weights

FAST = Settings(
    world=Applications(qualities=3, slope=4.0, told_by_hobby=1.0),
    penalty=0.6,
    learned=800,
    held=400,
    tested=800,
    model=Encoder(width=16, n_heads=2, hidden=16, std=0.1),
    learning=Learning(steps=0, batch=32, rate=1e-2),
    strengths=Strengths(steps=120, few_steps=40, few=128, covariance=10.0),
)


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return Fairness(FAST, 0)


@pytest.fixture(scope="module")
def models(case):
    """What every remedy learns."""
    return {name: remedy(case) for name, remedy in REMEDIES.items()}


@pytest.fixture(scope="module")
def found(case, models):
    """What the lab says of every remedy."""
    return {name: evaluate(case, model) for name, model in models.items()}


def weights(model):
    return np.concatenate([value.ravel() for value in model.encoder.state_dict().values()])


class Planted(SmallEncoder):
    """Says what a rule says of an application."""

    def __init__(self, world, rule):
        self.world, self.rule, self.left_out = world, rule, len(world.words)

    def eval(self):
        return self

    def train(self, mode=True):
        return self

    def named_modules(self, *_):
        return iter(())

    def __call__(self, ids):
        p = self.rule(self.world, ids)
        return Tensor(np.log(np.stack([1 - p, p], axis=1)))


def good_ones(world, ids):
    return np.isin(ids, world.ids("qualities")[1]).sum(axis=1)


def by_merit(world, ids):
    return world.merit[good_ones(world, ids)]


def by_labels(world, ids):
    """Who knows everything of the labels as told, with the penalty of ``FAST``."""
    second = np.isin(ids, world.ids("names")[1]).any(axis=1)
    return by_merit(world, ids) * (1 - FAST.penalty * second)


def test_labels_are_as_told_and_those_of_the_few_judged_are_merits(case):
    assert (case.people.labels != case.people.merits).mean() > 0.1
    assert (case.held.labels != case.held.merits).any()
    np.testing.assert_array_equal(case.judged.labels, case.judged.merits)
    np.testing.assert_array_equal(case.people.ids, case.many.ids[:800])
    assert len(case.many.ids) == 1600
    with pytest.raises(ValueError, match="read-only"):
        case.tested.merits[0] = 1


@pytest.mark.guide("G55")
def test_who_reads_merit_alone_is_fair(case):
    found = evaluate(case, case.selector(Planted(FAST.world, by_merit)))
    assert max(found["TPR gap"], found["score gap"], found["selection gap"]) < 0.08
    assert found["flipped by swap"] == found["moved by swap"] == 0.0
    assert found["calibration error, worst town"] < 0.06
    assert found["accuracy, merit"] > found["accuracy, told"] + 0.1


@pytest.mark.guide("G55")
def test_who_predicts_the_labels_best_is_as_unfair_as_the_world_knows(case):
    """Independent truth: the closed form of the world."""
    found = evaluate(case, case.selector(Planted(FAST.world, by_labels)))
    known = FAST.world.known(FAST.penalty, FAST.threshold)
    for name, wanted in (
        ("TPR", known.true_positive),
        ("FPR", known.false_positive),
        ("selected", known.selection),
        ("merited score", known.merited_score),
    ):
        np.testing.assert_allclose(found[name], wanted, atol=0.07)
    assert found["TPR gap"] == pytest.approx(np.ptp(found["TPR"])) and found["TPR gap"] > 0.8
    assert found["score gap"] == pytest.approx(np.ptp(found["merited score"]))
    assert found["flipped by swap"] == pytest.approx(0.5, abs=0.06)
    assert found["moved by swap"] == pytest.approx(0.6 * 0.5, abs=0.03)
    assert found["accuracy, worst town"] == pytest.approx(0.5, abs=0.07)
    errors = found["calibration error"]
    assert errors[1] > 0.25 > errors[0] + 0.15
    assert found["calibration error, worst town"] == errors[1]


def test_a_town_is_selected_by_its_own_threshold_and_hidden_words_are_not_read(case):
    model = Planted(FAST.world, by_labels)
    fair = evaluate(case, Selector(model, (0.5, 0.2)))
    assert fair["TPR gap"] < 0.08 and fair["score gap"] > 0.3
    names = tuple(FAST.world.ids("names").ravel().tolist())
    blind = evaluate(case, Selector(model, (0.5, 0.5), hidden=names))
    assert blind["moved by swap"] == 0.0 and blind["TPR gap"] < 0.08


def test_every_remedy_learns_something_of_its_own(case, models, found):
    assert all(isinstance(model, Selector) for model in models.values())
    said = {(m.scores(case.tested.ids).tobytes(), m.thresholds) for m in models.values()}
    assert len(said) == len(models)
    assert all({*MEASURES} < {*numbers} for numbers in found.values())


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("weight decay", {"weight_decay": 0.0}),
        ("dropout", {"dropout": 0.0}),
        ("word dropout", {"word_dropout": 0.0}),
        ("more data", {"times": 1}),
        ("quarter looked up", {"looked_up": 0.0}),
        ("covariance penalty", {"covariance": 0.0}),
        ("128 judged by merit", {"few_steps": 0}),
        ("early stop", {"early": 12}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(case, remedy, off):
    short = case.with_strengths(steps=12)
    weak = REMEDIES[remedy](short.with_strengths(**off))
    np.testing.assert_allclose(weights(weak), weights(REMEDIES["none"](short)), atol=1e-4)
    assert weak.thresholds == (0.5, 0.5)


def noted_people(case, monkeypatch, remedy):
    """What a remedy trains on, and its options."""
    told = []
    original = Fairness.learned

    def noted(self, people=None, **options):
        told.append((people, options))
        return original(self, people, **options)

    monkeypatch.setattr(Fairness, "learned", noted)
    REMEDIES[remedy](case.with_strengths(steps=1))
    return told[-1]


def test_masked_people_have_no_names_or_hobbies_and_are_read_so(case, models, monkeypatch):
    for remedy, kinds in (
        ("names masked", ["names"]),
        ("names and hobbies masked", ["names", "hobbies"]),
    ):
        people, _ = noted_people(case, monkeypatch, remedy)
        hidden = np.concatenate([FAST.world.ids(kind).ravel() for kind in kinds])
        assert sorted(models[remedy].hidden) == sorted(hidden)
        assert not np.isin(people.ids, hidden).any()
        left_out = people.ids == models["none"].encoder.left_out
        assert (left_out.sum(axis=1) == len(kinds)).all()
    assert evaluate(case, models["names and hobbies masked"])["moved by swap"] == 0.0


def test_only_some_rejected_people_of_the_second_town_are_looked_up(case, monkeypatch):
    people, _ = noted_people(case.with_strengths(looked_up=0.5), monkeypatch, "quarter looked up")
    changed = people.labels != case.people.labels
    assert (people.towns[changed] == 1).all() and (people.labels[changed] == 1).all()
    wronged = (case.people.labels != case.people.merits).sum()
    assert changed.sum() == pytest.approx(wronged / 2, rel=0.25)
    assert (people.labels <= people.merits).all()


def test_the_twins_have_the_other_town_and_the_same_label(case):
    both = with_twins(case, case.people)
    np.testing.assert_array_equal(both.labels[:800], both.labels[800:])
    np.testing.assert_array_equal(both.towns[:800], 1 - both.towns[800:])
    shares = [both.labels[both.towns == g].mean() for g in (0, 1)]
    assert shares[0] == shares[1]


def test_reweighting_draws_labels_independent_of_towns(case, monkeypatch):
    _, options = noted_people(case, monkeypatch, "reweighted")
    labels, towns = case.people.labels, case.people.towns
    np.testing.assert_array_equal(
        options["weights"], independence_weights(labels, towns, TOWNS, n_classes=2)
    )


def test_the_penalty_is_of_the_difference_of_both_scores(case, monkeypatch, rng):
    _, options = noted_people(case, monkeypatch, "covariance penalty")
    batch, z = case.people.only(slice(50)), rng.standard_normal((50, 2))
    each = np.log(np.exp(z).sum(axis=1)) - z[np.arange(50), batch.labels]
    penalty = covariance_penalty(Tensor(z[:, 1] - z[:, 0]), batch.towns, TOWNS)
    wanted = each.mean() + 10.0 * float(penalty.data)
    assert float(options["objective"](Tensor(z), batch).data) == pytest.approx(wanted)


@pytest.mark.guide("G55")
def test_the_planted_bias_is_learned(found):
    plain = found["none"]
    assert plain["TPR gap"] > 0.4 and plain["score gap"] > 0.25
    assert plain["flipped by swap"] > 0.2


@pytest.mark.guide("G55")
@pytest.mark.parametrize(
    "remedy",
    ["names and hobbies masked", "counterfactual towns", "reweighted", "covariance penalty"],
)
def test_who_knows_of_the_town_makes_scores_fairer(found, remedy):
    for name in ("TPR gap", "score gap"):
        assert found[remedy][name] < found["none"][name] - 0.2, name


@pytest.mark.guide("G55")
def test_thresholds_by_town_make_decisions_fair_and_leave_scores_as_they_are(found):
    plain, own = found["none"], found["thresholds by town"]
    assert own["TPR gap"] < plain["TPR gap"] - 0.3 and own["score gap"] == plain["score gap"]


def test_the_controls_find_nothing_where_there_is_something(case, found):
    for name, control in CONTROLS.items():
        assert abs(control.measure(case)) < 0.15, name  # of one seed and 400 people of a town
    plain = found["none"]
    assert plain["TPR"][0] - plain["TPR"][1] > 0.4
    assert plain["merited score"][0] - plain["merited score"][1] > 0.25


def test_the_controls_learn_what_they_say(case, monkeypatch):
    told = []

    def noted(self, people=None, **options):
        told.append(people)
        return self.untrained(FAST.model)

    monkeypatch.setattr(Fairness, "learned", noted)
    without_penalty(case)
    by_lot(case)
    fair, tossed = told
    np.testing.assert_array_equal(fair.labels, fair.merits)
    np.testing.assert_array_equal(tossed.labels, case.people.labels)
    of_second = np.isin(tossed.ids, FAST.world.ids("names")[1]).any(axis=1)
    shares = [tossed.labels[of_second == g].mean() for g in (0, 1)]
    assert abs(shares[0] - shares[1]) < 0.1
    assert (good_ones(FAST.world, tossed.ids) == good_ones(FAST.world, case.people.ids)).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_finds_nothing_at_full_size(name):
    found = [CONTROLS[name].measure(Fairness(STUDY.settings, seed)) for seed in range(200, 204)]
    assert abs(np.mean(found)) < CONTROLS[name].margin + 0.02


def test_the_items_are_those_of_the_people():
    tested = STUDY.settings.tested
    items = {name: one.items for name, one in {**MEASURES, **CONTROLS}.items()}
    assert items["accuracy, merit"] == tested and items["accuracy, worst town"] == tested // 2
    assert items["TPR gap"] == items["no penalty, TPR"] == tested // 4
    assert [*STUDY.headlines] == ["TPR gap", "score gap"]


def test_the_template_is_a_remedy_of_this_lab(case, tmp_path):
    path = tmp_path / "both.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    short = case.with_strengths(steps=10)
    assert {*MEASURES} < {*cell(lab, short, name).numbers}
    decayed = replace(FAST, learning=replace(FAST.learning, weight_decay=1.0))
    same = REMEDIES["reweighted"](Fairness(decayed, 0).with_strengths(steps=10))
    np.testing.assert_allclose(weights(lab.remedies[name](short)), weights(same))
