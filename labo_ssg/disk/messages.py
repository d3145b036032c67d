"""Where the file of a message lies: comments/<state>/<article>/<comment>.md."""

from pathlib import Path, PurePosixPath

from labo_ssg.disk import files
from labo_ssg.places import APPROVED, PENDING
from labo_ssg.problems import Place, Problem


def path_of(state: str, article: str, comment: str) -> str:
    """Return where a message lies while it is in `state`, a folder."""
    return f"{state}/{article}/{comment}.md"


def check_place(path: str) -> list[Problem]:
    """Return a problem where no message can be at `path`."""
    parts = path.split("/")
    if len(parts) == 4 and path.endswith(".md"):
        return []
    expected = f"expected {'/'.join(parts[:2])}/<article>/<comment>.md"
    return [Problem(Place(path), "it is not where a comment can be", expected)]


def whereabouts(root: Path, comment: str) -> list[str]:
    """Return the paths at which a message of this id lies, waiting or published."""
    return [
        path
        for state in (PENDING, APPROVED)
        for article in files.folders(root, state)
        if files.exists(root, path := path_of(state, article, comment))
    ]


def ending_in(root: Path, name: str) -> set[str]:
    """Return the ids of all messages, waiting or published, that end in `name`."""
    found = (PurePosixPath(path) for state in (PENDING, APPROVED) for path in _walked(root, state))
    return {path.stem for path in found if path.stem.endswith(name)}


def _walked(root: Path, state: str) -> list[str]:
    return files.walk(root, state)[0] if files.exists(root, state) else []
