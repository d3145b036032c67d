"""Asks the API of a forge over HTTP: with patience, and without ever telling its token.

What only reads is asked again when no answer came, or the forge was busy. What writes may have been done although its
answer was lost: before it is asked for again, one looks (`seen`). Nothing is followed to another host.
"""

import json
import logging
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urljoin

import httpx
from msgspec import Struct

from labo_ssg.forge.proposal import ForgeFailed

AGENT = "labo-ssg (static site with a comment inbox)"
PAGES = 1_000  # of a list, at most
SAID = 300  # characters of what a forge says that are told
HOPS = 3  # redirects that are followed
LIMITED = 60.0  # seconds after which GitHub may be asked again, where it says only that it was too often
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_NOTHING_DONE = {401, 403, 404, 429}  # what answers so has written nothing
_HERE = ("all://localhost", "all://127.0.0.1", "all://[::1]")  # no proxy stands between this machine and itself
_LOG = logging.getLogger(__name__)

Asked = dict[str, str | int]
Seen = Callable[[], Any]
"""Looks whether a write was done after all; returns what its answer would have said, None if it was not."""


class Patience(Struct, frozen=True):
    """How long one waits, in seconds: for an answer, between tries, and for one call with all its tries."""

    tries: int = 5
    answer: float = 60.0
    pause: float = 0.5  # after the first try; twice as long after each further one
    longest: float = 20.0
    total: float = 120.0


PATIENCE = Patience()


class Refused(ForgeFailed):
    """A call that was not answered by a yes. `status` is 0 where there was no answer; `again`: it may pass later.

    `unknown`: not the thing that was asked for is missing, but the call, as on an older forge.
    """

    def __init__(
        self, words: str, hint: str, status: int, *, again: bool, wait: float = 0.0, unknown: bool = False
    ) -> None:
        super().__init__(words, hint)
        self.status = status
        self.again = again
        self.wait = wait
        self.unknown = unknown


