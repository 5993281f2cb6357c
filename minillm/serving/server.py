"""A socket, and uvicorn on it: it answers until Ctrl-C, or until the model cannot be loaded."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable, Collection

import uvicorn

from minillm.serving.application import application
from minillm.serving.connection import CONNECTIONS, patient
from minillm.serving.ending import SECONDS, Ending
from minillm.serving.limits import Limits
from minillm.serving.models import Served
from minillm.serving.security import LOOPBACK
from minillm.serving.worker import Worker

LAST_SECONDS = int(2 * SECONDS)  # for answers that are on their way when the server ends
AT_FAULT = {  # what the system says -> which option is to be changed, and how
    errno.EADDRINUSE: "--port 0 takes a free one",
    errno.EACCES: "--port 0 takes a free one",
    errno.EADDRNOTAVAIL: "--host must be an address of this machine",
}


def listening(host: str, port: int) -> socket.socket:
    """A socket at which requests arrive; port 0 is any free one.

    TCP is asked for by its name: only then does asyncio send every part of an answer at once
    (TCP_NODELAY), where it would wait about 40 ms for the other side to confirm the part before.

    Raises:
        OSError: the port is in use, or not to be had; the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers have one port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(CONNECTIONS)
    except OSError as error:
        found.close()
        raise OSError(f"cannot listen at {host}, port {port}: {reason_of(error)}") from error
    return found


def reason_of(error: OSError) -> str:
    """What the system says, and which option is to be changed."""
    said = error.strerror or str(error)
    if isinstance(error, socket.gaierror):
        return f"{said}; --host must be an address of this machine, or a name of it"
    hint = AT_FAULT.get(error.errno or 0)
    return f"{said}; {hint}" if hint else said


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
    ending = Ending(worker)
    app = application(
        worker,
        limits,
        names={*LOOPBACK, host, *names},
        addresses=not is_loopback(host),
        ending=ending,
    )
    server = EndingServer(
        uvicorn.Config(
            app,
            http=patient(limits.timeout),
            ws="none",
            lifespan="on",
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=LAST_SECONDS,
            timeout_keep_alive=max(1, int(limits.timeout)),
        ),
        ending,
    )
    server.run(sockets=[at])
    if worker.error is not None:
        raise worker.error


class EndingServer(uvicorn.Server):
    """uvicorn's server, which by itself would cancel what waits, and say 500 to it."""

    def __init__(self, config: uvicorn.Config, ending: Ending):
        super().__init__(config)
        self.ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """First those who wait, then the connections."""
        await self.ending()
        await super().shutdown(sockets)
