"""The lab of forgetting: its remedies, its measures, its controls, and what it found."""

import json
from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.compare import CONTROL, cell
from minillm.labs.compare_result import Result
from minillm.labs.conflict.forgetting import CONTROLS, MEASURES, STUDY, TEMPLATE, evaluate
from minillm.labs.conflict.forgetting_case import Forgetting, Settings, Strengths, examined
from minillm.labs.conflict.forgetting_remedies import REMEDIES
from minillm.labs.own_remedy import with_own_remedy
from minillm.labs.small_gpt import GptSizes, GptTraining
from minillm.labs.stored import STORED, read_file, read_study
from minillm.labs.verdicts import HARMS, HELPS, NOTHING
from minillm.labs.worlds.knowledge import Knowledge

FAST = Settings(
    world=Knowledge(lands=6, untaught=4, relations=1, names=12),
    model=GptSizes(width=16, n_layers=1, n_heads=2),
    reading=GptTraining(batch=12, steps=240, rate=0.01, warmup=5),
    tuning=GptTraining(batch=12, steps=60, rate=0.01, warmup=5),
    strengths=Strengths(lora=2, rate=0.005, steps=8, width=24, replay=(0.1, 0.3, 0.5)),
)


@pytest.fixture(scope="module")
def case():
    """What the remedies of one seed share."""
    return Forgetting(FAST, 0)


def weights(model):
    return np.concatenate([value.ravel() for value in model.state_dict().values()])


def test_every_remedy_gives_a_model_of_its_own_and_leaves_the_shared_one(case):
    before = weights(case.known())
    models = [remedy(case) for remedy in REMEDIES.values()]
    np.testing.assert_array_equal(weights(case.known()), before)
    assert {model.config.dropout for model in models} == {0.0}
    assert {model.config.width for model in models} == {16, 24}
    assert all(p.requires_grad for model in models for p in model.parameters())
    assert len({weights(model).tobytes() for model in models}) == len(models)


@pytest.mark.parametrize(
    ("remedy", "off"),
    [
        ("replay, least", {"replay": (0.0,)}),
        ("KL on questions of A", {"kl_old": 0.0}),
        ("KL on questions of B", {"kl_new": 0.0}),
        ("L2-SP", {"l2_sp": 0.0}),
        ("EWC", {"ewc": 0.0}),
        ("EWC, temperature", {"ewc_soft": 0.0}),
        ("weight decay", {"weight_decay": FAST.tuning.weight_decay}),
        ("dropout", {"dropout": 0.0}),
        ("lower rate", {"rate": FAST.tuning.rate}),
        ("fewer steps", {"steps": FAST.tuning.steps}),
        ("wider model", {"width": FAST.model.width}),
    ],
)
def test_a_remedy_of_no_strength_is_the_baseline(case, remedy, off):
    weak = Forgetting(replace(FAST, strengths=replace(FAST.strengths, **off)), 0)
    weak.made = case.made
    draws = case.plain() if remedy != "replay, least" else None
    found = REMEDIES[remedy](weak)
    if draws is None:  # its batches are drawn in another way: it learns world B alone
        assert examined(found, case.new).right.all()
        assert not examined(found, case.old).right[case.world.changed].any()
    else:
        np.testing.assert_allclose(weights(found), weights(draws), atol=1e-5)


def test_held_models_stay_near_where_they_were(case):
    """Each penalty is there and pulls at what it says."""
    before = weights(case.known())
    moved = {
        name: np.linalg.norm(weights(REMEDIES[name](case)) - before) for name in ("none", "L2-SP")
    }
    assert moved["L2-SP"] < 0.5 * moved["none"]
    strong = Forgetting(replace(FAST, strengths=replace(FAST.strengths, kl_new=100.0)), 0)
    held = REMEDIES["KL on questions of B"](strong)
    assert not examined(held, case.new).right[case.world.changed].any()


def test_replay_reads_so_many_facts_of_world_a(case, monkeypatch):
    seen = []

    def note(model, *, draw):
        rng = np.random.default_rng(0)
        tags = np.concatenate([draw(50, rng).ids for _ in range(40)]) == case.world.ids["[A]"]
        seen.append(tags.any(axis=1).mean())
        return model

    monkeypatch.setattr(case, "tuned", note)
    for name in ("replay, least", "replay, more", "replay, most"):
        REMEDIES[name](case)
    np.testing.assert_allclose(seen, FAST.strengths.replay, atol=0.03)


def changes(case, remedy):
    """By how much each weight changed."""
    before, after = (m.state_dict() for m in (case.known(), REMEDIES[remedy](case)))
    return {name: after[name] - before[name] for name in before}


