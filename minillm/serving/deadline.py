"""An end to every request, also to one whose client reads its answer too slowly."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minillm.serving.ending import SECONDS
from minillm.serving.endpoints import refusal
from minillm.serving.refusals import late, the_end


class Deadline:
    """Ends a request after ``seconds``; where its answer has begun, the connection is closed."""

    def __init__(self, app: ASGIApp, seconds: float):
        self.app, self.seconds = app, seconds
        self.running: set[asyncio.Timeout] = set()
        self.ending = False

    def end(self) -> None:
        """The server ends: what runs has ``SECONDS``, and what begins now has no more."""
        self.ending, self.seconds = True, SECONDS
        for timeout in self.running:
            timeout.reschedule(asyncio.get_running_loop().time() + SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(self.seconds) as timeout:
                self.running.add(timeout)
                try:
                    await self.app(scope, receive, noting)
                finally:
                    self.running.discard(timeout)
        except TimeoutError:
            if not begun:
                await self.refusal()(scope, receive, send)

    def refusal(self) -> Response:
        """What is said where nothing has been answered."""
        return refusal(the_end() if self.ending else late(f"no answer within {self.seconds:g} s"))