class Api:
    """The API at `base` ("https://api.github.com") of the forge called `name`.

    `rights` says in words what the token must be allowed to do. `date` is when the forge last answered, by its own
    clock, "" where it has not said so.
    """

    def __init__(
        self, name: str, base: str, token: str, scheme: str, rights: str, patience: Patience = PATIENCE, **headers: str
    ) -> None:
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ForgeFailed(f"{name}: the token has characters that no token has", "copy it again, on one line")
        self.name = name
        self._token = token
        self._rights = rights
        self.date = ""
        self._patience = patience
        self._client = httpx.Client(
            base_url=base,
            headers={
                "Authorization": f"{scheme} {token}",
                "User-Agent": AGENT,
                "Accept": "application/json",
                **headers,
            },
            timeout=patience.answer,
            verify=_trusted(),
            # One connection for each call: one that a forge has closed meanwhile would make a write doubtful.
            limits=httpx.Limits(max_keepalive_connections=0),
            mounts=dict.fromkeys(_HERE),
        )

    def get(self, path: str, /, **asked: str | int) -> Any:
        """Return what lies at `path`."""
        return self._decoded(self._patiently("GET", path, asked, None, None), f"GET {path}")

    def find(self, path: str, /, **asked: str | int) -> Any:
        """Return what lies at `path`, None where there is nothing."""
        try:
            return self.get(path, **asked)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def pages(self, path: str, /, **asked: str | int) -> Iterator[Any]:
        """Yield the entries of a list, whatever the number of its pages; none where there is no such list.

        An entry that Gitea cannot make, as that of a repository that is gone, is null: it is left out.
        """
        for page in range(1, PAGES + 1):
            try:
                answer = self._patiently("GET", path, {**asked, "page": page}, None, None)
            except Refused as refused:
                if refused.status == 404:
                    return
                raise
            yield from (one for one in self._decoded(answer, f"GET {path}") or () if one is not None)
            if "next" not in answer.links:
                return

    def write(self, method: str, path: str, body: Mapping[str, Any] | None, seen: Seen | None = None) -> Any:
        """Write; return what the forge answers, or what `seen` found to be done already.

        Without `seen`, it must be harmless to write twice.
        """
        answer = self._patiently(method, path, {}, body, seen)
        return self._decoded(answer, f"{method} {path}") if isinstance(answer, httpx.Response) else answer

    def remove(self, path: str) -> None:
        """Delete what lies at `path`; it may be gone already, by an earlier try or by somebody else."""
        try:
            self.write("DELETE", path, None)
        except Refused as refused:
            if refused.status != 404:
                raise

    def _patiently(
        self, method: str, path: str, asked: Mapping[str, str | int], body: Mapping[str, Any] | None, seen: Seen | None
    ) -> Any:
        patience, pause = self._patience, self._patience.pause
        end = time.monotonic() + patience.total
        for tried in range(1, patience.tries + 1):
            try:
                return self._once(method, path, asked, body)
            except Refused as refused:
                if seen is not None and refused.status not in _NOTHING_DONE:
                    found = seen()
                    if found is not None:
                        return found
                # Several that were sent away at once do not come back at once.
                wait = max(refused.wait, pause * random.uniform(0.5, 1.0))  # noqa: S311 - nothing to guess here
                if not refused.again or tried == patience.tries or time.monotonic() + wait > end:
                    raise
                _LOG.info("%s; tried again in %.1f s", refused, wait)
            time.sleep(wait)
            pause = min(2 * pause, patience.longest)
        raise AssertionError("the last try returns or raises")

    def _once(
        self, method: str, path: str, asked: Mapping[str, str | int], body: Mapping[str, Any] | None
    ) -> httpx.Response:
        call, address, params = f"{method} {path}", path, dict(asked) or None
        for _ in range(HOPS):
            try:
                answer = self._client.request(method, address, params=params, json=body)
            except (httpx.TransportError, httpx.DecodingError) as error:
                raise self._unanswered(call, error) from None
            self.date = _date(answer)
            if not answer.has_redirect_location:
                break
            address, params = self._redirected(call, method, answer), None
        if not answer.is_success:
            raise self._refusal(call, answer)
        return answer

    def _unanswered(self, call: str, error: Exception) -> Refused:
        told = str(error) or type(error).__name__
        words = f"{self.name}: {call}: no answer: {self._without_token(told)}"
        return Refused(words, "it is tried again later; is the forge's address right?", 0, again=True)

    def _redirected(self, call: str, method: str, answer: httpx.Response) -> str:
        """Return where on the same host `answer` leads: elsewhere, the token would go with it."""
        there = urljoin(str(answer.url), answer.headers["location"])
        ours, theirs = answer.url, httpx.URL(there)
        same = (ours.scheme, ours.host, ours.port) == (theirs.scheme, theirs.host, theirs.port)
        if same and (method == "GET" or answer.status_code in (307, 308)):
            return there
        words = f"{self.name}: {call}: {answer.status_code}: it has moved to {theirs.copy_with(query=None)}"
        hint = "write the repository's present address in site.yaml (`repository`), or set LABO_FORGE_API"
        raise Refused(self._without_token(words), hint, answer.status_code, again=False)

    def _refusal(self, call: str, answer: httpx.Response) -> Refused:
        status, said = answer.status_code, self._without_token(told_by(answer))
        words = f"{self.name}: {call}: {status} {answer.reason_phrase}".rstrip() + (f": {said}" if said else "")
        wait = _asked_to_wait(answer)
        if status == 403 and not wait and "rate limit" in said.lower():
            wait = LIMITED
        limited = status == 403 and wait > 0
        # Seen on Gitea: a pull request that is still being looked at, a repository just after its first push.
        not_yet = status in (405, 409, 422, 423) and any(one in said.lower() for one in ("try again", "is empty"))
        again = status in _BUSY or limited or not_yet
        unknown = status == 404 and not answer.text.lstrip().startswith("{")
        return Refused(words, self._hint(status, limited), status, again=again, wait=wait, unknown=unknown)

    def _hint(self, status: int, limited: bool) -> str:
        if limited or status in _BUSY:
            return "the forge is busy: it is tried again later"
        if status == 401:
            return "the token is wrong, or has expired: make a new one, and put it into LABO_FORGE_TOKEN"
        if status == 403:
            return f"the token lacks a right, or the branch is protected: it needs {self._rights}"
        if status == 404:
            return f"there is no such thing, or the token may not see it: it needs {self._rights}"
        if status == 413:
            return "a proxy takes no more at once (nginx: client_max_body_size), or a quota of the forge is used up"
        return ""

    def _without_token(self, text: str) -> str:
        return text.replace(self._token, "…") if self._token else text

    def _decoded(self, answer: httpx.Response, call: str) -> Any:
        if not answer.content:
            return None
        try:
            return json.loads(answer.content)
        except ValueError:
            words = f"{self.name}: {call}: the answer is no JSON, but {answer.headers.get('content-type', 'something')}"
            raise ForgeFailed(words, "is LABO_FORGE_API, or the repository's address, that of the forge?") from None


@cache
def _trusted() -> ssl.SSLContext:
    """Return what tells true hosts from false ones, read once: it is slow to read."""
    return httpx.create_ssl_context()


def told_by(answer: httpx.Response) -> str:
    """Return in one line what an answer says for itself; of several objects in one body, what the first says."""
    text = answer.text.strip()
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return "" if text.startswith("<") else _in_a_line(text)
    return _in_a_line("; ".join(dict.fromkeys(_sentences(found))))


def _sentences(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, list):
        for one in found:
            yield from _sentences(one)
    elif isinstance(found, dict):
        known = [found[key] for key in ("message", "error", "error_description", "errors") if key in found]
        for one in known or found.values():
            yield from _sentences(one)


def _in_a_line(text: str) -> str:
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= SAID else f"{line[: SAID - 1]}…"


def _date(answer: httpx.Response) -> str:
    """Return the date of an answer as an API writes one: 2026-11-23T10:00:00+00:00."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).isoformat()
    except (KeyError, ValueError):
        return ""


def _asked_to_wait(answer: httpx.Response) -> float:
    """Return the seconds that a forge asks to wait for, 0 for none. A date is counted from the answer's own."""
    after = answer.headers.get("retry-after", "")
    if after.isdigit():
        return float(after)
    try:
        sent = parsedate_to_datetime(answer.headers["date"]).timestamp()
        if after:
            return max(0.0, parsedate_to_datetime(after).timestamp() - sent)
        if answer.status_code in (403, 429) and answer.headers.get("x-ratelimit-remaining") == "0":
            return max(0.1, float(answer.headers["x-ratelimit-reset"]) - sent)
    except (KeyError, ValueError):
        return 0.0
    return 0.0
