"""The end of a server: whoever waits is told so, before his connection is closed.

::

    Ctrl-C   the worker ends its batch (at most 1 s), and refuses those behind it
             whoever still waits for an answer is refused; a request that is still arriving, and
             one that is read too slowly, have one second more
             then the connections are closed
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from minillm.serving.worker import Worker

SECONDS = 1.0  # for each of the two parts above


class Ending:
    """Ends a worker; ``whom`` are called then, for those whom it has not told."""

    def __init__(self, worker: Worker):
        self.worker, self.whom = worker, list[Callable[[], None]]()

    async def __call__(self) -> None:
        """Nothing more is taken on from here."""
        self.worker.end()
        if self.worker.served is not None and self.worker.thread.is_alive():
            await asyncio.to_thread(self.worker.thread.join, SECONDS)
        for tell in self.whom:
            tell()
