"""Several ranks give what one gives: gradients, a whole run, its files, and a resumed one."""

import re
import threading
from typing import NamedTuple

import numpy as np
import pytest

from minillm import Parameter
from minillm.backend import surroundings
from minillm.backend.ids import IGNORE
from minillm.models import Bert, BertConfig, MaskedLanguageModel
from minillm.nn import Dropout, Linear, Module
from minillm.optim import SGD, AdamW
from minillm.training import (
    DivergenceError,
    Run,
    ShardedGradients,
    Stage,
    fit,
    mean_gradients,
    mean_loss,
    read_record,
)
from minillm.training.data_parallel import DataParallelGradients, gradients_by
from minillm.training.evaluation_mode import evaluation_shared
from minillm.training.ranks.agreement import RanksError
from tests.strict import SYNCS, strict
from tests.training.masked import count, new_batch
from tests.training.ranks.threads import all_done, in_ranks


def new_model(dropout=0.0):
    rng = np.random.default_rng(0)
    config = BertConfig(
        vocabulary_size=40, width=8, n_layers=1, n_heads=2, max_length=12, dropout=dropout
    )
    return MaskedLanguageModel(Bert(config, rng=rng), rng=rng).to_dtype(np.float64)


def answer(gradients, model, batches, counts=None):
    counts = counts or [1.0] * len(batches)
    loss, found = gradients(
        lambda batch: model.loss(*batch), batches, model.parameters(), counts=counts,
        allow_unused=True,
    )  # fmt: skip
    return float(loss), [None if g is None else g.copy() for g in found]


def assert_same(found, expected, rtol=1e-12):
    assert found[0] == pytest.approx(expected[0], rel=rtol)
    largest = max(np.abs(b).max() for b in expected[1] if b is not None)
    for a, b in zip(found[1], expected[1], strict=True):
        assert (a is None) == (b is None)
        if b is not None:
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * largest)


def shared(size, batches, counts=None, dropout=0.0):
    def work(ranks):
        model = new_model(dropout)
        gradients = DataParallelGradients(ranks, count)
        return answer(gradients, model, batches, counts), calls_of(model)

    return all_done(in_ranks(size, work))


def calls_of(model):
    return [m.calls for _, m in model.named_modules() if isinstance(m, Dropout)]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_uneven_slices_give_the_mean_over_all_targets(size, dropout):
    batch, model = new_batch(), new_model(dropout)
    targets = (batch.targets != IGNORE).sum(axis=1)
    assert len(set(targets)) > 2  # a mean of means would differ
    expected = answer(mean_gradients, model, [batch])
    for found, calls in shared(size, [batch], dropout=dropout):
        assert_same(found, expected)
        assert calls == calls_of(model)


@pytest.mark.parametrize(
    ("rows", "without"),
    [(1, ()), (2, ()), (6, (0, 1, 2)), (6, (3, 4, 5)), (6, (1, 2, 3, 4, 5))],
)
def test_a_rank_without_targets_adds_nothing_and_counts_dropout(rows, without):
    batch, model = new_batch(rows=rows, without=without), new_model(0.3)
    expected = answer(mean_gradients, model, [batch])
    for found, calls in shared(3, [batch], dropout=0.3):
        assert_same(found, expected)
        assert calls == calls_of(model) and any(calls)


def test_batches_of_an_update_keep_their_weights_and_need_one_sum():
    batches, model = [new_batch(1), new_batch(2, rows=5), new_batch(3)], new_model()
    counts = [3.0, 5.0, 0.0]
    expected = answer(mean_gradients, model, batches, counts)

    def work(ranks):
        found = answer(DataParallelGradients(ranks, count), new_model(), batches, counts)
        return found, ranks.lengths

    for found, lengths in all_done(in_ranks(2, work)):
        assert_same(found, expected)
        numbers = sum(p.size for p in model.parameters())
        assert lengths == [numbers + 1 + len(model.parameters())]


def test_nothing_is_counted():
    batch = new_batch()
    for found, calls in shared(2, [batch], [0.0], dropout=0.3):
        assert found[0] == 0 and not any(g.any() for g in found[1])
        assert not any(calls)
    empty = new_batch(without=range(6))  # it counts, but has no targets
    expected = answer(mean_gradients, new_model(), [empty])
    for found, _ in shared(2, [empty]):
        assert_same(found, expected)


