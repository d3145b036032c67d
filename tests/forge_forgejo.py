"""Forgejo and Gitea, as far as the driver asks for them. It refuses what they would refuse."""

import base64
from collections.abc import Callable
from time import monotonic
from typing import Any

from depots import Conflict, Depot, Pull
from forge_server import NAME, Answer, Call, Forge, route


class Forgejo(Forge):
    """What it does that others do not, as it can be set up.

    `calls_itself`: its address, whatever it is called by. `age`: when it says that a pull request was made. `unmade`:
    the numbers of those that it cannot show. `has_pulls`: they are not switched off. `is_old`: it does not know how to
    find one by its branches. `overwrites`: a branch can be written over. `closes_after`: seconds after which it closes
    the pull requests of a branch that is gone. `dates`: of the commits made by it. `trees`: entries of a page.
    """

    prefix = "/api/v1"
    scheme = "token"
    page = "limit"
    most = 50
    home = rf"/repos/{NAME}"

    def __init__(self, depot: Depot) -> None:
        super().__init__(depot)
        self.calls_itself = "https://forge.asso.example"
        self.age: Callable[[Pull], str] = lambda pull: f"2026-11-23T{pull.number // 60:02}:{pull.number % 60:02}:00Z"
        self.unmade: set[int] = set()
        self.has_pulls = True
        self.is_old = False
        self.overwrites = True
        self.closes_after = 0.0
        self.closing: list[tuple[float, str]] = []
        self.dates: dict[str, str] = {}
        self.trees = 1000

    @property
    def root(self) -> str:
        return self.calls_itself

    @route("GET", rf"{home}/branches/(?P<branch>.+)")
    def show_branch(self, call: Call) -> Any:
        return {"name": call["branch"], "commit": {"id": self.branch(call["branch"])}}

    @route("DELETE", rf"{home}/branches/(?P<branch>.+)")
    def delete_branch(self, call: Call) -> Any:
        self.check_free(call["branch"])
        self.branch(call["branch"])
        self.closing.append((monotonic() + self.closes_after, call["branch"]))
        for pull in self.depot.pulls:
            if pull.branch == call["branch"]:
                pull.tip = self.depot.tip(pull)
        del self.depot.branches[call["branch"]]
        self.close_pulls()
        raise Answer(204)

    def close_pulls(self) -> None:
        """Close the pull requests of branches that were deleted; Gitea does not look whether they are there again."""
        due = [branch for time, branch in self.closing if time <= monotonic()]
        self.closing = [one for one in self.closing if one[1] not in due]
        for pull in self.depot.open_pulls():
            if pull.branch in due:
                pull.tip, pull.state = self.depot.tip(pull), "closed"

    def _done(self, method: str, target: str, headers: dict[str, str], data: bytes) -> Answer:
        self.close_pulls()
        return super()._done(method, target, headers, data)

    @route("GET", rf"{home}/git/trees/(?P<tree>[^/]+)")
    def show_tree(self, call: Call) -> Any:
        tree = self.depot.commits[call["tree"]].tree if call["tree"] in self.depot.commits else call["tree"]
        if tree not in self.depot.trees:
            raise Answer(400, {"message": f"sha not found [{tree}]"})
        found = self.depot.folder(tree)
        if call.asked.get("recursive") == "true":
            found = sorted(self.below("", tree))
        size, page = min(int(call.asked["per_page"]), self.trees), int(call.asked["page"])
        cut = [{"path": path, "type": kind, "sha": made} for path, kind, made in found[(page - 1) * size : page * size]]
        return {"tree": cut or None, "truncated": len(found) > page * size, "page": page, "total_count": len(found)}

    def below(self, prefix: str, tree: str) -> list[tuple[str, str, str]]:
        found = []
        for name, kind, made in self.depot.folder(tree):
            found.append((prefix + name, kind, made))
            found += self.below(f"{prefix}{name}/", made) if kind == "tree" else []
        return found

    @route("POST", rf"{home}/contents")
    def make_commit(self, call: Call) -> Any:
        told = call.fields("branch message files", "new_branch author committer dates force_push")
        branch, new = told["branch"], told.get("new_branch")
        if len(new or branch) > 100:
            raise Answer(422, [{"fieldNames": ["new_branch"], "classification": "MaxSizeError", "message": "MaxSize"}])
        start = self.branch(branch)
        self.check_free(new or branch)
        if new in self.depot.branches and not (self.overwrites and told.get("force_push")):
            raise Answer(422, {"message": f"branch already exists [name: {new}]"})
        tree = dict(self.depot.files(start))
        for operation in told["files"]:
            self.operate(operation, tree)
        made = self.depot.commit(tree, (start,), told["message"], told["author"]["email"])
        self.dates[made] = told.get("dates", {}).get("author", "2001-01-01T00:00:00Z")  # as Gitea 1.25.0 has it
        self.depot.branches[new or branch] = made
        return {"files": [None for _ in told["files"]], "commit": {"sha": made}}

    def operate(self, operation: dict[str, str], tree: dict[str, str]) -> None:
        kind, path = operation["operation"], operation["path"]
        if kind == "create" and path in tree:
            raise Answer(422, {"message": f"repository file already exists [path: {path}]"})
        if kind in ("update", "delete"):
            if path not in tree:
                message = {"message": "object does not exist [id: , rel_path: x]"}
                raise Answer(404 if self.overwrites else 500, message)  # as the older ones have it
            if operation["sha"] != tree[path]:
                raise Answer(422, {"message": "sha does not match"})
            del tree[path]
        if kind != "delete":
            tree[path] = self.depot.blob(base64.b64decode(operation["content"], validate=True))

    @route("GET", rf"{home}/commits")
    def log(self, call: Call) -> Any:
        tip = self.commit_at(call.asked["sha"])
        found = self.depot.touching(tip, call.asked["path"]) if "path" in call.asked else self.depot.history(tip)
        if "not" in call.asked:
            known = set(self.depot.history(self.commit_at(call.asked["not"])))
            found = [one for one in found if one not in known]
        if "path" not in call.asked:
            return [{"sha": one} for one in found]
        if not found:
            raise Answer(404, {"message": "The target couldn't be found."})
        raise Answer(200, [{"sha": one} for one in found])  # however many are asked for

    def check_pulls(self) -> None:
        if not self.has_pulls:
            raise Answer(404, {"message": "The target couldn't be found."})

    @route("GET", rf"{home}/pulls")
    def list_pulls(self, call: Call) -> Any:
        self.check_pulls()
        kinds = {"open": ["open"], "closed": ["closed", "merged"]}
        found = [one for one in self.depot.pulls if one.state in kinds[call.asked["state"]]]
        found = sorted(found, key=self.age, reverse=True)  # those of one moment stay as they are
        return [None if one.number in self.unmade else self.show(one) for one in found]

    @route("GET", rf"{home}/pulls/(?P<base>[^/]+)/(?P<branch>(?!commits$|files$).+)")
    def find_pull(self, call: Call) -> Any:
        self.check_pulls()
        if self.is_old:
            raise Answer(404, b"404 page not found\n", Content_Type="text/plain; charset=utf-8")
        found = next((one for one in self.depot.pulls if one.branch == call["branch"] and not one.fork), None)
        if found is None:
            raise Answer(404, {"message": "The target couldn't be found."})
        return self.show(found)  # the oldest, as the real ones mostly do

    @route("POST", rf"{home}/pulls")
    def make_pull(self, call: Call) -> Any:
        self.check_pulls()
        told = call.fields("title head base body")
        self.branch(told["head"])
        if any(one.branch == told["head"] for one in self.depot.open_pulls()):
            raise Answer(409, {"message": "pull request already exists for these targets [id: 1]"})
        return self.show(self.opened(told["head"], told["base"], told["title"], told["body"]))

    @route("PATCH", rf"{home}/pulls/(?P<number>\d+)")
    def edit_pull(self, call: Call) -> Any:
        raise Answer(201, self.show(self.edited(call)))

    @route("POST", rf"{home}/pulls/(?P<number>\d+)/update")
    def update(self, call: Call) -> Any:
        pull = self.pull(call)
        ours, theirs = self.branch(pull.branch), self.branch("main")
        if theirs in self.depot.history(ours):
            raise Answer(500, {"message": f"HeadBranch of PR {pull.number} is up to date"})
        try:
            tree = self.depot.merged(ours, theirs)
        except Conflict:
            raise Answer(409, {"message": "merge failed because of conflict"}) from None
        self.depot.branches[pull.branch] = self.depot.commit(tree, (ours, theirs), "Merge", "bot")
        raise Answer(200, b"")

    @route("GET", rf"{home}/pulls/(?P<number>\d+)/commits")
    def pull_commits(self, call: Call) -> Any:
        return [{"sha": one} for one in self.depot.beyond(self.listed_tip(self.pull(call)))]

    @route("GET", rf"{home}/pulls/(?P<number>\d+)/files")
    def pull_files(self, call: Call) -> Any:
        names = {"modified": "changed", "removed": "deleted"}
        found = self.depot.put(self.listed_tip(self.pull(call)))
        return [{"filename": path, "status": names.get(kind, kind)} for path, kind in sorted(found.items())]

    def show(self, pull: Pull) -> dict[str, Any]:
        ref = pull.branch if pull.branch in self.depot.branches else f"refs/pull/{pull.number}/head"
        return {
            "number": pull.number,
            "state": "open" if pull.state == "open" else "closed",
            "merged": pull.state == "merged",
            "mergeable": True,  # whatever it is
            "title": pull.title,
            "body": pull.text,
            "html_url": f"{self.root}/{NAME}/pulls/{pull.number}",
            "created_at": self.age(pull),
            "head": {"label": pull.branch, "ref": ref, "repo_id": 2 if pull.fork else 1},
            "base": {"ref": "main", "repo_id": 1},
            "merged_by": {"login": pull.by} if pull.state == "merged" else None,
        }
