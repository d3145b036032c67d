"""Forgejo and Gitea, which speak alike: several files by one call of the contents API, and a pull request.

The token needs the scope `write:repository`, of a user who may write to the repository. Each file costs these forges
some processes of git, so what is large goes in several calls, each a commit of its own. A branch whose pull request
is decided is written over; where the API cannot do that (Gitea before 1.26, Forgejo), it is deleted and made anew.
"""

import base64
import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from labo_ssg.forge.api import PATIENCE, Api, Asked, Patience, Refused
from labo_ssg.forge.course import Pull, arrived
from labo_ssg.forge.proposal import Change, Proposal, State
from labo_ssg.forge.writing import Writing, batches, weight, who

RIGHTS = "the scope “write:repository”, of a user who may write to this repository"
FOLDERS = 12  # that are listed one by one; where more are asked for, all that lies below their tops is
KEPT = 100  # listings that are remembered
BATCH, FILES = 2_000_000, 50  # bytes and messages in one call
SETTLING = 2  # pauses after which Gitea has done with a branch that was deleted
_PAGE = 50  # entries of a page, as many as these forges give unless they are set up otherwise
_BRIEF = {"stat": "false", "verification": "false", "files": "false"}

Entry = tuple[str, str, str]
"""What lies in a folder: its path there, "blob" or "tree", and its id."""


