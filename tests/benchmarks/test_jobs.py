"""The work that is timed is the work that is meant."""

import math
from dataclasses import asdict, replace

import numpy as np
import pytest

from minillm import ops
from minillm.backend import kernels
from tests.benchmarks import (
    finetuning_minillm,
    inference_minillm,
    op_minillm,
    problem,
    rare_minillm,
    training_minillm,
    without_minillm,
    writing_minillm,
)
from tests.benchmarks.sizes import OPS, OpCase, Rare, Size

SMALL = Size(4, 6, 8, 2, 2, 11, steps=1)


def test_one_kernel_is_taken_away_and_no_other():
    with kernels("numpy"):
        names = without_minillm.names()
        without_minillm.prepared(asdict(SMALL), "gelu_in_one_pass")
        assert np not in ops.gelu.kernels
        assert {*names} - {*without_minillm.names()} == {"gelu_in_one_pass"}
    with kernels("numpy"):
        without_minillm.prepared(asdict(SMALL), "nothing")
        assert without_minillm.names() == names
        with pytest.raises(ValueError, match="no kernel 'gelu' at level numpy"):
            without_minillm.prepared(asdict(SMALL), "gelu")


def test_rows_get_a_gradient_once():
    rare = Rare(rows=40, width=4, tokens=6)
    weights, (first, later) = problem.rare_rows(rare)
    assert [*first] == [*range(40)]
    assert later.max() < 2  # 5 % of 40
    step = rare_minillm.prepared(asdict(rare))
    assert step() == pytest.approx(np.mean(weights**2), rel=1e-5)
    assert step() == pytest.approx(np.mean(weights[later] ** 2), rel=1e-2)


def test_training_ends():
    step = training_minillm.prepared(asdict(SMALL), updates=2)
    first, second = step(), step()
    assert second < first
    assert step() is None


def test_inference_hides_the_padding_and_records_nothing(monkeypatch):
    x, words = problem.sentences(SMALL)
    assert words[:, 0].all()
    assert not words.all()
    before = inference_minillm.prepared(asdict(SMALL))()
    monkeypatch.setattr(
        problem, "sentences", lambda size: (np.where(words[..., None], x, 9), words)
    )
    assert inference_minillm.prepared(asdict(SMALL))() == pytest.approx(before)
    monkeypatch.setattr(problem, "sentences", lambda size: (x + words[..., None] * x[::-1], words))
    assert inference_minillm.prepared(asdict(SMALL))() != pytest.approx(before)


@pytest.mark.parametrize("name", OPS)
def test_an_op_runs_at_its_size(name):
    case = OPS[name]
    assert math.isfinite(op_minillm.prepared(asdict(case))())


def test_masks_of_attention():
    heads = [3, 2, 4, 5]
    causal, padding = (problem.attention_mask(kind, heads) for kind in ("causal", "padding"))
    assert causal.tolist() == np.tri(4, dtype=bool).tolist()
    assert padding.shape == (3, 1, 1, 4)
    assert padding[..., 0].all()
    case = OpCase("attention", [heads] * 3, {"mask": "padding"})
    assert np.array_equal(op_minillm.settings_of(case)["mask"], padding)


def test_a_text_is_read_token_by_token_and_every_reader_finds_the_same():
    found = {how: writing_minillm.prepared(asdict(SMALL), how)() for how in writing_minillm.READERS}
    assert found["lean"] == pytest.approx(found["recomputing"], rel=1e-5)
    assert found["cached"] == pytest.approx(found["recomputing"], rel=1e-6)


@pytest.mark.parametrize("way", finetuning_minillm.WAYS)
def test_each_way_of_fine_tuning_begins_with_the_same_loss_and_trains(way):
    size = replace(SMALL, width=16)  # rank 8 fits
    step, full = (finetuning_minillm.prepared(asdict(size), name) for name in (way, "full"))
    losses = [step() for _ in range(4)]
    assert losses[0] == pytest.approx(full(), rel=1e-6)
    assert losses[-1] < losses[0]
