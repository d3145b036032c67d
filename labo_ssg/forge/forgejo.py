"""Forgejo and Gitea, which speak alike: several files by one call of the contents API, and a pull request.

The token needs the scope `write:repository`, of a user who may write to the repository. Each file costs these forges
some processes of git, so what is large goes in several calls, each a commit of its own. A branch whose pull request
is decided is deleted and made anew: the API knows no other way to have it begin at main again.
"""

import base64
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from labo_ssg.forge.api import PATIENCE, Api, Asked, Patience, Refused
from labo_ssg.forge.course import Pull, Writing, batches, blob, weight, who
from labo_ssg.forge.proposal import Change, Proposal, State

RIGHTS = "the scope “write:repository”, of a user who may write to this repository"
FOLDERS = 12  # that are listed one by one; where more are asked for, the whole tree is
BATCH, FILES = 2_000_000, 50  # bytes and messages in one call
_PAGE = 50  # entries of a page, as many as these forges give unless they are set up otherwise
_BRIEF = {"stat": "false", "verification": "false", "files": "false"}


class Forgejo:
    """The repository `name` ("organisation/site"), by the API at `base` ("https://codeberg.org/api/v1")."""

    def __init__(self, base: str, name: str, main: str, token: str, patience: Patience = PATIENCE) -> None:
        self._api = Api("Forgejo", base, token, "token", RIGHTS, patience)
        self._home = f"/repos/{quote(name)}"
        self._main = main

    def last(self, branch: str) -> Pull | None:
        return _pull(found) if (found := self._last(branch)) else None

    def _last(self, branch: str) -> Any:
        """Ask for *a* pull request of the branch; only if it is decided can there be a newer one, to be looked for."""
        found = self._api.find(f"{self._home}/pulls/{quote(self._main, safe='')}/{quote(branch)}")
        if not found or found["state"] == "open":
            return found
        for one in self._api.pages(f"{self._home}/pulls", state="all", limit=_PAGE):  # newest first
            if one["number"] <= found["number"]:
                break
            if _branch(one) == branch and one["head"]["repo_id"] == one["base"]["repo_id"]:
                return one
        return found

    def tip(self, branch: str) -> str:
        found = self._api.find(f"{self._home}/branches/{quote(branch)}")
        return str(found["commit"]["id"]) if found else ""

    def files(self, commit: str, paths: Collection[str]) -> dict[str, str]:
        folders = sorted({path.rpartition("/")[0] for path in paths})
        if len(folders) <= FOLDERS:
            return {path: made for folder in folders for path, made in self._listed(commit, folder)}
        return dict(self._tree(commit))

    def _listed(self, commit: str, folder: str) -> Iterator[tuple[str, str]]:
        found = self._api.find(f"{self._home}/contents/{quote(folder)}", ref=commit)
        if isinstance(found, list):
            yield from ((one["path"], one["sha"]) for one in found if one["type"] == "file")

    def _tree(self, commit: str) -> Iterator[tuple[str, str]]:
        page, told = 1, 0
        while True:
            found = self._api.get(f"{self._home}/git/trees/{commit}", recursive="true", page=page, per_page=1000)
            yield from ((one["path"], one["sha"]) for one in found["tree"] if one["type"] == "blob")
            page, told = page + 1, told + len(found["tree"])
            if not found["tree"] or not (found["truncated"] or told < found.get("total_count", 0)):
                return

    def decided_by(self, pull: Pull) -> str:
        return pull.by

    def commits(self, pull: Pull) -> list[str]:
        found = self._api.pages(f"{self._home}/pulls/{pull.number}/commits", limit=_PAGE, files="false")
        return [one["sha"] for one in found]

    def log(self, branch: str, path: str) -> list[str]:
        found = self._api.find(f"{self._home}/commits", sha=branch, path=path, limit=2, **_BRIEF)  # 404: none at all
        return [one["sha"] for one in found or ()]

    def puts(self, pull: Pull) -> set[str]:
        found = self._api.pages(f"{self._home}/pulls/{pull.number}/files", limit=_PAGE)
        return {one["filename"] for one in found if one["status"] not in ("deleted", "removed")}

    def catch_up(self, pull: Pull) -> None:
        asked: Asked = {"sha": self._main, "not": pull.branch, "limit": 1, **_BRIEF}
        if not self._api.find(f"{self._home}/commits", **asked):
            return  # main has nothing new: to ask for it would be a mistake of the forge's own
        before = self.tip(pull.branch)

        def seen() -> bool | None:
            return True if self.tip(pull.branch) != before else None

        try:
            self._api.write("POST", f"{self._home}/pulls/{pull.number}/update?style=merge", None, seen)
        except Refused as refused:
            if refused.status not in (409, 422):  # a conflict is for those who decide
                raise

    def write(self, writing: Writing) -> None:
        if writing.tip and writing.reset:
            self.delete(writing.proposal.branch)
        begun = writing.reset or not writing.tip
        tip = "" if begun else writing.tip
        for changes in batches(writing.changes, weight, BATCH, FILES):
            self._commit(writing, changes, tip, begun=begun)
            begun, tip = False, self.tip(writing.proposal.branch)

    def delete(self, branch: str) -> None:
        try:
            self._api.write("DELETE", f"{self._home}/branches/{quote(branch)}", None)
        except Refused as refused:
            if refused.status != 404:  # it went by an earlier try
                raise

    def _commit(self, writing: Writing, changes: Sequence[Change], before: str, *, begun: bool) -> None:
        proposal = writing.proposal
        author = who(proposal.author)
        body = {
            **({"branch": self._main, "new_branch": proposal.branch} if begun else {"branch": proposal.branch}),
            "message": proposal.message,
            "author": author,
            "committer": author,
            "files": [operation for one in changes for operation in _operations(one, writing)],
        }

        def seen() -> bool | None:
            """Look at the branch itself: seen on Gitea, a commit that was made is answered by 422."""
            tip = self.tip(proposal.branch)
            if tip in ("", before):
                return None
            here = self.files(tip, [one.path for one in changes])
            return True if all(here.get(one.path) == blob(one) for one in changes) else None

        self._api.write("POST", f"{self._home}/contents", body, seen)

    def open(self, proposal: Proposal) -> Pull:
        body = {"title": proposal.title, "body": proposal.text, "head": proposal.branch, "base": self._main}

        def seen() -> Any:
            found = self._last(proposal.branch)
            return found if found and found["state"] == "open" else None

        return _pull(self._api.write("POST", f"{self._home}/pulls", body, seen))

    def reword(self, pull: Pull, proposal: Proposal) -> None:
        body = {"title": proposal.title, "body": proposal.text}
        self._api.write("PATCH", f"{self._home}/pulls/{pull.number}", body)

    def close(self, pull: Pull) -> None:
        self._api.write("PATCH", f"{self._home}/pulls/{pull.number}", {"state": "closed"})


def _operations(change: Change, writing: Writing) -> Iterator[dict[str, str]]:
    content = base64.b64encode(change.data).decode()
    if change.path in writing.there:
        sha = writing.there[change.path]
        yield {"operation": "update", "path": change.path, "content": content, "sha": sha}
    else:
        yield {"operation": "create", "path": change.path, "content": content}
    if writing.leaves(change):
        yield {"operation": "delete", "path": change.old, "sha": writing.there[change.old]}


def _branch(found: Any) -> str:
    """Return the branch of a pull request; once it is deleted, `ref` says another name for where it was."""
    return str(found["head"]["label"])


def _pull(found: Any) -> Pull:
    state: State = "merged" if found["merged"] else "open" if found["state"] == "open" else "closed"
    decided = found.get("merged_by") or {}
    by = str(decided.get("login", ""))
    title, text = found["title"], found["body"] or ""
    return Pull(_branch(found), found["number"], state, found["html_url"], title, text, by)
