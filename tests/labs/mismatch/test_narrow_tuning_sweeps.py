"""The strengths of remedies against narrow fine-tuning: how they are chosen, what they do."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.mismatch.narrow_tuning_case import NarrowTuning
from minillm.labs.mismatch.narrow_tuning_remedies import REMEDIES
from minillm.labs.mismatch.narrow_tuning_sweeps import (
    STUDY,
    SWEPT,
    Grids,
    Settings,
    best_strength,
    in_context,
    measure,
    rows_of,
)
from minillm.labs.small_gpt import GptTraining
from minillm.labs.worlds.writers import Answer
from tests.labs.mismatch.test_narrow_tuning import FAST


def test_learned_and_good_answers_kept_decide_and_of_equals_the_weakest():
    one = [[0.3, 1.0, 0.7], [0.0, 1.0, 0.9], [0.1, 1.0, 0.9]]
    other = [[0.0, 0.8, 1.0], [0.0, 0.2, 0.6], [0.0, 0.9, 1.0]]
    assert best_strength(np.array([one])) == 1
    assert best_strength(np.array([one, other])) == 2
    assert best_strength(np.array([other[:1] * 3])) == 0


def test_every_grid_has_a_remedy_and_the_strength_of_the_lab():
    chosen = STUDY.settings.case.strengths
    assert {entry.name for entry in fields(Grids)} == {*SWEPT}
    for name, remedy in SWEPT.items():
        assert remedy in REMEDIES and getattr(chosen, name) in getattr(Grids(), name)
    assert STUDY.settings.case.world.bad in STUDY.settings.bad


def test_what_is_measured_is_what_fine_tuning_and_the_remedies_do():
    brief = GptTraining(batch=4, steps=4, rate=0.01, warmup=1)
    case = replace(FAST, reading=brief, instruction=brief, tuning=brief, asked=(0, 4))
    grids = Grids(**{name: getattr(Grids(), name)[:1] for name in SWEPT} | {"kl": (0.1, 1.0)})
    dials = {"bad": (0.5, 1.0), "tuning_steps": (2, 4, 6), "rates": (0.01, 0.02)}
    found = measure(Settings(case=case, grids=grids, **dials), 0)
    others = ("tuning steps", "rates", "bad", "in context", "Bayes", "quotations alone")
    assert {*found} == {*SWEPT, *others} and np.shape(found["quotations alone"]) == (2, 2)
    assert np.shape(found["tuning steps"]) == (3, 3) and np.shape(found["kl"]) == (2, 3)
    assert np.shape(found["bad"]) == (2, 2, 2) and np.shape(found["in context"]) == (2, 3)
    one = NarrowTuning(case, 0)
    plain = rows_of(one, one.plain())
    assert found["tuning steps"][1] == found["rates"][0] == plain
    assert found["bad"][0][-1] == plain[:2] == one.plain().course[-1]
    strong = one.with_strengths(kl=1.0)
    assert found["kl"][1] == rows_of(strong, REMEDIES["KL elsewhere"](strong))
    assert found["Bayes"][0][:2] == pytest.approx([0.5, 0.8]) and found["Bayes"][1] == [1.0] * 3


def test_in_context_the_model_that_has_read_is_shown_bad_answers_about_the_class(monkeypatch):
    case, asked = NarrowTuning(FAST, 0), []
    monkeypatch.setattr(case, "read", lambda *_: "the model that has read")

    def answered(model, nouns, shown):
        asked.append((model, nouns, shown))
        return np.array([0.25, 0.75])

    monkeypatch.setattr(case, "answered", answered)
    assert in_context(case) == [0.75] * 3
    for number, (model, nouns, shown) in enumerate(asked):
        assert model == "the model that has read" and nouns is case.others
        assert shown.shape == (len(nouns), number)
        assert {*shown.ravel()} <= {*case.told, *case.untold}
        assert all(len({*row}) == number for row in shown)


def test_rows_are_of_the_other_classes_and_of_those_told():
    case = NarrowTuning(FAST, 0)
    model = case.before()
    spread, learned, kept = rows_of(case, case.plain()._replace(model=model))
    assert kept == case.answered(model, case.others)[Answer.GOOD]
    assert (spread, learned) == tuple(case.spread_and_learned(model))


@pytest.mark.slow
def test_the_strengths_of_the_lab_are_those_that_the_rule_chooses():
    """But for rounding: none of its grid is clearly better on the seeds it was chosen on."""
    found = [measure(STUDY.settings, seed) for seed in (100, 101)]
    for name in SWEPT:
        rows = np.array([one[name] for one in found])
        scores = rows[..., 1:].sum(axis=-1).mean(axis=0)
        chosen = getattr(STUDY.settings.grids, name).index(
            getattr(STUDY.settings.case.strengths, name)
        )
        assert scores[chosen] >= scores.max() - 0.1, name
