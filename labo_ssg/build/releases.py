"""Releases: whole sites that lie beside the output, which is a link to the one that is shown.

They lie in `public.releases` beside `public`: a name that stands next to it in a listing, that no `ls`, backup or web
server passes over as hidden, and that says what it holds. Each is named after the time at which it was laid out; what
has a draft's name there is not whole, and nobody's. Files that did not change are the same ones in several releases:
nothing may ever write into a file of a release, only put another one in its place.
"""

import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from labo_ssg.disk import files, sources
from labo_ssg.problems import Place, Problem

HOME = ".releases"  # what the name of their folder adds to that of the output
NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")

Fill = Callable[[Path], None]
"""Writes what is new of a site into a folder."""


class Releases:
    """The releases of an output: the one it leads to, and those that lie beside it."""

    def __init__(self, output: Path) -> None:
        self._output, self.place = output, place(output)
        self._home = Path(f"{self.place}{HOME}")

    @property
    def shown(self) -> Path | None:
        """The release that the output leads to, None where it is no link of ours; it may be gone."""
        return _release_of(self.place)

    def restore(self) -> None:
        """Where a build was killed while nothing was there, or a release was removed, lead to the newest one."""
        if not self.place.is_dir() and (self.shown or not os.path.lexists(self.place)) and (whole := self._whole()):
            self.turn(whole[-1])

    def refusal(self, foreign: Set[str]) -> list[Problem]:
        """Return why the output cannot become a link; `foreign` are the files in it that no build wrote."""
        told = "`publish: release`: "
        if self._output.is_symlink() and not self.shown:
            hint = "name the folder itself with --output, or remove the link"
            return [
                Problem(Place(str(self._output)), f"{told}the output is a symbolic link that leads elsewhere", hint)
            ]
        if os.path.lexists(self._home) and (self._home.is_symlink() or not self._home.is_dir()):
            what = f"{told}no folder, but something else stands where the releases should lie"
            return [Problem(Place(str(self._home)), what, "move it away")]
        if foreign and not self.shown:
            what = f"{told}the folder holds {len(foreign)} file(s) that no build wrote, such as {min(foreign)}"
            hint = "move them away, build, then put them back: from then on each release takes them over"
            return [Problem(Place(str(self._output)), what, hint)]
        return []

    def lay_out(self, replaced: Set[str], removed: Set[str], fill: Fill) -> Path:
        """Return a new release: what is in the output, but for what is `replaced` or `removed`, and what `fill`s it."""
        self.tidy()
        self._home.mkdir(parents=True, exist_ok=True)
        draft = self._home / files.draft_name()
        try:
            draft.mkdir()
            with told_of(self.place, draft):
                if self.place.is_dir():
                    _share(self.place, draft, replaced | removed)
                for folder in {(draft / path).parent for path in removed}:
                    files.remove_empty(folder, draft)
                fill(draft)
            return draft.rename(self._name(draft))
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def turn(self, release: Path) -> Path | None:
        """Lead to `release`; return the one before. Raise OSError where all is as it was."""
        before = self.shown
        with self._link_to(release) as link:
            if before or not self.place.is_dir():
                link.replace(self.place)
                return before
            before = self._name(self.place)
            self.place.rename(before)  # from here, the one time that the folder becomes a link …
            try:
                link.replace(self.place)  # … to here, nothing is there
            except OSError:
                before.rename(self.place)
                raise
        return before

    def settle(self, release: Path) -> None:
        """Put `release` itself in the place of the link. Raise OSError where all is as it was."""
        with self._link_to(self.shown or release) as link:
            self.place.unlink()  # from here …
            try:
                release.rename(self.place)  # … to here, nothing is there
            except OSError:
                link.replace(self.place)
                raise

    def tidy(self, before: Path | None = None) -> None:
        """Remove all but the release that is shown and the one `before`: readers may be in the middle of it."""
        for path in self._leftovers(before):
            if path.is_dir() and not path.is_symlink():
                gone = path if files.is_draft(path.name) else path.rename(self._home / files.draft_name())
                shutil.rmtree(gone)
            else:
                path.unlink()
        if not self.shown:
            with suppress(OSError):  # it is not there, or holds what is not ours
                self._home.rmdir()

    def has(self, name: str) -> bool:
        return bool(NAME.fullmatch(name)) and (self._home / name).is_dir()

    @property
    def is_tidy(self) -> bool:
        return not self._leftovers()

    def _leftovers(self, before: Path | None = None) -> list[Path]:
        """Return what is to be removed; `before` is otherwise the newest of those that are older than what is shown."""
        shown, whole = self.shown, self._whole()
        older = [release for release in whole if shown and release.name < shown.name]
        kept = {shown, before or (older[-1] if older else None)}
        drafts = [path for path in self._entries() if files.is_draft(path.name)]
        return drafts + [release for release in whole if release not in kept]

    def _whole(self) -> list[Path]:
        """Return all releases, the oldest first."""
        whole = [path for path in self._entries() if NAME.fullmatch(path.name) and path.is_dir()]
        return sorted(path for path in whole if not path.is_symlink())

    def _entries(self) -> list[Path]:
        return list(self._home.iterdir()) if self._home.is_dir() and not self._home.is_symlink() else []

    def _name(self, folder: Path) -> Path:
        """Return the place of a release named after the time of the disk at which `folder` was changed."""
        changed = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        return self._home / f"{changed:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"

    @contextmanager
    def _link_to(self, release: Path) -> Iterator[Path]:
        """Give a link that waits to take the place of the output: a reader then sees the old site or the new one."""
        link = self._home / files.draft_name()
        link.symlink_to(Path(self._home.name, release.name))
        try:
            yield link
        finally:
            link.unlink(missing_ok=True)


def place(output: Path) -> Path:
    """Return where `output` lies, with no link on the way: a link of ours is there itself, another leads there."""
    here = output.parent.resolve() / output.name
    return here if _release_of(here) else output.resolve()


@contextmanager
def told_of(path: Path, beside: Path) -> Iterator[None]:
    """Have an error of writing to `beside` name `path`: nobody has heard of the other one."""
    try:
        yield
    except OSError as error:
        for name in (error.filename2, error.filename):
            if name and Path(name).is_relative_to(beside):
                raise OSError(error.errno, error.strerror, str(path / Path(name).relative_to(beside))) from error
        raise


def _release_of(link: Path) -> Path | None:
    """Return the release that `link`, an absolute path, leads to, None where it is no link to one of its releases."""
    if not link.is_symlink():
        return None
    target, home = link.parent / link.readlink(), Path(f"{link}{HOME}")
    is_ours = NAME.fullmatch(target.name) and target.parent.resolve() == home and not target.is_symlink()
    return home / target.name if is_ours else None


def _share(old: Path, new: Path, left_out: Set[str]) -> None:
    """Have all that is in `old` be in `new` too, the same files where the disk can do that, with their times."""
    waiting = [""]
    while waiting:
        at = waiting.pop()
        there = new / at
        there.mkdir(exist_ok=not at)
        there.chmod(stat.S_IMODE((old / at).stat().st_mode) | stat.S_IRWXU)
        with os.scandir(old / at) as entries:
            for entry in entries:
                path = sources.join(at, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif path not in left_out and not files.is_draft(entry.name):
                    _link_or_copy(entry.path, f"{new}/{path}")


def _link_or_copy(old: str, new: str) -> None:
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:  # a disk that has no hard links, a file of someone else
        shutil.copy2(old, new, follow_symlinks=False)
