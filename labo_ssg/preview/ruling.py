"""What a moderator has sent → the decisions, carried out, and what became of them."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import NamedTuple, get_args

from labo_ssg.disk import files
from labo_ssg.forge.running import GitFailed
from labo_ssg.moderation import queue
from labo_ssg.moderation.decisions import Ruling, Session, Verdict, decide
from labo_ssg.moderation.plan import Done
from labo_ssg.moderation.queue import Pending
from labo_ssg.moderation.reopening import Decided, reopen
from labo_ssg.places import PENDING
from labo_ssg.preview.desk import Typed, key_of
from labo_ssg.problems import Place, Problem

KEPT = 40  # outcomes that can still be looked at and taken back
ANSWER = 20_000  # characters of a reply
RULINGS: tuple[Ruling, ...] = get_args(Ruling)

GONE = "it does not wait any more"
CHANGED = "its file was changed since you saw it"
FORGOTTEN = "it cannot be taken back here any more"
ANSWERED = "you wrote an answer to it, and only what is published can be answered"


class Outcome(NamedTuple):
    """What became of what was sent: by git and the disk (`failure`: their words), and for whose messages.

    `authors` are by the path of what waited. `typed` is what could not be used yet, by path: it is given back.
    """

    id: str
    session: Session
    decided: tuple[Decided, ...] = ()
    authors: Mapping[str, str] = {}
    replied: bool = False
    failure: str = ""
    typed: Mapping[str, Typed] = {}
    is_empty: bool = False


class Chosen(NamedTuple):
    """What a form asks for, by the keys of messages: rulings, what was typed beside them, and whose they are."""

    rulings: dict[str, Ruling]
    typed: dict[str, Typed]
    authors: dict[str, str]


def chosen(fields: Mapping[str, str]) -> Chosen:
    """Read the fields of a form: `one` is "approved <key>", `all` a ruling for each `pick <key>`.

    A reason that was typed for all of them stands for those that have none of their own.
    """
    rulings: dict[str, Ruling] = {}
    ruling, _, key = fields.get("one", "").partition(" ")
    if ruling in RULINGS and key:
        rulings[key] = ruling
    common = ""
    if fields.get("all") in RULINGS:
        common = fields.get("why", "")
        picked = [name.removeprefix("pick ") for name in fields if name.startswith("pick ")]
        rulings |= {key: one for key in picked for one in RULINGS if one == fields["all"]}
    typed: dict[str, Typed] = {}
    for name, value in fields.items():
        kind, _, key = name.partition(" ")
        if kind in ("reason", "reply") and value.strip():
            text = value.replace("\r\n", "\n").strip()[:ANSWER]
            typed[key] = typed.get(key, Typed())._replace(**{kind: text})
    for key in rulings:
        if common and not typed.get(key, Typed()).reason:
            typed[key] = typed.get(key, Typed())._replace(reason=common)
    return Chosen(rulings, typed, {key: fields.get(f"of {key}", "") for key in rulings})


class Rulings:
    """Carries out decisions on the site at a root, and remembers the last outcomes, so that they can be taken back."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = Lock()
        self._outcomes: OrderedDict[str, Outcome] = OrderedDict()

    def find(self, name: str) -> Outcome | None:
        """Return the outcome of this id, None where it is not known any more."""
        with self._lock:
            return self._outcomes.get(name)

    def rule(self, asked: Chosen, moderator: str, now: datetime) -> Outcome:
        """Carry out what was `asked` for, in one commit, and return what became of it."""
        problems, verdicts = list[Problem](), list[Verdict]()
        given: dict[str, bytes] = {}
        known = set(files.walk(self._root, PENDING)[0]) if files.exists(self._root, PENDING) else set[str]()
        for key, ruling in asked.rulings.items():
            path = _path(key)
            typed = asked.typed.get(key, Typed())
            message, told = self._message(key, path, known)
            if message and typed.reply and ruling != "approved":
                told.append(Problem(Place(path, 1), ANSWERED))
            problems += told
            if message and not told:
                given[path] = files.read(self._root, path)[0]
                verdicts.append(Verdict(message, ruling, typed.reason, typed.reply))
        session, failure = Session(Done()), ""
        try:
            session = decide(self._root, verdicts, moderator, now) if verdicts else session
        except (GitFailed, OSError) as error:
            failure = words_of(error)
        problems += session.problems
        by_comment = {(one.message.article, one.message.id): one for one in verdicts}
        done = [(record, by_comment[record.article, record.comment]) for record in session.done.records]
        outcome = Outcome(
            id=secrets.token_urlsafe(8),
            session=Session(session.done, tuple(problems)),
            decided=tuple(Decided(record, given[one.message.path]) for record, one in done),
            authors={_path(key): author for key, author in asked.authors.items() if author},
            replied=any(one.reply for _, one in done),
            failure=failure,
            typed=_left(asked, {one.message.path for _, one in done}),
            is_empty=not asked.rulings,
        )
        return self._keep(outcome)

    def take_back(self, name: str, moderator: str, now: datetime) -> Outcome:
        """Take back what the outcome of this id has done; return what became of that."""
        before = self.find(name)
        if before is None or not before.decided:
            told = Session(Done(), (Problem(Place(""), FORGOTTEN),))
            return self._keep(Outcome(secrets.token_urlsafe(8), told))
        session, failure = Session(Done()), ""
        try:
            session = reopen(self._root, before.decided, moderator, now)
        except (GitFailed, OSError) as error:
            failure = words_of(error)
        return self._keep(Outcome(secrets.token_urlsafe(8), session, authors=before.authors, failure=failure))

    def put_off(self, asked: Chosen) -> Outcome:
        """Keep what was typed, of what cannot be decided yet."""
        return self._keep(Outcome(secrets.token_urlsafe(8), Session(Done()), typed=_left(asked, set())))

    def _message(self, key: str, path: str, known: set[str]) -> tuple[Pending | None, list[Problem]]:
        """Return the message at `path` as it was seen, or why there is none."""
        if path.removeprefix(f"{PENDING}/") not in known:
            return None, [Problem(Place(path, 1), GONE)]
        data, problems = files.read(self._root, path)
        if not problems and key_of(path, data) != key:
            return None, [Problem(Place(path, 1), CHANGED)]
        return (None, problems) if problems else queue.read(self._root, path)

    def _keep(self, outcome: Outcome) -> Outcome:
        with self._lock:
            self._outcomes[outcome.id] = outcome
            while len(self._outcomes) > KEPT:
                self._outcomes.popitem(last=False)
        return outcome


def _path(key: str) -> str:
    """Return the path of the message that a key names."""
    return f"{PENDING}/{key.rpartition(' ')[0]}"


def words_of(error: GitFailed | OSError) -> str:
    """Return what git or the disk said."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename}" if error.filename else str(error.strerror or error)
    return str(error)


def _left(asked: Chosen, done: set[str]) -> dict[str, Typed]:
    """Return what was typed beside messages that still wait, by path."""
    by_path = {_path(key): typed for key, typed in asked.typed.items()}
    return {path: typed for path, typed in by_path.items() if path not in done}
