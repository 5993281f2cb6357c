"""The lab of wrong labels: its remedies, its measures, its controls, and what it found."""

import json
from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import gradients_of
from minillm.labs.compare import cell
from minillm.labs.compare_result import Result
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.regularization.label_noise import CONTROLS, MEASURES, STUDY, TEMPLATE, evaluate
from minillm.labs.regularization.label_noise_case import LabelNoise, Settings, Strengths
from minillm.labs.regularization.label_noise_remedies import REMEDIES, own_probability
from minillm.labs.small_encoder import Encoder, Learning
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.verdicts import HARMS, HELPS, NOTHING
from minillm.ops import cross_entropy

FAST = Settings(
    members=40,
    fresh=80,
    tested=100,
    model=Encoder(width=16, n_heads=2, hidden=16),
    learning=Learning(steps=100, batch=20, rate=1e-2),
    strengths=Strengths(steps=20, dropout=0.3, threshold=0.3, width=24, n_layers=2),
)


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return LabelNoise(FAST, 0)


def weights(model):
    return np.concatenate([value.ravel() for value in model.state_dict().values()])


def test_the_reviews_are_apart_and_so_many_labels_are_wrong(case):
    parts = case.many, case.fresh, case.tested
    rows = [tuple(row) for part in parts for row in part.ids]
    assert len({*rows}) == len(rows) == 4 * 40 + 80 + 100
    np.testing.assert_array_equal(case.many.ids[:40], case.members.ids)
    np.testing.assert_array_equal(case.many.labels[:40], case.members.labels)
    assert (case.members.labels != case.clean.labels).sum() == 8


def test_every_remedy_gives_a_model_of_its_own(case):
    models = [remedy(case) for remedy in REMEDIES.values()]
    assert len({weights(model).tobytes() for model in models}) == len(models)
    assert {model.sizes.width for model in models} == {16, 24}


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("early stop", {"steps": FAST.learning.steps}),
        ("weight decay", {"weight_decay": 0.0}),
        ("dropout", {"dropout": 0.0}),
        ("label smoothing", {"smoothing": 0.0}),
        ("word dropout", {"word_dropout": 0.0}),
        ("cleaning", {"threshold": 0.0}),
        ("more data", {"times": 1}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(remedy, off):
    weak = LabelNoise(replace(FAST, strengths=replace(FAST.strengths, **off)), 0)
    np.testing.assert_allclose(weights(REMEDIES[remedy](weak)), weights(weak.plain()), atol=1e-6)


def test_cleaning_leaves_out_more_of_the_wrong_labels(case):
    doubtful = own_probability(case) < 0.5
    wrong = case.members.labels != case.clean.labels
    assert doubtful[wrong].mean() > doubtful[~wrong].mean() + 0.1


def test_nobody_is_judged_by_a_model_that_was_trained_on_it(monkeypatch):
    case, seen = LabelNoise(FAST, 0), []
    trained = LabelNoise.learned

    def note(self, reviews, **options):
        seen.append({tuple(row) for row in reviews.ids})
        return trained(self, reviews, learning=Learning(steps=1))

    monkeypatch.setattr(LabelNoise, "learned", note)
    own_probability(case)
    assert len(seen) == FAST.strengths.folds
    for row in case.members.ids:
        assert sum(tuple(row) not in fold for fold in seen) == 1


def test_an_early_stop_is_the_beginning_of_the_longer_training(case):
    model = case.untrained(FAST.model)
    steps = case.steps(model, case.members, FAST.learning)
    for _ in range(FAST.strengths.steps):
        next(steps)
    np.testing.assert_array_equal(weights(model), weights(REMEDIES["early stop"](case)))


def test_dropout_and_decay_reach_the_training(case):
    plain, decayed = case.plain(), REMEDIES["weight decay"](case)
    assert np.linalg.norm(weights(decayed)) < np.linalg.norm(weights(plain))
    model = case.untrained(replace(FAST.model, dropout=0.3))
    ids, labels = case.members.ids[:8], case.members.labels[:8]
    found = [cross_entropy(model(ids), targets=labels) for _ in range(2)]
    assert float(found[0]) != float(found[1])
    assert gradients_of(found[0], [model.output.weight])[0] is not None


def test_a_model_that_learned_all_by_heart_betrays_it(case):
    found = evaluate(case, case.plain())
    assert found["learned"] == found["learned, wrong"] == 1.0 and found["membership"] > 0.6
    early = evaluate(case, REMEDIES["early stop"](case))
    assert early["membership"] < found["membership"]
    assert {*MEASURES} == {*found}


def test_without_wrong_labels_none_is_learned():
    case = LabelNoise(replace(FAST, flipped=0.0), 0)
    np.testing.assert_array_equal(case.members.labels, case.clean.labels)
    assert evaluate(case, case.untrained(FAST.model))["learned, wrong"] == 0.0


def test_the_controls_find_nothing_where_there_is_something(case):
    for name, control in CONTROLS.items():
        assert abs(control.measure(case)) < 0.15, name  # 80 reviews: a tenth is by chance
    assert evaluate(case, case.plain())["membership"] - 0.5 > 0.1


def test_the_items_are_those_of_the_reviews():
    s = STUDY.settings
    assert MEASURES["accuracy"].items == s.tested and MEASURES["learned"].items == s.members
    assert MEASURES["learned, wrong"].items == s.flipped * s.members


def test_the_template_is_a_remedy_of_this_lab(case, tmp_path):
    path = tmp_path / "both.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    assert {*cell(lab, case, name).numbers} == {*MEASURES}
    assert np.abs(weights(lab.remedies[name](case)) - weights(case.plain())).max() > 1e-3


def stored_result():
    """The numbers of the stored file, judged again."""
    file = read_file(STUDY.name, STORED)
    return file, Result(STUDY, [*REMEDIES], file["results"], file["cpu_seconds"])


def words_of_the_lab():
    """Each verdict in a word."""
    return {key: one.word for key, one in stored_result()[1].verdicts().items()}


def test_the_stored_verdicts_are_those_of_the_stored_numbers():
    file, result = stored_result()
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == 20 and len(file["seeds"]) == 10


def test_the_lab_says_that_the_wrong_labels_are_learned_by_heart_and_betray_who_was_learned_from():
    numbers = read_study(STUDY.name)
    assert numbers["none: learned"].min() > 0.95 and numbers["none: learned, wrong"].mean() > 0.9
    assert numbers["none: membership"].min() > 0.6


def test_the_lab_says_that_decay_dropout_and_an_early_stop_help_both():
    words = words_of_the_lab()
    for remedy in ("early stop", "weight decay", "dropout", "more data"):
        assert words[remedy, "accuracy"] == words[remedy, "membership"] == HELPS


def test_the_lab_says_that_smoothing_does_nothing_and_a_larger_model_betrays_more():
    words = words_of_the_lab()
    assert words["label smoothing", "accuracy"] == words["label smoothing", "membership"] == NOTHING
    assert words["wider model", "membership"] == HARMS
    assert (
        words["without residuals", "accuracy"]
        == words["without residuals", "membership"]
        == NOTHING
    )


def test_the_lab_says_that_its_controls_found_nothing():
    _, result = stored_result()
    assert all(result.passes(name) for name in CONTROLS)
