"""What the preview shows: a version number that grows with each build, the problems of the last one, the last site."""

import threading
from functools import partial
from pathlib import Path

from labo_ssg.build.design import Design
from labo_ssg.build.rendering import load_kept
from labo_ssg.pages import urls
from labo_ssg.pages.page import finished, loaded
from labo_ssg.pages.views import ArticleView
from labo_ssg.problems import Problem


class Stage:
    """The state that the builder's thread changes and the browsers' requests wait for."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._condition = threading.Condition()
        self._version = 0
        self._problems: tuple[Problem, ...] = ()
        self._made: Design | None = None
        self._closed = False

    @property
    def version(self) -> int:
        return self._version

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._problems

    @property
    def made(self) -> Design | None:
        """The last site that had no problem, None where there was none yet."""
        return self._made

    @property
    def base(self) -> str:
        """The path under which the site lives, "" for the root of its host."""
        return urls.base(self._made.library.site.base_url) if self._made else ""

    def article(self, article: str) -> ArticleView | None:
        """Return what the page of an article shows, None where there is none."""
        page = self._made.plan.articles.get(article) if self._made else None
        if not self._made or not page:
            return None
        try:
            view = finished(loaded(page, partial(load_kept, self._cache)), self._made.plan.frame).view
        except (LookupError, OSError):  # a build has changed it a moment ago
            return None
        return view if isinstance(view, ArticleView) else None

    def show(self, problems: tuple[Problem, ...], made: Design | None) -> None:
        """Say that a build has ended, with these problems, or with the site that it made."""
        with self._condition:
            self._version += 1
            self._problems = problems
            self._made = made or self._made
            self._condition.notify_all()

    def close(self) -> None:
        """Let all that wait go."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def wait_beyond(self, version: int, seconds: float) -> int | None:
        """Return the version once it is another than `version`, or after `seconds`; None once closed."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._version != version, seconds)
            return None if self._closed else self._version
