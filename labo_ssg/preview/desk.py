"""What waits, as moderators see it: the files of comments/pending/ and comments/removals/ → the view of a page."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import urlencode

from msgspec import Struct

from labo_ssg import language
from labo_ssg.build.edition import Edition
from labo_ssg.disk import files
from labo_ssg.disk.messages import path_of
from labo_ssg.formats import removal
from labo_ssg.inbox.screening import hosts
from labo_ssg.markup import glossary
from labo_ssg.model import Html
from labo_ssg.moderation import queue
from labo_ssg.moderation.articles import Articles
from labo_ssg.moderation.queue import Pending
from labo_ssg.moderation.showing import Showing
from labo_ssg.packing import digest
from labo_ssg.pages import messages
from labo_ssg.pages.moderation import Address, AnsweredView, PendingView, TopicView, WishView
from labo_ssg.pages.views import ArticleView
from labo_ssg.places import APPROVED, PENDING, REMOVALS
from labo_ssg.problems import Problem

PER_PAGE = 50
CALM, DOUBTFUL = 80, 50  # ranks from which little, or not too much, speaks against a message
UNSHOWABLE = (LookupError, ValueError, OSError)  # the edition knows no such article, or a build is replacing it

_LINK = re.compile(r'(<a\b[^>]*?) href="(?!#)[^"]*"')


class Typed(NamedTuple):
    """What a moderator has typed beside a message, and not sent yet, or not with success."""

    reason: str = ""
    reply: str = ""


class Sheet(Struct, frozen=True):
    """A page of the list of what waits; `waiting` is how many there are in all, `number` and `count` are of pages.

    `author` is the only one whose messages are shown, "" for all.
    """

    topics: tuple[TopicView, ...]
    broken: tuple[Problem, ...]
    waiting: int
    author: str
    number: int
    count: int


class Desk:
    """The list of the site at a root, whose messages are shown by the edition that `current` gives; `home` is its path.

    Everything is read anew each time: others decide as well, and authors withdraw.
    """

    def __init__(self, root: Path, current: Callable[[], Edition], home: str) -> None:
        self._root, self._current, self._home = root, current, home

    def sheet(self, number: int, author: str, typed: Mapping[str, Typed], now: datetime) -> Sheet:
        """Return page `number` of what waits, of one `author` alone if one is named; raise LookupError, OSError."""
        waiting, broken = queue.waiting(self._root)
        authors = Counter(one.author for one in waiting)
        author = author if author in authors else ""
        shown = [one for one in waiting if not author or one.author == author]
        ordered = _by_article(shown)
        count = max(1, -(-len(ordered) // PER_PAGE))
        number = min(max(number, 1), count)
        part = ordered[(number - 1) * PER_PAGE : number * PER_PAGE]
        maker = _Maker(self._root, self._current(), {one.path: one for one in waiting}, authors, self._home)
        topics: dict[str, list[PendingView]] = {}
        for one, neighbour in zip(part, _neighbours(part), strict=True):
            view = maker.message(one, typed.get(one.path, Typed()), neighbour, now)
            topics.setdefault(one.article, []).append(view)
        made = tuple(maker.topic(article, found) for article, found in topics.items())
        return Sheet(made, tuple(broken), len(waiting), author, number, count)

    def wishes(self) -> tuple[WishView, ...]:
        """Return what published messages are asked to be removed, oldest first."""
        edition = self._current()
        found = files.walk(self._root, REMOVALS)[0] if files.exists(self._root, REMOVALS) else []
        made = (_wish(self._root, edition, f"{REMOVALS}/{path}") for path in found)
        return tuple(sorted(filter(None, made), key=lambda one: (one.date, one.id)))

    def place(self, article: str, comment: str) -> str:
        """Return the address of a message that is published, or will be once the site is built; "" for none."""
        view = _article(self._current(), article)
        there = messages.find(view, comment) if view else None
        return there.url if there else f"{view.url}#comment-{comment}" if view else ""

    def address(self, number: int, author: str, **more: str) -> str:
        """Return the address of a page of the list."""
        query = {**({"page": str(number)} if number > 1 else {}), **({"author": author} if author else {}), **more}
        return f"{self._home}?{urlencode(query)}" if query else self._home


def key_of(path: str, data: bytes) -> str:
    """Return what names a message in a form, as it was seen: of a file that has changed since, it names none."""
    return f"{path.removeprefix(f'{PENDING}/')} {digest(data).hex()[:16]}"


def _by_article(waiting: Sequence[Pending]) -> list[Pending]:
    """Return the messages of each article together, where its oldest one stands; they are oldest first."""
    articles: dict[str, list[Pending]] = {}
    for one in waiting:
        articles.setdefault(one.article, []).append(one)
    return [one for found in articles.values() for one in found]


def _neighbours(part: Sequence[Pending]) -> list[str]:
    """Return for each message where one reads on once it is decided; the first one leaves one at the top."""
    anchors = [_anchor(one) for one in part]
    return ["", *anchors[2:], *anchors[-2:-1]][: len(part)] if len(part) > 1 else [""] * len(part)


def _anchor(one: Pending) -> str:
    return f"waiting-{one.article}-{one.id}"


class _Maker:
    """Makes the views of one page of the list."""

    def __init__(
        self,
        root: Path,
        edition: Edition,
        waiting: Mapping[str, Pending],
        authors: Mapping[str, int],
        home: str,
    ) -> None:
        self._root, self._edition, self._waiting = root, edition, waiting
        self._authors, self._home = authors, home
        self._showing = Showing(root, _Fixed(edition))

    def topic(self, article: str, found: Sequence[PendingView]) -> TopicView:
        view = _article(self._edition, article)
        if view:
            return TopicView(view.title, view.url, view.language, tuple(found))
        say, known = self._edition.frame.say, Articles(self._root)
        why = known.words(article, say) if not known.has(article) else say("This article is not published yet.")
        return TopicView(article, "", "", tuple(found), why)

    def message(self, one: Pending, typed: Typed, after: str, now: datetime) -> PendingView:
        html, trouble, links = self._shown(one)
        siblings = self._authors[one.author]
        return PendingView(
            key=key_of(one.path, files.read(self._root, one.path)[0]),
            anchor=_anchor(one),
            after=after,
            author=one.author,
            date=one.date,
            age=language.age(now - one.date, self._edition.site.language),
            text=one.text.rstrip("\n"),
            html=html,
            trouble=trouble,
            website=one.website,
            links=tuple(Address(hosts.host(link), link) for link in links),
            rank=one.screen.rank if one.screen else 0,
            level=_level(one.screen.rank) if one.screen else "",
            reasons=one.screen.reasons if one.screen else (),
            has_email=bool(one.email),
            answered=self._answered(one) if one.reply_to else None,
            siblings=siblings,
            of_author=f"{self._home}?{urlencode({'author': one.author})}" if siblings > 1 else "",
            reason=typed.reason,
            reply=typed.reply,
        )

    def _shown(self, one: Pending) -> tuple[Html, str, tuple[str, ...]]:
        """Return how a message will look, or why that cannot be told, and where it leads."""
        if not self._edition.is_known(one.article):
            return Html(""), "", one.links
        try:
            shown = self._showing.show(one.path)
        except UNSHOWABLE as error:
            return Html(""), str(error.args[0] if error.args else error), one.links
        return _inert(shown.html), "", tuple(link for link in shown.links if not link.startswith("#"))

    def _answered(self, one: Pending) -> AnsweredView:
        """Return the message that `one` answers: published, waiting as well, or published and not built yet."""
        try:
            view = self._edition.article(one.article)
            there = messages.find(view, one.reply_to) if view else None
        except UNSHOWABLE:
            there = None
        if there:
            return AnsweredView("published", there.author, there.date, _inert(there.body), there.url)
        for state, name in ((PENDING, "pending"), (APPROVED, "published")):
            path = path_of(state, one.article, one.reply_to)
            found = self._waiting.get(path) or (
                queue.read(self._root, path)[0] if files.exists(self._root, path) else None
            )
            if found:
                return AnsweredView(name, found.author, found.date, self._body(path))
        return AnsweredView("missing", one.reply_to)

    def _body(self, path: str) -> Html:
        try:
            return _inert(self._showing.show(path).html)
        except UNSHOWABLE:
            return Html("")


class _Fixed(NamedTuple):
    """One edition, for all that is shown on a page."""

    current: Edition


def _article(edition: Edition, article: str) -> ArticleView | None:
    try:
        return edition.article(article)
    except UNSHOWABLE:
        return None


def _wish(root: Path, edition: Edition, path: str) -> WishView | None:
    """Return the request in the file at `path`, None where it cannot be read: whoever checks the site is told."""
    place = PurePosixPath(path)
    wish = removal.read(files.read(root, path)[0], place)
    if wish is None or len(place.parts) != 4:
        return None
    view = _article(edition, place.parent.name)
    there = messages.find(view, place.stem) if view else None
    return WishView(
        id=place.stem,
        title=view.title if view else place.parent.name,
        url=there.url if there else "",
        date=wish.date,
        words=wish.words,
        author=there.author if there else "",
        html=_inert(there.body) if there else Html(""),
        command=f"labo comments erase {place.stem}",
    )


def _inert(html: str) -> Html:
    """Return the HTML of a message, of which nothing leads away by a click: addresses are spelled out beside it."""
    return Html(_LINK.sub(r"\1", glossary.unmark(html)))


def _level(rank: int) -> str:
    return "calm" if rank >= CALM else "doubtful" if rank >= DOUBTFUL else "bad"
