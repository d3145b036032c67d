"""Finds the forge of a site: which it is, where its API lies, and the token for it.

The environment goes before `site.yaml`, that before what git calls `origin`. Without a token, what can be pushed to
is a plain repository.
"""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from labo_ssg.forge.api import PATIENCE, Patience
from labo_ssg.forge.course import Course, Remote
from labo_ssg.forge.forgejo import Forgejo
from labo_ssg.forge.git import commit_at
from labo_ssg.forge.github import GitHub
from labo_ssg.forge.gitlab import GitLab
from labo_ssg.forge.plain import Plain, without_credentials
from labo_ssg.forge.proposal import Forge, ForgeFailed
from labo_ssg.forge.running import GitFailed, ask, run
from labo_ssg.formats.repository import HOSTS, NAMES
from labo_ssg.model import Forge as Kind
from labo_ssg.model import Repository

MAIN = "main"  # where nothing says otherwise
_APIS: dict[Kind, str] = {"github": "/api/v3", "gitlab": "/api/v4", "forgejo": "/api/v1"}
# Where "organisation/site" lies if nothing says it. Gitea has no such place: its token must not go to a stranger.
_USUAL = {"github": "https://github.com", "gitlab": "https://gitlab.com", "forgejo": "https://codeberg.org"}
_TOKENS: dict[Kind, tuple[str, ...]] = {
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab": ("GITLAB_TOKEN",),
    "forgejo": ("FORGEJO_TOKEN", "GITEA_TOKEN"),
}
_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s]+):(?P<path>[^/\s].*)")  # git@host:organisation/site.git
_SHORT = re.compile(r"[\w.-]+(/[\w.-]+)+")  # organisation/site


class Address(Struct, frozen=True):
    """Where a repository lies on the web: its host ("https://host:port"), the path below it, without `.git`."""

    host: str
    path: str


def connect(
    root: Path, repository: Repository | None, environ: Mapping[str, str], patience: Patience = PATIENCE
) -> Forge:
    """Return the forge of the site at `root`, a clone; raise ForgeFailed where it cannot be told.

    `LABO_REPOSITORY` (an address, or "organisation/site"), `LABO_FORGE` (github, gitlab, forgejo, gitea, git),
    `LABO_FORGE_API` and `LABO_FORGE_TOKEN` say it, else `repository`, else the remote `origin`, and the names that
    forges give their tokens.
    """
    asked = environ.get("LABO_FORGE", "").strip().lower()
    if asked not in ("", "git", *NAMES):
        hint = f"it is one of {', '.join(NAMES)} or git"
        raise ForgeFailed(f"LABO_FORGE is `{asked}`, which is no forge known here", hint)
    main = repository.branch if repository else _head_of(root)
    given = environ.get("LABO_REPOSITORY", "").strip()
    found = given or (repository.url if repository else "") or _origin(root)
    kind = NAMES.get(asked) or _kind(_address(found), None if given else repository) or _kind_of_token(environ)
    token = _token(kind, environ)
    if asked == "git" or not token:
        return _plain(root, given, main, asked, kind)
    if kind is None:
        hint = "set LABO_FORGE to github, gitlab, forgejo or gitea, or `forge` of `repository` in site.yaml"
        shown = without_credentials(found) or "(none)"
        raise ForgeFailed(f"the address {shown} does not tell which forge it is", hint)
    api = environ.get("LABO_FORGE_API", "").strip()
    address = _address(found) or _short(found, api or _USUAL.get(asked, ""))
    if address is None:
        hint = "set LABO_REPOSITORY to https://host/organisation/site, or `repository` in site.yaml"
        raise ForgeFailed(f"`{without_credentials(found)}` is not the address of a repository on a forge", hint)
    return Course(_driver(kind, address, api, main, token, patience), main, patience.pause)


