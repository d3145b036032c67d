"""What stands before every request: whose form it is, and what browsers may do with the answer."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
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


class Guard:
    """Refuses forms of other sites than those of `origins`, the first of which is the site's own; adds headers."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app, self._origins = app, set(origins)
        site = next(iter(origins), "")
        self._headers = {**HEADERS, "Content-Security-Policy": POLICY.format(f" {site}" if site else "")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if scope["method"] not in ("GET", "HEAD", "OPTIONS") and not self._is_ours(Headers(scope=scope)):
            answer = PlainTextResponse("This form is not one of this site.\n", 403)
            await answer(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    def _is_ours(self, headers: Headers) -> bool:
        """Tell whether a form was sent from a page of the site, as far as its browser says (Fetch, § 3.2 and § 7)."""
        told, origin = headers.get("sec-fetch-site", ""), headers.get("origin", "")
        if told in ("same-origin", "none"):
            return True
        if not origin:
            return told in ("", "same-site")
        return origin in self._origins or urlsplit(origin).netloc == headers.get("host", "/")
