"""Where the files of a site lie."""

import difflib
from pathlib import Path, PurePosixPath

from labo_ssg.disk import files
from labo_ssg.problems import Place, Problem

SETTINGS = "site.yaml"
CONTENT = "content"
GLOSSARY = "content/glossaire.yaml"
COMMENTS = "comments"
APPROVED = "comments/approved"
PENDING = "comments/pending"
TEMPLATES = "templates"
ASSETS = "templates/assets"

WORK = ".labo"  # what builds keep for the next ones


def default_templates() -> Path:
    """Return the folder of the default theme: in the package, or beside it in a checkout."""
    home = Path(__file__).parent.parent
    inside = home / "templates"
    return inside if inside.is_dir() else home.parent / "templates"


def check_comments(root: Path) -> list[Problem]:
    """Return a problem for each folder whose name is nearly that of one of comments."""
    known = [PurePosixPath(state).name for state in (PENDING, APPROVED)]
    problems = []
    for name in files.folders(root, COMMENTS):
        near = difflib.get_close_matches(name, known, 1, 0.7)
        if near and name not in known:
            place = Place(f"{COMMENTS}/{name}")
            problems.append(Problem(place, "no comment is read from here", f"did you mean {COMMENTS}/{near[0]}?"))
    return problems
