"""The body of a POST → its fields, within limits of size and of time."""

from collections.abc import AsyncGenerator
from urllib.parse import parse_qsl

import anyio
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

LARGEST = 96 * 1024  # bytes: 20 KB of any script, with each byte written as %D0
PATIENCE = 20.0  # seconds in which a whole form must have come
MOST = 40  # fields


class Refused(Exception):  # noqa: N818 - a request, not an error of the program
    """A body that is no form, or not one of ours; `status` is of HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def fields(request: Request) -> dict[str, str]:
    """Return what was posted, by name, the first of each; raise Refused, ClientDisconnect."""
    body = await _body(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        pairs = await _multipart(request.headers, body)
    elif kind == "application/x-www-form-urlencoded":
        pairs = _urlencoded(body)
    else:
        raise Refused(415, "a form is expected, application/x-www-form-urlencoded")
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


async def _body(request: Request) -> bytes:
    told = request.headers.get("content-length", "0")
    if told.isdigit() and int(told) > LARGEST:
        raise Refused(413, "the form is too large: all that is typed must fit in 20 KB")
    body = bytearray()
    with anyio.move_on_after(PATIENCE) as scope:
        async for part in request.stream():
            body += part
            if len(body) > LARGEST:
                raise Refused(413, "the form is too large: all that is typed must fit in 20 KB")
    if scope.cancelled_caught:
        raise Refused(408, "the form did not come in time")
    return bytes(body)


def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    try:
        text = body.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST)
    except UnicodeError as error:
        raise Refused(400, "the form is not UTF-8") from error
    except ValueError as error:
        raise Refused(400, f"the form has more than {MOST} fields") from error


async def _multipart(headers: Headers, body: bytes) -> list[tuple[str, str]]:
    async def parts() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(headers, parts(), max_files=0, max_fields=MOST, max_part_size=LARGEST)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeError, ValueError) as error:
        raise Refused(400, "the form cannot be read") from error
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
