"""How many messages an inbox takes, and how long visitors wait: `labo inbox` beside Isso, on the same messages.

Visitors over connections that stay open preview a message, then send it, and go on with the next one at once: so many
as there are connections are always on their way, whatever the inbox takes. They run in a process of their own
(`bench/visitors.py`). Each round starts each server anew, another one first each time, on what the rounds before have
left, and sends it messages that nobody has seen. fsync is on, as it always is: an answer says that a message is kept.
Afterwards all acknowledged messages must be on the disk, each readable, and not one more.

Isso moderates as well, keeps messages in SQLite with the settings that it has by itself, and is run the way its
documentation names first for a site with visitors, by Gunicorn with four processes. Its guard against many messages
of one sender is off, the pace of Labo is raised. Labo renders pages, Isso answers in JSON.

Run it on a quiet machine, with Linux. PyPI has the peer:

    python -m venv peers
    peers/bin/pip install isso gunicorn
    python bench/inbox.py --environment peers
    python bench/inbox.py --peers "" --messages 3000 --rounds 1

How much memory 100,000 messages take, in steps of 10,000:

    python bench/inbox.py --memory 100000
"""

import argparse
import compileall
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from random import Random
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from corpus import Corpus
from sites import Site
from visitors import Outcome, Step, Task

from labo_ssg.formats import comment as comment_format

ROOT = Path(__file__).parent.parent
STEP = 10_000  # messages between two looks at the memory
PATIENCE = 60.0  # seconds in which a server starts
SETTINGS = "inbox:\n  pace: {sender: 1000000, article: 1000000}\n"
ISSO = """[general]
dbpath = {folder}/comments.db
host = https://banc.example/
[moderation]
enabled = true
[guard]
enabled = false
[server]
listen = http://127.0.0.1:{port}/
"""


class Message(NamedTuple):
    article: str
    reply_to: str
    author: str
    text: str


class Messages:
    """Messages under the articles of a corpus, each another one, as many as are asked for."""

    def __init__(self, corpus: Corpus) -> None:
        self._articles = [corpus.article(number) for number in range(len(corpus.counts))]
        self._texts = [comment.text for article in self._articles for comment in article.comments]
        self._chance = Random("messages")
        self._count = 0

    def take(self, number: int) -> Iterator[Message]:
        for _ in range(number):
            self._count += 1
            article = self._chance.choice(self._articles)
            answers = article.comments and self._chance.random() < 0.3
            yield Message(
                article.slug,
                self._chance.choice(article.comments).id if answers else "",
                f"Visiteuse {self._count}",
                f"{self._chance.choice(self._texts).rstrip()}\n\nMon message porte le numéro {self._count}.",
            )


class Server:
    """A server of comments in a folder; `start` runs it, the other methods are asked of one that runs, or has run."""

    name: str
    kind: str
    previewed: int
    kept: int
    before, after = "", ""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    def command(self) -> list[str]:
        raise NotImplementedError

    def health(self) -> str:
        raise NotImplementedError

    def steps(self, message: Message) -> tuple[Step, Step]:
        raise NotImplementedError

    def check(self, references: list[str]) -> None:
        """Raise AssertionError where not exactly the messages of these `references` are kept."""
        raise NotImplementedError

    @contextmanager
    def running(self) -> Iterator[int]:
        """Run the server; give the id of its process."""
        environment = os.environ | {"PYTHONPATH": str(ROOT), "ISSO_SETTINGS": str(self.folder / "isso.cfg")}
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(self.command(), env=environment, stdout=log, stderr=log)
        try:
            self._wait(process)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()

    def task(self, messages: Iterator[Message], connections: int, seconds: float) -> Task:
        steps = [self.steps(message) for message in messages]
        marks = {"before": self.before, "after": self.after}
        return Task(self.port, connections, self.kind, self.previewed, self.kept, steps, **marks, seconds=seconds)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.health()}", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"{self.name} did not start: see {self.folder}/log")


