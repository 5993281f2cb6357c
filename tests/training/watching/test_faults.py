"""Every fault that is put in is told, by the name of what began it; what is healthy is not."""

import pytest

from minillm.training import DivergenceError
from minillm.training.watching import FaultFound, WatchLimits
from tests.training.watching.faults import FAULTS
from tests.training.watching.kinds import KINDS, plain_sgd, training_of


@pytest.mark.guide("G58")
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_by_what_began_it_before_it_reaches_the_weights(name):
    fault = FAULTS[name]
    training = fault.put()
    with pytest.raises(FaultFound) as caught:
        training.run()
    finding = caught.value.finding
    assert finding.kind == fault.kind, caught.value
    for what in ("op", "direction", "inputs", "count"):
        if getattr(fault, what) is not None:
            assert getattr(finding, what) == getattr(fault, what), (what, str(caught.value))
    assert fault.where in ("", finding.where), caught.value
    assert fault.step in (None, caught.value.step), caught.value
    assert f"step {caught.value.step}: " in str(caught.value)
    assert isinstance(caught.value, DivergenceError)


@pytest.mark.guide("G58")
@pytest.mark.parametrize("kind", KINDS)
def test_healthy_training_of_every_kind_of_model_is_not_disturbed(kind):
    for seed in range(5):
        training = training_of(kind, seed, steps=14)
        assert len(training.run(WatchLimits(window=4, dead_window=5))) == 14


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_long_healthy_training_is_not_disturbed_by_the_usual_limits(kind):
    for seed in range(5):
        losses = [float(step.loss) for step in training_of(kind, seed, steps=300).run(None)]
        assert losses[-1] < losses[0]


def test_training_to_the_end_is_not_disturbed():
    for seed in range(5):
        steps = plain_sgd(seed, 120).run(None)
        assert float(steps[-1].loss) < 0.05 < float(steps[0].loss)
