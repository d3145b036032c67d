"""Whether messages that nobody has approved yet can be read by all: they are in git, and it goes to a public place."""

from pathlib import Path
from urllib.parse import urlsplit

from labo_ssg.disk import files
from labo_ssg.disk.library import read_site
from labo_ssg.forge import git
from labo_ssg.forge.running import GitFailed, ask, run
from labo_ssg.formats import repository
from labo_ssg.model import Site
from labo_ssg.places import PENDING, SETTINGS
from labo_ssg.problems import Place, Problem

HINT = (
    "where they may lie, and what each place costs: docs/inbox.md, “Where pending messages may lie”; "
    "if nobody else can read the repository, say so in site.yaml: `repository: {{url: {page}, private: true}}`"
)


def warnings(root: Path) -> list[Problem]:
    """Return a warning where messages that wait are tracked by git and a forge has them, which may show them to all.

    No forge is asked: a repository on one is taken to be public unless the settings say that it is private.
    """
    if not files.exists(root, SETTINGS):
        return []
    site = read_site(root)[0]
    if site.repository and site.repository.private:
        return []
    try:
        if not git.is_repository(root):
            return []
        tracked, pages = _tracked(root), _pages(root, site)
    except GitFailed:  # without git nothing is known, and nothing is pushed from here
        return []
    if not (tracked and pages):
        return []
    number = "1 message that waits is" if len(tracked) == 1 else f"{len(tracked)} messages that wait are"
    what = f"{number} tracked by git, and {pages[0]} is taken to be public: all may read them before you decide"
    return [Problem(Place(tracked[0], 1), what, HINT.format(page=pages[0]))]


def _tracked(root: Path) -> list[str]:
    """Return the files of messages that wait, as git has them."""
    found = run(root, "ls-files", "-z", "--", PENDING).decode(errors="surrogateescape").split("\0")
    return sorted(path for path in found if path.endswith(".md"))


def _pages(root: Path, site: Site) -> list[str]:
    """Return the pages of the remotes that are on a forge, and that of the repository that the settings name."""
    said = ask(root, "config", "--null", "--get-regexp", r"^remote\..*\.(push)?url$") or b""
    remotes = [entry.partition("\n")[2] for entry in said.decode(errors="surrogateescape").split("\0") if entry]
    named = site.repository.url if site.repository else ""
    pages = [page for remote in remotes if (page := repository.page(remote))]
    own = urlsplit(named).hostname
    known = [one for one in pages if repository.forge_of(host := urlsplit(one).hostname or "") or host == own]
    return list(dict.fromkeys([*known, *([named] if named else [])]))
