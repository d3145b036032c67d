"""A real inbox: `labo inbox` as a process, and a visitor who posts to it."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import Element

import httpx
from conftest import LABO, PLAIN, dom

PATIENCE = 30.0
RUNNING = re.compile(r"Uvicorn running on (http://[^ \"]+)")
TEXT = "Bonjour, voici {{mon avis}} sur le sujet."


class Inbox:
    """An inbox of the site at `root`, until it is stopped."""

    def __init__(self, root: Path, log: Path, *words: str, **environment: str) -> None:
        self.root, self.log = root, log
        command = [*LABO, "inbox", "--root", str(root), "--port", "0", *words]
        with log.open("ab") as errors:
            self.process = subprocess.Popen(command, stderr=errors, env={**os.environ, **environment})
        self.address = self._wait()

    def _wait(self) -> str:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            if found := RUNNING.findall(self.log.read_text(encoding="utf-8")):
                return str(found[-1])
            time.sleep(0.02)
        raise AssertionError(f"the inbox did not start: {self.log.read_text(encoding='utf-8')}")

    def events(self) -> list[dict[str, object]]:
        """Return what was logged."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """Stop it; return its exit status."""
        self.process.send_signal(sign)
        return self.process.wait(PATIENCE)

    def processes(self) -> list[int]:
        """Return the inbox and those that it has started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [self.process.pid, *map(int, children.split())]

    def post(self, path: str = "/inbox/", *, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        return httpx.post(self.address + path, data=fields, headers=headers, timeout=PATIENCE, verify=PLAIN)

    def preview(self, article: str = "x", text: str = TEXT, author: str = "Jeanne", **more: str) -> httpx.Response:
        return self.post(article=article, text=text, author=author, **more)

    def send(self, article: str = "x", text: str = TEXT, author: str = "Jeanne", **more: str) -> httpx.Response:
        """Preview a message, then confirm it."""
        fields = {"article": article, "text": text, "author": author, **more}
        return self.post(**fields, token=token(self.preview(**fields)))

    def status(self, receipt: tuple[str, str], **more: str) -> str:
        """Return what the page says of a message, by the class of its section."""
        page = dom(self.post("/inbox/status", reference=receipt[0], code=receipt[1], **more).content)
        states = [one.get("class", "") for one in page.iter("section")]
        return next(name.removeprefix("state ") for name in states if name.startswith(("state ", "problems")))

    def pending(self) -> list[Path]:
        return sorted((self.root / "comments/pending").rglob("*.md"))


@contextmanager
def running(root: Path, log: Path, *words: str, **environment: str) -> Iterator[Inbox]:
    inbox = Inbox(root, log, *words, **environment)
    try:
        yield inbox
    finally:
        if inbox.process.poll() is None:
            inbox.stop()


def token(answer: httpx.Response) -> str:
    """Return what confirms the message of a preview."""
    assert answer.status_code == 200, answer.text[:2000]
    button = dom(answer.content).find(".//button[@name='token']")
    assert button is not None
    return button.get("value", "")


def receipt(answer: httpx.Response) -> tuple[str, str]:
    """Return the reference and the code of a message that was kept."""
    assert answer.status_code in (200, 201), answer.text[:2000]
    reference, code = (one.text or "" for one in dom(answer.content).iterfind(".//dl//code"))
    return reference, code


def words(page: Element | None) -> str:
    """Return the text of a part of a page, on one line."""
    assert page is not None
    return " ".join("".join(page.itertext()).split())
