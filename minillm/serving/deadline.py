"""An end to every request, also to one whose client reads its answer too slowly."""

from __future__ import annotations

import asyncio

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Deadline:
    """Ends a request after ``seconds``; where its answer has begun, the connection is closed."""

    def __init__(self, app: ASGIApp, seconds: float):
        self.app, self.seconds = app, seconds

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
            async with asyncio.timeout(self.seconds):
                await self.app(scope, receive, noting)
        except TimeoutError:
            if not begun:
                answer = JSONResponse({"error": f"no answer within {self.seconds:g} s"}, 504)
                await answer(scope, receive, send)
