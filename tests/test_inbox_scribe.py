"""The process that keeps messages: it is killed, it outlives its inbox, it is asked for a name that is taken."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import article, dom, run, write_site
from inboxes import TEXT, Inbox, receipt, running, token, words

from labo_ssg.formats.comment import CommentHeader
from labo_ssg.inbox.scribe import Scribe

SETTINGS = "title: Essai\nbase_url: https://essai.example\ninbox: {pace: {sender: 1000}}\n"
HEADER = CommentHeader("x", "Jeanne", datetime(2021, 1, 13, tzinfo=UTC))
PATIENCE = 20.0


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    root = write_site(tmp_path / "site", {"site.yaml": SETTINGS, "content/a/x.md": article("Un")})
    with running(root, tmp_path / "log") as inbox:
        yield inbox


def scribe_of(inbox: Inbox) -> int:
    """Return the process that keeps the messages of an inbox that has kept one."""
    [_, scribe] = inbox.processes()
    return scribe


def ends(process: int) -> bool:
    """Wait for the end of a process that is not ours."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(FileNotFoundError):
            if Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(") ")[2][0] != "Z":
                time.sleep(0.02)
                continue
        return True
    return False


def test_a_message_on_its_way_to_a_scribe_that_is_killed_is_given_back_and_kept_later(inbox: Inbox) -> None:
    inbox.send(text="Un premier message, que le greffier garde.")
    killed = scribe_of(inbox)
    fields = {"article": "x", "author": "Jeanne", "text": TEXT}
    fields["token"] = token(inbox.post(**fields))
    os.kill(killed, signal.SIGSTOP)  # it hears the order, and does nothing
    with ThreadPoolExecutor() as beside:
        asked = beside.submit(inbox.post, **fields)
        time.sleep(0.3)
        assert not asked.done()
        os.kill(killed, signal.SIGKILL)
        answer = asked.result(PATIENCE)
    assert answer.status_code == 503
    page = dom(answer.content)
    assert "de notre fait" in words(page.find(".//section[@role='alert']"))
    assert (page.findtext(".//textarea") or "").strip() == TEXT
    [told] = [event for event in inbox.events() if event["event"] == "not kept"]
    assert "has ended" in str(told["reason"])
    again = inbox.post(**fields)
    assert again.status_code == 201
    assert scribe_of(inbox) != killed
    assert receipt(again)[0] in [path.stem for path in inbox.pending()]
    assert len(inbox.pending()) == 2


def test_a_scribe_ends_with_its_inbox_however_that_ends(inbox: Inbox) -> None:
    inbox.send()
    scribe = scribe_of(inbox)
    inbox.process.kill()
    inbox.process.wait(PATIENCE)
    assert ends(scribe)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_what_was_confirmed_is_kept_though_all_processes_are_told_to_stop(inbox: Inbox, sign: signal.Signals) -> None:
    inbox.send(text="Un premier message, que le greffier garde.")
    fields = {"article": "x", "author": "Jeanne", "text": TEXT}
    fields["token"] = token(inbox.post(**fields))
    inbox_itself, scribe = inbox.processes()
    os.kill(scribe, signal.SIGSTOP)
    with ThreadPoolExecutor() as beside:
        asked = beside.submit(inbox.post, **fields)
        time.sleep(0.3)
        for process in (inbox_itself, scribe):  # as systemd does, and a terminal
            os.kill(process, sign)
        os.kill(scribe, signal.SIGCONT)
        assert asked.result(PATIENCE).status_code == 201
    assert inbox.process.wait(PATIENCE) == 0
    assert len(inbox.pending()) == 2


def test_many_at_once_are_each_kept_under_the_first_name_that_is_free(tmp_path: Path) -> None:
    async def scene() -> list[str]:
        scribe = Scribe(tmp_path)
        orders = [
            scribe.keep(HEADER, f"Message {number}.", [("pris", "sha256:0"), (f"m{number}", f"sha256:{number}")])
            for number in range(40)
        ]
        kept = await asyncio.gather(*orders)
        with pytest.raises(FileExistsError):
            await scribe.keep(HEADER, "Un message de trop.", [(one.comment, "sha256:0") for one in kept[:2]])
        await scribe.close()
        return [one.comment for one in kept]

    names = run(scene())
    assert sorted(path.stem for path in (tmp_path / "comments/pending/x").iterdir()) == sorted(names)
    assert names.count("pris") == 1
    assert len(set(names)) == 40


def test_what_the_disk_refuses_is_refused_with_its_words(tmp_path: Path) -> None:
    async def scene() -> None:
        scribe = Scribe(tmp_path)
        (tmp_path / "comments").write_text("", encoding="utf-8")
        with pytest.raises(NotADirectoryError, match="Not a directory"):
            await scribe.keep(HEADER, "Un message.", [("m", "sha256:0")])
        (tmp_path / "comments").unlink()
        assert (await scribe.keep(HEADER, "Un message.", [("m", "sha256:0")])).comment == "m"
        assert (await scribe.keep(HEADER, "Un message.", [("m", "sha256:0")])).again
        await scribe.close()

    run(scene())