class Unused(Module):
    def __init__(self):
        rng = np.random.default_rng(0)
        self.a, self.b = Linear(3, 2, rng=rng), Linear(3, 2, rng=rng)
        self.c = Linear(3, 2, rng=rng)

    def loss(self, x, which):
        return ((self.a if which[0] else self.b)(x) ** 2).mean()


def test_a_parameter_that_one_rank_uses_has_a_gradient_on_all():
    def work(ranks):
        model = Unused()
        batch = (np.ones((2, 3), np.float32), np.array([True, False]))
        gradients = DataParallelGradients(ranks, lambda part: len(part[0]))
        return answer(gradients, model, [batch])[1]

    for found in all_done(in_ranks(2, work)):
        assert [g is not None for g in found] == [True] * 4 + [False] * 2


def trained(gradients, dropout=0.0):
    """Twenty steps: losses and norms, and the weights at the end."""
    model = new_model(dropout)
    batches = [new_batch(seed, rows=5) for seed in range(20)]
    steps = fit(
        lambda batch: model.loss(*batch), batches, AdamW(model.parameters(), lr=0.01),
        max_norm=1.0, gradients=gradients, allow_unused=True,
    )  # fmt: skip
    losses = [(float(step.loss), float(step.gradient_norm)) for step in steps]
    return np.array(losses), model.state_dict()


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_twenty_steps_in_float64_are_those_of_one_rank(size, dropout):
    losses, weights = trained(mean_gradients, dropout)
    found = all_done(
        in_ranks(size, lambda ranks: trained(DataParallelGradients(ranks, count), dropout))
    )
    for own_losses, own in found:
        np.testing.assert_allclose(own_losses, losses, rtol=1e-10)
        for name, array in weights.items():
            np.testing.assert_allclose(own[name], array, rtol=1e-10, atol=1e-10, err_msg=name)
            assert own[name].tobytes() == found[0][1][name].tobytes()  # they never part
    assert len(set(losses[:, 0])) == 20


def test_a_batch_that_has_no_rows_is_refused():
    found = in_ranks(2, lambda ranks: answer(DataParallelGradients(ranks, count), new_model(), [7]))
    for error in found:
        assert isinstance(error, TypeError) and "a batch that ranks share must be a" in str(error)


def test_on_a_device_the_host_waits_for_nothing():
    """Beyond the one wait of the loop, which asks whether the loss is finite."""

    class Alone:
        rank, size = 0, 1

        def total(self, flat):
            assert isinstance(flat, type(strict.asarray(np.ones(1))))

    w = Parameter(strict.asarray(np.ones(3)))
    batch = (strict.asarray(np.ones((4, 3))), strict.asarray(np.ones(4)))
    gradients = DataParallelGradients(Alone(), lambda part: part[0].shape[0])
    steps = fit(
        lambda part: ((w * part[0]).sum(axis=1) - part[1]).mean(), [batch] * 3, SGD([w], lr=0.1),
        gradients=gradients,
    )  # fmt: skip
    SYNCS.clear()
    assert len(list(steps)) == len(SYNCS) == 3
    np.testing.assert_allclose(w.data.get(), [0.7] * 3)


class Ranks:
    rank, size = 0, 4


class Rows(NamedTuple):
    batch_size: int
    accumulate: int = 1


def test_how_gradients_are_made_and_what_is_refused():
    assert gradients_by(Rows(1), len) is mean_gradients
    assert isinstance(gradients_by(Rows(1), len, threads=2), ShardedGradients)
    assert isinstance(gradients_by(Rows(4), len, ranks=Ranks()), DataParallelGradients)
    with pytest.raises(ValueError, match="threads = 2 beside 4 ranks: each rank works with one"):
        gradients_by(Rows(4), len, threads=2, ranks=Ranks())
    with pytest.raises(ValueError, match=r"batch_size 3 is less than the 4 ranks.* at least 4"):
        gradients_by(Rows(3), len, ranks=Ranks())


# --- whole runs ---------------------------------------------------------------------------------


class World(Module):
    """A run of two stages of which each rank has its own copy."""

    def __init__(self, seed=0):
        self.masked = new_model(0.2)
        self.masked.parameters()[0].data.flat[0] += seed


