"""The inbox proposes what it keeps, and hears what was decided: it asks the forge, and the forge may call."""

import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import article, write_site
from depots import Depot
from forge_server import TOKEN, Fault, running
from forges import KINDS
from inboxes import Inbox, receipt
from inboxes import running as running_inbox

from labo_ssg.moderation.proposed import branch_of, recorded

SECRET = "un secret que le site et la forge partagent"
PATIENCE = 30.0
SETTINGS = "title: Essai\nbase_url: https://essai.example\ninbox: {mailbox: pull-request, bot: B <b@essai.example>}\n"
HOOK = "/inbox/hooks/forge"


class Place:
    """An inbox that runs, and the forge of its site."""

    def __init__(self, folder: Path, kind: str, until: ExitStack) -> None:
        self.kind, self.depot = kind, Depot()
        self.depot.change("main", {"content/a/x.md": b"x"})
        self.forge = until.enter_context(running(KINDS[kind](self.depot)))
        root = write_site(folder / "site", {"site.yaml": SETTINGS, "content/a/x.md": article()})
        said = {"LABO_FORGE": kind, "LABO_REPOSITORY": f"{self.forge.url}/asso/site", "LABO_FORGE_TOKEN": TOKEN}
        said |= {"LABO_FORGE_API": self.forge.url + self.forge.prefix, "LABO_WEBHOOK_SECRET": SECRET}
        self.inbox: Inbox = until.enter_context(running_inbox(root, folder / "log", **said))

    def call(self, told: Any, secret: str = SECRET, kind: str = "", **more: str) -> httpx.Response:
        """Have the forge call the inbox."""
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json", **signed(kind or self.kind, body, secret), **more}
        return httpx.post(self.inbox.address + HOOK, content=body, headers=headers, timeout=PATIENCE)


def signed(kind: str, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers of a forge's call, as each documents them."""
    made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "github": {"X-GitHub-Event": "pull_request", "X-Hub-Signature-256": f"sha256={made}"},
        "gitlab": {"X-Gitlab-Event": "Merge Request Hook", "X-Gitlab-Token": secret},
        "forgejo": {"X-Forgejo-Event": "pull_request", "X-Forgejo-Signature": made, "X-Gitea-Signature": made},
    }[kind]


def news(kind: str, branch: str, *, merged: bool = True) -> dict[str, Any]:
    """Return what a forge says of a pull request that was decided."""
    if kind == "gitlab":
        about = {"action": "merge" if merged else "close", "source_project_id": 1, "target_project_id": 1}
        return {"user": {"username": "m"}, "object_attributes": {**about, "source_branch": branch}}
    home = {"full_name": "asso/site"}
    pull = {"merged": merged, "head": {"ref": branch, "label": branch, "repo": home}}
    return {"action": "closed", "pull_request": pull, "repository": home, "sender": {"login": "m"}}


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


@pytest.fixture(params=list(KINDS))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(tmp_path, request.param, stack)


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(tmp_path, "github", stack)


def test_a_message_is_proposed_and_a_call_brings_what_was_decided(place: Place) -> None:
    """The calls of GitHub, GitLab and Forgejo, signed as theirs are; each is harmless twice."""
    receipts = [receipt(place.inbox.send(text=f"Le message {number}.")) for number in (1, 2)]
    until(lambda: len(place.depot.open_pulls()) == 2)
    until(lambda: len(recorded(place.inbox.root)) == 2)
    kept, refused = receipts
    assert [place.inbox.status(one) for one in receipts] == ["pending", "pending"]
    by_branch = {one.branch: one for one in place.depot.open_pulls()}
    assert "> Le message 1." in by_branch[branch_of(kept[0])].text
    place.depot.decide(by_branch[branch_of(kept[0])], "merge")
    place.depot.decide(by_branch[branch_of(refused[0])], "close")
    for _ in range(2):
        assert place.call(news(place.kind, branch_of(kept[0]))).status_code == 202
    until(lambda: not place.inbox.pending())
    assert place.inbox.status(kept) == "approved", "the forge holds it, no pull has brought it yet"
    assert place.inbox.status(refused) == "refused"
    assert place.call(news(place.kind, branch_of(kept[0]))).status_code == 202
    assert "traceback" not in place.inbox.log.read_text(encoding="utf-8").lower()


