"""Who takes part: this project at each level of kernels, and its peers.

``minillm@numpy`` has the kernels in NumPy; ``autograd+heap`` has the allocator's settings that
this project makes; ``torch_avx512`` is PyTorch where MKL takes its best kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PEERS = ("torch", "autograd", "dezero")


@dataclass(frozen=True)
class Variant:
    """An implementation, and the process that it runs in."""

    name: str
    module: str  # jobs of it are modules called ``step_MODULE``, ``inference_MODULE`` ...
    python: str
    gelu: str  # which of its two forms; those with the same one compute the same function
    kernels: str | None = None
    heap: bool = False  # whether it has the allocator's settings that this project makes
    preload: Path | None = None

    @property
    def is_ours(self) -> bool:
        return self.kernels is not None


def ours(levels: Sequence[str], python: str, compiled_python: str | None) -> list[Variant]:
    """This project at each level; the last, also with GELU's tanh form, as some peers have it."""
    found = []
    for level in levels:
        if level == "compiled" and compiled_python is None:
            continue
        own = compiled_python if level == "compiled" else python
        found.append(Variant(f"minillm@{level}", "minillm", own, "exact", level, heap=True))
    if not found:
        return []
    last = found[-1]
    tanh = f"minillm_tanh@{last.kernels}"
    return [*found, Variant(tanh, "minillm_tanh", last.python, "tanh", last.kernels, heap=True)]


def peers(python: str, has: Callable[[str, str], bool], shim: Path | None) -> list[Variant]:
    """Those that an interpreter has, as they come and with our settings of the allocator."""
    found = []
    for name in PEERS:
        if not has(name, python):
            continue
        gelu = "exact" if name == "torch" else "tanh"
        kinds = {name: None, **({f"{name}_avx512": shim} if name == "torch" and shim else {})}
        for kind, preload in kinds.items():
            for mark, heap in (("", False), ("+heap", True)):
                found.append(Variant(kind + mark, name, python, gelu, heap=heap, preload=preload))
    return found