def run_of(out, ranks=None, *, resume=False, seed=0, steps=8, lr=0.01, facts=None, held_out=None):
    model = World(seed)

    def held_out_loss():
        batches = [new_batch(n, rows=2) for n in (97, 98, 99)]
        return mean_loss(model, batches, lambda batch: model.masked.loss(*batch), count)[0]

    gradients = mean_gradients if ranks is None else DataParallelGradients(ranks, count)
    stage = Stage(
        "pretrain",
        lambda batch: model.masked.loss(*batch),
        lambda start, stop: (new_batch(i, rows=5) for i in range(start, stop)),
        steps,
        optimizer=lambda: AdamW(model.parameters(), lr=lr),
        gradients=gradients,
        allow_unused=True,
        max_norm=1.0,
        held_out=held_out or held_out_loss,
        evaluate_every=2,
    )
    return Run(
        model, [stage], facts or {"lr": lr}, out=out, resume=resume, save_every=2, ranks=ranks
    )


def losses_in(out):
    _, events = read_record(out / "record.jsonl")
    return [(e["loss"], e["gradient_norm"], e.get("held_out_loss", 0)) for e in events]


def test_only_rank_0_writes_and_what_it_writes_is_the_run_of_one(tmp_path):
    one, out = tmp_path / "one", tmp_path / "several"
    list(run_of(one).all())

    def work(ranks):
        place = out if ranks.rank == 0 else tmp_path / f"rank {ranks.rank}"
        return [float(step.held_out_loss or 0) for step in run_of(place, ranks).all()]

    found = all_done(in_ranks(3, work))
    assert found[0] == found[1] == found[2]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "several"]
    assert sorted(p.name for p in out.iterdir()) == sorted(p.name for p in one.iterdir())
    np.testing.assert_allclose(losses_in(out), losses_in(one), rtol=1e-10)
    alone, together = ((folder / "times.jsonl").read_text() for folder in (one, out))
    assert '"ranks"' not in alone and together.count('"ranks": 3}') == together.count("\n") > 3


@pytest.mark.parametrize("sizes", [(2, 1), (2, 3)])
def test_a_run_goes_on_with_another_number_of_ranks(sizes, tmp_path):
    """The result is that of a run which had that number from the start, to rounding."""
    whole, out = tmp_path / "whole", tmp_path / "out"

    def run_in(size, folder, **options):
        def work(ranks):
            for step in run_of(folder, ranks, **options).all():
                if options.get("resume") is False and step.index == 4:
                    return  # as if killed, between two checkpoints
            return

        all_done(in_ranks(size, work))

    run_in(sizes[1], whole)
    run_in(sizes[0], out, resume=False)
    assert len(losses_in(out)) == 5
    run_in(sizes[1], out, resume=True)
    np.testing.assert_allclose(losses_in(out), losses_in(whole), rtol=1e-10)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"lr": 0.02}, r"rank 1 of 2 would train something else.*\n  lr: 0.01 on rank 0, 0.02"),
        ({"seed": 1}, r"\n  weights: has another content than on rank 0$"),
        ({"steps": 9}, r"\n  pretrain.steps: 8 on rank 0, 9 on rank 1$"),
        ({"facts": {"lr": 0.01, "data": "f" * 64}}, r"\n  data: None on rank 0, 'ff"),
    ],
)
def test_ranks_that_would_train_something_else_are_told_before_the_first_step(
    changed, says, tmp_path
):
    def work(ranks):
        return run_of(tmp_path / "run", ranks, **(changed if ranks.rank else {}))

    for error in in_ranks(2, work):
        assert isinstance(error, RanksError)
        assert re.search(says, str(error)), error
    assert not (tmp_path / "run").exists()


def test_other_kernels_are_told_before_the_first_step(tmp_path, monkeypatch):
    here = threading.local()
    monkeypatch.setattr(surroundings, "kernels_in_force", lambda: here.level)

    def work(ranks):
        here.level = ("numpy", "off")[ranks.rank]
        return run_of(tmp_path / "run", ranks)

    for error in in_ranks(2, work):
        assert str(error).endswith("\n  kernels: 'numpy' on rank 0, 'off' on rank 1")
    assert not (tmp_path / "run").exists()


def test_other_versions_are_told_and_of_which_rank(tmp_path, monkeypatch):
    here = threading.local()
    monkeypatch.setattr(
        surroundings, "of_the_process", lambda: {"versions": {"numpy": here.version}}
    )

    def work(ranks):
        here.version = ("2.4.6", "2.4.6", "2.0.0")[ranks.rank]
        return run_of(tmp_path / "run", ranks)

    for error in in_ranks(3, work):
        assert str(error).startswith("rank 2 of 3 would train something else than rank 0")
        assert str(error).endswith("\n  numpy: '2.4.6' on rank 0, '2.0.0' on rank 2")
    assert not (tmp_path / "run").exists()


