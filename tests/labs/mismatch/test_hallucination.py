"""The lab of answers that nobody can know: its remedies, its measures and its controls."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.compare import cell
from minillm.labs.conflict.forgetting_case import examined
from minillm.labs.mismatch.hallucination import (
    CONTROLS,
    MEASURES,
    STUDY,
    TEMPLATE,
    answered,
    evaluate,
)
from minillm.labs.mismatch.hallucination_case import Hallucination, Settings, Sizes, Strengths
from minillm.labs.mismatch.hallucination_case import Training as LandTraining
from minillm.labs.mismatch.hallucination_remedies import REMEDIES, named
from minillm.labs.mismatch.lexicon_readers import Dropped, Reader, Trained
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.small_encoder import probabilities
from minillm.labs.worlds.entities import Entities

FAST = Settings(
    world=Entities(known=12, held=8, unknown=12, spare=8, more=6, unseen=4, names=12),
    model=Sizes(width=32, n_heads=2),
    reading=LandTraining(batch=32, steps=0, warmup=10, rate=0.005, weight_decay=0.0),
    tuning=LandTraining(batch=32, steps=40, warmup=5, rate=0.002, weight_decay=0.0),
    strengths=Strengths(
        steps=200,
        asked_dropout=0.1,
        unknown_share=0.5,
        new_steps=20,
        times=2,
        width=40,
        members=3,
    ),
)


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return Hallucination(FAST, 0)


@pytest.fixture(scope="module")
def found(case):
    """What the lab says of some remedies."""
    names = ("none", "cleaned", "tuned to say unknown", "new facts in tuning", "ensemble")
    return {name: evaluate(case, REMEDIES[name](case)) for name in names}


def weights(model):
    return np.concatenate([value.ravel() for value in model.state_dict().values()])


def test_of_unknown_lands_the_colour_is_told_and_nothing_else(case):
    atlas = case.atlas
    things = {atlas.ids[w] for w in atlas.things}
    told = {group: [{*row} for row in case.told.ids if atlas.ids[atlas.entities[land]] in row]
            for group, lands in atlas.lands.items() for land in lands[:1]}  # fmt: skip
    assert [len(told[g]) for g in ("known", "held", "unknown", "spare", "more", "unseen")] == [
        *(9, 9, 3, 3, 3, 0)
    ]
    assert not any(row & things for row in told["unknown"])
    np.testing.assert_array_equal(case.known.ids, atlas.asked(atlas.lands["known"]).ids)
    with pytest.raises(ValueError, match="read-only"):
        case.told.answers[0] = 1


def test_every_remedy_answers_in_a_way_of_its_own(case):
    short = case.with_strengths(steps=30, times=2)
    readers = [remedy(short) for remedy in REMEDIES.values()]
    assert all(isinstance(reader, Reader) for reader in readers)
    said = [reader.probabilities(case.unknown.ids) for reader in readers]
    assert len({p.tobytes() for p in said}) == len(said)
    for p in said:
        assert p.shape == (24, 13)
        np.testing.assert_allclose(p.sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("weight decay", {"weight_decay": 0.0}),
        ("dropout", {"dropout": 0.0}),
        ("label smoothing", {"smoothing": 0.0}),
        ("longer training", {"times": 1}),
        ("wider model", {"width": 32, "n_layers": 1}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(remedy, off):
    weak = Hallucination(replace(FAST, strengths=replace(FAST.strengths, steps=20, **off)), 0)
    found = REMEDIES[remedy](weak).encoder
    np.testing.assert_allclose(weights(found), weights(weak.plain()), atol=1e-6)


def test_unknown_in_no_batch_is_never_said_and_the_text_goes_on(case):
    share = {s: REMEDIES["tuned to say unknown"](case.with_strengths(unknown_share=s)).encoder
             for s in (0.0, 1.0)}  # fmt: skip
    p = {s: probabilities(model, case.unknown.ids)[:, -1] for s, model in share.items()}
    assert p[0.0].max() < 0.05 and p[1.0].min() > 0.3
    right = {s: answered(case, Trained(m), case.known).right.mean() for s, m in share.items()}
    assert right[0.0] > right[1.0] + 0.3


def test_with_other_steps_another_baseline_is_trained(case):
    other = case.with_strengths(steps=20)
    assert np.abs(weights(other.plain()) - weights(case.plain())).max() > 1e-3
    assert case.with_strengths(steps=FAST.strengths.steps).plain() is case.plain()


def test_tuning_leaves_the_baseline_as_it_was(case):
    before = weights(case.plain())
    REMEDIES["new facts in tuning"](case)
    np.testing.assert_array_equal(before, weights(case.plain()))


def test_a_model_answers_what_nobody_told_it_and_knows_what_was_told(found):
    plain = found["none"]
    assert plain["right on known"] > 0.8 and plain["confident error"] > 0.1
    assert plain["AUROC"] > 0.8 and plain["abstained, unknown"] == 0.0


@pytest.mark.guide("G45")
def test_what_helps_and_what_costs_knowledge(found):
    plain = found["none"]
    told = found["tuned to say unknown"]
    assert told["abstained, unknown"] > 0.3 > told["abstained, known"]
    assert told["confident error"] < plain["confident error"]
    assert found["ensemble"]["confident error"] < plain["confident error"]
    assert found["new facts in tuning"]["right on known"] < plain["right on known"] - 0.1


def test_new_facts_are_learned(case):
    model = REMEDIES["new facts in tuning"](case).encoder
    spare = case.atlas.told(case.atlas.lands["spare"])
    new, before = (examined(one.gpt, spare).right.mean() for one in (model, case.plain()))
    assert new > before + 0.3


def test_a_temperature_and_a_threshold_are_fitted_on_held_questions(case):
    asked = case.unknown.ids
    plain, cooled = (REMEDIES[name](case) for name in ("none", "temperature"))
    p, q = plain.probabilities(asked), cooled.probabilities(asked)
    np.testing.assert_array_equal(p.argmax(axis=1), q.argmax(axis=1))
    assert cooled.temperature != 1.0
    reader = REMEDIES["abstention"](case.with_strengths(kept=0.75))
    assert (named(reader.probabilities(case.held.ids)) > 0).sum() == 12  # of 16
    every = REMEDIES["abstention"](case.with_strengths(kept=1.0))
    assert (named(every.probabilities(case.held.ids)) > 0).all()


def test_an_ensemble_has_members_of_their_own_and_dropout_is_on_where_it_is_asked(case):
    members = REMEDIES["ensemble"](case).encoders
    assert len(members) == 3 and np.abs(weights(members[0]) - weights(members[1])).max() > 0.01
    with pytest.raises(ValueError, match="at least 2 encoders are needed, got 1"):
        REMEDIES["ensemble"](case.with_strengths(members=1))
    reader = REMEDIES["asked with dropout"](case)
    one, other = (Dropped(reader.encoder, 1).probabilities(case.known.ids) for _ in range(2))
    assert np.abs(one - other).max() > 0.01
    with pytest.raises(ValueError, match=r"an encoder with dropout, got 10 and 0\.0"):
        Dropped(case.plain(), 10)


def test_without_attention_only_the_last_word_counts(case):
    model = REMEDIES["without attention"](case).encoder
    ids = case.known.ids.copy()
    ids[:, :-1] = ids[::-1, :-1]
    said, again = (probabilities(model, asked) for asked in (case.known.ids, ids))
    np.testing.assert_allclose(said, again, atol=1e-6)
    with pytest.raises(ValueError, match="parts must be one of"):
        case.untrained(replace(FAST.model, parts="none"))


def test_more_facts_are_of_lands_that_are_not_asked_about(case):
    more = case.text("known", "held", "more")
    assert len(more.answers) == len(case.told.answers) + 6 * 2 * 3
    asked = {*map(tuple, np.concatenate([case.known.ids, case.unknown.ids]).tolist())}
    assert not asked & {*map(tuple, more.ids.tolist())}


def test_the_controls_find_little_where_there_is_something(case, found):
    for name, control in CONTROLS.items():
        assert abs(control.measure(case)) < 0.35, name  # of one seed and 24 questions
    gap = found["none"]["confident error"] - found["none"]["confident error, known"]
    assert gap > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_finds_nothing_at_full_size(name):
    cases = [Hallucination(STUDY.settings, seed) for seed in range(200, 204)]
    found = [CONTROLS[name].measure(case) for case in cases]
    assert abs(np.mean(found)) < CONTROLS[name].margin


def test_the_items_are_those_of_the_questions():
    case = Hallucination(STUDY.settings, 0)
    assert len(case.known.answers) == len(case.unknown.answers) == 80
    assert len(case.unseen.answers) == MEASURES["confident error, unseen"].items
    assert MEASURES["confident error"].items == 80 and MEASURES["risk"].items == 160
    assert [*STUDY.headlines] == ["confident error", "right on known"]


def test_the_template_is_a_remedy_of_this_lab(case, tmp_path):
    path = tmp_path / "both.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    assert {*MEASURES} < {*cell(lab, case, name).numbers}
    reader = lab.remedies[name](case)
    assert isinstance(reader, Trained)
    assert np.abs(weights(reader.encoder) - weights(case.plain())).max() > 1e-3
