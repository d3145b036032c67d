"""What the preview shows: a version number that grows with each build, the problems of the last one, its path."""

import threading

from labo_ssg.problems import Problem


class Stage:
    """The state that the builder's thread changes and the browsers' requests wait for."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._version = 0
        self._problems: tuple[Problem, ...] = ()
        self._base = ""
        self._closed = False

    @property
    def version(self) -> int:
        return self._version

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._problems

    @property
    def base(self) -> str:
        """The path under which the site lives, "" for the root of its host."""
        return self._base

    def show(self, problems: tuple[Problem, ...], base: str) -> None:
        """Say that a build has ended, with these problems, of a site that lives under `base`."""
        with self._condition:
            self._version += 1
            self._problems = problems
            self._base = base
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
