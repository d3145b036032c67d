"""Where a visitor's message is received: read, previewed, confirmed, kept; each step answers with a page."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from anyio import to_thread
from msgspec.structs import asdict, replace

from labo_ssg.build.edition import Edition, Shown
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats.comment import CommentHeader
from labo_ssg.inbox import form
from labo_ssg.inbox.codes import hashed
from labo_ssg.inbox.form import Submission
from labo_ssg.inbox.mailbox import Kept, Mailbox, Name
from labo_ssg.inbox.screening.pace import Pace, Taken
from labo_ssg.inbox.screening.screen import Circumstances, screen
from labo_ssg.inbox.screening.twins import Recent, fingerprint
from labo_ssg.inbox.sealing import seal
from labo_ssg.inbox.tokens import Tokens
from labo_ssg.markup import remarks
from labo_ssg.markup.body import Unrenderable
from labo_ssg.pages import messages
from labo_ssg.pages.page import Page
from labo_ssg.pages.views import ArticleView

FREE = Taken("", 0, 0)  # of a message that is kept already, and counts no more
NAMES = 3  # that a message may have: 300,000,000 messages of one second have other ones
SEEN = 256  # previews of which the HTML is kept until they are confirmed, 20 KB each at most, mostly 1

log = logging.getLogger(__name__)

Fields = Mapping[str, str]
"""What was posted, by name."""

Keep = Callable[[CommentHeader, str, Sequence[Name]], Awaitable[Kept]]
"""Keeps a message for good, as `Mailbox.keep` does."""


class Answer(NamedTuple):
    """A page, its HTTP status, and in a word what became of the message; `comment` is its id, once it is kept."""

    page: bytes
    status: int
    outcome: str
    comment: str = ""


class Newsstand(Protocol):
    """Where the current edition of the site is found."""

    @property
    def current(self) -> Edition: ...

    def is_worth_a_look(self, *, urgent: bool = False) -> bool: ...

    def refresh(self, now: datetime) -> bool: ...


class Arrival(NamedTuple):
    """A message that has come: under which article of which edition, what was posted, by which sender, when."""

    edition: Edition
    view: ArticleView
    submission: Submission
    fields: Fields
    sender: str
    now: datetime

    def say(self, words: str) -> str:
        return self.edition.frame.say(words)

    def page(self, page: Page | None, status: int, outcome: str, comment: str = "") -> Answer:
        if page is None:
            raise AssertionError("the article takes messages")
        return Answer(self.edition.render(page), status, outcome, comment)

    def header(self) -> CommentHeader:
        """Return the header of the message's file, but for what only its moderators need."""
        typed = self.submission
        author = typed.author or self.say("Anonymous")
        return CommentHeader(typed.article, author, self.now, typed.reply_to, typed.website)

    def shown(self) -> Shown:
        """Return the message as the site would show it; raise Unrenderable."""
        data = comment_format.text(self.header(), self.submission.text)
        return self.edition.show(data, self.submission.article, "preview")

    def refused(self, errors: Mapping[str, str], status: int, outcome: str) -> Answer:
        """Give the form back with what was typed and what is wrong with it."""
        typed = asdict(self.submission)
        return self.page(messages.refused(self.edition.frame, self.view, typed, errors), status, outcome)


