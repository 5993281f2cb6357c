"""A run's folder has one process that writes there."""

from __future__ import annotations

import argparse

from minillm.backend.locks import hold


def hold_out(arguments: argparse.Namespace) -> None:
    """Let no other process write into --out, where that is there, to the end of the command.

    Raises:
        BlockingIOError: another one does.
    """
    ranks = getattr(arguments, "ranks", None)
    if arguments.out.exists() and (ranks is None or ranks.rank == 0):
        arguments.lock = hold(arguments.out)
