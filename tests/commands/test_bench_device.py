"""``bench --device cuda``: its arguments, and its way through, with the double in place of CuPy."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from minillm.backend import kernels_in_force
from minillm.commands import bench, bench_device, bench_torch
from minillm.commands.bench_device import DEVICE_PARTS, DEVICE_SIZES
from minillm.commands.bench_ops import cases
from minillm.commands.bench_steps import Size
from tests.backend.false_cupy import failing, install, out_of_memory
from tests.cuda_on_host import raw_module
from tests.cuda_on_host.raw_module import needs_gxx
from tests.strict import SYNCS, StrictArray, strict

SMALL = Size(2, 4, 8, 2, 1, 11, steps=2)
NO_CUPY = (
    "minillm bench: device 'cuda' is not usable: CuPy is not installed; run: pip install "
    "cupy-cuda12x (Linux or Windows); it needs an NVIDIA GPU with its driver, and pip install "
    '"cupy-cuda12x[ctk]"\n'
)


@pytest.fixture
def device(monkeypatch):
    """A CuPy that is the strict double; counts how often the host waited for the device."""
    waits, properties = [], {"name": b"False GPU"}
    runtime = SimpleNamespace(
        getDeviceCount=lambda: 1,
        getDeviceProperties=lambda i: properties,
        driverGetVersion=lambda: 12090,
        runtimeGetVersion=lambda: 12080,
        memGetInfo=lambda: (3_000_000, 8_000_000_000),
    )
    there = SimpleNamespace(synchronize=lambda: waits.append("synchronize"))
    memory = SimpleNamespace(OutOfMemoryError=type(out_of_memory(1)))
    cuda = SimpleNamespace(runtime=runtime, memory=memory, Device=lambda: there)
    pool = SimpleNamespace(
        total_bytes=lambda: 3 << 20, free_all_blocks=lambda: waits.append("freed")
    )
    monkeypatch.setattr(strict, "cuda", cuda, raising=False)
    monkeypatch.setattr(strict, "get_default_memory_pool", lambda: pool, raising=False)
    monkeypatch.setattr(strict, "__version__", "14.2.0", raising=False)
    install(monkeypatch, strict)
    monkeypatch.setattr(bench_device, "DEVICE_SIZES", {"course": SMALL})
    monkeypatch.setattr(bench, "DEVICE_SIZES", {"course": SMALL})
    monkeypatch.setattr(bench_device, "REPEATS", 1)
    return waits


@pytest.fixture
def few_ops(monkeypatch):
    """Two small ops."""
    some = [bench_device.of_op("gelu 3 x 5", cases()[0].prepared.op, (3, 5))]
    monkeypatch.setattr(bench_device, "cases", lambda: some)
    monkeypatch.setattr(bench_device, "large_cases", list)


def test_without_cupy_it_says_what_to_install_and_the_code_is_2(call, monkeypatch, tmp_path):
    install(monkeypatch, None)
    result = call("bench", "--device", "cuda", "--json", tmp_path / "deep" / "a.json")
    assert (result.code, result.out, result.err) == (2, "", NO_CUPY)
    assert not (tmp_path / "deep" / "a.json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--device", "cuda", "--sizes", "tiny"],
            "--sizes: --device cuda has course, mid, gpt2, got 'tiny'",
        ),
        (
            ["--device", "cuda", "--parts", "steps,serve"],
            "--parts: --device cuda has steps, ops, torch, got 'serve'",
        ),
        (["--sizes", "gpt2"], "--sizes: --device cpu has tiny, course, mid, got 'gpt2'"),
        (
            ["--parts", "torch"],
            f"--parts: --device cpu has {', '.join(bench.PARTS)}, got 'torch'",
        ),
    ],
)
def test_what_the_other_device_has_is_refused_with_what_this_one_has(call, words, message):
    result = call("bench", *words)
    assert (result.code, result.out) == (1, "")
    assert result.err == f"minillm bench: {message}\n"


def test_an_unknown_device_size_or_round_is_a_wrong_option(call):
    for words in (["--device", "gpu"], ["--sizes", "huge"], ["--device", "cuda", "--rounds", "0"]):
        assert call("bench", *words).code == 2


@needs_gxx
def test_every_part_is_measured_with_rules_and_kernels(call, device, few_ops, tmp_path):
    before, file = kernels_in_force(), tmp_path / "found.json"
    raw_module.LAUNCHES.clear()
    result = call("bench", "--device", "cuda", "--rounds", 1, "--json", file)
    assert result.code == 0, result.err
    assert kernels_in_force() == before
    found = json.loads(file.read_text(encoding="utf-8"))
    assert [*found] == [
        "device", "cupy", "driver", "runtime", "numpy", "rounds", *DEVICE_PARTS, "left_out",
        "seconds",
    ]  # fmt: skip
    assert (found["device"], found["cupy"], found["driver"]) == ("False GPU", "14.2.0", 12090)
    assert [*found["steps"]] == ["course, rules", "course, kernels", "course, half precision"]
    rules, kernels, half = found["steps"].values()
    assert rules["first_loss"] == pytest.approx(half["first_loss"], rel=1e-3)
    assert rules["first_loss"] != half["first_loss"]
    assert rules["first_loss"] == pytest.approx(kernels["first_loss"], rel=1e-5)
    assert rules["ms"] > 0 and rules["memory_mb"] == kernels["memory_mb"] == 3
    assert [*found["ops"]["gelu 3 x 5"]] == ["rules", "kernels"]
    assert {"layer_norm_forward", "attention_forward", "cross_entropy_forward", "adam"} <= {
        *raw_module.LAUNCHES
    }
    assert device.count("freed") == 6  # after every case
    assert found["left_out"] == []
    heads = [block.split("\n")[0] for block in result.out.split("\n\n")]
    assert heads[0].startswith("False GPU, CuPy 14.2.0, driver 12090, runtime 12080; median of 1")
    assert [" ".join(head.split()) for head in heads[1:]] == [
        "training step ms tokens/s memory, MB first loss",
        "training step of torch ms tokens/s memory, MB first loss",
        "op forward and backward, ms rules kernels x",
    ]


def test_the_clock_is_read_when_the_device_has_done_what_it_was_given(device):
    events = []
    wait = lambda: events.append("wait")  # noqa: E731
    bench_device.clocked(wait, lambda: events.append("run"), 2, 3)
    assert events == ["run", *["wait", "run", "run", "wait"] * 3]


def test_a_step_reads_one_number_from_the_device(device):
    step = bench_device.step_on_device(SMALL)
    step()
    SYNCS.clear()
    step()
    assert SYNCS == ["item"]


def test_everything_of_an_op_lies_on_the_device(device):
    for case in cases():
        if "2048 x 128" in case.name or "padded" in case.name:
            with np.errstate(all="ignore"):
                answer = case.prepared(strict.asarray)()
            assert answer is None or all(isinstance(x, StrictArray) for x in answer)


def test_where_time_is_up_the_rest_is_named(call, device, monkeypatch, tmp_path):
    monkeypatch.setattr(bench_device, "LIMIT_S", -1.0)
    file = tmp_path / "found.json"
    words = ["--device", "cuda", "--parts", "steps", "--rounds", 1, "--json", file]
    result = call("bench", *words)
    assert result.code == 0
    left = [f"steps: course, {way}" for way in ("rules", "kernels", "half precision")]
    assert json.loads(file.read_text(encoding="utf-8"))["left_out"] == left
    assert result.out.endswith(f"no time was left for: {'; '.join(left)}\n")


def test_a_case_that_fails_is_told_and_the_others_go_on(call, device, few_ops, monkeypatch):
    monkeypatch.setattr(bench_device, "step_on_device", failing(out_of_memory(77)))
    result = call("bench", "--device", "cuda", "--parts", "steps,ops", "--rounds", 1)
    assert result.code == 0
    assert result.out.count("OutOfMemory: Out of memory allocating 77 bytes") == 3
    assert "gelu 3 x 5" in result.out


def test_the_sizes_are_those_of_the_host_and_gpt2_small():
    assert [*DEVICE_SIZES] == ["course", "mid", "gpt2"]
    largest = DEVICE_SIZES["gpt2"]
    assert (largest.n_layers, largest.width, largest.length) == (12, 768, 512)
    assert [case.name for case in bench_device.large_cases()][-1] == "attention, 8 x 12 x 512 x 64"


def test_torch_begins_with_the_same_loss():
    pytest.importorskip("torch", reason="torch is not installed")
    ours = bench_device.training_step(
        bench_device.LanguageModel(SMALL), bench_device.random_batch(SMALL)
    )
    theirs = bench_torch.step_of_torch(SMALL, False, "cpu")
    assert [ours() for _ in range(3)] == pytest.approx([theirs() for _ in range(3)], rel=1e-4)
