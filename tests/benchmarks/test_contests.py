"""The processes that are timed: who takes part, what they must agree in, how they are asked."""

import sys
from pathlib import Path
from typing import ClassVar

import pytest

from tests.benchmarks import asking, contests, variants
from tests.benchmarks.asking import Worker, environment
from tests.benchmarks.contests import Contest, Entry, held
from tests.benchmarks.variants import Variant


class Played:
    """A worker without a process: its times are told beforehand."""

    log: ClassVar[list] = []

    def __init__(self, variant, job, settings):
        self.variant, self.times = variant, iter(settings["times"])
        kernels = settings.get("kernels", variant.kernels)
        values = settings.get("values", [1.0, 1.0, 1.0, 2.5])
        self.hello = {"values": values, "versions": {}, "allocator": "", "kernels": kernels}

    def ask(self, steps):
        self.log.append((self.variant.name, steps))
        ms = next(self.times)
        return {"ms": {"cpu": ms, "wall": 2 * ms}, "mb": 10.0, "peak_mb": 20.4}

    def close(self):
        self.log.append((self.variant.name, "closed"))


@pytest.fixture
def played(monkeypatch):
    monkeypatch.setattr(Played, "log", [])
    return Played


OURS = Variant("minillm@off", "minillm", sys.executable, "exact", "off", heap=True)
TANH = Variant("minillm_tanh@off", "minillm_tanh", sys.executable, "tanh", "off", heap=True)
PEER = Variant("torch", "torch", sys.executable, "exact")


def entry(variant, kind="exact", **settings):
    return Entry(variant.name, variant, "step", settings, kind)


def test_rounds_go_through_all_and_ratios_are_pair_by_pair(played):
    entries = [
        entry(OURS, times=[10.0, 20.0, 12.0]),
        entry(PEER, times=[20.0, 30.0, 36.0]),
        entry(TANH, "tanh", times=[1.0, 1.0, 1.0], values=[7.0] * 4),
    ]
    ours, peer, tanh = held(Contest("tiny", entries, 4, units=100), 3, "cpu", played)
    names = [OURS.name, PEER.name, TANH.name]
    assert played.log[:9] == [(name, 4) for name in names] * 3
    assert sorted(played.log[9:]) == sorted((name, "closed") for name in names)
    assert (ours["ms"], ours["least_ms"], ours["times_ours"]) == (12.0, 10.0, {})
    assert peer["ms"] == 30.0
    assert peer["times_ours"] == {"minillm@off": 2.0}  # of 2, 1.5 and 3
    assert tanh["times_ours"] == {}
    assert (ours["tokens_per_second"], ours["peak_mb"], ours["value"]) == (8333, 20, 2.5)


def test_the_clock_decides_and_steps_fill_a_measurement(played):
    (row,) = held(Contest("op", [entry(OURS, times=[1.0, 3.0])]), 1, "wall", played)
    assert row["ms"] == 6.0
    assert played.log[:2] == [(OURS.name, 1), (OURS.name, 25)]  # 50 ms of 2 ms each
    assert "tokens_per_second" not in row


def test_different_functions_are_not_timed(played):
    entries = [entry(OURS, times=[1.0]), entry(PEER, times=[1.0], values=[1.0, 1.0, 1.0, 2.501])]
    with pytest.raises(ValueError, match="torch computes another function than minillm@off"):
        held(Contest("tiny", entries, 1), 1, "cpu", played)
    assert ("torch", "closed") in played.log
    entries[1].settings["values"] = [1.0, 1.0, 1.0, float("nan")]
    with pytest.raises(ValueError, match="another function"):
        held(Contest("tiny", entries, 1), 1, "cpu", played)


def test_kernels_are_those_of_the_name(played):
    with pytest.raises(ValueError, match="minillm@off runs with kernels 'numpy'"):
        held(Contest("tiny", [entry(OURS, times=[1.0], kernels="numpy")], 1), 1, "cpu", played)


def test_who_takes_part():
    found = variants.ours(["off", "numpy", "compiled"], "here", "there")
    assert [(v.name, v.python, v.kernels, v.heap) for v in found] == [
        ("minillm@off", "here", "off", True),
        ("minillm@numpy", "here", "numpy", True),
        ("minillm@compiled", "there", "compiled", True),
        ("minillm_tanh@compiled", "there", "compiled", True),
    ]
    found = variants.ours(["numpy", "compiled"], "here", None)
    assert [v.name for v in found] == ["minillm@numpy", "minillm_tanh@numpy"]
    assert variants.ours(["compiled"], "here", None) == []


def test_peers_are_those_that_can_be_imported_with_and_without_our_allocator():
    found = variants.peers("there", lambda name, python: name != "dezero", None)
    assert [(v.name, v.heap, v.gelu) for v in found] == [
        ("torch", False, "exact"),
        ("torch+heap", True, "exact"),
        ("autograd", False, "tanh"),
        ("autograd+heap", True, "tanh"),
    ]
    shim = Path("shim.so")
    found = variants.peers("there", lambda name, python: name == "torch", shim)
    assert [v.name for v in found if v.preload == shim] == ["torch_avx512", "torch_avx512+heap"]


@pytest.mark.parametrize(
    ("vendor", "flags", "wanted"),
    [
        ("GenuineIntel", "avx512f", False),
        ("AuthenticAMD", "avx2", False),
        ("AuthenticAMD", "avx512f", True),
    ],
)
def test_intels_name_is_borrowed_only_where_it_changes_something(
    vendor, flags, wanted, tmp_path, monkeypatch
):
    file = tmp_path / "cpuinfo"
    file.write_text(f"vendor_id\t: {vendor}\nflags\t\t: fpu {flags}\n", encoding="utf-8")
    monkeypatch.setattr(asking, "CPUINFO", file)
    monkeypatch.setattr(asking.shutil, "which", lambda name: "/usr/bin/cc")
    monkeypatch.setattr(asking.subprocess, "run", lambda *words, **options: None)
    assert (asking.intel_shim(tmp_path) is not None) == wanted
    monkeypatch.setattr(asking.shutil, "which", lambda name: None)
    assert asking.intel_shim(tmp_path) is None


def test_the_environment_of_a_worker(monkeypatch):
    for name in (*asking.THREADS, *asking.FORCED, *asking.OURS):
        monkeypatch.setenv(name, "inherited")
    found = environment(OURS, 1)
    assert [found[name] for name in asking.THREADS] == ["1"] * 3
    assert found["MINILLM_KERNELS"] == "off"
    assert not {*asking.FORCED, "MINILLM_ALLOCATOR", "LD_PRELOAD"} & {*found}
    assert not {*asking.THREADS} & {*environment(OURS, 2)}  # the worker itself tells BLAS
    theirs = environment(Variant("t", "torch", "p", "exact", preload=Path("shim.so")), 2)
    assert [theirs[name] for name in asking.THREADS] == ["2"] * 3
    assert theirs["LD_PRELOAD"] == "shim.so"
    assert "MINILLM_KERNELS" not in theirs


def test_a_worker_that_ends_is_an_error():
    with pytest.raises(RuntimeError, match="minillm@off ended with exit code 1"):
        Worker(OURS, "sizes", {})  # which prepares nothing


def test_importable():
    assert asking.importable("numpy", sys.executable)
    assert not asking.importable("no_such_package", sys.executable)


def test_steps_are_at_least_one_and_not_endless(played):
    slow, fast = (played(OURS, "step", {"times": [ms]}) for ms in (1e4, 1e-4))
    assert contests.fitting(slow, "cpu") == 1
    assert contests.fitting(fast, "cpu") == 1000