def test_a_call_that_is_not_signed_changes_nothing(place: Place) -> None:
    told = news(place.kind, "labo/comment-x")
    calls = len(place.forge.calls)
    assert place.call(told, secret="autre").status_code == 403
    other = {"github": "gitlab", "gitlab": "forgejo", "forgejo": "github"}[place.kind]
    assert place.call(told, secret="", kind=other).status_code == 403
    assert httpx.post(place.inbox.address + HOOK, json=told).status_code == 403
    body = json.dumps(told).encode()
    headers = signed(place.kind, body, SECRET)
    if place.kind != "gitlab":  # whose calls are not signed, but bring the secret along
        assert httpx.post(place.inbox.address + HOOK, content=body + b" ", headers=headers).status_code == 403
    assert not (place.inbox.root / ".labo/inbox/forge-called").exists()
    assert len(place.forge.calls) == calls


def test_a_call_decides_nothing_by_its_words(one: Place) -> None:
    """The forge is asked, and says that all is still open."""
    sent = receipt(one.inbox.send())
    until(lambda: len(recorded(one.inbox.root)) == 1)
    calls = len(one.forge.calls)
    assert one.call(news("github", branch_of(sent[0]))).status_code == 202
    until(lambda: len(one.forge.calls) > calls)
    time.sleep(0.2)
    assert one.inbox.status(sent) == "pending"
    assert len(one.inbox.pending()) == 1


@pytest.mark.parametrize(
    ("told", "status"),
    [({"zen": "…"}, 200), ([1], 200), (news("github", "main"), 200), (news("github", "labo/comments"), 202)],
)
def test_what_is_no_news_of_ours_is_passed_over(one: Place, told: object, status: int) -> None:
    assert one.call(told).status_code == status


def test_a_call_may_be_neither_large_nor_from_a_page(one: Place) -> None:
    assert one.call(["x" * 200_000]).status_code == 413
    assert one.call(news("github", "labo/comments"), Origin="https://evil.example").status_code == 403
    assert httpx.get(one.inbox.address + HOOK).status_code == 405


def test_without_a_secret_nobody_can_call(tmp_path: Path) -> None:
    root = write_site(tmp_path / "site", {"site.yaml": SETTINGS, "content/a/x.md": article()})
    with running_inbox(root, tmp_path / "log") as inbox:
        body = b"{}"
        assert httpx.post(inbox.address + HOOK, content=body, headers=signed("github", body, "")).status_code == 404


def test_a_forge_that_is_down_is_asked_again(one: Place) -> None:
    one.forge.faults = [Fault("GET POST PUT PATCH DELETE", ".*", 400, times=1_000_000)]
    sent = receipt(one.inbox.send())
    until(lambda: "proposals: does not work" in httpx.get(f"{one.inbox.address}/healthz").text)
    assert one.inbox.status(sent) == "pending"
    one.forge.faults = []
    until(lambda: len(one.depot.open_pulls()) == 1)
    until(lambda: "proposals" not in httpx.get(f"{one.inbox.address}/healthz").text)


def test_what_is_missing_is_said_and_messages_are_kept(tmp_path: Path) -> None:
    root = write_site(tmp_path / "site", {"site.yaml": SETTINGS, "content/a/x.md": article()})
    assert "LABO_FORGE_TOKEN" not in os.environ
    with running_inbox(root, tmp_path / "log") as inbox:
        receipt(inbox.send())
        until(lambda: "there is no token for the forge" in inbox.log.read_text(encoding="utf-8"))
        assert len(inbox.pending()) == 1
