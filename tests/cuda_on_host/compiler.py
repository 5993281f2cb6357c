"""CUDA C as a library of this machine: kernels compiled as C++, with ``host.h`` before them."""

from __future__ import annotations

import ctypes
import functools
import getpass
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HEADER = Path(__file__).with_name("host.h")
GXX = shutil.which("g++") if sys.platform == "linux" else None  # elsewhere, sections differ
FLAGS = ("-O1", "-std=c++17", "-shared", "-fPIC", "-w")
KERNEL = re.compile(r'extern "C" __global__ void (\w+)\(([^)]*)\)')


class Parameter(NamedTuple):
    """One parameter of a kernel: ``const real *x`` or ``whole n``."""

    kind: str  # real, whole, word or flag
    is_array: bool
    is_const: bool


def kernels_of(source: str) -> dict[str, list[Parameter]]:
    """The kernels of a source by name, with their parameters."""
    return {name: [parameter(p) for p in text.split(",")] for name, text in KERNEL.findall(source)}


def parameter(text: str) -> Parameter:
    """``const real *x`` in its parts."""
    words = text.replace("*", " * ").split()
    return Parameter(words[words[0] == "const"], "*" in words, words[0] == "const")


def launcher(name: str, text: str) -> str:
    """A C function that runs a kernel: its arguments lie side by side in a structure."""
    fields = "".join(f"{p.strip()}; " for p in text.split(","))
    names = [re.findall(r"\w+", p)[-1] for p in text.split(",")]
    passed = ", ".join(f"a->{n}" for n in names)
    return f"""
struct {name}_arguments {{ {fields}}};
static void {name}_run(void *with) {{
  auto a = ({name}_arguments *)with;
  {name}({passed});
}}
extern "C" int {name}_launch(
    unsigned int blocks, unsigned int threads, unsigned long long how, {text}) {{
  {name}_arguments a = {{{", ".join(names)}}};
  return host::run(blocks, threads, how, {name}_run, &a);
}}
"""


@functools.cache
def library(source: str, options: tuple[str, ...]) -> ctypes.CDLL:
    """The compiled source; what was compiled before is taken from the folder of temporary files."""
    launchers = "".join(launcher(name, text) for name, text in KERNEL.findall(source))
    text = "\n".join([HEADER.read_text(encoding="utf-8"), source, launchers])
    defines = [option for option in options if option.startswith("-D")]
    key = hashlib.sha256("\0".join([text, *FLAGS, *defines]).encode()).hexdigest()
    folder = Path(tempfile.gettempdir()) / f"minillm-cuda-on-host-{getpass.getuser()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else, whose code would be run")
    found = folder / f"{key}.so"
    if not found.exists():
        built = folder / f"{key}.{os.getpid()}"
        command = [str(GXX), *FLAGS, *defines, "-x", "c++", "-", "-o", str(built)]
        subprocess.run(command, input=text, text=True, check=True)
        os.replace(built, found)
    return ctypes.CDLL(str(found))
