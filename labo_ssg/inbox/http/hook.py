"""The address that a forge calls when something happens there: the forge is then asked what became of proposals.

A call decides nothing by what it says: one that is sent twice, or late, or by whoever has learnt the secret, only has
the forge asked once more.
"""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from labo_ssg.forge import hooks
from labo_ssg.inbox.http.posted import LARGEST, PATIENCE
from labo_ssg.inbox.outgoing import proposing
from labo_ssg.model import Forge
from labo_ssg.moderation import proposed

SECRET = "LABO_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
PATH = "/hooks/forge"
KINDS: tuple[Forge, ...] = ("github", "gitlab", "forgejo")  # each has its own way to sign
BRANCHES = (proposed.TOGETHER, proposed.ALONE)

log = logging.getLogger(__name__)


def routes(home: str, root: Path, secret: str, wake: Callable[[], None]) -> list[Route]:
    """Return the route of the inbox at the path `home`; without a `secret` there is none."""
    return [Route(f"{home}{PATH}", _answering(root, secret, wake), methods=["POST"])] if secret else []


def _answering(root: Path, secret: str, wake: Callable[[], None]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:  # the forge is asked every few minutes all the same
            return PlainTextResponse("This call is too large, or too slow.\n", 413, {"Connection": "close"})
        kind = next((one for one in KINDS if hooks.verified(one, request.headers, body, secret)), None)
        if kind is None:
            log.warning("a call that the forge has not signed")
            return PlainTextResponse("This call is not signed with the secret.\n", 403)
        closed = hooks.closed(kind, request.headers, body)
        if closed is None or not closed.branch.startswith(BRANCHES):
            return PlainTextResponse("Nothing was decided.\n")
        try:
            await to_thread.run_sync(proposing.call, root)
        except OSError as error:
            log.error("no disk", extra={"reason": str(error)})
            return PlainTextResponse("The disk is full, or closed.\n", 503)
        wake()
        log.info("called by the forge")
        return PlainTextResponse("The forge is asked what was decided.\n", 202)

    return answer


async def _body(request: Request) -> bytes | None:
    """Return the body of a request, None where it is too large or does not come."""
    body = bytearray()
    with anyio.move_on_after(PATIENCE) as scope:
        async for part in request.stream():
            body += part
            if len(body) > LARGEST:
                return None
    return None if scope.cancelled_caught else bytes(body)
