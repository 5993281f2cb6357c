"""The clone that the package stands in: with lessons, figures and tests beside it.

Installed from a wheel it stands in none.  What lies beside it then is other people's.
"""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[2]


def in_a_clone() -> bool:
    """Whether the package is used from its clone, or from an unpacked source archive."""
    return (PROJECT / "pyproject.toml").is_file()


def require_clone(purpose: str) -> None:
    """Refuse what reads or writes files of the clone where there is none.

    Raises:
        FileNotFoundError: naming the purpose, what is needed, and where the package is.
    """
    if not in_a_clone():
        raise FileNotFoundError(
            f"{purpose} needs a clone of the project, with its lessons and tests; "
            f"minillm is installed without them, in {PROJECT}"
        )


def home() -> Path:
    """The folder that files of the project are written under: the clone, or the current folder."""
    return PROJECT if in_a_clone() else Path()
