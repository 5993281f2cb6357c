"""One thread that asks the model, and takes the requests that have come meanwhile together.

::

    requests    a    b c d      e f
    worker      [a]  [b c d, padded to one batch]  [e f]  ...

A matrix product of several rows takes little more time than one of a single row: the more
requests wait, the more are answered in the time of one.  Nothing is waited for: alone, a request
is answered at once.

Servers of large models go further, and let a new text begin between two tokens of the others.

Source: Yu et al. 2022, "Orca: A Distributed Serving System for Transformer-Based Generative
    Models", OSDI: the batches here are those that it begins with, its own are the further ones.
"""

from __future__ import annotations

import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from minillm.serving.limits import Limits
from minillm.serving.models import Served
from minillm.serving.refusals import Refused, later, not_loaded, the_end

Tell = Callable[[str, Any], None]  # ("token" | "done" | "refused", what)


@dataclass(eq=False)
class Job:
    """A question, and whom to tell the answer; ``tell`` is called by the worker's thread.

    ``told`` are "token", any number of times, and at last "done" or "refused", once.
    """

    kind: str
    asked: Mapping[str, Any]
    tell: Tell
    question: Any = field(default=None, init=False)  # once it has been checked
    abandoned: bool = field(default=False, init=False)  # nobody waits for the answer any more


class Worker:
    """Loads a model in a thread of its own, then answers batch after batch.

    A text that is written takes many steps: between two of them other questions are answered,
    while those for another text wait until this one ends, and are then written together.

    ``failed`` is called if the model cannot be loaded; ``error`` then says why.

    Guide: 7.3.3 (G64).
    """

    def __init__(
        self, load: Callable[[], Served], limits: Limits, failed: Callable[[], None] | None = None
    ):
        self.load, self.limits, self.failed = load, limits, failed
        self.served: Served | None = None
        self.error: BaseException | None = None
        self.inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self.ready: list[Job] = []  # checked, in the order of their arrival
        self.writing: Any = None
        self.waiting, self.lock = 0, threading.Lock()
        self.stopping = False
        self.thread = threading.Thread(target=self.run, name="minillm serve", daemon=True)

    def start(self) -> None:
        """Begin to load."""
        self.thread.start()

    def end(self) -> None:
        """Answer nothing more but the batch at hand; whoever waits behind it is refused."""
        self.stopping = True
        self.inbox.put(None)

    def stop(self, seconds: float = 5.0) -> None:
        """As ``end``, and wait for it; a model that is still being loaded is not waited for."""
        self.end()
        if self.served is not None and self.thread.is_alive():
            self.thread.join(seconds)

    def submit(self, job: Job) -> None:
        """Take a question on.

        Raises:
            Refused: 503; the model is still being loaded, too many wait, or the server ends.
        """
        if self.stopping or self.error is not None:
            raise the_end()
        if self.served is None:
            raise not_loaded()
        with self.lock:
            if self.waiting >= self.limits.queue:
                raise later(f"{self.waiting} requests wait already: ask again later", "busy")
            self.waiting += 1
        self.inbox.put(job)

    def run(self) -> None:
        """The thread."""
        try:
            self.served = self.load()
        except BaseException as error:  # told by whoever has called ``failed``
            self.error = error
            if self.failed is not None:
                self.failed()
            return
        while not self.stopping:
            self.round(self.served)
        self.gather(wait=False)
        self.refuse(self.taken(list(self.ready)), the_end())
        if self.writing is not None:
            self.writing.refuse(the_end())

    def round(self, served: Served) -> None:
        """One batch, and one token of the texts that are being written."""
        self.gather(wait=self.writing is None and not self.ready)
        batch = self.taken(self.next_batch(served))
        if batch and batch[0].kind == served.written:
            self.guarded(batch, lambda: self.begin(served, batch))
        elif batch:
            self.answer(served, batch)
        if self.writing is not None and not self.guarded(self.writing.jobs, self.writing.step):
            self.writing = None

    def begin(self, served: Served, batch: Sequence[Job]) -> bool:
        """Write texts from now on."""
        self.writing = served.writing(batch)
        return True

    def gather(self, *, wait: bool) -> None:
        """Check what has come; with ``wait`` there will be something, or the end."""
        while True:
            try:
                job = self.inbox.get(block=wait)
            except queue.Empty:
                return
            wait = False
            if job is not None:
                self.ready.append(job)
                if not self.guarded([job], partial(self.check, job)):
                    self.taken([job])

    def check(self, job: Job) -> bool:
        """Turn what is asked into a question to the model."""
        if self.served is not None and not job.abandoned:
            job.question = self.served.question(job.kind, job.asked)
        return not job.abandoned

    def next_batch(self, served: Served) -> list[Job]:
        """The first that can be answered now, and those behind it that go together with it."""
        batch: list[Job] = []
        for job in self.ready:
            if self.writing is not None and job.kind == served.written:
                continue
            if not batch or (
                job.kind == batch[0].kind
                and served.together(job.kind, [one.question for one in (*batch, job)])
            ):
                batch.append(job)
            if len(batch) == self.limits.batch:
                break
        return batch

    def taken(self, batch: list[Job]) -> list[Job]:
        """Those of a batch that somebody waits for; none of it waits any more."""
        gone = {id(job) for job in batch}
        self.ready = [job for job in self.ready if id(job) not in gone]
        with self.lock:
            self.waiting -= len(batch)
        return [job for job in batch if not job.abandoned]

    def answer(self, served: Served, batch: Sequence[Job]) -> None:
        """One answer to each; if all fail together, each is tried alone."""
        try:
            found = served.answers(batch[0].kind, [job.question for job in batch])
        except Exception as error:
            if len(batch) == 1:
                self.refuse(batch, error)
            else:
                for job in batch:
                    self.answer(served, [job])
            return
        for job, one in zip(batch, found, strict=True):
            job.tell("done", one)

    def guarded(self, jobs: Sequence[Job], work: Callable[[], bool]) -> bool:
        """What ``work`` returns; False where it failed, and these were told so."""
        try:
            return work()
        except Exception as error:
            self.refuse(jobs, error)
            return False

    def refuse(self, jobs: Sequence[Job], error: Exception) -> None:
        """Tell everybody why there is no answer; what is not foreseen goes to stderr, too."""
        if not isinstance(error, Refused):
            traceback.print_exception(error, file=sys.stderr)
            error = Refused(500, f"the model failed: {error}")
        for job in jobs:
            job.tell("refused", error)
