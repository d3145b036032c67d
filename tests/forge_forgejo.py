"""Forgejo and Gitea, as far as the driver asks for them. It refuses what they would refuse."""

import base64
from typing import Any

from depots import Conflict, Pull
from forge_server import NAME, Answer, Call, Forge, route


class Forgejo(Forge):
    prefix = "/api/v1"
    scheme = "token"
    page = "limit"
    home = rf"/repos/{NAME}"

    @route("GET", rf"{home}/branches/(?P<branch>.+)")
    def show_branch(self, call: Call) -> Any:
        return {"name": call["branch"], "commit": {"id": self.branch(call["branch"])}}

    @route("DELETE", rf"{home}/branches/(?P<branch>.+)")
    def delete_branch(self, call: Call) -> Any:
        self.check_free(call["branch"])
        self.branch(call["branch"])
        for pull in self.depot.open_pulls():  # as Gitea does
            if pull.branch == call["branch"]:
                pull.tip, pull.state = self.depot.branches[pull.branch], "closed"
        del self.depot.branches[call["branch"]]
        raise Answer(204)

    @route("GET", rf"{home}/contents/(?P<folder>.+)")
    def list_folder(self, call: Call) -> Any:
        below, found = call["folder"] + "/", []
        for path, made in sorted(self.depot.files(self.commit_at(call.asked["ref"])).items()):
            if path.startswith(below) and "/" not in path.removeprefix(below):
                found.append({"path": path, "sha": made, "type": "file"})
        if not found:
            raise Answer(404, {"message": "object does not exist"})
        raise Answer(200, found)

    @route("GET", rf"{home}/git/trees/(?P<commit>[^/]+)")
    def show_tree(self, call: Call) -> Any:
        files = sorted(self.depot.files(self.commit_at(call["commit"])).items())
        size, page = min(int(call.asked["per_page"]), 1000), int(call.asked["page"])
        cut = files[(page - 1) * size : page * size]
        entries = [{"path": path, "sha": made, "type": "blob"} for path, made in cut]
        return {"tree": entries, "truncated": len(files) > page * size, "page": page, "total_count": len(files)}

    @route("POST", rf"{home}/contents")
    def make_commit(self, call: Call) -> Any:
        told = call.fields("branch message files", "new_branch author committer")
        branch, new = told["branch"], told.get("new_branch")
        start = self.branch(branch)
        self.check_free(new or branch)
        if new in self.depot.branches:
            raise Answer(422, {"message": f"branch already exists [name: {new}]"})
        tree = dict(self.depot.files(start))
        for operation in told["files"]:
            self.operate(operation, tree)
        made = self.depot.commit(tree, (start,), told["message"], told["author"]["email"])
        self.depot.branches[new or branch] = made
        return {"commit": {"sha": made}}

    def operate(self, operation: dict[str, str], tree: dict[str, str]) -> None:
        kind, path = operation["operation"], operation["path"]
        if kind == "create" and path in tree:
            raise Answer(422, {"message": f"repository file already exists [path: {path}]"})
        if kind in ("update", "delete"):
            if path not in tree:
                raise Answer(404, {"message": f"repository file does not exist [path: {path}]"})
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
        if not found:
            raise Answer(404, {"message": "Not Found"})
        return [{"sha": one} for one in found]

    @route("GET", rf"{home}/pulls")
    def list_pulls(self, call: Call) -> Any:
        return [self.show(one) for one in reversed(self.depot.pulls)]

    @route("GET", rf"{home}/pulls/(?P<base>[^/]+)/(?P<branch>(?!commits$|files$).+)")
    def find_pull(self, call: Call) -> Any:
        found = next((one for one in self.depot.pulls if one.branch == call["branch"] and not one.fork), None)
        if found is None:
            raise Answer(404, {"message": "pull request does not exist"})
        return self.show(found)  # the oldest, as the real ones mostly do

    @route("POST", rf"{home}/pulls")
    def make_pull(self, call: Call) -> Any:
        told = call.fields("title head base body")
        self.branch(told["head"])
        if any(one.branch == told["head"] for one in self.depot.open_pulls()):
            raise Answer(409, {"message": "pull request already exists for these targets [id: 1]"})
        return self.show(self.opened(told["head"], told["base"], told["title"], told["body"]))

    @route("PATCH", rf"{home}/pulls/(?P<number>\d+)")
    def edit_pull(self, call: Call) -> Any:
        told, pull = call.fields("", "title body state"), self.pull(call)
        pull.title, pull.text = told.get("title", pull.title), told.get("body", pull.text)
        if told.get("state") == "closed":
            pull.tip, pull.state = self.depot.branches[pull.branch], "closed"
        return self.show(pull)

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
        raise Answer(200)

    @route("GET", rf"{home}/pulls/(?P<number>\d+)/commits")
    def pull_commits(self, call: Call) -> Any:
        return [{"sha": one} for one in self.depot.beyond(self.depot.tip(self.pull(call)))]

    @route("GET", rf"{home}/pulls/(?P<number>\d+)/files")
    def pull_files(self, call: Call) -> Any:
        names = {"modified": "changed", "removed": "deleted"}
        found = self.depot.put(self.depot.tip(self.pull(call)))
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
            "html_url": f"{self.url}/{NAME}/pulls/{pull.number}",
            "head": {"label": pull.branch, "ref": ref, "repo_id": 2 if pull.fork else 1},
            "base": {"ref": "main", "repo_id": 1},
            "merged_by": {"login": pull.by} if pull.state == "merged" else None,
        }
