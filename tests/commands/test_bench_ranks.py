"""``bench --parts ranks``: what it asks of several processes, and the tables it makes of it."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from minillm.commands import bench_ranks, bench_ranks_child, bench_ranks_report
from minillm.commands.bench_steps import SIZES, Size
from minillm.training.ranks import Wire, step_seconds
from tests.training.ranks.threads import all_done, in_ranks

SMALL = Size(5, 6, 8, 2, 1, 11, steps=1)
FOUND = {
    "load": 1.25,
    "tiny": {"alone": 40.0, "together": 25.0, "all-reduce": 2.0, "bytes": 1_000_000},
    "sums": {"4000": {"Allreduce": 0.5, "ring by hand": 1.0}},
    "wire": {"latency": 1e-6, "bandwidth": 2e9},
    "equal": {"2": {"float64": {"loss": 2e-16, "weights": 3e-14}}},
}


def test_the_tables_say_what_was_measured_and_what_the_formula_gives():
    text = bench_ranks_report.ranks_table(FOUND)
    lines = [line.split() for line in text.splitlines()]
    assert ["tiny", "1.00", "40.0", "25.0", "2.00", "1.60"] in lines
    assert ["0.004", "0.500", "1.000", f"{1e3 * 2 * (1e-6 + 2000 / 2e9):.3f}"] in lines
    assert "latency 1.0 us, bandwidth 2.00 GB/s" in text and "before it began: 1.2" in text
    assert ["2", "float64", "2e-16", "3e-14"] in lines
    seconds = step_seconds(8, 0.040, 1_000_000, Wire(1e-6, 2e9))
    (row,) = (line for line in lines if line[:6] == ["as", "between", "two", "ranks", "here", "8"])
    assert row[7] == f"{1e3 * seconds:.1f}" and row[8] == f"{8 * 0.040 / seconds:.1f}"


def test_without_mpi_the_reason_stands_there(monkeypatch):
    monkeypatch.setattr(bench_ranks.importlib.util, "find_spec", lambda name: None)
    ((name, reason),) = bench_ranks.rank_work(["tiny"], 1)
    assert name == "missing" and "pip install -e '.[cluster]'" in reason()
    assert bench_ranks_report.ranks_table({name: reason()}).startswith("ranks: not measured, mpi4p")
    monkeypatch.setattr(bench_ranks.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(bench_ranks, "launcher", lambda: None)
    assert "no mpiexec beside this Python" in bench_ranks.missing()


def test_a_world_that_fails_is_told_with_its_last_words(monkeypatch):
    monkeypatch.setattr(bench_ranks, "launcher", lambda: "false")
    with pytest.raises(ValueError, match="bench: 2 ranks ended with 1: "):
        bench_ranks.answer(2, "wire", 8, 1)


def test_equal_training_is_equal_and_a_lost_weight_is_seen():
    """Uneven slices of 4 rows among 3 ranks; the mean of means would be far away."""
    found = all_done(in_ranks(3, lambda ranks: bench_ranks_child.equal(ranks, SMALL, 1)))
    for one in found:
        assert one["float64"]["loss"] < 1e-12 and one["float64"]["weights"] < 1e-10
        assert 1e-12 < one["float32"]["loss"] < 1e-4
    first = np.array([2.0, 4.0]), {"w": np.array([1.0, -8.0])}
    other = np.array([2.0, 5.0]), {"w": np.array([1.5, -8.0])}
    assert bench_ranks_child.difference(first, other) == {"loss": 0.25, "weights": 0.5}


@pytest.mark.slow  # starts worlds of processes
@pytest.mark.skipif(bench_ranks.missing() is not None, reason=str(bench_ranks.missing()))
def test_processes_measure(monkeypatch):
    monkeypatch.setattr(bench_ranks, "SIZES", {"tiny": SMALL})
    monkeypatch.setattr(bench_ranks, "BUFFERS", (400, 40_000))
    found = {name: measure() for name, measure in bench_ranks.rank_work(["tiny"], 1)}
    assert [*found["tiny"]] == ["alone", "together", "all-reduce", "bytes"]
    assert min(found["tiny"].values()) > 0 and [*found["sums"]] == ["400", "40000"]
    assert found["wire"]["latency"] > 0 and found["wire"]["bandwidth"] > 0
    assert found["equal"]["2"]["float64"]["weights"] < 1e-10
    assert bench_ranks_report.ranks_table(json.loads(json.dumps(found)))
    assert asdict(SMALL)["batch"] % 2  # an uneven batch
    assert "tiny" in SIZES