class Forgejo:
    """The repository `name` ("organisation/site"), by the API at `base` ("https://codeberg.org/api/v1")."""

    def __init__(self, base: str, name: str, main: str, token: str, patience: Patience = PATIENCE) -> None:
        self._api = Api("Forgejo", base, token, "token", RIGHTS, patience)
        self._home = f"/repos/{quote(name)}"
        self._main = main
        self._pause = patience.pause
        self._kept: dict[str, list[Entry]] = {}

    def last(self, branch: str) -> Pull | None:
        return _pull(found) if (found := self._last(branch)) else None

    def _last(self, branch: str) -> Any:
        """Ask for *a* pull request of the branch: only if it is decided can there be another one, to be looked for."""
        try:
            found = self._api.get(f"{self._home}/pulls/{quote(self._main, safe='')}/{quote(branch)}")
        except Refused as refused:
            if refused.status != 404:
                raise
            if not refused.unknown:
                return None
            found = None  # Gitea before 1.22 has no such call
        if found and found["state"] == "open":
            return found
        return next((one for one in self._pulls("open") if _is_of(one, branch)), None) or self._newest(branch) or found

    def _newest(self, branch: str) -> Any:
        """Return the decided pull request of `branch` that was made last: in one second, they are in no order."""
        best: Any = None
        for one in self._pulls("closed"):
            if best and one["created_at"] != best["created_at"]:
                break
            if _is_of(one, branch) and (best is None or one["number"] > best["number"]):
                best = one
        return best

    def _pulls(self, state: str) -> Iterator[Any]:
        """Yield the pull requests that are open, or closed (and so decided), newest first."""
        return self._api.pages(f"{self._home}/pulls", state=state, limit=_PAGE)

    def tip(self, branch: str) -> str:
        found = self._api.find(f"{self._home}/branches/{quote(branch)}")
        return str(found["commit"]["id"]) if found else ""

    def files(self, commit: str, paths: Collection[str]) -> dict[str, str]:
        """See `Remote.files`. Folders are read as git's trees: the contents API looks up who changed each file last."""
        folders = sorted({path.rpartition("/")[0] for path in paths})
        is_deep = len(folders) > FOLDERS
        if is_deep:
            folders = sorted({"/".join(folder.split("/")[:2]) for folder in folders})
        return {
            f"{folder}/{path}" if folder else path: made
            for folder in folders
            if (tree := self._tree(commit, folder))
            for path, kind, made in self._entries(tree, is_deep=is_deep)
            if kind == "blob"
        }

    def _tree(self, commit: str, folder: str) -> str:
        """Return the id of the tree of `folder`, "" where there is none."""
        tree = commit
        for name in folder.split("/") if folder else ():
            entries = self._entries(tree, is_deep=False)
            tree = next((made for path, kind, made in entries if (path, kind) == (name, "tree")), "")
            if not tree:
                break
        return tree

    def _entries(self, tree: str, *, is_deep: bool) -> list[Entry]:
        """Return what lies in a tree, or below it if `is_deep`; a tree is what it is for ever."""
        if is_deep:
            return list(self._told_entries(tree, recursive="true"))
        if tree not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[tree] = list(self._told_entries(tree))
        return self._kept[tree]

    def _told_entries(self, tree: str, **asked: str | int) -> Iterator[Entry]:
        page, told = 1, 0
        while True:
            found = self._api.get(f"{self._home}/git/trees/{tree}", page=page, per_page=1000, **asked)
            entries = found["tree"] or ()  # null for none
            yield from ((one["path"], one["type"], one["sha"]) for one in entries)
            page, told = page + 1, told + len(entries)
            if not entries or not (found["truncated"] or told < found.get("total_count", 0)):
                return

    def decided_by(self, pull: Pull) -> str:
        return pull.by

    def commits(self, pull: Pull) -> list[str]:
        asked: Asked = {"limit": _PAGE, "files": "false", "verification": "false"}
        found = self._api.pages(f"{self._home}/pulls/{pull.number}/commits", **asked)
        return [one["sha"] for one in found]

    def log(self, branch: str, path: str) -> list[str]:
        found = self._api.find(f"{self._home}/commits", sha=branch, path=path, limit=2, **_BRIEF)  # 404: none at all
        return [one["sha"] for one in found or ()][:2]  # with a path, some tell more than they are asked for

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
        tip, begun, gone = writing.tip, writing.reset or not writing.tip, writing.gone
        for changes in list(batches(writing.changes, weight, BATCH, FILES)) or [[]]:
            if begun and tip:
                self._write_over(writing, changes, gone, tip)
            else:
                self._commit(writing, changes, gone, tip, begun=begun)
            begun, gone, tip = False, (), self.tip(writing.proposal.branch)

    def _write_over(self, writing: Writing, changes: Sequence[Change], gone: Sequence[str], tip: str) -> None:
        """Have the branch, which is at `tip`, begin at main again."""
        try:
            self._commit(writing, changes, gone, tip, begun=True)
        except Refused as refused:
            if "branch already exists" not in str(refused) or self.tip(writing.proposal.branch) != tip:
                raise
            self.delete(writing.proposal.branch)
            # Gitea closes the pull requests of a branch that is gone by and by: it must not find the new one.
            time.sleep(SETTLING * self._pause)
            self._commit(writing, changes, gone, "", begun=True)

    def delete(self, branch: str) -> None:
        self._api.remove(f"{self._home}/branches/{quote(branch)}")

    def _commit(
        self, writing: Writing, changes: Sequence[Change], gone: Sequence[str], before: str, *, begun: bool
    ) -> None:
        proposal = writing.proposal
        author = who(proposal.author)
        dates = {"dates": {"author": self._api.date, "committer": self._api.date}} if self._api.date else {}
        body = {
            **({"branch": self._main, "new_branch": proposal.branch} if begun else {"branch": proposal.branch}),
            **({"force_push": True} if begun and before else {}),
            "message": proposal.message,
            "author": author,
            "committer": author,
            **dates,  # seen on Gitea 1.25: without them, it is 2001
            "files": [
                *(operation for one in changes for operation in _operations(one, writing)),
                *({"operation": "delete", "path": path, "sha": writing.there[path]} for path in gone),
            ],
        }

        def seen() -> bool | None:
            return arrived(self, proposal.branch, before, changes, gone)

        self._api.write("POST", f"{self._home}/contents", body, seen)

    def open(self, proposal: Proposal) -> Pull:
        body = {"title": proposal.title, "body": proposal.text, "head": proposal.branch, "base": self._main}

        def seen() -> Any:
            found = self._last(proposal.branch)
            return found if found and found["state"] == "open" else None

        try:
            return _pull(self._api.write("POST", f"{self._home}/pulls", body, seen))
        except Refused as refused:
            if refused.status == 404 and self.tip(proposal.branch):
                refused.hint = "are pull requests enabled, in the settings of the repository?"
            raise

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


def _is_of(found: Any, branch: str) -> bool:
    """Tell whether a pull request is one of `branch`, and of no fork."""
    return _branch(found) == branch and found["head"]["repo_id"] == found["base"]["repo_id"]


def _pull(found: Any) -> Pull:
    state: State = "merged" if found["merged"] else "open" if found["state"] == "open" else "closed"
    decided = found.get("merged_by") or {}
    by = str(decided.get("login", ""))
    title, text = found["title"], found["body"] or ""
    return Pull(_branch(found), found["number"], state, found["html_url"], title, text, by)