def _driver(kind: Kind, address: Address, api: str, main: str, token: str, patience: Patience) -> Remote:
    """Return the driver. A forge may lie below a path of its host: GitLab's groups do not tell, its API does."""
    below, name = "", address.path
    if api:
        top = urlsplit(api).path.rstrip("/").removesuffix(_APIS[kind]).strip("/")
        name = name.removeprefix(f"{top}/") if top else name
    if kind != "gitlab":
        below, name = _cut(name)
    if api and kind != "github" and not api.rstrip("/").endswith(_APIS[kind]):
        api = api.rstrip("/") + _APIS[kind]
    base = api.rstrip("/") or "/".join(filter(None, (address.host, below))) + _APIS[kind]
    if kind == "github":
        usual = address.host == _USUAL["github"] and not api
        return GitHub("https://api.github.com" if usual else base, name, main, token, patience)
    return (GitLab if kind == "gitlab" else Forgejo)(base, name, main, token, patience)


def _cut(path: str) -> tuple[str, str]:
    """Cut a path into what is above a repository, and its owner and name."""
    parts = path.split("/")
    if len(parts) < 2:
        raise ForgeFailed(f"`{path}` names no repository", "write organisation/site")
    return "/".join(parts[:-2]), "/".join(parts[-2:])


def _short(found: str, host: str) -> Address | None:
    """Return where "organisation/site" lies on `host`; None where `found` is something else, or there is no host."""
    return Address(host, _path(found)) if host and _SHORT.fullmatch(found) else None


def _address(found: str) -> Address | None:
    """Return where `found` leads on the web; None where it is a folder, a short name, or nothing."""
    if re.match(r"https?://", found):
        url = urlsplit(found)
        return Address(f"{url.scheme}://{url.netloc.rpartition('@')[2].lower()}", _path(url.path))
    if found.startswith(("ssh://", "git+ssh://")):
        url = urlsplit(found)
        return Address(f"https://{url.hostname}", _path(url.path))
    if scp := _SCP.fullmatch(found):
        return Address(f"https://{scp['host'].lower()}", _path(scp["path"]))
    return None


def _path(path: str) -> str:
    return path.strip("/").removesuffix(".git")


def _kind(address: Address | None, repository: Repository | None) -> Kind | None:
    if repository and repository.forge:
        return repository.forge
    host = urlsplit(address.host).hostname or "" if address else ""
    return HOSTS.get(host) or NAMES.get(host.partition(".")[0])


def _kind_of_token(environ: Mapping[str, str]) -> Kind | None:
    """Return Forgejo where a token by its name is there, and the address says nothing: http://127.0.0.1:3000/…

    The tokens of the others are for their own hosts: none goes to another one by a guess.
    """
    return "forgejo" if any(environ.get(name, "").strip() for name in _TOKENS["forgejo"]) else None


def _token(kind: Kind | None, environ: Mapping[str, str]) -> str:
    names = ("LABO_FORGE_TOKEN", *(_TOKENS[kind] if kind else ()))
    return next((token for name in names if (token := environ.get(name, "").strip())), "")


def _plain(root: Path, given: str, main: str, asked: str, kind: Kind | None) -> Forge:
    if asked == "git" and given:
        return Plain(root, given, main)
    if asked not in ("", "git") or not _origin(root):
        names = ", ".join(("LABO_FORGE_TOKEN", *(_TOKENS[kind] if kind else ())))
        raise ForgeFailed("there is no token for the forge", f"put one into one of {names}")
    return Plain(root, "origin", main)


def _origin(root: Path) -> str:
    try:
        return os.fsdecode(ask(root, "config", "--get", "remote.origin.url") or b"").strip()
    except GitFailed:  # no repository: then the settings must say where it lies
        return ""


def _head_of(root: Path) -> str:
    """Return what the remote calls its main branch, as far as this clone knows: only `git clone` writes it down."""
    with suppress(GitFailed):
        return run(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").decode().strip().removeprefix("origin/")
    with suppress(GitFailed):
        for place in ("refs/remotes/origin", "refs/heads"):
            for name in (MAIN, "master"):
                if commit_at(root, f"{place}/{name}"):
                    return name
    return MAIN