def test_another_checkpoint_is_told(tmp_path):
    for name, steps in (("0", 3), ("1", 5)):
        for step in run_of(tmp_path / name).all():
            if step.index + 1 == steps:
                break

    def work(ranks):
        return run_of(tmp_path / str(ranks.rank), ranks, resume=True)

    for error in in_ranks(2, work):
        assert "\n  checkpoint: has another content than on rank 0" in str(error)


def test_held_out_losses_that_differ_are_those_of_rank_0(tmp_path):
    """What ends a stage must not depend on the last bit of another processor."""

    def work(ranks):
        run = run_of(None, ranks, held_out=lambda: 1.0 + ranks.rank)
        return [step.held_out_loss for step in run.all()]

    assert all_done(in_ranks(2, work)) == [[None, 1.0] * 4] * 2


@pytest.mark.parametrize("size", [1, 2, 4])
def test_each_rank_measures_a_part_of_what_is_held_out(size):
    """Six rows in three batches; with four ranks, one has nothing to measure."""
    batches = [new_batch(seed, rows=2) for seed in (1, 2, 3)]
    model = new_model()

    def measured(asked=None):
        asked = [] if asked is None else asked
        loss_of = lambda batch: (asked.append(batch), model.loss(*batch))[1]  # noqa: E731
        return mean_loss(model, iter(batches), loss_of, count)

    def work(ranks):
        asked = []
        with evaluation_shared(ranks):
            found = measured(asked)
        assert measured() == expected  # outside of the block a rank is alone
        return found, len(asked)

    expected = measured()
    found = all_done(in_ranks(size, work))
    assert [n for _, n in found] == {1: [3], 2: [2, 1], 4: [1, 1, 1, 0]}[size]
    for (mean, n), _ in found:
        assert n == expected[1] and mean == pytest.approx(expected[0], rel=1e-14)


def test_a_run_shares_what_it_holds_out():
    def work(ranks):
        model, asked = new_model(), []
        batches = [new_batch(seed, rows=2) for seed in (1, 2, 3)]
        loss_of = lambda batch: (asked.append(batch), model.loss(*batch))[1]  # noqa: E731
        measure = lambda: mean_loss(model, iter(batches), loss_of, count)[0]  # noqa: E731
        list(run_of(None, ranks, held_out=measure, steps=2).all())
        return len(asked)

    assert all_done(in_ranks(2, work)) == [2, 1]


def test_ranks_whose_weights_part_are_stopped_before_they_are_kept(tmp_path):
    def work(ranks):
        run = run_of(tmp_path / str(ranks.rank), ranks)
        for step in run.all():
            if step.index == 4 and ranks.rank == 1:
                run.model.parameters()[0].data.flat[0] += 1e-9
        return

    for error in in_ranks(2, work):
        assert isinstance(error, RanksError)
        assert "after 6 updates the weights of rank 1 are not those of rank 0" in str(error)


def test_a_fault_is_everybodys_and_written_once(tmp_path):
    def work(ranks):
        place = tmp_path / str(ranks.rank)
        list(run_of(place, ranks, lr=1e200, facts={}).all())

    with np.errstate(all="ignore"):
        found = in_ranks(2, work)
    assert all(isinstance(error, DivergenceError) for error in found), found
    assert str(found[0]) == str(found[1])
    assert (tmp_path / "0" / "record.jsonl").exists() and not (tmp_path / "1").exists()


def test_a_buffer_serves_one_list_of_parameters_at_a_time():
    def work(ranks):
        gradients = DataParallelGradients(ranks, count)
        model, batch = new_model(), new_batch()
        first = answer(gradients, model, [batch])
        buffer = gradients.flat
        again = answer(gradients, model, [batch])
        assert gradients.flat is buffer
        other, gradients.count = Parameter(np.ones(3)), lambda part: len(part[0])
        optimizer = SGD([other], lr=0.1)
        rows = (np.ones((4, 3)), np.ones(4))
        steps = fit(
            lambda part: ((part[0] * other).sum(axis=1) - part[1]).mean(), [rows], optimizer,
            gradients=gradients,
        )  # fmt: skip
        list(steps)
        return first[0] == again[0], other.data.tolist()

    for same, weights in all_done(in_ranks(2, work)):
        assert same
        np.testing.assert_allclose(weights, [0.9] * 3)
