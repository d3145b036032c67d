"""GitLab, as far as the driver asks for it. It refuses what GitLab would refuse."""

import base64
from typing import Any

from depots import Conflict, Pull
from forge_server import NAME, Answer, Call, Forge, route


class GitLab(Forge):
    prefix = "/api/v4"
    home = r"/projects/asso%2Fsite"

    @route("GET", rf"{home}/repository/branches/(?P<branch>[^/]+)")
    def show_branch(self, call: Call) -> Any:
        return {"name": call["branch"], "commit": {"id": self.branch(call["branch"])}}

    @route("GET", rf"{home}/repository/tree")
    def show_tree(self, call: Call) -> Any:
        below = f"{call.asked['path']}/" if call.asked["path"] else ""
        found = []
        for path, made in sorted(self.depot.files(self.commit_at(call.asked["ref"])).items()):
            rest = path.removeprefix(below)
            if path.startswith(below) and (call.asked["recursive"] == "true" or "/" not in rest):
                found.append({"path": path, "id": made, "type": "blob", "name": rest, "mode": "100644"})
        if not found:
            raise Answer(404, {"message": "404 invalid revision or path Not Found"})
        return found

    @route("POST", rf"{home}/repository/commits")
    def make_commit(self, call: Call) -> Any:
        told = call.fields("branch commit_message actions", "start_sha start_branch force author_name author_email")
        tip, start = self.depot.branches.get(told["branch"]), told.get("start_sha")
        if told["branch"] in self.protected:
            raise Answer(403, {"message": "403 Forbidden - You are not allowed to push into this branch"})
        if tip and start and not told.get("force"):
            words = f"A branch called '{told['branch']}' already exists. Switch to that branch in order to make changes"
            raise Answer(400, {"message": words})
        if not tip and not start:
            raise Answer(400, {"message": "You can only create or edit files when you are on a branch"})
        parent = start or tip
        tree = dict(self.depot.files(parent))
        for action in told["actions"]:
            self.act(action, tree)
        made = self.depot.commit(tree, (parent,), told["commit_message"], told["author_email"])
        self.depot.branches[told["branch"]] = made
        return {"id": made}

    def act(self, action: dict[str, str], tree: dict[str, str]) -> None:
        path, kind = action["file_path"], action["action"]
        if kind in ("create", "move") and path in tree:
            raise Answer(400, {"message": "A file with this name already exists"})
        old = action["previous_path"] if kind == "move" else path if kind in ("update", "delete") else ""
        if old and old not in tree:
            raise Answer(400, {"message": "A file with this name doesn't exist"})
        was = tree.pop(old, "")
        if kind != "delete":
            tree[path] = self.depot.blob(base64.b64decode(action["content"])) if "content" in action else was

    @route("GET", rf"{home}/repository/commits")
    def log(self, call: Call) -> Any:
        return [{"id": one} for one in self.depot.touching(self.commit_at(call.asked["ref_name"]), call.asked["path"])]

    @route("DELETE", rf"{home}/repository/branches/(?P<branch>.+)")
    def delete_branch(self, call: Call) -> Any:
        self.branch(call["branch"])
        del self.depot.branches[call["branch"]]
        raise Answer(204)

    @route("GET", rf"{home}/merge_requests")
    def list_pulls(self, call: Call) -> Any:
        return [self.show(one) for one in reversed(self.depot.pulls) if one.branch == call.asked["source_branch"]]

    @route("POST", rf"{home}/merge_requests")
    def make_pull(self, call: Call) -> Any:
        told = call.fields("source_branch target_branch title", "description remove_source_branch")
        self.branch(told["source_branch"])
        if any(one.branch == told["source_branch"] for one in self.depot.open_pulls()):
            raise Answer(409, {"message": ["Another open merge request already exists for this source branch: !1"]})
        text = told["description"]
        return self.show(self.opened(told["source_branch"], told["target_branch"], told["title"], text))

    @route("GET", rf"{home}/merge_requests/(?P<number>\d+)")
    def show_pull(self, call: Call) -> Any:
        return {**self.show(self.pull(call)), "rebase_in_progress": False}

    @route("PUT", rf"{home}/merge_requests/(?P<number>\d+)")
    def edit_pull(self, call: Call) -> Any:
        return self.show(self.edited(call, "description", "state_event", "close"))

    @route("PUT", rf"{home}/merge_requests/(?P<number>\d+)/rebase")
    def rebase(self, call: Call) -> Any:
        pull = self.pull(call)
        made = self.depot.branches["main"]
        for commit in reversed(self.depot.beyond(self.depot.tip(pull))):
            told = self.depot.commits[commit]
            try:
                tree = self._picked(commit, made)
            except Conflict:
                raise Answer(202, {"rebase_in_progress": True}) from None
            made = self.depot.commit(tree, (made,), told.message, told.author)
        self.depot.branches[pull.branch] = made
        raise Answer(202, {"rebase_in_progress": True})

    def _picked(self, commit: str, onto: str) -> dict[str, str]:
        old, new = self.depot.files(self.depot.commits[commit].parents[0]), self.depot.files(commit)
        tree = dict(self.depot.files(onto))
        for path in {*old, *new}:
            if old.get(path) != new.get(path):
                if tree.get(path) != old.get(path):
                    raise Conflict(path)
                tree.pop(path, None)
                if path in new:
                    tree[path] = new[path]
        return tree

    @route("GET", rf"{home}/merge_requests/(?P<number>\d+)/commits")
    def pull_commits(self, call: Call) -> Any:
        return [{"id": one} for one in self.depot.beyond(self.listed_tip(self.pull(call)))]

    @route("GET", rf"{home}/merge_requests/(?P<number>\d+)/diffs")
    def pull_files(self, call: Call) -> Any:
        found = self.depot.put(self.listed_tip(self.pull(call)))
        return [{"new_path": path, "deleted_file": kind == "removed"} for path, kind in sorted(found.items())]

    def show(self, pull: Pull) -> dict[str, Any]:
        by = {"username": pull.by}
        return {
            "iid": pull.number,
            "state": {"open": "opened"}.get(pull.state, pull.state),
            "title": pull.title,
            "description": pull.text,
            "web_url": f"https://gitlab.com/{NAME}/-/merge_requests/{pull.number}",
            "source_branch": pull.branch,
            "source_project_id": 2 if pull.fork else 1,
            "target_project_id": 1,
            "merge_user": by if pull.state == "merged" else None,
            "closed_by": by if pull.state == "closed" else None,
        }
