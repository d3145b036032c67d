"""The local page of moderators: a request → what waits, or a decision, for who was let in."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from labo_ssg.forge.running import GitFailed
from labo_ssg.inbox.http import posted
from labo_ssg.inbox.http.guard import STRICT
from labo_ssg.inbox.http.posted import Refused
from labo_ssg.moderation.moderator import Nameless, moderator
from labo_ssg.pages import moderation as pages
from labo_ssg.pages.moderation import DeskView
from labo_ssg.pages.page import Page
from labo_ssg.preview import ruling
from labo_ssg.preview.desk import Desk, Sheet
from labo_ssg.preview.door import Door, comes_from_here
from labo_ssg.preview.ruling import Outcome, Rulings
from labo_ssg.preview.stage import Stage
from labo_ssg.preview.told import outcome_view
from labo_ssg.theme import Broken

HOME = "/moderation"
HEADERS = {**STRICT, "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"}
LARGEST, MOST = 8 * 1024 * 1024, 1000  # bytes and fields of a form: a page of messages, a long answer to each
ANCHOR = re.compile(r"[\w.-]{1,200}", re.ASCII)


class Moderation:
    """The page at HOME, for the site at `root` as `stage` has it, for whom `door` lets in."""

    def __init__(self, root: Path, stage: Stage, door: Door) -> None:
        self._root, self._stage, self._door = root, stage, door
        self._desk = Desk(root, lambda: stage.current, HOME)
        self._rulings = Rulings(root)
        self._said = ""  # who decides, where git does not know

    def routes(self) -> list[Route]:
        return [Route(HOME, self._look, methods=["GET"]), Route(HOME, self._send, methods=["POST"])]

    async def _look(self, request: Request) -> Response:
        """Answer who wants to see what waits."""
        if "token" in request.query_params:
            if not self._door.opens(request.query_params["token"]):
                return await to_thread.run_sync(self._closed)
            response = _go(HOME)
            self._door.let_in(response)
            return response
        if not self._door.knows(request):
            return await to_thread.run_sync(self._closed)
        return await to_thread.run_sync(partial(self._sheet, request.query_params, is_named=True))

    async def _send(self, request: Request) -> Response:
        """Answer who sends a form."""
        if not (comes_from_here(request) and self._door.knows(request)):
            return await to_thread.run_sync(self._closed)
        try:
            fields = await posted.fields(request, LARGEST, MOST)
        except Refused as refused:
            raise HTTPException(refused.status, str(refused)) from refused
        if not self._door.is_own(fields.get("form", "")):
            return await to_thread.run_sync(self._closed)
        return await to_thread.run_sync(self._decide, fields)

    def _decide(self, fields: Mapping[str, str]) -> Response:
        """Do what a form of ours asks for; then show the list, at an address that can be loaded again."""
        if "name" in fields:
            return self._introduce(fields)
        now = datetime.now(UTC).replace(microsecond=0)
        asked = ruling.chosen(fields)
        try:
            who = moderator(self._root, self._said)
        except (Nameless, GitFailed):
            outcome = self._rulings.put_off(asked)  # the page says why
        else:
            undo = fields.get("undo")
            outcome = self._rulings.take_back(undo, who, now) if undo else self._rulings.rule(asked, who, now)
        address = self._desk.address(_number(fields), fields.get("author", ""), done=outcome.id)
        one = fields.get("one", "").partition(" ")[2]
        after = fields.get(f"after {one}", "")
        is_calm = not (outcome.session.problems or outcome.failure)
        return _go(f"{address}#{after}" if is_calm and ANCHOR.fullmatch(after) else address)

    def _introduce(self, fields: Mapping[str, str]) -> Response:
        """Take the name of who decides, if it can be written down."""
        name, address = (" ".join(fields.get(key, "").split()) for key in ("name", "address"))
        try:
            self._said = moderator(self._root, f"{name} <{address}>") if name and "@" in address else ""
        except Nameless:
            self._said = ""
        if not self._said:
            return self._sheet({**fields, "tick": ""}, is_named=False)
        return _go(self._desk.address(_number(fields), fields.get("author", ""), **_known(fields, "done")))

    def _sheet(self, query: Mapping[str, str], *, is_named: bool) -> Response:
        """Return a page of what waits; `is_named` unless somebody has just failed to say who they are."""
        if not self._stage.has_site:
            return self._nothing()
        edition = self._stage.current
        say, outcome = edition.frame.say, self._rulings.find(query.get("done", ""))
        who, trouble = self._who()
        now = datetime.now(UTC)
        try:
            sheet = self._desk.sheet(_number(query), query.get("author", ""), outcome.typed if outcome else {}, now)
            is_ticked = bool(sheet.author) or query.get("tick") == "all"
            view = self._view(sheet, outcome, who, is_named=is_named, is_ticked=is_ticked)
        except OSError as error:
            return self._failed(say("The messages cannot be read."), ruling.words_of(error))
        if trouble:
            return self._failed(say("git does not answer, and decisions are kept by git. Nothing is lost."), trouble)
        return self._page(pages.desk(view), 200 if is_named else 422)

    def _view(self, sheet: Sheet, outcome: Outcome | None, who: str, *, is_named: bool, is_ticked: bool) -> DeskView:
        edition, site = self._stage.current, self._stage.current.site
        say, is_first = edition.frame.say, sheet.number == 1 and not sheet.author

        def at(number: int) -> str:
            return self._desk.address(number, sheet.author) if 0 < number <= sheet.count else ""

        return DeskView(
            **pages.common(edition.frame),
            action=HOME,
            token=self._door.form,
            moderator=who,
            is_named=is_named,
            done=outcome.id if outcome else "",
            editors=next(iter(site.comments.editors), site.title),
            outcome=outcome_view(outcome, self._desk.place, say, site.language) if outcome else None,
            topics=sheet.topics,
            wishes=self._desk.wishes() if is_first else (),
            broken=sheet.broken if is_first else (),
            is_stale=bool(self._stage.problems),
            waiting=sheet.waiting,
            is_ticked=is_ticked,
            author=sheet.author,
            number=sheet.number,
            count=sheet.count,
            previous=at(sheet.number - 1),
            next=at(sheet.number + 1),
        )

    def _who(self) -> tuple[str, str]:
        """Return who decides, "" where nobody has said so, and what git says if it does not answer."""
        try:
            return moderator(self._root, self._said), ""
        except Nameless:
            return "", ""
        except GitFailed as failed:
            return "", str(failed)

    def _closed(self) -> Response:
        """Return the page for who was not let in."""
        say = self._stage.say
        why = say("This page is for the moderators of the site, and your browser was not let in.")
        hint = say("Open the address that `labo serve` printed when it started: it ends in a long secret word.")
        return self._apart(why, hint, 403)

    def _failed(self, why: str, words: str) -> Response:
        return self._apart(why, words, 503)

    def _apart(self, why: str, hint: str, status: int) -> Response:
        """Return a page that says one thing, in the theme if there is one."""
        if not self._stage.has_site:
            return PlainTextResponse(f"{why}\n{hint}\n", status, HEADERS)
        return self._page(pages.closed(self._stage.current.frame, HOME, why, hint), status)

    def _nothing(self) -> Response:
        say = self._stage.say
        why = say("The site has mistakes, and was never built since the preview was started.")
        hint = say("The messages wait safely. The mistakes are told where `labo serve` runs: mend them first.")
        return PlainTextResponse(f"{why}\n{hint}\n", 503, HEADERS)

    def _page(self, page: Page, status: int) -> Response:
        try:
            return HTMLResponse(self._stage.current.render(page), status, HEADERS)
        except Broken as broken:  # a template of the site
            why = self._stage.say("A template of the site has a mistake: this page cannot be shown. Nothing is lost.")
            return PlainTextResponse(f"{why}\n{broken.problem}\n", 500, HEADERS)


def _number(query: Mapping[str, str]) -> int:
    told = query.get("page", "")
    return int(told) if re.fullmatch("[0-9]{1,6}", told) else 1


def _known(fields: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: fields[name] for name in names if fields.get(name)}


def _go(address: str) -> RedirectResponse:
    return RedirectResponse(address, 303, HEADERS)
