"""How far this project is from PyTorch: ``python -m tests.reference.report``.

An error is the largest difference in units of the largest number; the truth is PyTorch's
float64.  Its own float32 stands beside ours, since some functions are that ill-conditioned.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.our_training import STORED, largest_loss_difference, title
from tests.reference.ours import op_cases, results
from tests.reference.stored import Case, errors, load_cases


def main() -> None:
    """Print the largest errors of all ops, of all modules and of all training runs."""
    for kind, cases in (("ops", op_cases()), ("modules", load_cases("blocks"))):
        names = {case.name for case in cases}
        print(f"{len(names)} {kind}, {len(cases)} cases; largest relative error")
        print(f"  float64           {worst(cases, lambda case: results(case, 'float64'))}")
        print(f"  float32           {worst(cases, lambda case: results(case, 'float32'))}")
        print(f"  PyTorch's float32 {worst(cases, lambda case: case.float32)}")
    print(f"{len(STORED['runs'])} training runs of {STORED['steps']} steps; largest difference")
    for run in STORED["runs"]:
        print(f"  {largest_loss_difference(run):.1e}  {title(run['recipe'])}")


def worst(cases: list[Case], found: Callable[[Case], list]) -> str:
    """The largest errors forward and backward, and whose they are."""
    pairs = [(errors(found(case), case), case.name) for case in cases]
    parts = []
    for i, way in enumerate(("forward", "gradient")):
        error, name = max((pair[i], name) for pair, name in pairs)
        parts.append(f"{way} {error:.1e} ({name})")
    return ", ".join(parts)


if __name__ == "__main__":
    main()
