"""Where the files of a site lie, and those of this program."""

import sys
from functools import cache
from pathlib import Path

SETTINGS = "site.yaml"
CONTENT = "content"
GLOSSARY = "content/glossaire.yaml"
COMMENTS = "comments"
APPROVED = "comments/approved"
PENDING = "comments/pending"
REMOVALS = "comments/removals"  # what visitors ask to have removed
TEMPLATES = "templates"
ASSETS = "templates/assets"

LOCK = "lock"  # in the work folder: of two builds at once, the second waits
WORK = ".labo"  # what builds keep for the next ones
INBOX = ".labo/inbox"  # what the inbox keeps: its secret, and what became of messages
WITHDRAWN = ".labo/inbox/withdrawn"  # an empty file for each message that its author has withdrawn


def default_templates() -> Path:
    """Return the folder of the default theme: in the package, or beside it in a checkout."""
    home = Path(__file__).parent
    inside = home / "templates"
    return inside if inside.is_dir() else home.parent / "templates"


@cache
def installed() -> list[str]:
    """Return the packages that are installed, each with its version: "jinja2-3.1.6.dist-info"."""
    return sorted({one.name for folder in sys.path for one in Path(folder).glob("*-info")})
