"""A repository in memory, for the forges of the tests: blobs with git's own ids, trees, commits, branches, pulls."""

import json
from dataclasses import dataclass, field
from hashlib import sha1

from labo_ssg.packing import digest_of_file

Tree = dict[str, str]


class Conflict(Exception):  # noqa: N818 - what git calls it
    """Both sides have changed a file, and not alike."""


@dataclass(frozen=True)
class Commit:
    tree: str
    parents: tuple[str, ...]
    message: str
    author: str
    number: int


@dataclass
class Pull:
    number: int
    branch: str
    base: str
    title: str
    text: str
    state: str = "open"  # open, merged, closed
    by: str = ""
    tip: str = ""  # where the branch was when this was decided
    fork: bool = False


@dataclass
class Depot:
    """A repository whose branch `main` holds `files`."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, Tree] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    pulls: list[Pull] = field(default_factory=list)

    def blob(self, data: bytes) -> str:
        made = digest_of_file(data).hex()
        self.blobs[made] = data
        return made

    def tree(self, files: Tree) -> str:
        made = sha1(json.dumps(sorted(files.items())).encode()).hexdigest()
        self.trees[made] = dict(files)
        return made

    def commit(self, files: Tree, parents: tuple[str, ...], message: str, author: str) -> str:
        number = len(self.commits)
        made = sha1(f"{self.tree(files)} {parents} {message} {author} {number}".encode()).hexdigest()
        self.commits[made] = Commit(self.tree(files), parents, message, author, number)
        return made

    def change(self, branch: str, files: dict[str, bytes | None], author: str = "moderator") -> str:
        """Commit to a branch, as somebody does by hand; None removes a file."""
        tip = self.branches.get(branch, "")
        tree = dict(self.files(tip)) if tip else {}
        for path, data in files.items():
            if data is None:
                del tree[path]
            else:
                tree[path] = self.blob(data)
        self.branches[branch] = self.commit(tree, (tip,) if tip else (), "By hand", author)
        return self.branches[branch]

    def files(self, commit: str) -> Tree:
        return self.trees[self.commits[commit].tree]

    def folder(self, tree: str) -> list[tuple[str, str, str]]:
        """Return what lies in a tree, as git has it: each thing's name, "blob" or "tree", and its id."""
        files, inside = self.trees[tree], {}
        for path, made in files.items():
            name, _, below = path.partition("/")
            if below:
                inside.setdefault(name, {})[below] = made
        found = [(path, "blob", made) for path, made in files.items() if "/" not in path]
        return sorted(found + [(name, "tree", self.tree(below)) for name, below in inside.items()])

    def contents(self, branch: str) -> dict[str, bytes]:
        return {path: self.blobs[made] for path, made in self.files(self.branches[branch]).items()}

    def history(self, tip: str) -> list[str]:
        """Return a commit and all before it, newest first."""
        seen, todo = {tip}, [tip]
        while todo:
            new = [one for one in self.commits[todo.pop()].parents if one not in seen]
            seen.update(new)
            todo += new
        return sorted(seen, key=lambda one: -self.commits[one].number)

    def beyond(self, tip: str, base: str = "main") -> list[str]:
        known = set(self.history(self.branches[base]))
        return [one for one in self.history(tip) if one not in known]

    def base(self, one: str, other: str) -> str:
        known = set(self.history(other))
        return next(commit for commit in self.history(one) if commit in known)

    def touching(self, tip: str, path: str) -> list[str]:
        found = []
        for commit in self.history(tip):
            parents = self.commits[commit].parents
            before = self.files(parents[0]).get(path) if parents else None
            if self.files(commit).get(path) != before:
                found.append(commit)
        return found

    def put(self, tip: str, base: str = "main") -> dict[str, str]:
        """Return how a pull request changes files: path → added, modified, removed."""
        old, new = self.files(self.base(self.branches[base], tip)), self.files(tip)
        kinds = {path: "added" if path not in old else "modified" for path in new if old.get(path) != new[path]}
        return kinds | {path: "removed" for path in old if path not in new}

    def merged(self, one: str, other: str) -> Tree:
        base, ours, theirs = self.files(self.base(one, other)), self.files(one), self.files(other)
        made = {}
        for path in {*base, *ours, *theirs}:
            was, mine, yours = (side.get(path) for side in (base, ours, theirs))
            if mine != was and yours not in (was, mine):
                raise Conflict(path)
            if kept := yours if mine == was else mine:
                made[path] = kept
        return made

    def tip(self, pull: Pull) -> str:
        return pull.tip or self.branches[pull.branch]

    def decide(self, pull: Pull, style: str, *, keep_branch: bool = False) -> None:
        """Merge a pull request ("merge", "squash") or close it ("close"), as a moderator does on its page."""
        pull.tip, pull.by = self.branches[pull.branch], "moderatrice"
        pull.state = "closed" if style == "close" else "merged"
        if style != "close":
            main = self.branches[pull.base]
            parents = (main, pull.tip) if style == "merge" else (main,)
            self.branches[pull.base] = self.commit(self.merged(main, pull.tip), parents, pull.title, pull.by)
        if not keep_branch:
            del self.branches[pull.branch]

    def open_pulls(self) -> list[Pull]:
        return [one for one in self.pulls if one.state == "open"]
