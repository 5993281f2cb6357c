"""A watch changes nothing, leaves nothing behind, and says what it was given wrongly."""

import itertools
import json
import math
import re

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Parameter, Tensor
from minillm.backend import load_arrays, stream
from minillm.nn import Linear, Module
from minillm.optim import SGD, Adam
from minillm.training import DivergenceError, fit, read_record
from minillm.training.profiling import profile_step
from minillm.training.watching import FaultFound, Watch, WatchLimits, watched
from minillm.training.watching.origins import is_finite
from minillm.training.watching.sizes import rms
from minillm.training.watching.units import Units
from tests.training.toys import run_of
from tests.training.watching.faults import FAULTS, X, Y, exploding, healthy, learning_rate


def by_hand(training, steps=8):
    """The training in a loop of one's own, with ``backward`` and ``step``."""
    optimizer = training.optimizer()
    with watched(training.model, optimizer) as watch:
        for batch in training.batches[:steps]:
            loss = training.loss_of(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return watch


@pytest.mark.guide("G58")
def test_a_watch_changes_no_number():
    plain, seen, own = healthy(), healthy(), healthy()
    optimizer = plain.optimizer()
    losses = [float(s.loss) for s in fit(plain.loss_of, plain.batches[:8], optimizer)]
    seen.batches = seen.batches[:8]
    assert [float(step.loss) for step in seen.run()] == losses
    by_hand(own)
    for other in (seen, own):
        for one, p in zip(plain.model.parameters(), other.model.parameters(), strict=True):
            np.testing.assert_array_equal(one.data, p.data)


def test_a_loop_of_ones_own_is_watched_as_well():
    training = FAULTS["log of 0"].put()
    before = training.model.state_dict()
    told = "the first infinity arose in the forward pass of log in (model) (96 of 96 numbers, "
    told += "shape (12, 8)); all that it was given was finite. This update was not made."
    with pytest.raises(FaultFound, match=re.escape(f"step 0: {told}")):
        by_hand(training)
    after = training.model.state_dict()
    assert all((before[name] == after[name]).all() for name in before)


def test_nothing_is_left_behind_also_after_a_fault():
    training = FAULTS["NaN in a weight"].put()
    optimizer = training.optimizer()
    with pytest.raises(FaultFound), watched(training.model, optimizer):
        list(fit(training.loss_of, training.batches, optimizer))
    assert "step" not in vars(optimizer)
    assert all("forward" not in vars(layer) for _, layer in training.model.named_modules())
    assert np.geterr()["divide"] == "warn"
    by_hand(healthy())  # and the same again


def test_an_update_that_is_too_large_is_undone():
    training = learning_rate(30.0)
    before = training.model.state_dict()
    with pytest.raises(FaultFound, match="times as large as the weights, at a learning rate of 30"):
        training.run()
    after = training.model.state_dict()
    assert all((before[name] == after[name]).all() for name in before)


def test_clipping_sees_to_what_explodes():
    with pytest.raises(FaultFound, match="its norm is"):
        exploding().run()
    training = exploding(max_norm=1.0)
    assert len(training.run()) == len(training.batches)


@pytest.mark.parametrize("kind", ["gradient explodes", "loss rises", "dead units"])
def test_each_limit_can_be_left_out(kind):
    name = {"gradient explodes": "explosion", "loss rises": "loss_above"}.get(kind, "dead_share")
    faults = [fault for fault in FAULTS.values() if fault.kind == kind]
    for fault in faults:
        limits = WatchLimits(**{"window": 6, "dead_window": 8, name: None})
        try:
            fault.put().run(limits)
        except FaultFound as error:
            assert error.finding.kind != kind


@pytest.mark.guide("G58")
def test_a_fault_of_a_run_is_in_its_record_and_the_weights_before_it_are_kept(tmp_path):
    run = run_of("translation", out=tmp_path)
    run.watch = WatchLimits()
    steps = run.all()
    list(itertools.islice(steps, 5))
    good = run.model.state_dict()
    weight = run.model.next_word.weight.data.copy()
    weight[0, 0] = np.nan
    run.model.next_word.weight.data = weight
    with pytest.raises(FaultFound, match=r"step 5: NaN stands in the parameter next_word\.w"):
        list(steps)
    *_, event = read_record(tmp_path / "record.jsonl")[1]
    assert event["fault"].startswith("step 5: NaN stands in the parameter next_word.weight")
    about = {"kind": "not finite", "where": "next_word.weight", "op": "linear", "count": 1}
    assert about.items() <= event.items() and event["shape"] == list(weight.shape)
    kept, _ = load_arrays(tmp_path / "last_good.safetensors")
    assert kept.keys() == good.keys()


@pytest.mark.guide("G57", "G58")
def test_a_run_that_is_watched_writes_the_same_bytes(tmp_path):
    for name in ("plain", "watched"):
        run = run_of("translation", out=tmp_path / name)
        run.watch = WatchLimits() if name == "watched" else None
        list(run.all())
    for name in ("record.jsonl", "checkpoint.safetensors"):
        one, other = ((tmp_path / kind / name).read_bytes() for kind in ("plain", "watched"))
        assert one == other


def test_what_the_caller_does_between_steps_is_not_watched():
    """Held-out texts may have what training has not, and other models their own faults."""
    run = run_of("translation")
    run.watch = WatchLimits()
    for _ in run.all():
        with np.errstate(all="ignore"):
            assert not np.isfinite(ops.log(Tensor(np.zeros(2))).data).any()


def test_two_models_may_be_watched_inside_each_other_and_one_only_once():
    one, other = healthy(), healthy()
    optimizers = one.optimizer(), other.optimizer()
    with watched(one.model, optimizers[0]), watched(other.model, optimizers[1]):
        list(fit(other.loss_of, other.batches[:3], optimizers[1]))
        list(fit(one.loss_of, one.batches[:3], optimizers[0]))
    with watched(one.model, optimizers[0]) as watch:
        with pytest.raises(ValueError, match=r"\(model\) is watched already"):
            watched(one.model, one.optimizer()).__enter__()
        with pytest.raises(ValueError, match="watched already"), watch.looking():
            pass
        with pytest.raises(ValueError, match="this optimizer is watched already"):
            watched(other.model, optimizers[0]).__enter__()
        with pytest.raises(ValueError, match="watched already"):
            profile_step(one.model, lambda: one.loss_of(one.batches[0]), optimizers[0])
        list(fit(one.loss_of, one.batches[:3], optimizers[0]))


class Nothing(Module):
    def forward(self, x):
        return x


@pytest.mark.parametrize(
    ("model", "optimizers", "error", "told"),
    [
        (None, ["sgd"], TypeError, "model must be a Module, got a NoneType"),
        (Nothing(), ["sgd"], ValueError, "Nothing has no parameters: nothing is trained"),
        ("linear", [], ValueError, "give the optimizer too"),
        ("linear", [3], TypeError, "must be an Optimizer, got a int"),
        ("linear", ["sgd", WatchLimits()], TypeError, "got a WatchLimits"),
    ],
)
def test_a_watch_of_nothing_is_refused(model, optimizers, error, told):
    linear = Linear(2, 2, rng=stream(0, "w"))
    given = [SGD(linear.parameters(), lr=0.1) if o == "sgd" else o for o in optimizers]
    with pytest.raises(error, match=told):
        Watch(linear if model == "linear" else model, *given)


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"explosion": -1.0}, ValueError, "explosion must be positive and finite, or None, got -1"),
        ({"explosion": math.nan}, ValueError, "explosion must be positive"),
        ({"update_above": math.inf}, ValueError, "update_above must be positive"),
        ({"update_below": 0}, ValueError, "update_below must be positive"),
        ({"loss_above": "2"}, TypeError, "loss_above must be a number, got '2'"),
        ({"activation_above": True}, TypeError, "activation_above must be a number, got True"),
        ({"dead_share": 1.5}, ValueError, "dead_share must be at most 1, got 1.5"),
        ({"window": 1}, ValueError, "window must be at least 2, got 1"),
        ({"dead_window": 2.0}, TypeError, "dead_window must be an integer, got 2.0"),
    ],
)
def test_limits_that_make_no_sense_are_refused(changes, error, told):
    with pytest.raises(error, match=told):
        WatchLimits(**changes)


