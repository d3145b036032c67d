"""The addresses of the inbox: a request → the reception or the counter → an answer of HTTP."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from ipaddress import ip_address, ip_network

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Lifespan

from labo_ssg.inbox.http import posted
from labo_ssg.inbox.http.metrics import Metrics
from labo_ssg.inbox.http.posted import Refused
from labo_ssg.inbox.reception import Answer, Newsstand, Reception
from labo_ssg.inbox.screening.pace import Pace
from labo_ssg.inbox.status import Counter
from labo_ssg.pages import messages
from labo_ssg.theme import Broken

log = logging.getLogger(__name__)

LARGE = 2048  # bytes of a form for which it counts as one request more
SEARCH = 10  # requests that looking for a message counts for: it lies under any of the articles

Handler = Callable[[Request, str], Awaitable[Answer]]
"""Answers a request of a sender, whom the pace knows by that name."""


class Web:
    """The handlers of an inbox; `clock` says what time it is."""

    def __init__(
        self,
        editions: Newsstand,
        reception: Reception,
        counter: Counter,
        pace: Pace,
        metrics: Metrics,
        clock: Callable[[], datetime],
        proxies: Sequence[str],
    ) -> None:
        self._editions, self._reception, self._counter = editions, reception, counter
        self._pace, self._metrics, self._clock = pace, metrics, clock
        self._proxies = [ip_network(one, strict=False) for one in proxies]

    def routes(self, home: str) -> list[Route]:
        """Return the routes of an inbox at the path `home`, which has no slash at its end."""
        # The one slash that people leave out: Starlette's own way would send them to whatever host they say they asked.
        way = [Route(home, lambda _: RedirectResponse(f"{home}/", 308))] if home else []
        return [
            *way,
            Route(f"{home}/", partial(self._answer, self._message, 1), methods=["POST"]),
            Route(f"{home}/", partial(self._answer, self._status, 1), methods=["GET"]),
            Route(f"{home}/status", partial(self._answer, self._status, 1), methods=["GET"]),
            Route(f"{home}/status", partial(self._answer, self._status, SEARCH), methods=["POST"]),
            Route(f"{home}/reply/{{article}}/{{comment}}", partial(self._answer, self._reply, 1)),
        ]

    async def _message(self, request: Request, sender: str) -> Answer:
        fields = await posted.fields(request)
        return await self._reception.message(fields, sender, self._clock())

    async def _status(self, request: Request, _: str) -> Answer:
        fields = await posted.fields(request) if request.method == "POST" else {}
        return await self._counter.ask(fields, self._clock())

    async def _reply(self, request: Request, _: str) -> Answer:
        article, comment = request.path_params["article"], request.path_params["comment"]
        edition, view = await self._reception.article(article, self._clock())
        page = messages.reply(edition.frame, view, comment) if view else None
        if page is None:
            raise HTTPException(404, edition.frame.say("There is no such comment to answer."))
        return Answer(edition.render(page), 200, "reply")

    async def _answer(self, handler: Handler, weight: int, request: Request) -> Response:
        """Answer a request of some `weight`, count and log what became of it: nothing of a person."""
        start = time.perf_counter()
        response, outcome, comment = await self._attempt(handler, weight, request)
        seconds = time.perf_counter() - start
        self._metrics.count(outcome, seconds)
        about = {"status": response.status_code, "milliseconds": round(seconds * 1000, 1)}
        log.info(outcome, extra={**about, "comment": comment} if comment else about)
        return response

    async def _attempt(self, handler: Handler, weight: int, request: Request) -> tuple[Response, str, str]:
        weight += min(posted.length(request), posted.LARGEST) // LARGE
        now = self._clock()
        sender = self._pace.sender(self._address(request), now)
        if self._pace.is_hasty(sender, now, weight):
            return self._hasty()
        try:
            answer = await handler(request, sender)
        except Refused as refused:
            close = {"Connection": "close"}  # the rest of the body is not waited for
            return PlainTextResponse(f"{refused}\n", refused.status, close), "unreadable", ""
        except HTTPException as error:
            return PlainTextResponse(f"{error.detail}\n", error.status_code), "unknown", ""
        except ClientDisconnect:
            return Response(status_code=400), "gone", ""
        except Broken as broken:  # a template of the site
            log.error("broken template", extra={"place": str(broken.problem.place), "reason": broken.problem.what})
            return self._sorry("broken")
        except OSError as error:
            log.error("no disk", extra={"reason": str(error)})
            return self._sorry("unavailable")
        headers = {"Retry-After": "120"} if answer.status in (429, 503) else None
        return HTMLResponse(answer.page, answer.status, headers), answer.outcome, answer.comment

    def _address(self, request: Request) -> str:
        """Return where a request comes from, "" where only the proxy is known: it stands for all visitors at once."""
        address = request.client.host if request.client else ""
        try:
            known = ip_address(address)
        except ValueError:  # a socket of this machine, or what a proxy could not name
            return address
        return "" if any(known in network for network in self._proxies) else address

    def _hasty(self) -> tuple[Response, str, str]:
        say = self._editions.current.frame.say
        words = say("You are going very fast. Go back in a minute: what you typed is still in the form.")
        return PlainTextResponse(f"{words}\n", 429, {"Retry-After": "60"}), "hasty", ""

    def _sorry(self, outcome: str) -> tuple[Response, str, str]:
        say = self._editions.current.frame.say
        words = say("This page could not be made, and the fault is ours. Go back: what you typed is still in the form.")
        return PlainTextResponse(f"{words}\n", 503, {"Retry-After": "120"}), outcome, ""


def application(routes: list[Route], lifespan: Lifespan[Starlette] | None = None) -> Starlette:
    """Return an application of `routes`, whose mistakes are answered in plain words; the Guard before it logs them."""

    async def failed(_: Request, __: Exception) -> Response:
        return PlainTextResponse("Something went wrong here. Go back: what you typed is still in the form.\n", 500)

    made = Starlette(routes=routes, lifespan=lifespan, exception_handlers={Exception: failed})
    made.router.redirect_slashes = False
    return made
