"""The web application of the inbox, for any ASGI server: its parts put together, its start and its end.

`uvicorn --factory labo_ssg.inbox.app:create_app` serves the site in the folder LABO_ROOT, or this one.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import urlsplit

from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from labo_ssg.build.edition import Editions
from labo_ssg.disk.library import read_site
from labo_ssg.formats.site_yaml import PAGE
from labo_ssg.inbox.http import hook
from labo_ssg.inbox.http import log as log_lines
from labo_ssg.inbox.http.guard import Guard, origin
from labo_ssg.inbox.http.metrics import TYPE
from labo_ssg.inbox.http.web import application
from labo_ssg.inbox.outgoing.commit import CommitDelivery
from labo_ssg.inbox.outgoing.deliveries import Deliveries, Delivery
from labo_ssg.inbox.outgoing.notices import NoticeDelivery
from labo_ssg.inbox.outgoing.proposing import ProposalDelivery
from labo_ssg.inbox.parts import Parts, assemble
from labo_ssg.inbox.screening.twins import fingerprint
from labo_ssg.inbox.scribe import Scribe
from labo_ssg.model import Site
from labo_ssg.moderation.showing import Showing
from labo_ssg.pages import urls
from labo_ssg.places import SETTINGS
from labo_ssg.problems import Place, Problem

ROOT = "LABO_ROOT"
PASSWORD = "LABO_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
GRACE = 8.0  # seconds in which deliveries may end what they do
TRIAL = 1.0  # seconds for which a trial of the disk holds
REMEMBERED = 5000  # messages whose likes are known from the start

log = logging.getLogger(__name__)


def create_app(root: Path | None = None) -> ASGIApp:
    """Return the inbox of the site at `root`, or in LABO_ROOT; raise Unfit, OSError."""
    log_lines.to_stderr()
    root = (root or Path(os.environ.get(ROOT, "."))).resolve()
    site, problems = read_site(root)
    if problems:
        raise Unfit(problems)
    if not PAGE.fullmatch(site.comments.inbox):
        what = f"`comments`: `{site.comments.inbox}` is no address that an inbox could answer at"
        raise Unfit([Problem(Place(SETTINGS), what, "write `inbox: /inbox/`")])
    address = urlsplit(urls.absolute(site.base_url, site.comments.inbox))
    home, is_elsewhere = address.path.rstrip("/"), site.comments.inbox.startswith("http")
    origins = [origin(site.base_url), *map(origin, site.inbox.origins)]
    editions = Editions(root, f"{site.comments.inbox.rstrip('/')}/assets")
    deliveries = Deliveries(root, _deliveries(root, site, editions))
    scribe = Scribe(root)
    parts = assemble(root, site.inbox, editions, now, scribe.keep, deliveries.wake)
    parts.mailbox.open()
    upkeep = Upkeep(editions, parts, scribe, deliveries)
    routes = [
        *parts.web.routes(home),
        *hook.routes(home, root, _secret(site), deliveries.wake),
        Route(f"{home}/assets/{{stamp}}/{{name:path}}", upkeep.asset),
        Route("/healthz", upkeep.health),
        Route("/metrics", upkeep.numbers),
    ]
    app: ASGIApp = application(routes, upkeep.lifespan)
    if is_elsewhere or site.inbox.origins:
        app = CORSMiddleware(app, allow_origins=origins, allow_methods=["GET", "POST"])
    app = Guard(app, origins)
    return ProxyHeadersMiddleware(app, [*site.inbox.proxies])  # type: ignore[arg-type,return-value] # uvicorn's names


def _deliveries(root: Path, site: Site, editions: Editions) -> list[Delivery]:
    """Return what is done with messages once they are kept, as the settings say."""
    settings = site.inbox
    found: list[Delivery] = []
    if settings.mailbox == "commit":
        found.append(CommitDelivery(root, settings.bot, push=settings.push))
    show, password = Showing(root, editions).show, os.environ.get(PASSWORD, "")
    if settings.mailbox == "pull-request":
        found.append(ProposalDelivery(root, site, show, os.environ, now))
    tellers = (
        NoticeDelivery(root, site, who, render=show, password=password, clock=now) for who in settings.notices.to
    )
    return [*found, *tellers]


def _secret(site: Site) -> str:
    """Return what the forge signs its calls with, "" where it has nothing to call for."""
    return os.environ.get(hook.SECRET, "") if site.inbox.mailbox == "pull-request" else ""


class Unfit(Exception):  # noqa: N818 - a site, not an error of the program
    """A site that cannot have an inbox as it is."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Upkeep:
    """The work that goes on beside the answers, and what else is asked of an inbox than by visitors."""

    def __init__(self, editions: Editions, parts: Parts, scribe: Scribe, deliveries: Deliveries) -> None:
        self._scribe = scribe
        self._editions, self._mailbox, self._recent = editions, parts.mailbox, parts.recent
        self._metrics, self._pace, self._deliveries = parts.metrics, parts.pace, deliveries
        self._next_trial, self._trouble = 0.0, ""

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Make the first edition; then keep up with the site, and deliver, until the end."""
        await to_thread.run_sync(self._editions.refresh, now())
        self._tell_problems()
        log.info("ready")
        work = (self._keep_up(), self._remember(), self._deliveries.run())
        beside = [asyncio.create_task(one) for one in work]
        try:
            yield
        finally:
            await self._scribe.close()
            await self._deliveries.finish(GRACE)
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._pace.close()
            log.info("stopped")

    async def _keep_up(self) -> None:
        """Look again and again whether the site has changed."""
        while True:
            await asyncio.sleep(1)
            if not self._editions.is_worth_a_look():
                continue
            try:
                if await to_thread.run_sync(self._editions.refresh, now()):
                    self._tell_problems()
            except Exception:  # whatever it is, the last edition goes on, and the next look may go well
                log.exception("the site cannot be read")

    async def _remember(self) -> None:
        """Learn the messages that wait already, to know their likes."""
        waiting = await to_thread.run_sync(lambda: [*self._mailbox.newest(REMEMBERED)])
        for _, comment, text in reversed(waiting):
            self._recent.add(fingerprint(text), comment)

    def _tell_problems(self) -> None:
        problems = self._editions.problems
        self._metrics.set_problems(len(problems))
        for problem in problems[:10]:
            log.warning("a problem of the site", extra={"place": str(problem.place), "reason": problem.what})

    async def asset(self, request: Request) -> Response:
        """Return a file of the theme, for the pages of the inbox alone."""
        stamp, name = request.path_params["stamp"], request.path_params["name"]
        theme = self._editions.current.theme
        if (data := theme.assets.get(name)) is None:
            return PlainTextResponse("There is no such file.\n", 404)
        keep = "public, max-age=31536000, immutable" if stamp == theme.stamp else "no-cache"
        kind = guess_type(name)[0] or "application/octet-stream"
        return Response(data, media_type=kind, headers={"Cache-Control": keep})

    async def health(self, _: Request) -> Response:
        """Say whether messages can be kept."""
        if time.monotonic() >= self._next_trial:  # a trial waits for the disk: those who ask often share one
            self._next_trial = time.monotonic() + TRIAL
            self._trouble = await to_thread.run_sync(self._try_out)
        if self._trouble:
            return PlainTextResponse(f"messages cannot be kept: {self._trouble}\n", 503)
        # Anybody may read this: the log says why.
        troubles = "".join(f"{name}: does not work, the log says why\n" for name in self._deliveries.troubles())
        return PlainTextResponse(f"ok: messages are kept\n{troubles}")

    def _try_out(self) -> str:
        try:
            self._mailbox.check()
        except OSError as error:
            log.error("no disk", extra={"reason": str(error)})
            return (error.strerror or "").lower() or "the log says why"
        return ""

    async def numbers(self, _: Request) -> Response:
        return Response(self._metrics.text(), media_type=TYPE)


def now() -> datetime:
    """Return the time, to the second, as files have it."""
    return datetime.now(UTC).replace(microsecond=0)
