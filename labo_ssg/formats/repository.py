"""The `repository` of the settings, made plain: its address as a page, the forge it is on."""

import re
from urllib.parse import urlsplit

from msgspec.structs import replace

from labo_ssg.formats import fields
from labo_ssg.model import Forge, Repository

URL = re.compile(r"https?://[\w.-]+(:[0-9]{1,5})?(/[^\s/?#\"'<>\\]+){2,}/?")
BRANCH = re.compile(r"(?![/.-])(?!.*(\.\.|//|@\{))[^\s~^:?*\[\\]+(?<![/.])")  # as git-check-ref-format has it, roughly

HOSTS: dict[str, Forge] = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "framagit.org": "gitlab",
    "codeberg.org": "forgejo",
    "gitea.com": "forgejo",
}
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
    url = repository.url.rstrip("/").removesuffix(".git")
    host = urlsplit(url).hostname or ""
    named = HOSTS.get(host) or NAMES.get(host.partition(".")[0])  # gitlab.example.org says it, git.example.org does not
    return replace(repository, url=url, forge=repository.forge or named)
