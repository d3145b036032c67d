"""Answers only what was asked of this machine by its own name.

A page of another site can have its name point to 127.0.0.1 after it was opened ("DNS rebinding"): its scripts then read
what this server says as if it were theirs. The name that the browser asked for gives them away.
"""

import re
from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OURS = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)


class Here:
    """Refuses requests of `app` that name another host than this machine; `say` gives words in the site's language."""

    def __init__(self, app: ASGIApp, say: Callable[[str], str]) -> None:
        self._app, self._say = app, say

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or not OURS.fullmatch(hosts[0]):
                say = self._say
                words = say("This is the preview of a site, for this machine alone. Ask for it as http://localhost.")
                await PlainTextResponse(f"{words}\n", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)
