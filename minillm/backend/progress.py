"""A progress bar for whoever watches a terminal; a file or a pipe gets none."""

from __future__ import annotations

from typing import Any


def progress_bar(*given: Any, **settings: Any) -> Any:
    """``tqdm`` with these arguments; where stderr is not a terminal it stays silent.

    A bar is drawn by going back to the start of its line, of which a log would keep every stroke.
    """
    from tqdm import tqdm

    return tqdm(*given, disable=None, **settings)  # None: unless it is a terminal
