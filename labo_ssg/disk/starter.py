"""The files of a new site, ready to build."""

from importlib.resources import files as package_files
from importlib.resources.abc import Traversable
from pathlib import Path

from labo_ssg.disk.files import write_atomic

LANGUAGES = ("fr", "en")
EMPTY_FOLDERS = ("comments/pending", "comments/approved", "templates")
WORKFLOWS = {  # what checks and publishes the site, by the name of the forge; each reads its own alone
    "github": ".github/workflows/site.yml",
    "gitlab": ".gitlab-ci.yml",
    "forgejo": ".forgejo/workflows/site.yml",
}


def make_site(folder: Path, *, language: str, today: str) -> list[str]:
    """Make a site in `folder`, which is new, empty or a fresh git repository; return its files.

    `today` is like "2021-01-12". Raise FileExistsError where something is in the way.
    """
    if folder.exists() and (not folder.is_dir() or any(one.name != ".git" for one in folder.iterdir())):
        raise FileExistsError(f"{folder} is there already and is not an empty folder")
    made = []
    for path, source in _walk(package_files("labo_ssg").joinpath("starter", language), ""):
        text = source.read_text(encoding="utf-8").replace("{today}", today)
        write_atomic(folder / path, text.encode())
        made.append(path)
    for forge, path in WORKFLOWS.items():
        source = package_files("labo_ssg").joinpath("starter", "workflows", f"{forge}.yml")
        write_atomic(folder / path, source.read_bytes())
        made.append(path)
    for name in EMPTY_FOLDERS:
        write_atomic(folder / name / ".gitkeep", b"")
    write_atomic(folder / ".gitignore", b"/public\n/public.releases/\n/.labo/\n/labo-moderators.key\n")
    return made


def _walk(folder: Traversable, path: str) -> list[tuple[str, Traversable]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        below = f"{path}{entry.name}"
        found += _walk(entry, f"{below}/") if entry.is_dir() else [(below, entry)]
    return found
