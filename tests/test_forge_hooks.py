"""What webhooks say: who may say it, and which proposal is decided."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from labo_ssg.forge.hooks import Closed, closed, verified
from labo_ssg.model import Forge

SECRET, BODY = "un secret", b'{"action": "closed"}'
MAC = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("kind", "headers", "good"),
    [
        ("github", {"X-Hub-Signature-256": f"sha256={MAC}"}, True),
        ("github", {"x-hub-signature-256": f"sha256={MAC}"}, True),
        ("github", {"X-Hub-Signature-256": MAC}, False),
        ("github", {"X-Hub-Signature-256": f"sha1={MAC}"}, False),
        ("github", {"X-Hub-Signature-256": "sha256="}, False),
        ("github", {"X-Hub-Signature-256": "sha256=é"}, False),
        ("github", {"X-Hub-Signature-256": f"sha256={MAC[:-1]}0g"}, False),
        ("github", {"X-Gitlab-Token": SECRET}, False),
        ("github", {}, False),
        ("forgejo", {"X-Gitea-Signature": MAC}, True),
        ("forgejo", {"X-Forgejo-Signature": MAC, "X-Gitea-Signature": MAC}, True),
        ("forgejo", {"X-Forgejo-Signature": "0" * 64}, False),
        ("forgejo", {"X-Gitea-Signature": ""}, False),
        ("gitlab", {"X-Gitlab-Token": SECRET}, True),
        ("gitlab", {"X-Gitlab-Token": "autre"}, False),
        ("gitlab", {"X-Gitlab-Token": ""}, False),
        ("gitlab", {}, False),
    ],
)
def test_only_who_knows_the_secret_is_believed(kind: Forge, headers: dict[str, str], good: bool) -> None:
    assert verified(kind, headers, BODY, SECRET) is good
    assert not verified(kind, headers, BODY + b" ", SECRET) or kind == "gitlab"
    assert not verified(kind, headers, BODY, "")


def pull(merged: object = True, action: str = "closed", home: str | None = "asso/site") -> dict[str, Any]:
    head = {"ref": "labo/x", "repo": {"full_name": home} if home else None}
    told = {"action": action, "pull_request": {"merged": merged, "head": head}, "sender": {"login": "jeanne"}}
    return {**told, "repository": {"full_name": "asso/site"}}


def deleted() -> dict[str, Any]:
    """What Gitea tells of a pull request whose branch is deleted."""
    told = pull()
    told["pull_request"]["head"] |= {"ref": "refs/pull/3/head", "label": "labo/x"}
    return told


def request(action: str = "merge", source: int = 1) -> dict[str, Any]:
    about = {"action": action, "source_branch": "labo/x", "source_project_id": source, "target_project_id": 1}
    return {"object_kind": "merge_request", "user": {"username": "jeanne"}, "object_attributes": about}


MERGED, REFUSED = Closed("labo/x", True, "jeanne"), Closed("labo/x", False, "jeanne")
HUB, TEA, LAB = (
    {"X-GitHub-Event": "pull_request"},
    {"X-Gitea-Event": "pull_request"},
    {"X-Gitlab-Event": "Merge Request Hook"},
)


@pytest.mark.parametrize(
    ("kind", "headers", "told", "found"),
    [
        ("github", HUB, pull(), MERGED),
        ("github", HUB, pull(merged=False), REFUSED),
        ("github", HUB, pull(action="opened"), None),
        ("github", HUB, pull(home="stranger/site"), None),
        ("github", HUB, pull(home=None), None),
        ("github", {"X-GitHub-Event": "push"}, pull(), None),
        ("github", {"X-GitHub-Event": "ping"}, {"zen": "…"}, None),
        ("github", {}, pull(), None),
        ("github", HUB, [1], None),
        ("github", HUB, {"action": "closed"}, None),
        ("forgejo", TEA, pull(), MERGED),
        ("forgejo", {"X-Forgejo-Event": "pull_request"}, pull(merged=False), REFUSED),
        ("forgejo", TEA, pull(action="synchronized"), None),
        ("forgejo", TEA, deleted(), MERGED),
        ("gitlab", LAB, request(), MERGED),
        ("gitlab", LAB, request("close"), REFUSED),
        ("gitlab", LAB, request("update"), None),
        ("gitlab", LAB, request(source=2), None),
        ("gitlab", {"X-Gitlab-Event": "Push Hook"}, request(), None),
        ("gitlab", LAB, {"object_attributes": None}, None),
    ],
)
def test_what_is_decided(kind: Forge, headers: dict[str, str], told: Any, found: Closed | None) -> None:
    body = json.dumps(told).encode()
    assert closed(kind, headers, body) == found
    form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    assert closed(kind, form, urlencode({"payload": body.decode()}).encode()) == found


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"null"])
def test_what_makes_no_sense_decides_nothing(body: bytes) -> None:
    assert closed("github", HUB, body) is None
    assert closed("github", {**HUB, "Content-Type": "application/x-www-form-urlencoded"}, body) is None