class Labo(Server):
    name, kind, previewed, kept = "labo", "application/x-www-form-urlencoded", 200, 201
    before, after = 'name="token" value="', '"'

    def __init__(self, folder: Path, port: int, corpus: Corpus, workers: int) -> None:
        super().__init__(folder, port)
        self._workers = workers
        site = Site("labo", folder, corpus)
        site.start("python-markdown")
        for article in corpus:
            site.add(article)
        with (folder / "site.yaml").open("a", encoding="utf-8") as settings:
            settings.write(SETTINGS)

    def command(self) -> list[str]:
        words = ["inbox", "--root", str(self.folder), "--port", str(self.port), "--workers", str(self._workers)]
        return [sys.executable, "-P", "-m", "labo_ssg", *words]

    def health(self) -> str:
        return "/healthz"

    def steps(self, message: Message) -> tuple[Step, Step]:
        step = Step("/inbox/", urlencode({**message._asdict(), "email": "", "website": ""}))
        return step, step

    def check(self, references: list[str]) -> None:
        files = {path.stem: path for path in self.folder.glob("comments/pending/*/*")}
        assert len(references) == len(set(references)), "two messages had the same reference"
        assert files.keys() == set(references), f"{len(files)} files, {len(references)} acknowledged"
        for path in files.values():
            _, problems = comment_format.parse(path.read_bytes(), PurePosixPath(path))
            assert not problems, problems


class Isso(Server):
    name, kind, previewed, kept = "isso", "application/json", 200, 202

    def __init__(self, folder: Path, port: int, environment: Path) -> None:
        super().__init__(folder, port)
        self._environment = environment.absolute()
        folder.mkdir(parents=True)
        (folder / "isso.cfg").write_text(ISSO.format(folder=folder, port=port), encoding="utf-8")

    def command(self) -> list[str]:
        gunicorn = str(self._environment / "bin/gunicorn")
        return [gunicorn, "-b", f"127.0.0.1:{self.port}", "-w", "4", "--preload", "isso.run"]

    def health(self) -> str:
        return "/js/embed.min.js"

    def steps(self, message: Message) -> tuple[Step, Step]:
        fields = {"author": message.author, "text": message.text, "title": message.article}
        path = f"/new?{urlencode({'uri': f'/{message.article}/'})}"
        return Step("/preview", json.dumps({"text": message.text})), Step(path, json.dumps(fields))

    def check(self, references: list[str]) -> None:
        # Of two processes that keep a message at once, both may answer with the id of the last one: they are counted.
        with sqlite3.connect(self.folder / "comments.db") as database:
            [(kept,)] = database.execute("SELECT count(DISTINCT text) FROM comments WHERE mode = 2")
        assert kept == len(references), f"{kept} rows, {len(references)} acknowledged"


class Run(NamedTuple):
    """What a server did in a round; memory is in MiB, of all its processes, before and after."""

    server: str
    outcome: Outcome
    processor: float  # seconds, of all its processes
    before: float
    after: float


def run(server: Server, messages: Iterator[Message], connections: int, seconds: float, process: int) -> Run:
    """Have visitors post `messages` to a server that runs."""
    task = msgspec.json.encode(server.task(messages, connections, seconds))
    os.sync()  # what others wrote is not for this one to wait for
    before, used = resident(process), processor(process)
    visitors = [sys.executable, "-P", str(ROOT / "bench/visitors.py")]
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as said:
        asked.write(task)
        asked.seek(0)
        subprocess.run(visitors, stdin=asked, stdout=said, check=True)
        said.seek(0)
        outcome = msgspec.json.decode(said.read(), type=Outcome)
    return Run(server.name, outcome, processor(process) - used, before, resident(process))


def tree(process: int) -> list[int]:
    """Return a process and those below it."""
    below = " ".join(path.read_text() for path in Path(f"/proc/{process}").glob("task/*/children"))
    return [process, *(one for child in below.split() for one in tree(int(child)))]