class Reception:
    """Receives messages for a site, and has them kept in its mailbox; `wake` is called after each."""

    def __init__(
        self,
        editions: Newsstand,
        mailbox: Mailbox,
        tokens: Tokens,
        pace: Pace,
        recent: Recent,
        keep: Keep,
        wake: Callable[[], None],
    ) -> None:
        self._editions, self._mailbox, self._tokens = editions, mailbox, tokens
        self._pace, self._recent, self._keep_for_good, self._wake = pace, recent, keep, wake
        self._looking: asyncio.Future[bool] | None = None
        self._seen: dict[str, str] = {}  # the HTML of messages, by the token of their preview

    async def message(self, fields: Fields, sender: str, now: datetime) -> Answer:
        """Return the preview of a message, or, once it is confirmed and kept, its receipt; or what is wrong."""
        typed = form.read(fields)
        edition, view = await self.article(typed.article, now)
        if view is None:
            why = edition.frame.say(
                "The article of this message is not known here, or not yet. Your text is below: "
                "keep it, and try again from the article's page in a few minutes."
            )
            page = messages.given_back(edition.frame, None, asdict(typed), why)
            return Answer(edition.render(page), 503, "missing")
        if not messages.takes(view.form):
            why = edition.frame.say("This discussion is closed: it takes no new contributions.")
            page = messages.given_back(edition.frame, view, asdict(typed), why)
            return Answer(edition.render(page), 403, "closed")
        settings = edition.site.comments
        came = Arrival(edition, view, form.asked(typed, settings), fields, sender, now)
        if fields.get(view.form.trap):
            what = came.say("A field that people do not see was filled in, as programs do. Please send the form again.")
            return came.refused({"": what}, 422, "trapped")
        errors = form.check(came.submission, settings, came.say)
        if came.submission.reply_to and not messages.find(view, came.submission.reply_to):
            gone = came.say("The message that you answer is not published here: yours will stand on its own.")
            errors = {"": gone, **errors}
        if errors:
            return came.refused(errors, 422, "invalid")
        token = fields.get("token", "")
        previewed = self._tokens.read(token, came.submission, now) if token else None
        if previewed is None:
            return self._preview(came, changed=bool(token))
        return await self._send(came, token, previewed)

    async def article(self, article: str, now: datetime) -> tuple[Edition, ArticleView | None]:
        """Return the current edition and what the page of an article shows, None where there is none."""
        edition = self._editions.current
        try:
            if edition.is_known(article):
                return edition, edition.article(article)
        except (LookupError, OSError, sqlite3.Error):  # a build has replaced what this edition was made from
            await self._refresh(now)
            return self._again(article)
        if article and self._editions.is_worth_a_look(urgent=True):  # it may have been published a moment ago
            await self._refresh(now)
            edition = self._editions.current
        return edition, edition.article(article) if edition.is_known(article) else None

    def _again(self, article: str) -> tuple[Edition, ArticleView | None]:
        """Return an article of the edition that was made anew; raise OSError where it was not, as in a preview."""
        edition = self._editions.current
        try:
            return edition, edition.article(article)
        except (LookupError, sqlite3.Error) as error:
            raise OSError(f"the article {article} is being made anew") from error

    async def _refresh(self, now: datetime) -> None:
        """Look for changes, once for all those that wait for it: else they would take all threads."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(to_thread.run_sync(self._editions.refresh, now))
        await asyncio.shield(self._looking)

    def _preview(self, came: Arrival, *, changed: bool) -> Answer:
        try:
            shown = came.shown()
        except Unrenderable as error:
            return came.refused({"text": str(error)}, 422, "invalid")
        told = [remarks.words(one, came.say) for one in remarks.remarks(shown.manuscript, shown.body)]
        if changed:
            again = came.say(
                "Your message is not quite the one that you saw, or you saw it long ago: look at it again."
            )
            told.insert(0, again)
        token = self._tokens.sign(came.submission, came.now)
        self._seen[token] = shown.html
        if len(self._seen) > SEEN:
            del self._seen[next(iter(self._seen))]
        typed = asdict(came.submission)
        made = messages.preview(came.edition.frame, came.view, typed, shown.comment, shown.body.terms, told, token)
        return came.page(made, 200, "previewed")

    async def _send(self, came: Arrival, token: str, previewed: datetime) -> Answer:
        """Keep a message that was confirmed, once: one that comes again is answered as it was the first time."""
        header, text = came.header(), came.submission.text
        first = next(self._tokens.ids(token, previewed))
        find = partial(to_thread.run_sync, self._mailbox.find, header, text, first)
        try:
            # What was previewed here and has not come yet is hardly kept: whoever keeps it will look.
            again = token not in self._seen and await find()
            taken = FREE if again else await self._pace.take(came.sender, header.article, came.now)
            if taken.over and not (again := await find()):
                return self._too_many(came, taken.over)
            kept = Kept(first, again=True) if again else await self._keep(came, token, previewed, taken)
        except OSError as error:
            return self._unavailable(came, error)
        page = messages.receipt(came.edition.frame, came.view, kept.comment, self._tokens.code(kept.comment))
        return came.page(page, 200 if kept.again else 201, "again" if kept.again else "kept", kept.comment)

    async def _keep(self, came: Arrival, token: str, previewed: datetime, taken: Taken) -> Kept:
        """Screen a message and keep it for good; raise OSError."""
        submission, site = came.submission, came.edition.site
        print_of = fingerprint(submission.text)
        around = Circumstances(
            seconds=(came.now - previewed).total_seconds(),
            by_sender=taken.by_sender,
            under_article=taken.under_article,
            twins=self._recent.find(print_of),
            home=urlsplit(site.base_url).hostname or "",
        )
        html = self._seen.pop(token, "") or came.shown().html
        verdict = screen(submission, html, around, site.inbox.screen, came.say)
        email = seal(submission.email, site.comments.key) if submission.email else ""
        header = replace(came.header(), email=email, screen=verdict)
        ids = islice(self._tokens.ids(token, previewed), NAMES)
        names = [(one, hashed(self._tokens.code(one))) for one in ids]
        kept = await self._keep_for_good(header, submission.text, names)
        if not kept.again:
            self._recent.add(print_of, kept.comment)
            self._wake()
        return kept

    def _too_many(self, came: Arrival, over: str) -> Answer:
        if over == "sender":
            what = came.say("You have sent many messages within the hour. Yours is still below: please send it later.")
        else:
            what = came.say("This article has had very many messages within the hour. Please send yours later.")
        return came.refused({"": what}, 429, "paced")

    def _unavailable(self, came: Arrival, error: OSError) -> Answer:
        log.error("not kept", extra={"article": came.submission.article, "reason": str(error)})
        what = came.say(
            "Your message could not be kept, and the fault is ours. It is still below: please send it again "
            "in a few minutes, or copy it to be safe."
        )
        return came.refused({"": what}, 503, "unavailable")
