"""Sites with messages that wait, and moderators who decide: real files, real git, processes that die."""

import os
import subprocess
import traceback
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from conftest import article, write_site
from repositories import git

from labo_ssg.formats import comment as comment_format
from labo_ssg.formats.comment import CommentHeader, Screen
from labo_ssg.moderation import journal, queue
from labo_ssg.moderation.queue import Pending

JEANNE, PAUL = "Jeanne Martin <jeanne@labo.example>", "Paul Petit <paul@labo.example>"
SENT = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KILLED = 137  # the status of a child that was to die

# What touches the disk, or starts another process: before each of these a process may die.
DISK = ("open", "rename", "replace", "link", "unlink", "mkdir", "rmdir", "fsync")


def site(root: Path, more: Mapping[str, str | bytes] | None = None) -> Path:
    """Make a site of two articles, in no repository."""
    files = {
        "content/a/x.md": article("L’économie sociale"),
        "content/a/y.md": article("Les communs"),
        ".gitignore": "/.labo/\n/public/\n",
    }
    return write_site(root, {**files, **(more or {})})


def repository(root: Path, more: Mapping[str, str | bytes] | None = None) -> Path:
    """Make a site of two articles in a repository of its own."""
    site(root, more)
    git(root, "init", "-q")
    commit_all(root, "Start")
    return root


def commit_all(root: Path, subject: str = "Work") -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", subject, "--allow-empty")


def name(number: int) -> str:
    """Return an id of a message, as the inbox makes them."""
    return f"20261120T101500Z-{number:06d}"


def put(
    root: Path,
    number: int,
    text: str = "Un message.",
    *,
    on: str = "x",
    author: str = "Marie",
    reply_to: str = "",
    website: str = "",
    screen: Screen | None = None,
    date: datetime = SENT,
) -> Pending:
    """Let a message wait."""
    header = CommentHeader(on, author, date, reply_to, website, screen=screen)
    path = f"comments/pending/{on}/{name(number)}.md"
    write_site(root, {path: comment_format.text(header, text), "site.yaml": (root / "site.yaml").read_bytes()})
    found, problems = queue.read(root, path)
    assert found, list(map(str, problems))
    return found


def lying(root: Path, state: str) -> dict[str, bytes]:
    """Return the messages that lie in comments/`state`, by id."""
    return {path.stem: path.read_bytes() for path in (root / f"comments/{state}").glob("*/*.md")}


def decided(root: Path) -> list[tuple[str, str]]:
    """Return the journal: which message, and what was decided."""
    return [(one.comment, one.decision) for one in journal.read(root)]


def trailers(root: Path) -> list[str]:
    """Return the lines of all commits that say what was decided of which message, oldest first."""
    lines = git(root, "log", "--reverse", "--format=%B").splitlines()
    return [line for line in lines if line.startswith(("Decision: ", "Comment: "))]


def status(root: Path) -> list[str]:
    return git(root, "status", "--porcelain", "-uall").splitlines()


def forked(work: Callable[[], object], dies_before: int | None = None) -> int:
    """Do `work` in a process of its own, which dies before it touches the disk for the n-th time; return its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other threads, of which the child uses nothing
        child = os.fork()
    if child:
        return child
    try:
        if dies_before is not None:
            _plant(dies_before)
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def ended(child: int) -> int:
    """Wait for a child; return its exit status."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _plant(calls: int) -> None:
    """Let this process die before it touches the disk, or starts git, or hears of its end, for the n-th time."""
    left = calls

    def dying(function: Callable[..., object]) -> Callable[..., object]:
        def call(*words: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(KILLED)
            return function(*words, **named)

        return call

    for known in DISK:
        setattr(os, known, dying(getattr(os, known)))
    subprocess.Popen.communicate = dying(subprocess.Popen.communicate)  # type: ignore[method-assign]
    subprocess.Popen.__init__ = dying(subprocess.Popen.__init__)  # type: ignore[method-assign]
