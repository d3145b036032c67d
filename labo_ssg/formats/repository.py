"""The `repository` of the settings, made plain: its address as a page, the forge it is on."""

import re
from urllib.parse import urlsplit

from msgspec.structs import replace

from labo_ssg.formats import fields
from labo_ssg.model import Forge, Repository

URL = re.compile(r"https?://[\w.-]+(:[0-9]{1,5})?(/[^\s/?#\"'<>\\]+){2,}/?")
BRANCH = re.compile(r"(?![/.-])(?!.*(\.\.|//|@\{))[^\s~^:?*\[\\]+(?<![/.])")  # as git-check-ref-format has it, roughly
FOLDER = re.compile(r"(?!\.\.?(/|$))[^/\s\\]+(/(?!\.\.?(/|$))[^/\s\\]+)*")
REMOTE = re.compile(
    r"(?P<url>(?:https?|ssh|git|git\+ssh)://.+)|(?:[^/@:]+@)?(?P<host>[\w-]+(?:\.[\w-]+)+):(?P<path>[^/].*)"
)

HOSTS: dict[str, Forge] = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "framagit.org": "gitlab",
    "codeberg.org": "forgejo",
    "gitea.com": "forgejo",
}
# Gitea and Forgejo, which came of it, speak alike.
NAMES: dict[str, Forge] = {"github": "github", "gitlab": "gitlab", "forgejo": "forgejo", "gitea": "forgejo"}


def settle(repository: Repository, tell: fields.Tell) -> Repository | None:
    """Return `repository` with its address as that of a page and, as far as its host tells it, its forge.

    Return None, and tell why, where it means nothing.
    """
    if not URL.fullmatch(repository.url):
        what = f"`{repository.url}` is not the address of a repository's page"
        tell("repository", what, "write it like https://github.com/organisation/site")
        return None
    if not BRANCH.fullmatch(repository.branch):
        tell("repository", f"`{repository.branch}` cannot be the name of a branch", "`main` is usual")
        return None
    folder = repository.folder.strip("/")
    if folder and not FOLDER.fullmatch(folder):
        tell("repository", f"`{repository.folder}` is no folder of a repository", "`folder` is like sites/www")
        return None
    url = repository.url.rstrip("/").removesuffix(".git")
    named = NAMES[repository.forge] if repository.forge else forge_of(urlsplit(url).hostname or "")
    return replace(repository, url=url, forge=named, folder=folder)


def forge_of(host: str) -> Forge | None:
    """Return what the forge at `host` speaks: gitlab.example.org says it, git.example.org does not."""
    return HOSTS.get(host) or NAMES.get(host.partition(".")[0])


def page(remote: str) -> str:
    """Return the address of the page of a git remote on another machine, "" for a folder of this one.

    What git writes in many ways, git@github.com:a/b.git, ssh://git@github.com/a/b.git, is one page; names and
    passwords in it are left out.
    """
    if found := REMOTE.fullmatch(remote):
        parts = urlsplit(found["url"]) if found["url"] else None
        host, path = (parts.hostname or "", parts.path) if parts else (found["host"].lower(), found["path"])
        return f"https://{host}/{path.strip('/').removesuffix('.git')}" if host else ""
    return ""
