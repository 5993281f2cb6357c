"""``bench``: what it measures and how it says so; never how long anything took."""

import json
from collections import Counter

import numpy as np
import pytest

from minillm.backend import kernel_switch, kernels_in_force, machine
from minillm.commands import (
    bench,
    bench_child,
    bench_private,
    bench_report,
    bench_serve,
    bench_steps,
)
from minillm.commands.bench_ops import cases
from minillm.commands.bench_steps import LanguageModel, Size, random_batch, training_step
from minillm.commands.bench_timing import by_level, in_turn
from tests.commands.command_line import ENVIRONMENT

SMALL = Size(4, 6, 8, 2, 1, 11, steps=1)


@pytest.fixture
def small(monkeypatch):
    """A model, an op and levels that take no time."""
    for module in (bench, bench_steps, bench_report):
        monkeypatch.setattr(module, "SIZES", {"tiny": SMALL})
    monkeypatch.setattr(bench, "levels_here", lambda: ["off", "numpy"])
    monkeypatch.setattr(bench, "cases", lambda: cases()[:1])
    monkeypatch.setattr("minillm.commands.bench_timing.AT_LEAST", 0.0)
    load = bench_serve.Load((1, 2), 3, 5, 3, 2, (1, 4), 9, 8, 1, 20)
    monkeypatch.setattr(bench, "LOAD", load)
    monkeypatch.setattr("minillm.commands.bench_ranks.missing", lambda: "no MPI in this test")
    for name, value in ENVIRONMENT.items():  # for the processes that it starts
        monkeypatch.setenv(name, value)


def test_every_part_is_measured_at_every_level(call, small, tmp_path):
    file = tmp_path / "deep" / "bench.json"
    before = kernels_in_force()
    result = call("bench", "--sizes", "tiny", "--rounds", 1, "--json", file)
    assert result.code == 0
    assert kernels_in_force() == before
    found = json.loads(file.read_text(encoding="utf-8"))
    assert list(found) == ["processor", "numpy", "threads", "clock", "rounds", *bench.PARTS]
    assert found["processor"] == machine.processor()
    assert (found["threads"], found["clock"], found["rounds"]) == (1, "CPU", 1)
    by_level, by_way = found["memory"].values()
    for times in (*found["steps"].values(), *found["ops"].values(), by_level):
        assert list(times) == ["off", "numpy"]
        assert all(value > 0 for value in times.values())
    assert [*by_way] == [
        f"recompute {again}, accumulate {k}" for again in (0, 1) for k in (1, 2, 4)
    ]
    for one in by_way.values():
        assert [*one] == ["peak MB", "formula MB", "ms", "time / plain"] and min(one.values()) > 0
    assert by_way["recompute 0, accumulate 1"]["time / plain"] == 1.0
    assert found["import"]["ms"] > 0
    (times,) = found["private"].values()
    assert list(times) == ["plain", "private", "one by one"] and min(times.values()) > 0
    (times,) = found["watched"].values()
    assert list(times) == ["plain", "watched"] and min(times.values()) > 0
    assert [*found["stored"]] == ["1 x 256 to 1024", "256 x 256 to 1024"]
    assert all([*ms] == ["float32", "int8", "float16"] for ms in found["stored"].values())
    served = found["serve"]
    assert [*served] == ["classify", "generate", "stored"]
    for kind in ("classify", "generate"):
        assert [*served[kind]] == ["1", "2"]
        for one in served[kind].values():
            assert [*one] == ["answers/s", "median ms", "95 % ms"] and min(one.values()) > 0
    kept = served["stored"]
    assert [*kept] == ["float32", "int8", "float16"]
    assert (
        kept["float32"]["same as float32"] == 1 > 0.9 > kept["int8"]["kB"] / kept["float32"]["kB"]
    )
    assert abs(kept["int8"]["nats"] - kept["float32"]["nats"]) < 0.05
    assert found["ranks"] == {"missing": "no MPI in this test"}
    assert result.out.startswith(found["processor"]["name"])
    for word in (
        "training step, ms",
        "tokens/s",
        "gelu 2048 x 512",
        "import minillm: ",
        "peak of",
        "recompute 1, accumulate 4",
        "private / plain",
        "watched / plain",
        "stored in",
        "in batches of",
        "next token right",
        "ranks: not measured, no MPI in this test",
    ):
        assert word in result.out
    assert result.err == ""


