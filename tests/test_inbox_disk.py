"""Disks that are full, read-only or gone: visitors are told, keep their text, and may send it once that is over."""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from conftest import PLAIN, article, dom, write_site
from inboxes import Inbox, receipt, running, token, words

SETTINGS = "title: Essai\nbase_url: https://essai.example\ninbox: {pace: {sender: 1000}}\n"
TEXT = ("Bonjour, voici un long message, que personne n'aimerait récrire. " * 100).strip()  # more than a limit of 4 KB
LIMIT = 4096  # bytes of a file; the log stays shorter

Trouble = Callable[[Inbox], AbstractContextManager[Callable[[], object]]]
"""Makes trouble, and gives what ends it."""


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    root = write_site(tmp_path / "site", {"site.yaml": SETTINGS, "content/a/x.md": article("Un")})
    with running(root, tmp_path / "log") as inbox:
        yield inbox


def mount(*words: object) -> None:
    """Mount something; skip the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts disks")
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")


@contextmanager
def mounted(folder: Path, *words: object) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    mount(*words, folder)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def pending(inbox: Inbox) -> Path:
    return inbox.root / "comments/pending"


@contextmanager
def full(inbox: Inbox) -> Iterator[Callable[[], object]]:
    """A disk on which all blocks are taken."""
    with mounted(pending(inbox), "-t", "tmpfs", "-o", "size=64k", "none") as folder:
        with pytest.raises(OSError, match="No space left"):
            (folder / ".filling").write_bytes(b"\0" * 2**17)
        yield (folder / ".filling").unlink


@contextmanager
def full_half_way(inbox: Inbox) -> Iterator[Callable[[], object]]:
    """A limit that stops a file in its middle, as a disk does that is nearly full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int) -> None:
        for process in inbox.processes():
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))

    limit(LIMIT)
    yield partial(limit, soft)


@contextmanager
def read_only(inbox: Inbox) -> Iterator[Callable[[], object]]:
    """A disk that was mounted anew, read-only, as Linux does after an error; without root, a folder of that kind."""
    folder = pending(inbox)
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield partial(folder.chmod, 0o755)
        return
    with mounted(folder, "--bind", folder):
        mount("-o", "remount,bind,ro", folder)
        yield partial(mount, "-o", "remount,bind,rw", folder)


@contextmanager
def gone(inbox: Inbox) -> Iterator[Callable[[], object]]:
    """A folder that was removed, and cannot be made anew."""
    shutil.rmtree(pending(inbox))
    pending(inbox).write_text("", encoding="utf-8")
    yield pending(inbox).unlink


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (full, "No space left on device"),
        (full_half_way, "File too large"),
        (read_only, "Read-only file system" if os.geteuid() == 0 else "Permission denied"),
        (gone, "Not a directory"),
    ],
    ids=["full", "full half-way", "read-only", "gone"],
)
def test_what_cannot_be_kept_is_given_back_and_kept_later(inbox: Inbox, trouble: Trouble, reason: str) -> None:
    fields = {"article": "x", "author": "Jeanne", "text": TEXT}
    fields["token"] = token(inbox.post(**fields))
    with trouble(inbox) as end:
        for _ in range(3):
            answer = inbox.post(**fields)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
            page = dom(answer.content)
            assert "de notre fait" in words(page.find(".//section[@role='alert']"))
            assert (page.findtext(".//textarea") or "").strip() == TEXT
        told = [event for event in inbox.events() if event["level"] == "error"]
        assert [event["event"] for event in told] == ["not kept"] * 3
        assert all(reason in str(event["reason"]) for event in told)
        small_is_kept = trouble is full_half_way
        assert health(inbox) == (200 if small_is_kept else 503)
        end()
        again = inbox.post(**fields)
        assert again.status_code == 201
        [path] = inbox.pending()
        assert path.stem == receipt(again)[0]
        assert path.read_text(encoding="utf-8").endswith(f"\n{TEXT}\n")
        assert list(pending(inbox).rglob(".labo-*")) == []
        assert health(inbox) == 200
    assert "traceback" not in inbox.log.read_text(encoding="utf-8").lower()


def health(inbox: Inbox) -> int:
    time.sleep(1.1)  # a trial of the disk holds for a second
    return httpx.get(f"{inbox.address}/healthz", verify=PLAIN).status_code


def test_a_folder_that_is_removed_is_made_anew(inbox: Inbox) -> None:
    first = inbox.send(text="Un premier message.")
    shutil.rmtree(inbox.root / "comments")
    assert receipt(first)[0] != receipt(inbox.send(text="Un deuxième message."))[0]
    assert len(inbox.pending()) == 1
