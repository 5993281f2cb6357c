"""A connection: closed where nobody asks, refused in JSON where it is no HTTP, or one too many."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import h11
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from minillm.serving.application import PARTS_OF_A_REQUEST
from minillm.serving.security import HEADERS

CONNECTIONS = 500  # beyond these: 503


def patient(seconds: float, *, most: int = CONNECTIONS) -> type[asyncio.Protocol]:
    """A protocol that closes a connection if no request has begun on it for ``seconds``.

    What has begun is ended by ``body`` and ``Deadline``, and the connection a little later, if
    nobody takes what was answered.  uvicorn itself waits without end for both.
    """
    longest = (PARTS_OF_A_REQUEST + 1) * seconds

    class Patient(H11Protocol):
        timer: asyncio.TimerHandle | None = None
        begun: Any = None  # the request that the timer knows of

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.wait(seconds)

        def connection_lost(self, exc: Exception | None) -> None:
            self.stop_waiting()
            super().connection_lost(exc)

        def on_response_complete(self) -> None:
            self.wait(seconds)
            super().on_response_complete()

        def handle_events(self) -> None:
            self.app = too_many if len(self.connections) > most else self.config.loaded_app
            super().handle_events()
            if self.cycle is not self.begun and not self.cycle.response_complete:
                self.begun = self.cycle
                self.wait(longest)

        def send_400_response(self, msg: str) -> None:
            self.transport.write(no_http(self.conn))
            self.transport.close()

        def wait(self, most: float) -> None:
            self.stop_waiting()
            self.timer = self.loop.call_later(most, self.transport.abort)

        def stop_waiting(self) -> None:
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None

    return Patient


async def too_many(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer on a connection that is one too many."""
    headers = {**HEADERS, "Retry-After": "1", "Connection": "close"}
    told = {"error": "too many connections are open: ask again later", "code": "busy"}
    await JSONResponse(told, 503, headers=headers)(scope, receive, send)


def no_http(connection: h11.Connection) -> bytes:
    """The bytes of the answer to what HTTP does not allow, in JSON as all others are."""
    if connection.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return b""  # another answer has begun
    body = json.dumps({"error": "this is no request as HTTP has them, or its head is too long"})
    more = {
        **HEADERS,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    headers = [(name.lower().encode(), value.encode()) for name, value in more.items()]
    events = (
        h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
        h11.Data(data=body.encode()),
        h11.EndOfMessage(),
    )
    return b"".join(connection.send(event) or b"" for event in events)
