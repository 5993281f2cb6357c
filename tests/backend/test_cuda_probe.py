"""What is missing for a CUDA device is told apart, with a false CuPy in place of the true."""

import builtins
import sys

import numpy as np
import pytest

from minillm.backend import DeviceError, cuda_probe, probe_cuda, to_device
from tests.backend.false_cupy import failing, false_cupy, install, out_of_memory

NVRTC = 'Failure finding "libnvrtc.so.12": No such file: libnvrtc.so.12'  # CuPy 14 on Linux
NO_DRIVER = "CUDA driver version is insufficient for CUDA runtime version"


class WithoutBlas:
    """An array that can be made but not multiplied."""

    def __matmul__(self, other):
        raise ImportError('Failure finding "libcublasLt.so.12"')


class NeverReady(np.ndarray):
    """An array whose values never arrive on the host."""

    def __float__(self):
        raise OSError("the kernel failed")

    def sum(self):
        return self[0, 0:1].view(NeverReady)


def wheels(monkeypatch, *names):
    """Only these packages are installed."""
    found = [type("Found", (), {"metadata": {"Name": name}}) for name in names]
    monkeypatch.setattr(cuda_probe.importlib.metadata, "distributions", lambda: found)


def test_without_cupy_the_reason_is_how_to_install_it(monkeypatch):
    install(monkeypatch, None)  # importing it now raises ImportError
    assert probe_cuda() == (
        None,
        "CuPy is not installed; run: pip install cupy-cuda12x (Linux or Windows)",
    )


def test_a_cupy_that_cannot_be_imported_is_not_one_that_is_missing(monkeypatch):
    def refuse(name, *more):
        if name != "cupy":
            return usual(name, *more)
        try:
            raise ImportError("libcudart.so.12: cannot open shared object file")
        except ImportError as error:
            raise ImportError("\n=====\nFailed to import CuPy.\n") from error

    usual = builtins.__import__
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)
    assert probe_cuda() == (
        None,
        "CuPy is installed, but cannot be imported: ImportError: libcudart.so.12: cannot open "
        "shared object file",
    )


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (lambda: 0, "CuPy finds no CUDA device"),
        (
            failing(RuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")),
            "CuPy finds no CUDA device: RuntimeError: cudaErrorNoDevice: no CUDA-capable device is "
            "detected",
        ),
        (
            failing(RuntimeError(f"cudaErrorInsufficientDriver: {NO_DRIVER}\nand more")),
            "CuPy is installed, but finds no NVIDIA driver that it can use: RuntimeError: "
            f"cudaErrorInsufficientDriver: {NO_DRIVER}",
        ),
        (
            failing(OSError()),
            "CuPy is installed, but finds no NVIDIA driver that it can use: OSError",
        ),
    ],
)
def test_without_a_driver_or_a_device_nothing_is_computed(monkeypatch, count, reason):
    install(monkeypatch, false_cupy(count=count, ones=lambda *_, **__: pytest.fail("computed")))
    assert probe_cuda() == (None, reason)


def test_a_driver_that_is_missing_is_not_one_that_is_too_old(monkeypatch):
    failed = failing(RuntimeError(f"cudaErrorInsufficientDriver: {NO_DRIVER}"))
    install(monkeypatch, false_cupy(count=failed), driver=False)
    assert probe_cuda() == (
        None,
        "there is no NVIDIA driver, which a GPU needs beside CuPy "
        f"(RuntimeError: cudaErrorInsufficientDriver: {NO_DRIVER})",
    )


@pytest.mark.parametrize(("found", "error"), [(True, None), (False, OSError("not there"))])
def test_a_driver_is_known_by_its_library(monkeypatch, found, error):
    asked = []
    load = failing(error) if error else lambda name: None
    monkeypatch.setattr(cuda_probe.ctypes, "CDLL", lambda name: asked.append(name) or load(name))
    assert cuda_probe.has_driver() is found
    assert asked == ["nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(NVRTC),
        RuntimeError("CuPy failed to load libnvrtc.so.12: OSError: libnvrtc.so.12"),  # CuPy 13
        RuntimeError("CuPy failed to load nvrtc64_120_0.dll: FileNotFoundError: Could not find"),
        ImportError("DLL load failed while importing cublas"),
        Exception('a.cu(1): catastrophic error: cannot open source file "vector_types.h"\n...'),
        Exception("nvrtc: error: failed to open nvrtc-builtins64_121.dll."),
    ],
    ids=str,
)
def test_a_device_without_the_toolkit_is_told_which_package_brings_it(monkeypatch, error):
    wheels(monkeypatch, "numpy", "cupy-cuda12x")
    install(monkeypatch, false_cupy(ones=failing(error)))
    first = str(error).splitlines()[0]
    reason = (
        "False GPU has a driver, but CuPy finds no CUDA toolkit: run: pip install -U "
        f'"cupy-cuda12x[ctk]" ({type(error).__name__}: {first})'
    )
    assert probe_cuda() == (None, reason)
    with pytest.raises(DeviceError) as caught:
        to_device(np.ones(2), "cuda")
    assert str(caught.value) == f"device 'cuda' is not usable: {reason}"


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["cupy-cuda13x"], "cupy-cuda13x[ctk]"), (["cupy"], "cupy-cuda12x[ctk]")],
)
def test_the_toolkit_is_that_of_the_installed_wheel(monkeypatch, names, expected):
    wheels(monkeypatch, *names)
    install(monkeypatch, false_cupy(ones=failing(RuntimeError(NVRTC))))
    assert f'pip install -U "{expected}" (' in probe_cuda()[1]


def test_the_toolkit_is_missing_too_where_blas_is_or_a_cause_says_so(monkeypatch):
    install(monkeypatch, false_cupy(ones=lambda *_, **__: WithoutBlas()))
    assert "finds no CUDA toolkit" in probe_cuda()[1]
    caused = RuntimeError("cannot compile")
    caused.__cause__ = OSError("libnvrtc.so.12: cannot open shared object file")
    install(monkeypatch, false_cupy(ones=failing(caused)))
    assert "finds no CUDA toolkit" in probe_cuda()[1]


def test_a_device_whose_memory_others_have_is_told_apart(monkeypatch):
    install(monkeypatch, false_cupy(ones=failing(out_of_memory(512))))
    assert probe_cuda() == (
        None,
        "False GPU cannot be used: the device is full: 512 bytes were asked for, 3.0 MB of 8,000.0 "
        "MB are free and 2048 bytes are kept by CuPy in pieces; a smaller batch, width or length "
        "needs less; nvidia-smi says who has it",
    )


@pytest.mark.parametrize(
    ("ones", "reason"),
    [
        (failing(MemoryError("out of memory\nat all")), "MemoryError: out of memory"),
        (failing(PermissionError(13, "no", "cache")), "PermissionError: [Errno 13] no: 'cache'"),
        (lambda *_, **__: np.ones((2, 2)).view(NeverReady), "OSError: the kernel failed"),
    ],
)
def test_any_other_failure_is_told_as_it_is(monkeypatch, ones, reason):
    install(monkeypatch, false_cupy(ones=ones))
    assert probe_cuda() == (None, f"False GPU does not compute: {reason}")


def test_the_probe_computes_on_the_device_and_gives_its_name(monkeypatch):
    asked = []
    cupy = false_cupy(ones=lambda *args, **kwargs: asked.append(args) or np.ones(*args, **kwargs))
    install(monkeypatch, cupy)
    assert probe_cuda() == (cupy, "False GPU")
    assert asked == [((2, 2),)]
