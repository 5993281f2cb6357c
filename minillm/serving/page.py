"""The page: a few files that are read once, and nothing else of the disk."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

FOLDER = files("minillm.serving") / "site"
FILES = {  # path -> file and its type: what is not here does not exist
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/asking.js": ("asking.js", "text/javascript"),
    "/drawing.js": ("drawing.js", "text/javascript"),
    "/maps.js": ("maps.js", "text/javascript"),
    "/words.js": ("words.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


def contents() -> Mapping[str, tuple[bytes, str]]:
    """The bytes and the type of each path."""
    return {
        path: ((FOLDER / name).read_bytes(), f"{kind}; charset=utf-8")
        for path, (name, kind) in FILES.items()
    }


class Page:
    """Gives out the files of the page."""

    def __init__(self) -> None:
        self.contents = contents()

    async def __call__(self, request: Request) -> Response:
        """The file of a path."""
        data, kind = self.contents[request.url.path]
        return Response(data, headers={"Content-Type": kind})