def test_errors_of_others_pass_through():
    training = healthy()
    optimizer = training.optimizer()
    with pytest.raises(ZeroDivisionError), watched(training.model, optimizer):
        raise ZeroDivisionError
    with (
        pytest.raises(DivergenceError, match="by hand") as caught,
        watched(training.model, optimizer),
    ):
        raise DivergenceError("by hand")
    assert not isinstance(caught.value, FaultFound)
    with watched(training.model, optimizer), pytest.raises(ValueError, match="gradients for"):
        optimizer.step([])


def test_a_gradient_that_no_op_has_made_is_named_by_its_parameter():
    training = healthy()
    optimizer = training.optimizer()
    given = [np.full_like(p.data, np.nan if i == 2 else 0.0)
             for i, p in enumerate(optimizer.parameters)]  # fmt: skip
    told = "the gradient of hidden.inner.weight is not finite, and no op has made it"
    with pytest.raises(FaultFound, match=told), watched(training.model, optimizer):
        optimizer.step(given)


def test_two_optimizers_may_share_a_model():
    training = healthy()
    model = training.model
    first = Adam(model.enter.parameters(), lr=0.01)
    rest = [p for part in (model.hidden, model.norm, model.leave) for p in part.parameters()]
    second = SGD(rest, lr=0.01)
    with watched(model, first, second):
        for i in training.batches[:4]:
            ops.cross_entropy(model(X[i]), targets=Y[i]).backward()
            for optimizer in (first, second):
                optimizer.step()
                optimizer.zero_grad()


