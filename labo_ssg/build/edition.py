"""A site as it would be published now, of which one asks for single pages: what an inbox and a preview show."""

import sqlite3
import time
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import NamedTuple

from msgspec.structs import replace

from labo_ssg.build import cache, finding, manuscripts, standing
from labo_ssg.build.crew import Crew
from labo_ssg.build.design import Design, design
from labo_ssg.build.rendering import load_kept
from labo_ssg.disk import discussions, files
from labo_ssg.disk.library import reader
from labo_ssg.markup import body as markup
from labo_ssg.model import Article, Body, Manuscript, Site
from labo_ssg.packing import digest
from labo_ssg.pages import threads, urls
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.page import Page, finished, loaded
from labo_ssg.pages.views import ArticleView, CommentView
from labo_ssg.places import LOCK, PENDING, WORK
from labo_ssg.problems import Problem
from labo_ssg.theme import Theme

KEPT = 256  # articles whose views stay at hand
SELDOM = 30  # looking for changes takes at most one part in so many of the time
OFTEN = 3.0  # seconds between two looks, at least
SOON = 0.5  # seconds between two looks, where somebody waits for what the last one did not find


class Shown(NamedTuple):
    """A message as the site would show it, and what it was made from."""

    comment: CommentView
    manuscript: Manuscript
    body: Body

    @property
    def html(self) -> str:
        return self.comment.body + self.comment.notes


class Edition:
    """A site that was designed, with its texts in the cache at a path; safe for several threads."""

    def __init__(self, made: Design, kept: Path, theme: Theme | None = None) -> None:
        """Take what was `made`; `theme` shows its pages, if not its own."""
        self._made, self.theme = made, theme or made.theme
        self._load = partial(load_kept, kept)
        self._articles = {article.id: article for article in made.library.articles}
        self._desk, self._reader = manuscripts.desk(self.site), reader(self.site)
        self.article = lru_cache(KEPT)(self._view)

    @property
    def site(self) -> Site:
        return self._made.library.site

    @property
    def frame(self) -> Frame:
        return self._made.plan.frame

    @property
    def due(self) -> datetime | None:
        """When an article of a later date makes another edition, None for never."""
        return self._made.due

    def is_known(self, article: str) -> bool:
        """Tell whether there is an article of this id."""
        return article in self._articles

    def _view(self, article: str) -> ArticleView | None:
        """Return what the page of an article shows, None where there is none; raise LookupError or OSError.

        It does so where a build has replaced what this edition was made from: there is a newer one.
        """
        page = self._made.plan.articles.page(article)
        if not page:
            return None
        view = finished(loaded(page, self._load), self.frame).view
        return view if isinstance(view, ArticleView) else None

    def show(self, data: bytes, article: str, name: str) -> Shown:
        """Return the message whose file is `data`, by the way that each one takes in a build.

        Raise Unrenderable, KeyError where there is no such article.
        """
        comment, _ = discussions.parse_comment(data, str(PurePosixPath(PENDING, article, f"{name}.md")), self._reader)
        at: Article = self._articles[article]
        references = markup.references(comment.text, "spip")
        links = manuscripts.find_links(self._made.known, references, (), self.site.base_url)
        manuscript = manuscripts.of_comment(self._desk, comment, comment.text, at.language, links)
        body = markup.render_body(manuscript)
        editors, bodies = self.site.comments.editors, {comment.id: body}
        root = replace(comment, reply_to="")  # what it answers is not among those that are shown
        alone = threads.thread((root,), urls.article(at), bodies, editors, lambda _: "", self.frame.say)
        return Shown(alone[0], manuscript, body)

    def render(self, page: Page) -> bytes:
        """Return the file that `page` asks for; raise Broken."""
        return self.theme.render(finished(page, self.frame))


class Editions:
    """The editions of the site at a root, one after another; `assets` is where their pages find those of the theme."""

    def __init__(self, root: Path, assets: str) -> None:
        self._root, self._assets = root, assets
        self._lock = Lock()
        self._current: Edition | None = None
        self._ground = b""  # a digest of all that the current one was made from
        self._next_look = self._next_urgent_look = 0.0
        self._effort = 0.0  # seconds that the last look took, without the making of an edition
        self.problems: tuple[Problem, ...] = ()

    @property
    def current(self) -> Edition:
        """The last edition; raise LookupError before the first `refresh`."""
        if self._current is None:
            raise LookupError("no edition was made yet")
        return self._current

    def is_worth_a_look(self, *, urgent: bool = False) -> bool:
        """Tell whether the last look is so long ago that the files may have changed since.

        It is `urgent` where somebody asks for what the last one did not find.
        """
        return time.monotonic() >= (self._next_urgent_look if urgent else self._next_look)

    def refresh(self, now: datetime) -> bool:
        """Look whether the site has changed, and make a new edition then; tell whether there is one.

        An edition is made of a site with problems, too: what is wrong with an article is nothing to
        a visitor of another one. Raise OSError, sqlite3.Error.
        """
        with self._lock:
            try:
                return self._refresh(now)
            finally:
                end = time.monotonic()
                self._next_look = end + max(OFTEN, self._effort * SELDOM)
                self._next_urgent_look = end + max(SOON, self._effort)

    def _refresh(self, now: datetime) -> bool:
        try:
            return self._attempt(now)
        except (sqlite3.Error, ValueError, LookupError) as error:
            if not (damage := cache.damage(error)):
                raise
            return self._attempt(now, damage)

    def _attempt(self, now: datetime, damage: str = "") -> bool:
        work = self._root / WORK
        looks = standing.looks(self._root)
        with files.lock(work / LOCK), Crew(1) as crew, cache.opened(work, damage) as memory:
            start, clock = time.monotonic(), files.clock(work / LOCK)
            found = finding.find(self._root, memory, crew)
            finding.keep(found, memory, clock)
            memory.commit()
            ground = digest(looks, memory.note(standing.GENERATION))
            self._effort = time.monotonic() - start
            is_due = self._current and self._current.due and self._current.due <= now
            if self._current and ground == self._ground and not is_due:
                return False
            made, problems = design(self._root, found, memory, crew, now=now, drafts=False)
            memory.commit()
        theme = Theme(*made.theme.parts, self._assets) if self._assets else made.theme
        self._current, self._ground = Edition(made, work / cache.NAME, theme), ground
        self.problems = tuple(problems)
        return True
