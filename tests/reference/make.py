"""Store what PyTorch computes: ``python -m tests.reference.make``.

Needs torch and transformers (the extra ``parity``); the tests need only the files that this
writes.  They were made with torch 2.13.0 on a CPU.  A file that is there stays, since another
processor rounds otherwise: delete the one that shall be made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from tests.reference import (
    published_peer,
    torch_attention,
    torch_attention_settings,
    torch_blocks,
    torch_derived,
    torch_elementwise,
    torch_layers,
    torch_loss_settings,
    torch_losses,
    torch_optimizers,
    torch_pairs,
    torch_settings,
    torch_shaping,
)
from tests.reference.stored import FOLDER, Case, load_cases, save, save_cases

MODULES = (  # they draw from one stream of random numbers: a new one stands last
    torch_elementwise,
    torch_shaping,
    torch_layers,
    torch_losses,
    torch_attention,
    torch_blocks,
    torch_derived,
    torch_settings,
    torch_loss_settings,
    torch_attention_settings,
    torch_pairs,
)


def main() -> None:
    """Write those files beside this one that are not there, and say how large all are."""
    for module in MODULES:
        cases, path = module.cases(), file_of(module)
        if path.exists():
            check_stored(path, cases)
        else:
            save_cases(path, cases)
    if not file_of(torch_optimizers).exists():
        save(file_of(torch_optimizers), torch_optimizers.content())
    if not (FOLDER / "published.npz").exists():
        save(FOLDER / "published.npz", published_peer.content())
    for path in sorted(FOLDER.glob("*.npz")):
        print(f"{path.name}: {path.stat().st_size} bytes")


def file_of(module: ModuleType) -> Path:
    """``losses.npz`` for ``torch_losses``."""
    return FOLDER / f"{module.__name__.partition('torch_')[2]}.npz"


def check_stored(path: Path, cases: Sequence[Case]) -> None:
    """Refuse to leave a file that was made of other cases.

    Raises:
        ValueError: another number of them, another op, other operands or another cotangent.
    """
    stored = load_cases(path.stem)
    same = len(stored) == len(cases) and all(
        old.name == new.name
        and len(old.operands) == len(new.operands)
        and all(map(np.array_equal, old.operands, new.operands))
        and np.array_equal(old.cotangent, new.cotangent)
        for old, new in zip(stored, cases, strict=True)
    )
    if not same:
        raise ValueError(f"{path.name} was made of other cases: delete it, or put new ones last")


if __name__ == "__main__":
    main()
