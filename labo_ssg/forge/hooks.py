"""What a forge's webhook says: whether it comes from the forge, and which proposal it tells decided. Pure."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from msgspec import Struct

from labo_ssg.model import Forge

_SIGNATURES = {
    "github": ("x-hub-signature-256",),
    "forgejo": ("x-forgejo-signature", "x-gitea-signature"),
    "gitlab": ("x-gitlab-token",),
}
_EVENTS = {
    "github": ("x-github-event",),
    "forgejo": ("x-forgejo-event", "x-gitea-event"),
    "gitlab": ("x-gitlab-event",),
}


class Closed(Struct, frozen=True):
    """A pull request that was decided: its branch, whether it was merged, and by whom, "" where that is not said."""

    branch: str
    merged: bool
    by: str = ""


def verified(kind: Forge, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Tell whether who sends this knows the `secret` of the webhook; nobody does where there is none."""
    sent = _header(headers, _SIGNATURES[kind])
    if not secret or not sent:
        return False
    if kind == "gitlab":
        return hmac.compare_digest(sent.encode(), secret.encode())
    if kind == "github":
        name, _, sent = sent.partition("=")
        if name != "sha256":
            return False
    made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(sent.encode(), made.encode())


def closed(kind: Forge, headers: Mapping[str, str], body: bytes) -> Closed | None:
    """Return the pull request that was closed or merged, None where the event is another one, or makes no sense.

    One from a fork is none of ours, whatever its branch is called: anybody can make and close such a one.
    """
    try:
        told = json.loads(_payload(headers, body))
        event = _header(headers, _EVENTS[kind])
        return _closed_on_gitlab(event, told) if kind == "gitlab" else _closed_pull(event, told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _closed_pull(event: str, told: Any) -> Closed | None:
    if event != "pull_request" or told["action"] != "closed":
        return None
    pull = told["pull_request"]
    home = pull["head"]["repo"]
    if home is None or home["full_name"] != told["repository"]["full_name"]:
        return None
    branch = str(pull["head"]["ref"])
    if branch.startswith("refs/pull/"):  # what Gitea says once the branch is deleted
        branch = str(pull["head"]["label"])
    return Closed(branch, pull["merged"] is True, str((told.get("sender") or {}).get("login", "")))


def _closed_on_gitlab(event: str, told: Any) -> Closed | None:
    about = told["object_attributes"]
    if event != "Merge Request Hook" or about.get("action") not in ("close", "merge"):
        return None
    if about["source_project_id"] != about["target_project_id"]:
        return None
    by = str((told.get("user") or {}).get("username", ""))
    return Closed(str(about["source_branch"]), about["action"] == "merge", by)


def _payload(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the JSON, which GitHub and Gitea send as a field of a form where they are told to."""
    if _header(headers, ("content-type",)).partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return body
    return parse_qs(body.decode(), strict_parsing=True)["payload"][0].encode()


def _header(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    known = {name.lower(): value for name, value in headers.items()}
    return next((known[name] for name in names if known.get(name)), "")
