"""Store what PyTorch computes: ``python -m tests.reference.make``.

Needs torch (the extra ``parity``); the tests need only the files that this writes.  They were
made with torch 2.13.0 on a CPU.
"""

from __future__ import annotations

from tests.reference import (
    torch_attention,
    torch_blocks,
    torch_elementwise,
    torch_layers,
    torch_losses,
    torch_optimizers,
    torch_shaping,
)
from tests.reference.stored import FOLDER, save, save_cases

MODULES = (
    torch_elementwise,
    torch_shaping,
    torch_layers,
    torch_losses,
    torch_attention,
    torch_blocks,
)


def main() -> None:
    """Write one file for each module beside this one, and say how large they are."""
    for module in MODULES:
        save_cases(FOLDER / f"{module.__name__.partition('torch_')[2]}.npz", module.cases())
    save(FOLDER / "optimizers.npz", torch_optimizers.content())
    for path in sorted(FOLDER.glob("*.npz")):
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
