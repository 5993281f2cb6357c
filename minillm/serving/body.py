"""The JSON object that a request brings: read within its limits of bytes and of time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import ClientDisconnect, Request

from minillm.serving.limits import Limits
from minillm.serving.refusals import Refused, quoted

JSON = "application/json"


async def json_object(request: Request, limits: Limits) -> dict[str, Any]:
    """What was sent, as a dictionary.

    Raises:
        Refused: 415 another type than JSON in UTF-8, 413 too many bytes, 408 too slow, 400 not
            UTF-8, not JSON, or not an object.
    """
    require_json(request.headers.get("content-type", ""))
    require_size(request.headers.get("content-length"), limits.max_bytes)
    try:
        async with asyncio.timeout(limits.timeout):
            data = await read(request, limits.max_bytes)
    except TimeoutError:
        message = f"the request took longer than {limits.timeout:g} s to arrive"
        raise Refused(408, message, {"Connection": "close"}, code="late") from None
    except ClientDisconnect:
        raise Refused(400, "the request ended before it was whole") from None
    return parsed(data)


async def read(request: Request, most: int) -> bytes:
    """The bytes; reading ends with the first that is too many, whatever was announced.

    Raises:
        Refused: 413.
    """
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > most:
            raise too_large(most)
    return bytes(data)


def parsed(data: bytes) -> dict[str, Any]:
    """The object of these bytes.

    Raises:
        Refused: 400.
    """
    try:
        found = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refused(400, f"the body is not UTF-8: byte {error.start} of it") from None
    except json.JSONDecodeError as error:
        message = f"the body is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        raise Refused(400, message) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists in ...
        raise Refused(400, "the body is not JSON that anybody would send") from None
    if not isinstance(found, dict):
        needed = 'the body must be an object such as {"text": "..."}'
        raise Refused(400, f"{needed}, got {quoted(found, 40)}")
    return found


def require_json(given: str) -> None:
    """Refuse what a form of another page could send without being asked.

    Raises:
        Refused: 415.
    """
    kind, _, more = given.lower().partition(";")
    charset = more.partition("charset=")[2].strip().strip('"')
    if kind.strip() != JSON or charset not in ("", "utf-8", "utf8"):
        raise Refused(415, f"Content-Type must be {JSON}, in UTF-8, got {quoted(given[:80])}")


def require_size(announced: str | None, most: int) -> None:
    """Refuse a body that is announced to be too large before any of it is read.

    Raises:
        Refused: 413.
    """
    if announced is not None and announced.isdecimal() and int(announced[:20]) > most:
        raise too_large(most)


def too_large(most: int) -> Refused:
    """The refusal of too many bytes; the rest is thrown away as it comes."""
    return Refused(
        413, f"the body is larger than {most} bytes", code="too_large", numbers={"most": most}
    )
