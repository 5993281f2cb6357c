"""The paths: what is asked where, and how answers and refusals are written.

``GET /health``, ``GET /api/model``; ``POST /api/tokens``, ``/api/attention``, ``/api/classify``,
``/api/next``, ``/api/generate``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from minillm.serving.body import json_object
from minillm.serving.limits import Limits
from minillm.serving.models import Served
from minillm.serving.refusals import Refused, late, not_loaded, the_end
from minillm.serving.worker import Job, Worker

KINDS = ("tokens", "attention", "classify", "next", "generate")
Event = tuple[str, Any]
Events = asyncio.Queue[Event]


class Endpoints:
    """What the paths do, with one worker behind them.

    Guide: 7.3.3 (G64).
    """

    def __init__(self, worker: Worker, limits: Limits):
        self.worker, self.limits = worker, limits
        self.waiting = set[Events]()  # for what is told of a question

    def end(self) -> None:
        """The server ends: refuse everybody who still waits for an answer."""
        for events in self.waiting:
            events.put_nowait(("refused", the_end()))

    async def health(self, request: Request) -> Response:
        """Whether the model can be asked, and how many requests wait."""
        self.require_there()
        return JSONResponse({"status": "ready", "waiting": self.worker.waiting})

    async def about(self, request: Request) -> Response:
        """What the model is and what it can do."""
        model = self.require_there()
        limits = {"max_bytes": self.limits.max_bytes, "timeout": self.limits.timeout}
        return JSONResponse({**model.about(), **limits})

    def require_there(self) -> Served:
        """The model.

        Raises:
            Refused: 503; it is still being loaded, or the server ends.
        """
        if self.worker.stopping:
            raise the_end()
        if self.worker.served is None:
            raise not_loaded()
        return self.worker.served

    async def ask(self, request: Request) -> Response:
        """One question to the model; the last part of the path is its kind.

        Raises:
            Refused: see ``json_object``, ``Worker.submit`` and ``question`` of the model; 404 of
                what this model cannot do; 504 if it takes too long.
        """
        kind = request.url.path.rpartition("/")[2]
        asked = await json_object(request, self.limits)
        self.require_able(kind)
        job, events = told_here(kind, asked)
        deadline = asyncio.get_running_loop().time() + self.limits.timeout
        self.worker.submit(job)
        lines = events_until(job, events, deadline, self.waiting)
        try:
            if kind == "generate" and asked.get("stream") is True:
                return await streamed(lines)
            return JSONResponse(await whole(lines))
        except BaseException:
            job.abandoned = True
            raise

    def require_able(self, kind: str) -> None:
        """Refuse what this model cannot do.

        Raises:
            Refused: 404.
        """
        model = self.worker.served
        if model is not None and kind not in model.kinds:
            can = ", ".join(f"/api/{one}" for one in model.kinds)
            raise Refused(404, f"this model cannot do that; it can: {can}")


def told_here(kind: str, asked: Mapping[str, Any]) -> tuple[Job, Events]:
    """A job, and the queue in which this loop finds what the worker's thread tells of it."""
    loop, events = asyncio.get_running_loop(), Events()

    def tell(what: str, content: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            loop.call_soon_threadsafe(events.put_nowait, (what, content))

    return Job(kind, asked, tell), events


async def events_until(
    job: Job, events: Events, deadline: float, waiting: set[Events]
) -> AsyncGenerator[Event]:
    """What is told of a job, up to its end; ``waiting`` has it meanwhile.

    Raises:
        Refused: what it was refused with; 504 at the deadline.
    """
    waiting.add(events)
    try:
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    what, content = await events.get()
            except TimeoutError:
                raise late("no answer in time: ask for less, or later") from None
            if what == "refused":
                raise content
            yield what, content
            if what == "done":
                return
    finally:
        waiting.discard(events)
        job.abandoned = True


async def whole(lines: AsyncIterator[Event]) -> dict[str, Any]:
    """The answer in one piece."""
    tokens = []
    async for what, content in lines:
        if what == "token":
            tokens.append(content["token"])
        else:
            return {**content, "tokens": tokens} if tokens else content
    raise Refused(500, "the model said nothing")


async def streamed(lines: AsyncGenerator[Event]) -> Response:
    """The answer line by line, an object each: tokens, and at last "done" or "error".

    Its status is that of the first line: what is refused at once is refused with 4xx or 5xx.
    """
    first = await anext(lines)

    async def told() -> AsyncIterator[bytes]:
        async with aclosing(lines):
            yield line_of(*first)
            try:
                async for what, content in lines:
                    yield line_of(what, content)
            except Refused as refused:
                yield line_of("error", refused.told())

    return StreamingResponse(told(), media_type="application/x-ndjson")


def line_of(what: str, content: Mapping[str, Any]) -> bytes:
    """One event as a line of JSON."""
    told = {"done": True, **content} if what == "done" else content
    return (json.dumps(told, ensure_ascii=False) + "\n").encode("utf-8")


def refusal(refused: Refused) -> Response:
    """A refusal as an answer."""
    return JSONResponse(refused.told(), refused.status, headers=refused.headers)


async def on_refused(request: Request, error: Exception) -> Response:
    """As ``refusal``."""
    return refusal(error if isinstance(error, Refused) else Refused(500, str(error)))


async def on_http_error(request: Request, error: Exception) -> Response:
    """No such path, or another method: as JSON, too."""
    status, headers = 500, {}
    if isinstance(error, HTTPException):
        status, headers = error.status_code, dict(error.headers or {})
    told = {404: "there is nothing here", 405: f"use {headers.get('Allow', 'another method')}"}
    return JSONResponse({"error": told.get(status, "failed")}, status, headers=headers)


async def on_failure(request: Request, error: Exception) -> Response:
    """What nobody has foreseen: told on stderr, and not to the client."""
    traceback.print_exception(error, file=sys.stderr)
    return JSONResponse({"error": "the server failed"}, 500)
