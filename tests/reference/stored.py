"""How PyTorch's numbers are stored, and how far ours are from them.

Operands are float32 numbers, exact in float64 too, so that one truth serves both precisions:
our float64 and our float32 results are both measured against PyTorch's float64.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
LIMITS = {"float64": 1e-12, "float32": 1e-5}  # promised are 1e-9 and 1e-4


@dataclass(frozen=True)
class Case:
    """One call of ``name``, with what PyTorch gave: the output, then a gradient per operand."""

    name: str
    settings: dict[str, Any]
    operands: list[np.ndarray]
    cotangent: np.ndarray
    float64: list[np.ndarray]
    float32: list[np.ndarray]


def save(path: Path, content: Any) -> None:
    """Write nested dicts and lists of numbers and arrays.

    The arrays of one dtype form one flat array: an entry of its own for each would take more
    room than these small arrays themselves.
    """
    pools: dict[str, list[np.ndarray]] = {}

    def placed(array: np.ndarray) -> dict[str, Any]:
        pools.setdefault(array.dtype.name, []).append(array.ravel())
        return {"dtype": array.dtype.name, "shape": array.shape}

    layout = json.dumps(content, default=placed)
    flat = {name: np.concatenate(arrays) for name, arrays in pools.items()}
    np.savez_compressed(path, layout=np.array(layout), **flat)


def load(path: Path) -> Any:
    """What ``save`` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        pools = {name: stored[name] for name in stored.files}

    def restored(entry: dict[str, Any]) -> Any:  # called in the order of writing
        if entry.keys() != {"dtype", "shape"}:
            return entry
        size = int(np.prod(entry["shape"]))
        array, pools[entry["dtype"]] = np.split(pools[entry["dtype"]], [size])
        return array.reshape(entry["shape"])

    return json.loads(str(pools["layout"]), object_hook=restored)


def save_cases(path: Path, cases: Sequence[Case]) -> None:
    """Write cases."""
    save(path, [asdict(case) for case in cases])


def load_cases(name: str) -> list[Case]:
    """The cases of ``name``.npz; JSON's lists were tuples."""
    cases = [Case(**entry) for entry in load(FOLDER / f"{name}.npz")]
    for case in cases:
        for key, value in case.settings.items():
            case.settings[key] = tuple(value) if isinstance(value, list) else value
    return cases


def in_dtype(value: Any, dtype: str) -> Any:
    """Floating-point arrays in ``dtype``; everything else as it is."""
    floating = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(dtype) if floating else value


def relative_error(ours: Sequence[Any], theirs: Sequence[np.ndarray]) -> float:
    """The largest difference, in units of the largest number; infinite for NaN or another shape.

    Arrays are taken together, because one of them may be 0 but for rounding: the gradient of a
    key's bias is, since softmax ignores what is added to all of its scores.
    """
    pairs = list(zip(ours, theirs, strict=True))
    if any(np.shape(a) != b.shape or not np.isfinite(a).all() for a, b in pairs):
        return float("inf")
    difference = max(float(np.max(np.abs(a - b), initial=0.0)) for a, b in pairs)
    largest = max(float(np.max(np.abs(b), initial=0.0)) for b in theirs)
    return difference / largest if largest else difference


def errors(results: Sequence[Any], case: Case) -> tuple[float, float]:
    """The relative error of an output, and that of its gradients."""
    forward = relative_error(results[:1], case.float64[:1])
    return forward, relative_error(results[1:], case.float64[1:])
