"""What the preview shows: a version number that grows with each build, the problems of the last one, the last site."""

import threading

from labo_ssg.build.build import Made
from labo_ssg.pages import urls
from labo_ssg.problems import Problem


class Stage:
    """The state that the builder's thread changes and the browsers' requests wait for."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._version = 0
        self._problems: tuple[Problem, ...] = ()
        self._made: Made | None = None
        self._closed = False

    @property
    def version(self) -> int:
        return self._version

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._problems

    @property
    def made(self) -> Made | None:
        """The last site that had no problem, None where there was none yet."""
        return self._made

    @property
    def base(self) -> str:
        """The path under which the site lives, "" for the root of its host."""
        return urls.base(self._made.library.site.base_url) if self._made else ""

    def show(self, problems: tuple[Problem, ...], made: Made | None) -> None:
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
