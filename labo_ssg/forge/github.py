"""GitHub: one commit of any size by its git data API, and a pull request.

The token (fine-grained, or of an App's installation) needs, on this repository alone: Contents and Pull requests,
both read and write. A tree names what moves by its id, so a message that is on GitHub already is not sent again.
"""

import base64
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote

from labo_ssg.forge.api import PATIENCE, Api, Asked, Patience, Refused
from labo_ssg.forge.course import Pull
from labo_ssg.forge.proposal import Change, ForgeFailed, Proposal, State
from labo_ssg.forge.writing import Writing, batches, blob, who

RIGHTS = "“Contents” and “Pull requests”, both read and write, on this repository"
BATCH = 4_000_000  # bytes of messages in one call
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


class GitHub:
    """The repository `name` ("organisation/site"), by the API at `base`."""

    def __init__(self, base: str, name: str, main: str, token: str, patience: Patience = PATIENCE) -> None:
        self._api = Api("GitHub", base, token, "Bearer", RIGHTS, patience, **_HEADERS)
        self._owner = name.partition("/")[0]
        self._home = f"/repos/{name}"
        self._main = main
        self._trees: dict[str, str] = {}  # of the commits that were seen lately

    def last(self, branch: str) -> Pull | None:
        return _pull(found) if (found := self._last(branch)) else None

    def _last(self, branch: str) -> Any:
        asked: Asked = {
            "state": "all",
            "head": f"{self._owner}:{branch}",
            "sort": "created",
            "direction": "desc",
            "per_page": 100,
        }
        found = [one for one in self._api.get(f"{self._home}/pulls", **asked) if _is_ours(one, branch)]
        return next((one for one in found if one["state"] == "open"), found[0] if found else None)

    def decided_by(self, pull: Pull) -> str:
        """Return who merged or closed a pull request, "" where the token may not know."""
        try:
            if pull.state == "merged":
                found = self._api.get(f"{self._home}/pulls/{pull.number}").get("merged_by")
            else:
                found = self._api.get(f"{self._home}/issues/{pull.number}").get("closed_by")
        except Refused as refused:
            if refused.status in (403, 404):
                return ""
            raise
        return str(found["login"]) if found else ""

    def tip(self, branch: str) -> str:
        found = self._api.find(f"{self._home}/branches/{quote(branch, safe='')}")
        if found is None:
            return ""
        commit = str(found["commit"]["sha"])
        self._trees[commit] = found["commit"]["commit"]["tree"]["sha"]
        return commit

    def files(self, commit: str, paths: Collection[str]) -> dict[str, str]:
        found = self._api.get(f"{self._home}/git/trees/{commit}", recursive="1")
        if not found["truncated"]:
            return {one["path"]: one["sha"] for one in found["tree"] if one["type"] == "blob"}
        return self._files_by_folder(commit, paths)

    def _files_by_folder(self, commit: str, paths: Collection[str]) -> dict[str, str]:
        """Return the files beside `paths`: a repository may be too large to be told at once."""
        seen: dict[str, list[Any]] = {"": self._api.get(f"{self._home}/git/trees/{commit}")["tree"]}

        def entries(folder: str) -> list[Any]:
            if folder not in seen:
                above = entries(folder.rpartition("/")[0])
                ids = [
                    one["sha"] for one in above if one["path"] == folder.rpartition("/")[2] and one["type"] == "tree"
                ]
                seen[folder] = self._api.get(f"{self._home}/git/trees/{ids[0]}")["tree"] if ids else []
            return seen[folder]

        found = {}
        for folder in {path.rpartition("/")[0] for path in paths}:
            prefix = f"{folder}/" if folder else ""
            found.update({prefix + one["path"]: one["sha"] for one in entries(folder) if one["type"] == "blob"})
        return found

    def commits(self, pull: Pull) -> list[str]:
        return [one["sha"] for one in self._api.pages(f"{self._home}/pulls/{pull.number}/commits", per_page=100)]

    def log(self, branch: str, path: str) -> list[str]:
        return [one["sha"] for one in self._api.get(f"{self._home}/commits", sha=branch, path=path, per_page=2)]

    def puts(self, pull: Pull) -> set[str]:
        found = self._api.pages(f"{self._home}/pulls/{pull.number}/files", per_page=100)
        return {one["filename"] for one in found if one["status"] != "removed"}

    def catch_up(self, pull: Pull) -> None:
        message = f"Merge {self._main} into {pull.branch}"
        body = {"base": pull.branch, "head": self._main, "commit_message": message}
        try:
            self._api.write("POST", f"{self._home}/merges", body)
        except Refused as refused:
            if refused.status != 409:  # a conflict is for those who decide
                raise

    def write(self, writing: Writing) -> None:
        tree = self._trees[writing.start]
        for batch in batches(self._entries(writing), _weight, BATCH):
            tree = self._api.write("POST", f"{self._home}/git/trees", {"base_tree": tree, "tree": batch})["sha"]
        proposal = writing.proposal
        body = {"message": proposal.message, "tree": tree, "parents": [writing.start], "author": who(proposal.author)}
        commit = self._api.write("POST", f"{self._home}/git/commits", body)["sha"]
        self._move(proposal.branch, commit, writing)

    def _move(self, branch: str, commit: str, writing: Writing) -> None:
        """Point the branch to `commit`."""

        def seen() -> bool | None:
            return True if self.tip(branch) == commit else None

        if writing.tip:
            path = f"{self._home}/git/refs/{quote(f'heads/{branch}', safe='')}"
            self._api.write("PATCH", path, {"sha": commit, "force": writing.reset}, seen)
        else:
            self._api.write("POST", f"{self._home}/git/refs", {"ref": f"refs/heads/{branch}", "sha": commit}, seen)

    def _entries(self, writing: Writing) -> Iterator[dict[str, Any]]:
        for change in writing.changes:
            entry = {"path": change.path, "mode": "100644", "type": "blob"}
            yield {**entry, **self._content(change, writing)}
        for path in writing.removed:
            yield {"path": path, "mode": "100644", "type": "blob", "sha": None}

    def _content(self, change: Change, writing: Writing) -> dict[str, str]:
        if writing.there.get(change.old) == blob(change):
            return {"sha": blob(change)}
        try:
            return {"content": change.data.decode()}
        except UnicodeDecodeError:
            body = {"content": base64.b64encode(change.data).decode(), "encoding": "base64"}
            return {"sha": self._api.write("POST", f"{self._home}/git/blobs", body)["sha"]}

    def open(self, proposal: Proposal) -> Pull:
        body = {"title": proposal.title, "body": proposal.text, "head": proposal.branch, "base": self._main}

        def seen() -> Any:
            found = self._last(proposal.branch)
            return found if found and found["state"] == "open" else None

        made = self._api.write("POST", f"{self._home}/pulls", body, seen)
        if not made:
            raise ForgeFailed("GitHub: it does not say which pull request it has opened")
        return _pull(made)

    def reword(self, pull: Pull, proposal: Proposal) -> None:
        body = {"title": proposal.title, "body": proposal.text}
        self._api.write("PATCH", f"{self._home}/pulls/{pull.number}", body)

    def close(self, pull: Pull) -> None:
        self._api.write("PATCH", f"{self._home}/pulls/{pull.number}", {"state": "closed"})

    def delete(self, branch: str) -> None:
        def seen() -> bool | None:
            return True if not self.tip(branch) else None

        self._api.write("DELETE", f"{self._home}/git/refs/{quote(f'heads/{branch}', safe='')}", None, seen)


def _weight(entry: dict[str, Any]) -> int:
    return len(entry.get("content", "")) + 200


def _is_ours(found: Any, branch: str) -> bool:
    """Tell whether a pull request is of this repository: by its number, since a repository may change its name."""
    head = found["head"]
    return bool(head["ref"] == branch and head["repo"] and head["repo"]["id"] == found["base"]["repo"]["id"])


def _pull(found: Any) -> Pull:
    state: State = "merged" if found.get("merged_at") else "open" if found["state"] == "open" else "closed"
    return Pull(found["head"]["ref"], found["number"], state, found["html_url"], found["title"], found["body"] or "")
