"""GitHub, as far as the driver asks for it. It refuses what GitHub would refuse."""

import base64
from typing import Any

from depots import Conflict, Pull
from forge_server import NAME, Answer, Call, Forge, route


class GitHub(Forge):
    home = rf"/repos/{NAME}"

    @route("GET", rf"{home}/branches/(?P<branch>[^/]+)")
    def show_branch(self, call: Call) -> Any:
        tip = self.branch(call["branch"])
        return {
            "name": call["branch"],
            "commit": {"sha": tip, "commit": {"tree": {"sha": self.depot.commits[tip].tree}}},
        }

    @route("GET", rf"{home}/git/trees/(?P<tree>[^/]+)")
    def show_tree(self, call: Call) -> Any:
        tree = self.depot.commits[call["tree"]].tree if call["tree"] in self.depot.commits else call["tree"]
        files = self.depot.trees[tree]
        entries = [{"path": path, "mode": "100644", "type": "blob", "sha": one} for path, one in sorted(files.items())]
        return {"sha": tree, "tree": entries, "truncated": False}

    @route("POST", rf"{home}/git/blobs")
    def make_blob(self, call: Call) -> Any:
        return {"sha": self.depot.blob(base64.b64decode(call.fields("content encoding")["content"]))}

    @route("POST", rf"{home}/git/trees")
    def make_tree(self, call: Call) -> Any:
        told = call.fields("tree base_tree")
        tree = dict(self.depot.trees[told["base_tree"]])
        for entry in told["tree"]:
            if entry.keys() - {"path", "mode", "type", "sha", "content"}:
                raise Answer(422, {"message": "Invalid tree info"})
            if "content" in entry:
                tree[entry["path"]] = self.depot.blob(entry["content"].encode())
            elif entry["sha"] is None:
                if tree.pop(entry["path"], None) is None:
                    raise Answer(422, {"message": "GitRPC::BadObjectState"})
            elif entry["sha"] not in self.depot.blobs:
                raise Answer(422, {"message": f"tree.sha {entry['sha']} is not a valid blob"})
            else:
                tree[entry["path"]] = entry["sha"]
        return {"sha": self.depot.tree(tree), "tree": [], "truncated": False}

    @route("POST", rf"{home}/git/commits")
    def make_commit(self, call: Call) -> Any:
        told = call.fields("message tree parents", "author")
        tree = self.depot.trees[told["tree"]]
        return {"sha": self.depot.commit(tree, tuple(told["parents"]), told["message"], told["author"]["email"])}

    @route("POST", rf"{home}/git/refs")
    def make_ref(self, call: Call) -> Any:
        told = call.fields("ref sha")
        branch = told["ref"].removeprefix("refs/heads/")
        self.check_free(branch)
        if branch in self.depot.branches:
            raise Answer(422, {"message": "Reference already exists"})
        self.depot.branches[branch] = told["sha"]
        return {"ref": told["ref"], "object": {"sha": told["sha"], "type": "commit"}}

    @route("DELETE", rf"{home}/git/refs/(?P<ref>[^/]+)")
    def delete_ref(self, call: Call) -> Any:
        branch = call["ref"].removeprefix("heads/")
        self.check_there(branch)
        del self.depot.branches[branch]
        raise Answer(204)

    @route("PATCH", rf"{home}/git/refs/(?P<ref>[^/]+)")
    def move_ref(self, call: Call) -> Any:
        told, branch = call.fields("sha", "force"), call["ref"].removeprefix("heads/")
        self.check_free(branch)
        tip = self.check_there(branch)
        if not told.get("force") and tip not in self.depot.history(told["sha"]):
            raise Answer(422, {"message": "Update is not a fast forward"})
        self.depot.branches[branch] = told["sha"]
        return {"ref": f"refs/heads/{branch}", "object": {"sha": told["sha"], "type": "commit"}}

    def check_there(self, branch: str) -> str:
        if branch not in self.depot.branches:
            raise Answer(422, {"message": "Reference does not exist"})
        return self.depot.branches[branch]

    @route("POST", rf"{home}/merges")
    def merge(self, call: Call) -> Any:
        told = call.fields("base head", "commit_message")
        ours, theirs = self.branch(told["base"]), self.commit_at(told["head"])
        if theirs in self.depot.history(ours):
            raise Answer(204)
        try:
            tree = self.depot.merged(ours, theirs)
        except Conflict:
            raise Answer(409, {"message": "Merge conflict"}) from None
        self.depot.branches[told["base"]] = self.depot.commit(tree, (ours, theirs), told["commit_message"], "bot")
        return {"sha": self.depot.branches[told["base"]]}

    @route("GET", rf"{home}/commits")
    def log(self, call: Call) -> Any:
        found = self.depot.touching(self.commit_at(call.asked["sha"]), call.asked["path"])
        return [{"sha": one} for one in found]

    @route("GET", rf"{home}/pulls")
    def list_pulls(self, call: Call) -> Any:
        head = call.asked["head"].removeprefix("asso:")
        return [self.show(one) for one in reversed(self.depot.pulls) if one.branch == head]

    @route("POST", rf"{home}/pulls")
    def make_pull(self, call: Call) -> Any:
        told = call.fields("title head base body")
        tip = self.branch(told["head"])
        if any(one.branch == told["head"] for one in self.depot.open_pulls()):
            errors = [{"message": f"A pull request already exists for asso:{told['head']}."}]
            raise Answer(422, {"message": "Validation Failed", "errors": errors})
        if not self.depot.put(tip):
            raise Answer(422, {"message": "Validation Failed", "errors": [{"message": "No commits between them"}]})
        return self.show(self.opened(told["head"], told["base"], told["title"], told["body"]))

    @route("GET", rf"{home}/pulls/(?P<number>\d+)")
    def show_pull(self, call: Call) -> Any:
        pull = self.pull(call)
        return {**self.show(pull), "merged_by": {"login": pull.by} if pull.state == "merged" else None}

    @route("GET", rf"{home}/issues/(?P<number>\d+)")
    def show_issue(self, call: Call) -> Any:
        return {"number": int(call["number"]), "closed_by": {"login": self.pull(call).by}}

    @route("PATCH", rf"{home}/pulls/(?P<number>\d+)")
    def edit_pull(self, call: Call) -> Any:
        return self.show(self.edited(call))

    @route("GET", rf"{home}/pulls/(?P<number>\d+)/commits")
    def pull_commits(self, call: Call) -> Any:
        return [{"sha": one} for one in reversed(self.depot.beyond(self.listed_tip(self.pull(call))))]

    @route("GET", rf"{home}/pulls/(?P<number>\d+)/files")
    def pull_files(self, call: Call) -> Any:
        found = self.depot.put(self.listed_tip(self.pull(call)))
        return [{"filename": path, "status": kind} for path, kind in sorted(found.items())]

    def show(self, pull: Pull) -> dict[str, Any]:
        return {
            "number": pull.number,
            "state": "open" if pull.state == "open" else "closed",
            "title": pull.title,
            "body": pull.text.replace("\n", "\r\n") or None,
            "html_url": f"https://github.com/{NAME}/pull/{pull.number}",
            "merged_at": "2026-11-23T10:00:00Z" if pull.state == "merged" else None,
            "head": {"ref": pull.branch, "repo": {"id": 2 if pull.fork else 1}},
            "base": {"ref": pull.base, "repo": {"id": 1}},
        }
