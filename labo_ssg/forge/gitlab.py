"""GitLab: one call writes a commit of any size, its moves as moves, and another opens the merge request.

The token (of the project alone, role Developer) needs the scope `api`: `write_repository` is for git, and opens none.
"""

import base64
import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from labo_ssg.forge.api import PATIENCE, Api, Asked, Patience
from labo_ssg.forge.course import Pull, arrived
from labo_ssg.forge.proposal import Change, Proposal, State
from labo_ssg.forge.writing import Writing, batches, blob, weight, who

RIGHTS = "the scope “api” and the role Developer, as a project access token has them"
FOLDERS = 12  # that are listed one by one; where more are asked for, all of their tops are
REBASES = 30  # times that one looks whether a rebase has ended
BATCH = 8_000_000  # bytes of messages in one commit
_STATES: dict[str, State] = {"opened": "open", "locked": "open", "merged": "merged", "closed": "closed"}


class GitLab:
    """The project `name` ("group/group/site"), by the API at `base` ("https://gitlab.com/api/v4")."""

    def __init__(self, base: str, name: str, main: str, token: str, patience: Patience = PATIENCE) -> None:
        self._api = Api("GitLab", base, token, "Bearer", RIGHTS, patience)
        self._home = f"/projects/{quote(name, safe='')}"
        self._main = main
        self._pause = patience.pause

    def last(self, branch: str) -> Pull | None:
        return _pull(found) if (found := self._last(branch)) else None

    def _last(self, branch: str) -> Any:
        asked: Asked = {
            "state": "all",
            "source_branch": branch,
            "order_by": "created_at",
            "sort": "desc",
            "per_page": 100,
        }
        found = [
            one
            for one in self._api.get(f"{self._home}/merge_requests", **asked)
            if one["source_branch"] == branch and one["source_project_id"] == one["target_project_id"]
        ]
        return next((one for one in found if one["state"] == "opened"), found[0] if found else None)

    def tip(self, branch: str) -> str:
        found = self._api.find(f"{self._home}/repository/branches/{quote(branch, safe='')}")
        return str(found["commit"]["id"]) if found else ""

    def files(self, commit: str, paths: Collection[str]) -> dict[str, str]:
        folders = sorted({path.rpartition("/")[0] for path in paths})
        if len(folders) <= FOLDERS:
            return {path: made for folder in folders for path, made in self._listed(commit, folder, "false")}
        tops = sorted({"/".join(folder.split("/")[:2]) for folder in folders})
        return {path: made for top in tops for path, made in self._listed(commit, top, "true")}

    def _listed(self, commit: str, folder: str, recursive: str) -> Iterator[tuple[str, str]]:
        asked: Asked = {"path": folder, "ref": commit, "recursive": recursive, "per_page": 100}
        for one in self._api.pages(f"{self._home}/repository/tree", **asked):
            if one["type"] == "blob":
                yield one["path"], one["id"]

    def decided_by(self, pull: Pull) -> str:
        return pull.by

    def commits(self, pull: Pull) -> list[str]:
        path = f"{self._home}/merge_requests/{pull.number}/commits"
        return [one["id"] for one in self._api.pages(path, per_page=100)]

    def log(self, branch: str, path: str) -> list[str]:
        asked: Asked = {"ref_name": branch, "path": path, "per_page": 2}
        return [one["id"] for one in self._api.get(f"{self._home}/repository/commits", **asked)]

    def puts(self, pull: Pull) -> set[str]:
        found = self._api.pages(f"{self._home}/merge_requests/{pull.number}/diffs", per_page=100)
        return {one["new_path"] for one in found if not one["deleted_file"]}

    def catch_up(self, pull: Pull) -> None:
        """Rebase the branch: GitLab merges nothing into one. It does so by and by; a conflict leaves it as it is."""
        home = f"{self._home}/merge_requests/{pull.number}"
        self._api.write("PUT", f"{home}/rebase", {})
        for _ in range(REBASES):
            if not self._api.get(home, include_rebase_in_progress="true").get("rebase_in_progress"):
                return
            time.sleep(self._pause)

    def write(self, writing: Writing) -> None:
        for number, changes in enumerate(list(batches(writing.changes, weight, BATCH)) or [[]]):
            self._commit(writing, changes, first=number == 0)

    def _commit(self, writing: Writing, changes: Sequence[Change], *, first: bool) -> None:
        proposal = writing.proposal
        author = who(proposal.author)
        begun, gone = first and writing.start != writing.tip, writing.gone if first else ()
        body = {
            "branch": proposal.branch,
            "commit_message": proposal.message,
            "author_name": author["name"],
            "author_email": author["email"],
            "actions": [
                *(action for one in changes for action in _actions(one, writing)),
                *({"action": "delete", "file_path": path} for path in gone),
            ],
            **({"start_sha": writing.start} if begun else {}),
            **({"force": True} if begun and writing.reset else {}),
        }
        before = writing.tip if first else self.tip(proposal.branch)

        def seen() -> bool | None:
            return arrived(self, proposal.branch, before, changes, gone)

        self._api.write("POST", f"{self._home}/repository/commits", body, seen)

    def open(self, proposal: Proposal) -> Pull:
        body = {
            "source_branch": proposal.branch,
            "target_branch": self._main,
            "title": proposal.title,
            "description": proposal.text,
            "remove_source_branch": True,
        }

        def seen() -> Any:
            found = self._last(proposal.branch)
            return found if found and found["state"] == "opened" else None

        return _pull(self._api.write("POST", f"{self._home}/merge_requests", body, seen))

    def reword(self, pull: Pull, proposal: Proposal) -> None:
        body = {"title": proposal.title, "description": proposal.text}
        self._api.write("PUT", f"{self._home}/merge_requests/{pull.number}", body)

    def close(self, pull: Pull) -> None:
        def seen() -> bool | None:
            """Look at it: to close what is closed is a mistake to GitLab."""
            found = self.last(pull.branch)
            return True if found and found.state != "open" else None

        self._api.write("PUT", f"{self._home}/merge_requests/{pull.number}", {"state_event": "close"}, seen)

    def delete(self, branch: str) -> None:
        self._api.remove(f"{self._home}/repository/branches/{quote(branch, safe='')}")


def _actions(change: Change, writing: Writing) -> Iterator[dict[str, str]]:
    content = {"content": base64.b64encode(change.data).decode(), "encoding": "base64"}
    moves, there = writing.leaves(change), change.path in writing.there
    if moves and not there:
        move = {"action": "move", "file_path": change.path, "previous_path": change.old}
        yield move if writing.there[change.old] == blob(change) else {**move, **content}
        return
    yield {"action": "update" if there else "create", "file_path": change.path, **content}
    if moves:
        yield {"action": "delete", "file_path": change.old}


def _pull(found: Any) -> Pull:
    state = _STATES[found["state"]]
    decided = (found.get("merge_user") or found.get("merged_by")) if state == "merged" else found.get("closed_by")
    by = str(decided["username"]) if decided else ""
    title, text = found["title"], found["description"] or ""
    return Pull(found["source_branch"], found["iid"], state, found["web_url"], title, text, by)
