"""The body of a POST → its fields, within limits of size and of time."""

import asyncio
import re
from collections.abc import AsyncGenerator
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

LARGEST = 96 * 1024  # bytes: 20 KB of any script, with each byte written as %D0
READ = 1024 * 1024  # bytes that are waited for to say so: browsers show no answer before all is sent
PATIENCE = 20.0  # seconds in which a whole form must have come
MOST = 40  # fields
TOO_LARGE = "the form is too large: all that is typed must fit in 20 KB"
BOUNDARY = re.compile(r""";\s*boundary=("?)([\w'()+,./:=?-]{1,70})\1\s*(?:;|$)""", re.ASCII | re.IGNORECASE)


class Refused(Exception):  # noqa: N818 - a request, not an error of the program
    """A body that is no form, or not one of ours; `status` is of HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def fields(request: Request, largest: int = LARGEST, most: int = MOST) -> dict[str, str]:
    """Return what was posted, by name, the first of each; raise Refused, ClientDisconnect.

    At most, that is `largest` bytes and `most` fields: those of a visitor's message, where nothing else is said.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise Refused(415, "a form is expected, application/x-www-form-urlencoded")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "a form is expected as it is, not compressed")
    body = await _body(request, largest)
    pairs = await _multipart(request.headers["content-type"], body) if kind[0] == "m" else _urlencoded(body, most)
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def length(request: Request) -> int:
    """Return how many bytes of a body are to come, the most that is read where that is not told."""
    told = request.headers.get("content-length", "0" if "transfer-encoding" not in request.headers else f"{LARGEST}")
    return int(told) if re.fullmatch("[0-9]{1,18}", told) else LARGEST


async def _body(request: Request, largest: int) -> bytes:
    is_told = "content-length" in request.headers
    if length(request) > max(READ, largest):
        raise Refused(413, TOO_LARGE)
    body = bytearray()
    is_late = False
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.stream():
                if len(body) <= largest:
                    body += part
                if len(body) > largest and not is_told:  # it may never end
                    break
    except TimeoutError:
        is_late = True
    if len(body) > largest:
        raise Refused(413, TOO_LARGE)
    if is_late:
        raise Refused(408, "the form did not come in time")
    return bytes(body)


def _urlencoded(body: bytes, most: int) -> list[tuple[str, str]]:
    try:
        text = body.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=most)
    except UnicodeError as error:
        raise Refused(400, "the form is not UTF-8") from error
    except ValueError as error:
        raise Refused(400, f"the form has more than {most} fields") from error


async def _multipart(kind: str, body: bytes) -> list[tuple[str, str]]:
    found = BOUNDARY.search(kind)
    if not found:
        raise Refused(400, "the form cannot be read")
    # Starlette takes any charset's word, and passes over what is none of it: with this one, bytes stay bytes.
    headers = Headers({"content-type": f'multipart/form-data; boundary="{found[2]}"; charset=latin-1'})

    async def parts() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(headers, parts(), max_files=0, max_fields=MOST, max_part_size=LARGEST)
    try:
        form = await parser.parse()
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        return [(name.encode("latin-1").decode(), value.encode("latin-1").decode()) for name, value in pairs]
    except UnicodeError as error:
        raise Refused(400, "the form is not UTF-8") from error
    except (MultiPartException, KeyError, ValueError) as error:
        raise Refused(400, "the form cannot be read") from error
