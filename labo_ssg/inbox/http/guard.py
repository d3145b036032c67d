"""What stands before every request: whose form it is, what browsers may do with the answer, that there is one."""

import asyncio
import logging
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'{0}; script-src 'self'{0}; img-src 'self' data:{0}; font-src 'self'{0}; "
    "connect-src 'self'; form-action 'self'{0}; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
STRICT = {**HEADERS, "Content-Security-Policy": POLICY.format(""), "Cache-Control": "no-store"}
PORTS = {"http": 80, "https": 443}

log = logging.getLogger(__name__)


class Guard:
    """Refuses forms of other sites than those of `origins`, the first of which is the site's own; adds headers.

    What the application fails at is answered here, too: without a word of it, and without a traceback.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app, self._origins = app, {origin(one) for one in origins} - {""}
        site = origin(next(iter(origins), ""))
        headers = {**STRICT, "Content-Security-Policy": POLICY.format(f" {site}" if site else "")}
        self._headers = Headers(headers).raw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                told = {name for name, _ in message["headers"]}
                message["headers"] += [line for line in self._headers if line[0] not in told]
            await send(message)

        app = self._app
        if scope["method"] not in ("GET", "HEAD", "OPTIONS") and not self._is_ours(Headers(scope=scope)):
            app = PlainTextResponse("This form is not one of this site.\n", 403)
        try:
            await app(scope, receive, with_headers)
        except asyncio.CancelledError:  # the inbox is told to stop, and this has taken too long
            if has_begun:
                raise
            await _stopping(scope, receive, with_headers)
        except Exception:
            log.exception("failed")
            if not has_begun:
                await _failed(scope, receive, with_headers)

    def _is_ours(self, headers: Headers) -> bool:
        """Tell whether a form was sent from a page of the site, as far as its browser says (Fetch, § 3.2 and § 7)."""
        told, sent_from = headers.get("sec-fetch-site", ""), headers.get("origin", "")
        if told in ("same-origin", "none"):
            return True
        if not sent_from:
            return told in ("", "same-site")
        known = origin(sent_from)
        return bool(known) and (known in self._origins or known in _here(headers.get("host", "")))


def origin(url: str) -> str:
    """Return the origin of `url` as browsers write it, "" where it has none (URL, § 4.7; RFC 6454, § 6)."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:  # of a host, or a port, that is none; UnicodeError is one
        return ""
    if parts.scheme not in PORTS or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{'' if port in (None, PORTS[parts.scheme]) else f':{port}'}"


def _here(host: str) -> set[str]:
    """Return the origins that a request to `host` may be for: a proxy may not say by which scheme it came."""
    return {origin(f"{scheme}://{host}") for scheme in PORTS}


_stopping = PlainTextResponse(
    "The inbox is being stopped. Go back in a minute: what you typed is still in the form.\n",
    503,
    {"Retry-After": "60", "Connection": "close"},
)
_failed = PlainTextResponse("Something went wrong here. Go back: what you typed is still in the form.\n", 500)
