"""What GitLab can be asked for, as its client python-gitlab knows it: `misfit` says how a call is none of these.

The client is read, not run. What it leaves to who uses it is written down here, in our words, as GitLab's documentation
of its REST API has it: docs.gitlab.com/api/commits and docs.gitlab.com/api/merge_requests.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

CALLS = {
    "CRUDMixin": "GET LIST POST PUT DELETE",
    "NoUpdateMixin": "GET LIST POST DELETE",
    "RetrieveMixin": "GET LIST",
    "GetMixin": "GET",
    "ListMixin": "LIST",
    "CreateMixin": "POST",
    "UpdateMixin": "PUT",
    "DeleteMixin": "DELETE",
}
PAGES = {"page", "per_page"}
ASKED_BESIDES = {
    "/projects/{}/repository/commits": set("ref_name path since until all with_stats first_parent".split())
}
SENT_BESIDES = {"/projects/{}/repository/commits": set("start_branch start_sha start_project stats force".split())}
ACTION = {"action", "file_path"}, {"previous_path", "content", "encoding", "last_commit_id", "execute_filemode"}
VALUES = {
    "state": "opened closed locked merged all",
    "order_by": "created_at updated_at title",
    "sort": "asc desc",
    "state_event": "close reopen",
    "action": "create delete move update chmod",
    "encoding": "text base64",
}


@dataclass
class Known:
    """A call: its path, what may stand in its query, what must and what may be in its body."""

    method: str
    path: str
    asked: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    allowed: set[str] = field(default_factory=set)

    def fits(self, method: str, path: str) -> bool:
        return method == self.method and bool(re.fullmatch(re.escape(self.path).replace(r"\{\}", "[^/]+"), path))


@cache
def known(client: Path) -> tuple[Known, ...]:
    """Return the calls that the client in the folder `client` can make."""
    classes: dict[str, ast.ClassDef] = {}
    for module in sorted((client / "v4/objects").glob("*.py")):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        classes |= {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    found = [Known("GET", "/projects/{}/merge_requests/{}/diffs", PAGES | {"unidiff"})]
    for name, node in classes.items():
        said = dict(_said(node))
        if name.endswith("Manager") and isinstance(path := said.get("_path"), str):
            path = re.sub(r"\{\w+\}", "{}", path)
            found += _objects(node, path, said)
            if one := classes.get(name.removesuffix("Manager")):
                found += _actions(one, path)
    found += _actions(classes["RepositoryMixin"], "/projects")  # of a project, in a class of its own
    return tuple(found)


def _said(node: ast.ClassDef) -> Iterator[tuple[str, Any]]:
    """Yield what a class says of itself: names, and lists of names."""
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            if isinstance(line.value, ast.Call):
                yield line.targets[0].id, {str(one.arg): ast.literal_eval(one.value) for one in line.value.keywords}
            elif isinstance(line.value, ast.Constant | ast.Tuple):
                yield line.targets[0].id, ast.literal_eval(line.value)


def _objects(node: ast.ClassDef, path: str, said: dict[str, Any]) -> Iterator[Known]:
    bases = [ast.unparse(base).partition("[")[0] for base in node.bases]
    for method in {one for base in bases for one in CALLS.get(base, "").split()}:
        attributes = said.get({"POST": "_create_attrs", "PUT": "_update_attrs"}.get(method, ""), {})
        required, more = set(attributes.get("required", ())), set(attributes.get("optional", ()))
        if method == "LIST":
            yield Known("GET", path, PAGES | set(said.get("_list_filters", ())) | ASKED_BESIDES.get(path, set()))
        elif method == "POST":
            yield Known("POST", path, set(), required, required | more | SENT_BESIDES.get(path, set()))
        else:
            asked = set(said.get("_optional_get_attrs", ())) if method == "GET" else set()
            yield Known(method, f"{path}/{{}}", asked, required, required | more)


def _actions(node: ast.ClassDef, path: str) -> Iterator[Known]:
    """Yield what else can be done with an object: each is a method that says its path, and how it is called."""
    for one in node.body:
        if not isinstance(one, ast.FunctionDef):
            continue
        words = ast.unparse(one)
        place = re.search(r"path = f'([^']+)'", words)
        method = re.search(r"http_(get|list|post|put|delete)\(", words)
        if place and method:
            below = place[1].replace("{self.manager.path}/{self.encoded_id}", f"{path}/{{}}")
            below = re.sub(r"\{[^}]+\}", "{}", below)
            names = set(re.findall(r"'(\w+)'", " ".join(ast.unparse(two) for two in one.decorator_list)))
            pages = PAGES if method[1] == "list" else set()
            yield Known({"list": "GET"}.get(method[1], method[1].upper()), below, names | pages, set(), names)


def misfit(client: Path, method: str, path: str, query: str, body: Any) -> str:
    """Return how a call is none that the client knows, "" for nothing."""
    fitting = [one for one in known(client) if one.fits(method, path)]
    if not fitting:
        return "no such call"
    asked, sent = dict(parse_qsl(query)), body or {}
    return min((_wrong(one, asked, sent) for one in fitting), key=len)


def _wrong(one: Known, asked: dict[str, str], sent: dict[str, Any]) -> str:
    wrong = [f"{name} cannot be asked for" for name in asked if name not in one.asked]
    wrong += _fields(sent, one.required, one.allowed)
    for action in sent.get("actions", ()):
        wrong += _fields(action, ACTION[0], ACTION[0] | ACTION[1])
    return "; ".join(wrong + [told for fields in (asked, sent) for told in _values(fields)])


def _fields(sent: dict[str, Any], required: set[str], allowed: set[str]) -> list[str]:
    missing = [f"{name} is missing" for name in sorted(required - sent.keys())]
    return missing + [f"{name} is unknown" for name in sent if name not in allowed]


def _values(fields: dict[str, Any]) -> list[str]:
    told = [f"{name} is {fields[name]!r}" for name in VALUES if fields.get(name, "") not in ["", *VALUES[name].split()]]
    return told + [one for action in fields.get("actions", ()) for one in _values(action)]
