"""What the preview shows: a version that grows with what is shown, the problems of the last build, the last site."""

import threading
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from labo_ssg.build.design import Design
from labo_ssg.build.edition import Edition
from labo_ssg.pages import urls
from labo_ssg.problems import Problem


class Stage:
    """The state that the builder's thread changes and the browsers' requests wait for."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._condition = threading.Condition()
        self._version = 0
        self._problems: tuple[Problem, ...] = ()
        self._edition: Edition | None = None
        self._closed = False

    @property
    def version(self) -> int:
        return self._version

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._problems

    @property
    def current(self) -> Edition:
        """The last site that had no problem; raise LookupError where there was none yet."""
        if self._edition is None:
            raise LookupError("no site was built yet")
        return self._edition

    @property
    def has_site(self) -> bool:
        return self._edition is not None

    def is_worth_a_look(self, *, urgent: bool = False) -> bool:
        """Tell that nobody need look for changes: the watcher does."""
        return False

    def refresh(self, now: datetime) -> bool:
        """Leave the making of editions to the builds."""
        return False

    def say(self, words: str) -> str:
        """Return `words` in the site's language, in English where no site was built yet."""
        return self._edition.frame.say(words) if self._edition else words

    @property
    def base(self) -> str:
        """The path under which the site lives, "" for the root of its host."""
        return urls.base(self._edition.site.base_url) if self._edition else ""

    @property
    def inbox(self) -> str:
        """The path at which the inbox answers, without a slash at its end."""
        site = self.current.site
        return urlsplit(urls.absolute(site.base_url, site.comments.inbox)).path.rstrip("/")

    def show(self, problems: tuple[Problem, ...], made: Design | None, *, changed: bool) -> None:
        """Say that a build has ended, with these problems, or with the site that it made.

        Where nothing `changed` in the output, as by a message that waits, browsers stay as they are.
        """
        with self._condition:
            if changed or problems != self._problems or not self._version:
                self._version += 1
            self._problems = problems
            self._edition = Edition(made, self._cache) if made else self._edition
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