def resident(process: int) -> float:
    """Return the MiB (RSS) of a process and those below it."""
    lines = [line for one in tree(process) for line in Path(f"/proc/{one}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def processor(process: int) -> float:
    """Return the seconds of processor that a process and those below it have had."""
    ticks = 0
    for one in tree(process):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def figures(done: Run) -> dict[str, float]:
    """Return what is compared of a run."""
    outcome, accepted = done.outcome, len(done.outcome.finals)
    shown = {"messages/s": accepted / outcome.seconds}
    shown["requests/s"] = (accepted + len(outcome.previews)) / outcome.seconds
    for name, times in (("preview", outcome.previews), ("message", outcome.finals)):
        ordered = sorted(times) or [0.0]
        for share in (50, 95, 99):
            shown[f"{name} p{share} ms"] = ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
    shown["CPU ms a message"] = done.processor / max(accepted, 1) * 1000
    shown["client's CPU, % of a core"] = outcome.processor / outcome.seconds * 100
    return shown | {"RSS before MiB": done.before, "RSS after MiB": done.after}


def compared(runs: list[Run]) -> str:
    """Return the medians of the rounds as a table, those of other servers with Labo's share of them."""
    names = list(dict.fromkeys(one.server for one in runs))
    found = {name: [figures(one) for one in runs if one.server == name] for name in names}
    medians = {name: {key: median(one[key] for one in many) for key in many[0]} for name, many in found.items()}
    others = [name for name in names if name != "labo"]
    lines = ["| | " + " | ".join([*names, *(f"labo / {name}" for name in others)]) + " |"]
    lines.append("|---|" + "--:|" * (len(names) + len(others)))
    for key in medians[names[0]]:
        cells = [f"{medians[name][key]:.1f}" for name in names]
        cells += [f"{medians['labo'][key] / medians[name][key]:.2f}" if medians[name][key] else "–" for name in others]
        lines.append(f"| {key} | {' | '.join(cells)} |")
    return "\n".join(lines)


def race(options: argparse.Namespace, servers: list[Server], messages: Messages) -> list[Run]:
    """Run each server in each round; check at the end what they have kept."""
    runs: list[Run] = []
    kept: dict[str, list[str]] = {server.name: [] for server in servers}
    for number in range(options.rounds):
        first = number % len(servers)
        batch = list(messages.take(options.messages))
        for server in servers[first:] + servers[:first]:
            with server.running() as process:
                done = run(server, iter(batch), options.connections, options.seconds, process)
            runs.append(done)
            kept[server.name] += done.outcome.references
            shown = figures(done)
            about = f"{shown['messages/s']:.0f} messages/s, p99 {shown['message p99 ms']:.0f} ms"
            print(f"{server.name:<6} {about}, refused {done.outcome.refused or 'none'}", file=sys.stderr)
    for server in servers:
        server.check(kept[server.name])
    return runs


def weigh(server: Server, messages: Messages, total: int, options: argparse.Namespace) -> None:
    """Print the memory of a server after each STEP messages, of `total`."""
    kept: list[str] = []
    with server.running() as process:
        print(f"{0:>8,}  {resident(process):7.1f} MiB", flush=True)
        while len(kept) < total:
            done = run(server, messages.take(min(STEP, total - len(kept))), options.connections, 0.0, process)
            assert not done.outcome.refused, done.outcome.refused
            kept += done.outcome.references
            speed = len(done.outcome.finals) / done.outcome.seconds
            print(f"{len(kept):>8,}  {done.after:7.1f} MiB  {speed:5.0f} messages/s", flush=True)
    server.check(kept)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def read_options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=3000, help="of a round (default: 3000)")
    parser.add_argument("--connections", type=int, default=64, help="(default: 64)")
    parser.add_argument("--seconds", type=float, default=0.0, help="end a round after so many (default: 0, do not)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: 3)")
    parser.add_argument("--workers", type=int, default=1, help="processes of labo inbox (default: 1)")
    parser.add_argument("--articles", type=int, default=200, help="(default: 200)")
    parser.add_argument("--memory", type=int, help="have Labo alone take so many messages, and print its memory")
    parser.add_argument("--peers", default="isso", help="isso, or nothing (default: isso)")
    parser.add_argument("--environment", type=Path, default=sys.prefix, help="the virtual environment of the peer")
    parser.add_argument("--work", type=Path, help="a folder that is not there yet, where all is left")
    return parser.parse_args()


def main() -> None:
    options = read_options()
    compileall.compile_dir(ROOT / "labo_ssg", quiet=2)  # as an installed package is
    corpus = Corpus(options.articles, 5)
    messages = Messages(corpus)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.work or Path(temporary)).absolute()
        labo = Labo(folder / "labo", free_port(), corpus, options.workers)
        if options.memory:
            weigh(labo, messages, options.memory, options)
            return
        servers: list[Server] = [labo]
        if "isso" in options.peers and (Path(options.environment) / "bin/gunicorn").is_file():
            servers.append(Isso(folder / "isso", free_port(), options.environment))
        elif options.peers:
            print("isso is left out, for it is not installed: pip install isso gunicorn", file=sys.stderr)
        load = os.getloadavg()[0]
        print(compared(race(options, servers, messages)))
        print(
            f"\n{os.cpu_count()} cores, load {load:.1f} before; medians of {options.rounds} rounds, "
            f"{options.connections} connections, labo with {options.workers} worker(s)."
        )


if __name__ == "__main__":
    main()
