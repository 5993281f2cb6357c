"""A socket, and uvicorn on it: connections that do not ask are closed, and Ctrl-C ends all."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Collection
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from minillm.serving.application import PARTS_OF_A_REQUEST, application
from minillm.serving.limits import Limits
from minillm.serving.models import Served
from minillm.serving.security import LOOPBACK
from minillm.serving.worker import Worker

CONNECTIONS = 500  # beyond these: 503
LAST_SECONDS = 2  # for answers that are on their way when the server ends


def listening(host: str, port: int) -> socket.socket:
    """A socket at which requests arrive; port 0 is any free one.

    Raises:
        OSError: the port is in use, or not to be had; the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two servers have one port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(CONNECTIONS)
    except OSError as error:
        found.close()
        reason = error.strerror or str(error)
        told = f"cannot listen at {host}, port {port}: {reason}; --port 0 takes a free one"
        raise OSError(told) from error
    return found


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    return host in LOOPBACK or host.startswith("127.")


def serve(
    load: Callable[[], Served],
    limits: Limits,
    at: socket.socket,
    *,
    host: str,
    names: Collection[str] = (),
) -> None:
    """Answer until Ctrl-C, or until the model turns out not to be loadable.

    Raises:
        Exception: what ``load`` raised.
    Guide: 7.3.3 (G64).
    """
    server: uvicorn.Server

    def failed() -> None:
        server.should_exit = True

    worker = Worker(load, limits, failed)
    app = application(
        worker, limits, names={*LOOPBACK, host, *names}, addresses=not is_loopback(host)
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=patient(limits.timeout),
            ws="none",
            lifespan="on",
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=LAST_SECONDS,
            timeout_keep_alive=max(1, int(limits.timeout)),
        )
    )
    server.run(sockets=[at])
    if worker.error is not None:
        raise worker.error


def patient(seconds: float) -> type[asyncio.Protocol]:
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
            super().handle_events()
            if self.cycle is not self.begun and not self.cycle.response_complete:
                self.begun = self.cycle
                self.wait(longest)

        def wait(self, most: float) -> None:
            self.stop_waiting()
            self.timer = self.loop.call_later(most, self.transport.abort)

        def stop_waiting(self) -> None:
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None

    return Patient
