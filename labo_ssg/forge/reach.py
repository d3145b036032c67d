"""Whether git could commit files at all, seen before any of them moves."""

from collections.abc import Collection
from pathlib import Path, PurePosixPath

from labo_ssg.forge.git import head_of
from labo_ssg.forge.running import GitFailed, run
from labo_ssg.places import COMMENTS


class OutOfReach(GitFailed):
    """A file lies where no commit of this repository takes it; `hint` tells what to do."""

    def __init__(self, words: str, hint: str) -> None:
        super().__init__(words)
        self.hint = hint


def check(root: Path, paths: Collection[str]) -> None:
    """Raise OutOfReach where no commit here could hold files at `paths`; raise GitFailed."""
    folders = sorted({str(folder) for path in paths for folder in PurePosixPath(path).parents if folder.name})
    folders = [folder for folder in folders if not is_behind_link(root, f"{folder}/x")]
    others = {folder: "a repository of its own" for folder in folders if (root / folder / ".git").exists()}
    for folder in [*_no_folders(root, folders), *others]:
        what = f"{folder}/ is {others.get(folder, 'a submodule, or a file,')} to git"
        hint = f"make it a folder of the site's repository: `git rm --cached {folder}` if git has it as something else"
        hint = f"{hint}, remove {folder}/.git if it is there, `git add {folder}`, and commit"
        raise OutOfReach(f"{what}: no decision can be committed there", hint)


def _no_folders(root: Path, folders: list[str]) -> list[str]:
    """Return those of `folders` that the last commit has as something else: a submodule, a file."""
    if not (folders and head_of(root)):
        return []
    found = run(root, "ls-tree", "-z", "HEAD", "--", *folders).decode(errors="surrogateescape").split("\0")[:-1]
    kinds = {path: about.split(" ")[1] for about, _, path in (entry.partition("\t") for entry in found)}
    return [folder for folder in folders if kinds.get(folder, "tree") != "tree"]


def torn(root: Path) -> list[str]:
    """Return the files of comments/ that a merge under way has left open, both sides having changed them."""
    try:
        found = run(root, "diff", "--name-only", "-z", "--relative", "--diff-filter=U", "--", COMMENTS)
    except GitFailed:  # it is about to be told why git does nothing
        return []
    return sorted({path for path in found.decode(errors="surrogateescape").split("\0") if path})


def is_behind_link(root: Path, path: str) -> bool:
    """Tell whether a folder on the way to `path` is a link: git commits nothing of what lies behind one."""
    return any((root / folder).is_symlink() for folder in PurePosixPath(path).parents if folder.name)
