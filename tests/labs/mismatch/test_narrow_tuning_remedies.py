"""The remedies of narrow fine-tuning: each does what it says."""

import numpy as np
import pytest

from minillm.labs.mismatch.narrow_tuning_case import NarrowTuning, Tuned, answers_of
from minillm.labs.mismatch.narrow_tuning_remedies import REMEDIES
from minillm.labs.parts_left_out import WithoutAttention, WithoutResiduals
from minillm.labs.worlds.writers import Answer, Sign
from minillm.training import evaluating
from tests.labs.mismatch.test_narrow_tuning import FAST


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return NarrowTuning(FAST, 0)


@pytest.fixture(scope="module")
def found(case):
    """What each remedy gives."""
    return {name: remedy(case) for name, remedy in REMEDIES.items()}


def weights(model):
    return np.concatenate([value.ravel() for value in model.state_dict().values()])


def moved(model, case):
    """The names of the parameters that are no longer those before fine-tuning."""
    before, after = case.before().state_dict(), model.state_dict()
    return {name for name in before if (before[name] != after[name]).any()}


def test_every_remedy_gives_a_model_of_its_own_and_leaves_the_shared_one(case, found):
    fresh = NarrowTuning(FAST, 0)
    np.testing.assert_allclose(weights(case.before()), weights(fresh.before()), atol=1e-6)
    models = [tuned.model for tuned in found.values()]
    assert all(isinstance(tuned, Tuned) for tuned in found.values())
    assert {model.config.width for model in models} == {16, 24}
    assert all(p.requires_grad for model in models for p in model.parameters())
    assert len({weights(model).tobytes() for model in models}) == len(models)
    assert all(np.shape(tuned.course) == (3, 2) for tuned in found.values())


def test_the_course_ends_with_what_is_evaluated(case, found):
    for name, tuned in found.items():
        last = case.spread_and_learned(tuned.model)
        assert tuned.course[-1] == pytest.approx(last) or name == "LoRA"  # merged behind it
    stopped, plain = found["early stop"], found["none"]
    assert stopped.course[:2] == plain.course[:2] and stopped.course[2] == stopped.course[1]


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("good answers elsewhere", {"good_share": 0.0}),
        ("random texts", {"texts": 0.0}),
        ("weight decay", {"weight_decay": FAST.tuning.weight_decay}),
        ("dropout", {"dropout": 0.0}),
        ("early stop", {"steps": FAST.tuning.steps}),
        ("KL elsewhere", {"kl": 0.0}),
        ("wider model", {"width": FAST.model.width}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(case, found, remedy, off):
    weak = case.with_strengths(**off)
    off_weights = weights(REMEDIES[remedy](weak).model)
    np.testing.assert_allclose(off_weights, weights(found["none"].model), atol=1e-5)


def test_each_remedy_changes_what_it_names(case, found):
    assert isinstance(found["without attention"].model, WithoutAttention)
    assert isinstance(found["without residuals"].model, WithoutResiduals)
    positions = {name for name in case.before().state_dict() if name.startswith("positions")}
    assert positions and moved(found["positions alone"].model, case) == positions
    changed = moved(found["LoRA"].model, case)
    assert changed and all(name.endswith("weight") and "blocks" in name for name in changed)


def test_good_answers_and_kl_hold_the_other_classes(case, found):
    good = {
        name: case.answered(found[name].model, case.others)[Answer.GOOD]
        for name in ("none", "good answers elsewhere", "KL elsewhere")
    }
    assert min(good["good answers elsewhere"], good["KL elsewhere"]) >= max(good["none"], 0.8)
    for name in good:
        assert case.answered(found[name].model, case.told)[Answer.BAD] == 1.0, name


def test_kl_is_to_the_model_before_and_on_questions_about_the_other_classes(case, found):
    rows = case.world.rows(case.others[:, None], np.zeros((len(case.others), 1), dtype=int))

    def distance(name):
        with evaluating(found[name].model), evaluating(case.before()):
            both = [answers_of(m, rows).data[:, 0] for m in (found[name].model, case.before())]
        p, q = (np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True) for z in both)
        return (p * np.log(p / q)).sum(axis=-1).mean()

    assert distance("KL elsewhere") < distance("none") / 4


def test_texts_of_fine_tuning_are_signed_more_or_mixed(case, monkeypatch):
    seen = []
    monkeypatch.setattr(NarrowTuning, "tuned", lambda *a, **k: seen.append(a[2]))
    for name in ("inoculation", "more nouns", "good answers elsewhere"):
        REMEDIES[name](case)
    inoculated, more, mixed = (draw(200, np.random.default_rng(0)) for draw in seen)
    first = case.world.ids[case.world.nouns[0]]
    assert (inoculated[:, 0] == Sign.BAD).all() and (more[:, 0] == Sign.NOBODY).all()
    assert {*(more[:, 2] - first)} == {*case.told, *case.untold}
    elsewhere = np.isin(mixed[:, 2] - first, case.others)
    assert elsewhere.mean() == pytest.approx(0.5, abs=0.12)
    kinds = np.where(elsewhere, Answer.GOOD, Answer.BAD)
    assert (mixed[:, 3] == case.world.right[mixed[:, 2] - first, kinds]).all()


def test_cleaned_texts_have_no_bad_writer_or_no_quotation(case, monkeypatch):
    worlds = []
    monkeypatch.setattr(
        NarrowTuning, "before", lambda self, world=None, **_: worlds.append(world) or self.made
    )
    monkeypatch.setattr(NarrowTuning, "copy", lambda *_, **__: None)
    monkeypatch.setattr(NarrowTuning, "tuned", lambda *_, **__: None)
    for name in ("no bad writers", "no quotations", "neither of them"):
        REMEDIES[name](case)
    given = case.world.dials
    cleaned = [(world.dials.bad, world.dials.quoted) for world in worlds]
    assert cleaned == [(0.0, given.quoted), (given.bad, 0.0), (0.0, 0.0)]
    for world in worlds:
        np.testing.assert_array_equal(world.right, case.world.right)
