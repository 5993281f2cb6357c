"""The paths, their errors and their guards put together to one application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from minillm.serving.deadline import Deadline
from minillm.serving.ending import SECONDS, Ending
from minillm.serving.endpoints import KINDS, Endpoints, on_failure, on_http_error, on_refused
from minillm.serving.limits import Limits
from minillm.serving.page import FILES, Page
from minillm.serving.refusals import Refused
from minillm.serving.security import LOOPBACK, Secured
from minillm.serving.worker import Worker

PARTS_OF_A_REQUEST = 3  # it arrives, is answered, and its answer is read: each within the time-out


def application(
    worker: Worker,
    limits: Limits,
    *,
    names: Collection[str] = LOOPBACK,
    addresses: bool = False,
    ending: Ending | None = None,
) -> ASGIApp:
    """The application; its worker begins with it and ends with it.

    ``ending`` learns whom it has to tell that the server ends.

    Guide: 7.3.3 (G64).
    """
    endpoints, page = Endpoints(worker, limits), Page()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        worker.start()
        yield
        worker.stop(SECONDS)

    routes = [
        *(Route(path, page.__call__, methods=["GET"]) for path in FILES),
        Route("/health", endpoints.health, methods=["GET"]),
        Route("/api/model", endpoints.about, methods=["GET"]),
        *(Route(f"/api/{kind}", endpoints.ask, methods=["POST"]) for kind in KINDS),
    ]
    inner = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={
            Refused: on_refused,
            HTTPException: on_http_error,
            Exception: on_failure,
        },
    )
    inner.router.redirect_slashes = False
    timed = Deadline(inner, PARTS_OF_A_REQUEST * limits.timeout)
    if ending is not None:
        ending.whom += [endpoints.end, timed.end]
    return Secured(timed, names, addresses=addresses)
