"""Tells moderators of messages by e-mail, and of those that visitors ask to have removed."""

import logging
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from msgspec import structs

from labo_ssg.disk import files
from labo_ssg.formats import comment, removal
from labo_ssg.formats.removal import Removal
from labo_ssg.inbox.outgoing import letter, smtp
from labo_ssg.inbox.outgoing.deliveries import Failed
from labo_ssg.inbox.outgoing.letter import Waiting
from labo_ssg.inbox.outgoing.told import Told
from labo_ssg.model import Site
from labo_ssg.moderation.proposed import find
from labo_ssg.moderation.showing import Shown
from labo_ssg.places import APPROVED, INBOX, PENDING, REMOVALS

MOST = 50  # messages in a letter
HOUR = 3600.0
LONGEST = 100_000  # bytes of a file that is sent as it is
TOLD = f"{INBOX}/told"

Render = Callable[[str], Shown]
"""Shows the message in the file at a path, relative to the site's root; may raise."""

Times = dict[str, float]
"""When the file at each path was written, in seconds since 1970."""

_LOG = logging.getLogger(__name__)


class NoticeDelivery:
    """The letters to one `recipient`: each has a queue of its own, so that one who cannot be reached delays nobody.

    The queue is what lies in the folder and is not in the file of what was told. With `every: hour` a message waits
    for others until it is an hour old; a request of removal waits for nothing.
    """

    def __init__(
        self,
        root: Path,
        site: Site,
        recipient: str,
        *,
        render: Render,
        password: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._root = root
        self._site = site
        self._notices = site.inbox.notices
        self._recipient = recipient
        self._render = render
        self._password = password
        self._clock = clock
        self._told = Told(root / TOLD / quote(recipient, safe="@+"))

    @property
    def name(self) -> str:
        return f"notices to {self._recipient}"

    def deliver(self) -> float | None:
        """Send what is due; return the seconds until the next letter; raise Failed."""
        requests, messages = _listed(self._root, REMOVALS), _listed(self._root, PENDING)
        told = self._told.among(requests.keys() | messages.keys())
        self._tell_all([path for path in requests if path not in told])
        waiting = {path: time for path, time in messages.items() if path not in told}
        pause = self._pause(waiting)
        if pause:
            return pause
        self._tell_all(list(waiting))
        return None

    def _pause(self, waiting: Times) -> float | None:
        """Return for how many seconds what is waiting may wait for more."""
        if not waiting or self._notices.every == "message":
            return None
        age = self._clock().timestamp() - min(waiting.values())
        return min(HOUR - age, HOUR) if age < HOUR else None

    def _tell_all(self, paths: Sequence[str]) -> None:
        for start in range(0, len(paths), MOST):
            batch = paths[start : start + MOST]
            waiting = [one for path in batch if (one := self._read(path))]
            if waiting:
                self._tell(waiting)

    def _tell(self, waiting: Sequence[Waiting]) -> None:
        """Send a letter; where the server refuses it, one for each message, without its words if need be."""
        try:
            self._send(waiting)
        except smtp.Refused as refused:
            _LOG.warning("the mail server refuses a letter on %s: %s", ", ".join(one.id for one in waiting), refused)
            if len(waiting) > 1:
                for one in waiting:
                    self._tell([one])
            elif waiting[0].shown or waiting[0].raw:
                self._tell([_without_words(waiting[0])])
            else:
                raise Failed(f"{self._notices.server}: {refused}") from refused

    def _send(self, waiting: Sequence[Waiting]) -> None:
        mail = letter.compose(self._site, self._notices.sender, self._recipient, waiting, self._clock())
        try:
            smtp.send(mail, self._notices.server, self._password)
        except OSError as error:
            raise Failed(f"{self._notices.server}: {error}") from error
        self._told.add([one.path for one in waiting])

    def _read(self, path: str) -> Waiting | None:
        """Return what is at `path`, None where it was decided meanwhile."""
        try:
            data = (self._root / path).read_bytes()[:LONGEST]
        except FileNotFoundError:
            return None
        place = PurePosixPath(path)
        about = Waiting(place.stem, place.parent.name, path, raw=data.decode(errors="replace"))
        if path.startswith(f"{REMOVALS}/"):
            return self._with_wish(about, removal.read(data, place))
        header = comment.read_header(data, place)
        proposed = find(self._root, place.stem)
        found = structs.replace(about, shown=self._show(path), proposal=proposed.url if proposed else "")
        return structs.replace(found, date=header.date, screen=header.screen) if header else found

    def _with_wish(self, about: Waiting, wish: Removal | None) -> Waiting:
        """Return a request with the message that it is about, and its own words."""
        place = self._message(about)
        shown = self._show(place) if place else None
        if not wish:  # its words are in its file
            return structs.replace(about, shown=shown, request=True, wish=about.raw)
        return structs.replace(about, shown=shown, request=True, wish=wish.words, date=wish.date)

    def _message(self, request: Waiting) -> str:
        """Return the path of the message that is asked to be removed, "" where it is nowhere."""
        places = [f"{folder}/{request.article}/{request.id}.md" for folder in (APPROVED, PENDING)]
        return next((place for place in places if files.is_plain(self._root, place)), "")

    def _show(self, path: str) -> Shown | None:
        try:
            return self._render(path)
        except Exception:  # whatever is wrong with one message, a moderator must hear of it, and of the others
            _LOG.exception("%s cannot be shown, its file is sent in its place", path)
            return None


def _without_words(one: Waiting) -> Waiting:
    return structs.replace(one, shown=None, raw="", wish="")


def _listed(root: Path, folder: str) -> Times:
    """Return the files of messages below `folder`, oldest first; raise OSError where it cannot be read."""
    found: Times = {}
    for article in _entries(root / folder):
        if comment.ID.fullmatch(article.name) and article.is_dir(follow_symlinks=False):
            for entry in _entries(Path(article.path)):
                stem = entry.name.removesuffix(".md")
                plain = stem != entry.name and not stem.startswith(".") and comment.ID.fullmatch(stem)
                if plain and entry.is_file(follow_symlinks=False):
                    found[f"{folder}/{article.name}/{entry.name}"] = _time(entry)
    return dict(sorted(found.items(), key=lambda one: (one[1], one[0])))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:  # nothing has come yet, or all was decided
        return []


def _time(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:  # it was decided this moment, and will not be found
        return 0.0
