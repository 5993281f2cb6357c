"""Who may ask, and what a browser may do with the answer.

A server on one's own machine is reached by every page that is open in one's browser.  Such a page
can send requests to 127.0.0.1, or give its own name the address 127.0.0.1 (DNS rebinding), and
must neither read answers nor make the model work.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minillm.serving.addresses import is_address
from minillm.serving.refusals import Refused, quoted

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Secured:
    """Refuses foreign hosts and origins, and puts the headers of security on every answer.

    ``names`` are the hosts that are this server.  With ``addresses`` any address is, too, as long
    as it is written in digits: a page's own name is what rebinding needs.

    Guide: 7.3.3 (G64).
    """

    def __init__(self, app: ASGIApp, names: Collection[str], *, addresses: bool = False):
        self.app, self.names, self.addresses = app, {name.lower() for name in names}, addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        try:
            self.check(scope)
        except Refused as refused:
            answer = JSONResponse({"error": str(refused)}, refused.status)
            await answer(scope, receive, secured)
            return
        await self.app(scope, receive, secured)

    def check(self, scope: Scope) -> None:
        """Refuse who is not to be answered.

        Raises:
            Refused: 400 without one Host, 403 for another server's, or for a page of another one.
        """
        hosts = values(scope, b"host")
        if len(hosts) != 1:
            raise Refused(400, "one header Host is needed")
        if not self.is_ours(hosts[0]):
            raise Refused(
                403, f"this server is not {quoted(hosts[0][:80])}; --allow-host adds a name"
            )
        for origin in values(scope, b"origin") if scope["method"] not in ("GET", "HEAD") else []:
            if not same_origin(origin, hosts[0]):
                raise Refused(403, f"a page of {quoted(origin[:80])} may not ask this server")

    def is_ours(self, host: str) -> bool:
        """Whether a Host is a name of this server, or an address in digits; any port may be."""
        name = hostname(host)
        return name is not None and (name in self.names or (self.addresses and is_address(name)))


def values(scope: Scope, name: bytes) -> list[str]:
    """All values of a header."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def hostname(host: str) -> str | None:
    """The name in ``name:port``, ``[::1]:port``; none where it is something else."""
    try:
        parts = urlsplit(f"//{host}")
        whole = parts.netloc == host and "@" not in host and (parts.port or 0) >= 0
    except ValueError:  # a port that is none
        return None
    return parts.hostname if whole else None


def same_origin(origin: str, host: str) -> bool:
    """Whether an Origin is that of the page which this server gave out under this Host."""
    scheme, _, rest = origin.partition("://")
    return scheme in ("http", "https") and rest.lower() == host.lower()
