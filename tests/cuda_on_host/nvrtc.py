"""NVIDIA's run-time compiler, which needs no device: what a kernel takes of one, by architecture.

``pip install nvidia-cuda-nvrtc-cu12`` (the extra ``cuda-compile``).
"""

from __future__ import annotations

import ctypes
import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ARCHITECTURES = ("sm_80", "sm_89", "sm_90")  # A100, L4 and RTX 40, H100 and H200
ENTRY = re.compile(
    r"Compiling entry function '(?P<kernel>\w+)' for '(?P<arch>\w+)'"
    r".*?(?P<stack>\d+) bytes stack frame, (?P<stores>\d+) bytes spill stores, "
    r"(?P<loads>\d+) bytes spill loads"
    r".*?Used (?P<registers>\d+) registers(?P<rest>[^\n]*)",
    re.S,
)


def found() -> Path | None:
    """The compiler's library, if its package is installed."""
    try:
        spec = importlib.util.find_spec("nvidia.cuda_nvrtc")
    except ModuleNotFoundError:
        return None
    places = list(spec.submodule_search_locations or []) if spec else []
    return next((p for place in places for p in sorted(Path(place).rglob("libnvrtc.so.*"))), None)


needs_nvrtc = pytest.mark.skipif(
    found() is None, reason="NVRTC is not installed: pip install nvidia-cuda-nvrtc-cu12"
)


def compiled(source: str, options: tuple[str, ...], arch: str) -> list[dict[str, Any]]:
    """Registers, spills, stack and shared memory of every kernel of a source.

    Raises:
        RuntimeError: it does not compile; with what the compiler says.
    """
    library = ctypes.CDLL(str(found()))
    program = ctypes.c_void_p()
    words = [*options, f"--gpu-architecture={arch}", "--ptxas-options=-v"]
    given = (ctypes.c_char_p * len(words))(*(word.encode() for word in words))
    library.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernels.cu", 0, None, None)
    failed = library.nvrtcCompileProgram(program, len(words), given)
    size = ctypes.c_size_t()
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    library.nvrtcDestroyProgram(ctypes.byref(program))
    text = log.value.decode()
    if failed:
        raise RuntimeError(f"{arch}: {text}")
    return [taken(entry) for entry in ENTRY.finditer(text)]


def taken(entry: re.Match[str]) -> dict[str, Any]:
    """The numbers of one kernel."""
    shared = re.search(r"(\d+) bytes smem", entry["rest"])
    numbers = {
        "registers": entry["registers"], "spill_bytes": int(entry["stores"]) + int(entry["loads"]),
        "stack_bytes": entry["stack"], "shared_bytes": shared[1] if shared else 0,
    }  # fmt: skip
    return {"kernel": entry["kernel"], "arch": entry["arch"]} | {
        k: int(n) for k, n in numbers.items()
    }


def version() -> str:
    """The compiler's own version."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    ctypes.CDLL(str(found())).nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    return f"{major.value}.{minor.value}"
