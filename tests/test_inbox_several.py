"""Several inboxes of one site, processes or workers: a message is kept once, whoever takes it, and none is lost."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from random import Random

import httpx
import pytest
from conftest import article, write_site
from inboxes import PATIENCE, TEXT, Inbox, receipt, running, token

from labo_ssg.formats import comment as comment_format

SETTINGS = "title: Essai\nbase_url: https://essai.example\ninbox: {pace: {sender: 100000, article: 100000}}\n"
FILES = {"site.yaml": SETTINGS, "content/a/x.md": article("Un"), "content/a/y.md": article("Deux")}
MESSAGES = 25
AT_ONCE = 6  # posts of the same message


@pytest.fixture(scope="module", params=["two inboxes", "two workers"])
def several(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Inbox]]:
    """Inboxes of one site; where it is one of two workers, twice the same."""
    folder = tmp_path_factory.mktemp("several")
    root = write_site(folder / "site", FILES)
    workers = "2" if request.param == "two workers" else "1"
    with running(root, folder / "log", "--workers", workers) as first:
        if workers == "2":
            end = time.monotonic() + PATIENCE
            while sum(event["event"] == "ready" for event in first.events()) < 2 and time.monotonic() < end:
                time.sleep(0.05)
            yield [first, first]
        else:
            with running(root, folder / "other", "--workers", workers) as second:
                yield [first, second]
    for log in folder.glob("[lo]*"):
        assert "traceback" not in log.read_text(encoding="utf-8").lower()


@pytest.fixture
def inboxes(several: list[Inbox]) -> list[Inbox]:
    """The same inboxes for all tests, without messages."""
    for path in several[0].pending():
        path.unlink()
    return several


def references(inbox: Inbox) -> list[str]:
    """Return the references of the messages that wait, each of which can be read."""
    for path in inbox.pending():
        assert comment_format.parse(path.read_bytes(), PurePosixPath(path))[1] == []
    return sorted(path.stem for path in inbox.pending())


def test_a_message_that_is_sent_to_all_at_once_is_kept_once_and_has_one_receipt(inboxes: list[Inbox]) -> None:
    kept = []
    with ThreadPoolExecutor(AT_ONCE) as visitors:
        for number in range(MESSAGES):
            fields = {"article": "x", "author": "Jeanne", "text": f"{TEXT} {number}"}
            seen = token(inboxes[number % 2].post(**fields))

            def send(at: int, fields: dict[str, str] = fields, seen: str = seen) -> httpx.Response:
                return inboxes[at % 2].post(**fields, token=seen)

            answers = list(visitors.map(send, range(AT_ONCE)))
            assert sorted(one.status_code for one in answers) == [200] * (AT_ONCE - 1) + [201]
            [found] = {receipt(one) for one in answers}
            kept.append(found[0])
    assert references(inboxes[0]) == sorted(kept)


def test_of_different_messages_that_come_at_once_none_is_lost(inboxes: list[Inbox]) -> None:
    random = Random(7)

    def send(number: int) -> str:
        at = random.choice(inboxes)
        answer = at.send(random.choice("xy"), f"{TEXT} {number}", author=f"Visiteuse {number}")
        assert answer.status_code == 201
        return receipt(answer)[0]

    with ThreadPoolExecutor(8) as visitors:
        kept = list(visitors.map(send, range(MESSAGES * 4)))
    assert references(inboxes[0]) == sorted(kept)


def test_a_preview_of_one_inbox_is_confirmed_and_followed_at_the_other(inboxes: list[Inbox]) -> None:
    fields = {"article": "x", "author": "Jeanne", "text": TEXT}
    first, second = inboxes
    found = receipt(second.post(**fields, token=token(first.post(**fields))))
    assert first.status(found) == "pending"
    assert first.status(found, withdraw="yes") == "withdrawn"
    assert second.status(found) == "withdrawn"
