"""Kill inboxes while visitors post, again and again (make crash): what was acknowledged is kept, whole, and once.

Each round starts real inboxes of one small site (one, one with two workers, or two beside each other), has several
visitors post to them, and sends SIGKILL: after some time, or as soon as a message is being written, or has its name.
Visitors who got no answer post the same again later, with the same token, as a browser does; some who got one do, too.
"""

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath
from random import Random
from typing import NamedTuple
from urllib.parse import urlencode

import click

from labo_ssg.disk import files
from labo_ssg.formats import comment as comment_format
from labo_ssg.model import Comment

PATIENCE = 60.0  # seconds in which an inbox starts, and answers
VISITORS = 6
OLD = 2 * 3600.0  # seconds after which a draft is nobody's
SITE = {
    "site.yaml": "title: Essai\nbase_url: https://essai.example\ninbox: {pace: {sender: 1000000, article: 1000000}}\n",
    "content/a/x.md": "---\ntitle: Un\ndate: 2021-01-12\n---\nUn texte.\n",
    "content/a/y.md": "---\ntitle: Deux\ndate: 2021-01-13\n---\nUn texte.\n",
}
ADDRESS = re.compile(r"Uvicorn running on http://127.0.0.1:(\d+)")
TOKEN = re.compile(rb'name="token" value="([^"]+)"')
REFERENCE = re.compile(rb"<dd><code>([^<]+)</code>")
WAYS = {"one inbox": (1, 1), "two workers": (1, 2), "two inboxes": (2, 1)}  # how many inboxes, and workers of each

# What a round waits for before it kills, of the drafts and the messages that lay there at its start.
MOMENTS: dict[str, Callable[[Path, set[str]], bool]] = {
    "after a while": lambda root, before: True,
    "while a message is written": lambda root, before: any(files.is_draft(name) for name in _names(root) - before),
    "once a message is named": lambda root, before: any(name.endswith(".md") for name in _names(root) - before),
}


class BrokenError(Exception):
    """An inbox that was killed lost a message, tore it, or kept it twice."""


class Fields(NamedTuple):
    """A message, as it is posted."""

    article: str
    author: str
    text: str
    token: str = ""


class Tally(NamedTuple):
    """What happened: messages that were acknowledged, those whose visitors heard nothing at first, drafts left."""

    acknowledged: int
    interrupted: int
    drafts: int