def test_several_threads_share_the_batch_and_are_timed_by_the_wall(call, small, tmp_path):
    file = tmp_path / "bench.json"
    result = call(
        "bench", "--sizes", "tiny", "--rounds", 1, "--parts", "steps", "--threads", 2,
        "--json", file,
    )  # fmt: skip
    assert result.code == 0
    found = json.loads(file.read_text(encoding="utf-8"))
    assert (found["threads"], found["clock"]) == (2, "wall")
    assert "memory" not in found
    assert "import minillm" not in result.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sizes", "tiny,huge"], "'huge' is none of tiny, course, mid"),
        (
            ["--parts", "speed"],
            "is none of steps, ops, import, memory, private, stored, watched, serve, ranks",
        ),
        (["--rounds", "0"], "must be a positive integer, got '0'"),
        (["--rounds", "-3"], "must be a positive integer, got '-3'"),
    ],
)
def test_what_cannot_be_measured_is_refused(arguments, words, call):
    result = call("bench", *arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err


def test_every_kernel_has_a_case():
    with_cases = {id(case.table) for case in cases()}
    numpy_kernels = [kernel for offered in kernel_switch.offers["numpy"] for kernel in offered()]
    assert numpy_kernels
    for table, _, kernel in numpy_kernels:
        assert id(table) in with_cases, f"{kernel.__name__} is timed nowhere"
    names = Counter(case.name for case in cases())
    assert names.most_common(1)[0][1] == 1


@pytest.mark.parametrize("case", cases()[::4], ids=lambda case: case.name)
def test_a_case_runs(case):
    run = case.prepared()
    found = run()
    if found is not None:  # the gradients of an op
        assert all(np.isfinite(g).all() for g in found if g is not None)


def test_a_level_is_in_force_while_it_is_timed():
    seen = []

    def prepared():
        return lambda: seen.append(kernels_in_force())

    before = kernels_in_force()
    found = by_level(prepared, ["off", "numpy"], rounds=2, repeats=3, clock=lambda: 0.0)
    assert kernels_in_force() == before
    assert found == {"off": 0.0, "numpy": 0.0}
    once = ["off"] * 3 + ["numpy"] * 3
    assert seen == ["off"] * 2 + ["numpy"] * 2 + once + once


def test_candidates_are_asked_in_turn():
    asked = [key for key, _ in in_turn({"a": lambda: 1.0, "b": lambda: 2.0}, rounds=2)]
    assert asked == ["a", "b", "a", "b"]


def test_threads_give_the_loss_of_one(monkeypatch):
    """The first batch is shared: with fewer numbers than it takes to pay, it would not be."""
    monkeypatch.setitem(bench_steps.ShardedGradients.__init__.__kwdefaults__, "worthwhile", 0.0)
    shared = []
    at_once = bench_steps.ShardedGradients.at_once
    monkeypatch.setattr(
        bench_steps.ShardedGradients,
        "at_once",
        lambda self, compute, parts: shared.append(len(parts)) or at_once(self, compute, parts),
    )
    batch = random_batch(SMALL)
    losses = {}
    for threads in (1, 2):
        step = training_step(LanguageModel(SMALL), batch, threads=threads)
        losses[threads] = [step() for _ in range(3)]
    assert shared == [2, 2, 2]
    np.testing.assert_allclose(losses[2], losses[1], rtol=1e-5)
    assert losses[1][2] < losses[1][0]


@pytest.mark.parametrize(
    ("known", "slug"),
    [
        (
            {"name": "Intel(R) Xeon(R) Processor", "family": 6, "model": 143, "cores": 2},
            "intel-xeon-processor-6-143",
        ),
        ({"name": "Intel(R) Core(TM) i7-1165G7 CPU @ 2.80GHz"}, "intel-core-i7-1165g7"),
        ({"name": "AMD EPYC", "cores": 4}, "amd-epyc"),
        ({"name": "arm"}, "arm"),
    ],
)
def test_a_processor_has_a_name_for_files(known, slug):
    assert machine.processor_slug(known) == slug


def test_a_processor_is_what_the_system_says(monkeypatch, tmp_path):
    file = tmp_path / "cpuinfo"
    text = "processor\t: 0\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC 9B45\n\n"
    file.write_text(text + text.replace("26", "99"), encoding="utf-8")
    monkeypatch.setattr(machine, "CPUINFO", file)
    found = machine.processor()
    assert found.pop("cores") >= 1
    assert found == {"name": "AMD EPYC 9B45", "family": 26, "model": 2}
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "nowhere")
    assert machine.processor()["name"]


def test_memory_is_that_of_this_process():
    block = np.ones(1 << 22)  # 32 MiB
    found = machine.memory_mb()
    if machine.STATUS.exists():
        assert found["peak_mb"] >= found["mb"] > block.nbytes / 2**20


def test_another_process_trains_with_the_kernels_asked_for(monkeypatch):
    seen = []
    monkeypatch.setattr(
        bench_child,
        "answer_of",
        lambda *words, **variables: seen.append((words, variables)) or "{}",
    )
    bench_child.training_memory("tiny", "off", threads=2)
    assert seen == [
        (("-m", "minillm.commands.bench_child", "tiny", "2", "3"), {"MINILLM_KERNELS": "off"})
    ]


@pytest.mark.parametrize("place", [".", "file/bench.json"])
def test_where_no_file_can_be_is_known_before_anything_is_measured(
    call, small, tmp_path, place, monkeypatch
):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(bench, "WORK", {})
    result = call("bench", "--json", tmp_path / place)
    assert result.code == 1
    assert "directory" in result.err


@pytest.mark.guide("G54")
def test_private_steps_and_a_loop_over_examples_find_the_same(monkeypatch):
    """But for the noise, which is left out here; and no clip is met: both are the plain step."""
    monkeypatch.setattr(bench_private, "CLIP", 1e9)
    monkeypatch.setattr(bench_private.PrivateGradients, "noisy", lambda self, g: g / self.expected)
    found = {}

    class Noting:
        def __init__(self, parameters, lr):
            self.parameters = parameters

        def step(self, gradients):
            found[name] = gradients

    monkeypatch.setattr(bench_private, "SGD", Noting)
    for name, way in bench_private.WAYS.items():  # noqa: B007 (read in Noting)
        bench_private.step_of(way, SMALL)()
    for other in ("private", "one by one"):
        for g, plain in zip(found[other], found["plain"], strict=True):
            np.testing.assert_allclose(g, plain, atol=1e-6)