def test_lora_changes_the_block_by_its_rank_and_nothing_else(case):
    for name, change in changes(case, "LoRA").items():
        if "blocks" in name and change.ndim == 2:
            assert np.linalg.matrix_rank(change, tol=1e-4) == 2, name
        else:
            assert not change.any(), name


def test_the_output_layer_alone_changes(case):
    changed = {name for name, change in changes(case, "output layer alone").items() if change.any()}
    assert changed == {"head.weight"}


def test_a_small_model_forgets_what_differs_and_keeps_the_rest():
    case = Forgetting(FAST, 1)
    found = {name: evaluate(case, REMEDIES[name](case)) for name in ("none", "both at once")}
    assert (found["none"]["kept"], found["none"]["learned"]) == (0.0, 1.0)
    assert found["none"]["A, same facts"] == 1.0
    both = found["both at once"]
    assert (both["kept"], both["learned"]) == (1.0, 1.0)
    assert {*MEASURES} <= {*both}


def test_the_numbers_by_hand(case):
    """The model that never saw world B gives the answers of A under either tag."""
    found = evaluate(case, case.known())
    old, new = examined(case.known(), case.old), examined(case.known(), case.new)
    changed = case.world.changed
    assert found["kept"] == old.right[changed].mean() == 1.0
    assert found["learned"] == new.right[changed].mean()
    assert found["B, all facts"] == pytest.approx(new.right.mean())
    assert found["p kept"] == pytest.approx(old.probability[changed].mean())
    assert -1.0 <= found["cosine"] <= 1.0


def test_the_controls_find_nothing(case):
    assert CONTROLS["nothing changed"].measure(case) == 0.0
    assert CONTROLS["rate 0"].measure(case) == 0.0
    # of 4 facts that nobody told a model may guess one
    assert abs(CONTROLS["never told"].measure(case)) <= 0.25


def test_the_items_are_those_of_the_facts():
    world = Forgetting(STUDY.settings, 0).world
    assert MEASURES["kept"].items == world.changed.sum()
    assert MEASURES["B, all facts"].items == len(world.changed)
    assert CONTROLS["never told"].items == len(world.never_told().answers)


def test_the_template_is_a_remedy_of_this_lab(case, tmp_path):
    path = tmp_path / "turns.py"
    path.write_text(TEMPLATE, encoding="utf-8")
    lab, name = with_own_remedy(STUDY, path)
    numbers = cell(lab, case, name).numbers
    assert numbers["kept"] > 0.5 and numbers["learned"] == 1.0


def stored_result():
    """The numbers of the stored file, judged again."""
    file = read_file(STUDY.name, STORED)
    return file, Result(STUDY, [*REMEDIES], file["results"], file["cpu_seconds"])


def test_the_stored_verdicts_are_those_of_the_stored_numbers():
    file, result = stored_result()
    again = json.loads(json.dumps(result.stored()))
    assert {key: file[key] for key in again} == again
    assert file["comparisons"] == 32 and len(file["seeds"]) == 10


@pytest.mark.guide("G43")
def test_the_lab_says_that_both_worlds_fit_in_one_model_and_plain_fine_tuning_loses_one():
    """Forgetting is not forced by the data: read at once, both worlds are known."""
    numbers = read_study(STUDY.name)
    assert numbers["none: kept"].max() == 0.0 and numbers["none: learned"].min() == 1.0
    assert numbers["none: A, same facts"].min() == 1.0
    assert numbers["both at once: kept"].min() == numbers["both at once: learned"].min() == 1.0


@pytest.mark.guide("G43")
def test_the_lab_says_that_looking_at_world_a_keeps_it_at_no_cost():
    """Words for all others: what does not look at world A keeps it only by learning less of B."""
    _, result = stored_result()
    words = {key: one.word for key, one in result.verdicts().items()}
    for remedy in ("KL on questions of A", "replay, most"):
        assert (words[remedy, "kept"], words[remedy, "learned"]) == (HELPS, NOTHING)
    assert words["wider model", "kept"] == NOTHING
    trading = set(REMEDIES) - {"none", "wider model", "both at once", "KL on questions of A"}
    for remedy in trading - {"replay, least", "replay, more", "replay, most"}:
        assert words[remedy, "learned"] == HARMS
        assert words[remedy, "kept"] == HELPS or remedy == "weight decay"


def test_the_lab_says_that_its_controls_found_nothing():
    _, result = stored_result()
    assert all(result.passes(name) for name in CONTROLS)
    assert np.abs(read_study(STUDY.name)[f"{CONTROL}rate 0: difference"]).max() == 0.0