class Visitors:
    """Those who post to the site, and what they know of their messages."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.acknowledged: dict[str, Fields] = {}  # by reference
        self.unanswered: list[Fields] = []  # confirmed, and nothing was heard
        self.interrupted = 0
        self.wrong: list[str] = []
        self._number = 0
        self._lock = threading.Lock()

    def post(self, ports: list[int], over: threading.Event) -> list[threading.Thread]:
        """Begin to post, each visitor in a thread, until it is `over`."""
        threads = [threading.Thread(target=self._visit, args=(ports, over)) for _ in range(VISITORS)]
        for thread in threads:
            thread.start()
        return threads

    def settle(self, port: int) -> None:
        """Post once more all that was not answered."""
        while self.unanswered:
            self._confirm(port, self.unanswered.pop())

    def _visit(self, ports: list[int], over: threading.Event) -> None:
        while not over.is_set():
            with self._lock:
                port, again = self.random.choice(ports), self.random.random()
                known = self.random.choice([*self.acknowledged.values()]) if self.acknowledged else None
                fields = self.unanswered.pop() if self.unanswered and again < 0.5 else None
                fields = fields or (known if again > 0.9 else None)
            try:
                self._confirm(port, fields or self._preview(port))
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)  # its inbox was killed before the message was confirmed

    def _preview(self, port: int) -> Fields:
        """Return a new message that was previewed."""
        with self._lock:
            self._number += 1
            fields = Fields(self.random.choice("xy"), f"Visiteuse {self._number}", f"Message {self._number}. " * 30)
        status, page = _post(port, fields)
        found = TOKEN.search(page)
        if status != 200 or not found:
            self.wrong.append(f"a preview was answered with {status}: {page[:500]!r}")
            raise http.client.HTTPException
        return fields._replace(token=found[1].decode())

    def _confirm(self, port: int, fields: Fields) -> None:
        """Send a message, and note what is heard."""
        try:
            status, page = _post(port, fields)
        except (OSError, http.client.HTTPException) as error:
            with self._lock:
                self.unanswered.append(fields)
                self.interrupted += not isinstance(error, ConnectionRefusedError)
            time.sleep(0.01)
            return
        found = REFERENCE.search(page)
        if status not in (200, 201) or not found:
            self.wrong.append(f"a message was answered with {status}: {page[:500]!r}")
            return
        with self._lock:
            known = self.acknowledged.setdefault(found[1].decode(), fields)
            if known != fields:
                self.wrong.append(f"two messages have the reference {found[1].decode()}")


def _post(port: int, fields: Fields) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/inbox/", urlencode(fields._asdict()), kind)
        answer = connection.getresponse()
        return answer.status, answer.read()


class Inbox:
    """An inbox of the site at `root`, in a group of processes of its own."""

    def __init__(self, root: Path, log: Path, workers: int) -> None:
        command = [sys.executable, "-m", "labo_ssg", "inbox", "--root", str(root), "--port", "0"]
        at = log.stat().st_size if log.exists() else 0
        with log.open("ab") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - ours
                [*command, "--workers", str(workers)], stderr=errors, start_new_session=True
            )
        self._log, self._before = log, at
        end = time.monotonic() + PATIENCE
        while not (port := self._answers()):
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise BrokenError(f"the inbox did not start: see {log}")
            time.sleep(0.02)
        self.port = port

    def _answers(self) -> int:
        """Return the port at which it answers, 0 while it does not: workers start a while after their master."""
        found = ADDRESS.search(self._log.read_bytes()[self._before :].decode(errors="replace"))
        if not found:
            return 0
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=PATIENCE)
        with closing(connection), suppress(OSError):
            connection.request("GET", "/healthz")
            return int(found[1]) if connection.getresponse().status == 200 else 0
        return 0

    def kill(self, *, alone: bool = False) -> None:
        """Kill it with all that it has started, or `alone`, as a system does that is short of memory."""
        with suppress(ProcessLookupError):
            (os.kill if alone else os.killpg)(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _names(root: Path) -> set[str]:
    """Return the names of all files in the folders of messages that wait, drafts included."""
    found: set[str] = set()
    for folder, _, names in os.walk(root / "comments/pending"):
        found.update(names if folder.endswith(("x", "y")) else ())
    return found


def check(root: Path, acknowledged: Mapping[str, Fields]) -> None:
    """Raise BrokenError where an acknowledged message is not there as it was sent, or any file is not right."""
    kept: dict[str, Comment] = {}
    once: dict[tuple[str, str], str] = {}
    paths, odd = files.walk(root, "comments/pending")
    for path in paths:
        comment, problems = comment_format.parse((root / "comments/pending" / path).read_bytes(), PurePosixPath(path))
        if problems := [*odd, *problems]:
            raise BrokenError(f"{path} is torn: {problems[0]}")
        kept[comment.id] = comment
        if (twin := once.setdefault((comment.author, comment.text), path)) != path:
            raise BrokenError(f"{path} and {twin} are the same message")
    for reference, fields in acknowledged.items():
        comment_kept = kept.get(reference)
        if comment_kept is None:
            raise BrokenError(f"lost: {reference}, which {fields.author} was told is kept")
        sent = (fields.article, fields.author, f"{fields.text.rstrip()}\n")
        if (comment_kept.article, comment_kept.author, comment_kept.text) != sent:
            raise BrokenError(f"{reference} is not as {fields.author} sent it")


def play(root: Path, log: Path, visitors: Visitors) -> str:
    """Start inboxes, have visitors post to them, kill them; return when that was."""
    random = visitors.random
    way, moment = random.choice(sorted(WAYS)), random.choice(sorted(MOMENTS))
    pause, delay = random.uniform(0, 0.5), random.choice([0, random.uniform(0, 0.02)])
    alone = random.random() < 0.3
    number, workers = WAYS[way]
    inboxes = [Inbox(root, log, workers) for _ in range(number)]
    over, end = threading.Event(), time.monotonic() + PATIENCE
    threads = visitors.post([one.port for one in inboxes], over)
    try:
        for one in inboxes:  # the second goes on for a while
            time.sleep(pause)
            before = _names(root)
            while not MOMENTS[moment](root, before) and time.monotonic() < end:
                time.sleep(0.0005)
            time.sleep(delay)
            one.kill(alone=alone)
    finally:
        over.set()
        for one in inboxes:
            one.kill()
        for thread in threads:
            thread.join()
    return f"{way}{' alone' if alone else ''}, {pause:.1f} s, {moment} + {delay:.3f} s"


def crash(folder: Path, rounds: int, seed: int, say: Callable[[str], object]) -> Tally:
    """Kill the inboxes of a site in `folder`, for `rounds`; return what happened. Raise BrokenError."""
    root, log = folder / "site", folder / "log"
    for path, text in SITE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    visitors = Visitors(Random(seed))  # noqa: S311 - to be repeated, as far as processes can
    for number in range(1, rounds + 1):
        when = play(root, log, visitors)
        say(f"{number}/{rounds} {when}: {len(visitors.acknowledged)} kept, {visitors.interrupted} interrupted so far")
        if visitors.wrong:
            raise BrokenError(visitors.wrong[0])
        check(root, visitors.acknowledged)
    drafts = [path for path in (root / "comments/pending").rglob("*") if files.is_draft(path.name)]
    for path in drafts:
        os.utime(path, (time.time() - OLD,) * 2)
    inbox = Inbox(root, log, 1)
    try:
        visitors.settle(inbox.port)
    finally:
        inbox.kill()
    check(root, visitors.acknowledged)
    if visitors.unanswered or visitors.wrong:
        raise BrokenError(f"not all is answered in the end: {visitors.wrong or visitors.unanswered}")
    if left := _names(root) - {f"{reference}.md" for reference in visitors.acknowledged}:
        raise BrokenError(f"nobody was told of {sorted(left)}")
    if b'"traceback"' in log.read_bytes():
        raise BrokenError(f"an inbox failed in a way that nobody foresaw: see {log}")
    return Tally(len(visitors.acknowledged), visitors.interrupted, len(drafts))


@click.command()
@click.option("--rounds", default=200, show_default=True)
@click.option("--seed", type=int, help="To repeat what went wrong, roughly (default: another one each time).")
def main(rounds: int, seed: int | None) -> None:
    """Kill inboxes at random; end with 1 where a message was lost, torn or doubled."""
    seed = int.from_bytes(os.urandom(4)) if seed is None else seed
    click.echo(f"seed {seed}", err=True)
    folder = Path(tempfile.mkdtemp(prefix="labo-crash-inbox-"))
    try:
        tally = crash(folder, rounds, seed, lambda word: click.echo(word, err=True))
    except BrokenError as error:
        click.echo(f"seed {seed}: {error}\nthe site is in {folder}", err=True)
        sys.exit(1)
    shutil.rmtree(folder)
    click.echo(
        f"{rounds} rounds, {tally.acknowledged} messages acknowledged, {tally.interrupted} answers cut off, "
        f"{tally.drafts} drafts left and swept: none lost, torn or doubled"
    )


if __name__ == "__main__":
    main()