def test_the_quick_look_at_a_sum_is_right_where_it_overflows():
    large = np.full(4, 3e38, dtype="float32")
    with np.errstate(all="ignore"):
        assert is_finite(large) and is_finite(np.full(9, 60000.0, dtype="float16"))
        assert is_finite(np.array([1, 2])) and is_finite(np.zeros(0))
        for bad in (np.nan, np.inf, -np.inf):
            assert not is_finite(np.array([1.0, bad, -bad]))
        assert rms([large]) == pytest.approx(3e38)
        assert rms([np.array([3.0]), np.array([4.0, 0.0])]) == pytest.approx((25 / 3) ** 0.5)
        assert rms([]) == 0.0


def test_a_unit_is_dead_when_it_is_never_active_in_a_whole_window():
    units = Units(WatchLimits(dead_window=3, dead_share=0.5))
    asleep = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    for awake in (0, 1):  # each is active once
        shown = asleep.copy()
        shown[1, awake] = 0.1
        units.see("layer", "relu", shown)
        assert units.after_update() is None
    units.see("layer", "relu", asleep)
    assert units.after_update() is None  # one of three is dead
    for _ in range(2):
        units.see("layer", "relu", shown)
        assert units.after_update() is None
    units.see("layer", "relu", asleep)
    assert units.after_update().said == (
        "2 of 3 units of relu in layer were never active in the last 3 updates"
    )
    for _ in range(3):
        units.see("layer", "gelu", asleep - 0.1)  # on the slope below 0: not dead
        units.see("layer", "tanh", asleep)
        found = units.after_update()
    assert found is None


def test_a_finding_can_be_written_down():
    fault = FAULTS["a row that is all masked"].put()
    with pytest.raises(FaultFound) as caught:
        fault.run()
    assert json.loads(json.dumps(caught.value.details)) == {
        "kind": "not finite", "where": "(model)", "op": "softmax", "direction": "forward",
        "shape": [12, 8], "count": 8, "inputs": "infinite",
    }  # fmt: skip
    assert "it was given infinite numbers, and no NaN" in str(caught.value)


def test_parameters_outside_of_the_model_are_told_by_number():
    training, other = healthy(), Parameter(np.zeros((2, 2)))
    optimizer = SGD([*training.model.parameters(), other], lr=0.1)
    watch = Watch(training.model, optimizer)
    trends, _ = watch.of[id(optimizer)]
    assert trends.names[-1] == f"parameter {len(trends.names) - 1}"
