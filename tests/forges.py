"""The forges of the tests, by name, and the drivers that speak to them."""

from pathlib import Path

from forge_forgejo import Forgejo
from forge_github import GitHub
from forge_gitlab import GitLab
from forge_server import NAME, TOKEN, Forge
from msgspec.structs import replace

from labo_ssg.forge.api import Patience
from labo_ssg.forge.connect import connect
from labo_ssg.forge.proposal import Forge as ForgeOfSite

KINDS: dict[str, type[Forge]] = {"github": GitHub, "gitlab": GitLab, "forgejo": Forgejo}
QUICK = Patience(tries=4, answer=5.0, pause=0.002, longest=0.01, total=10.0)
ONCE = replace(QUICK, tries=1)


def connected(forge: Forge, patience: Patience = QUICK, api: str = "") -> ForgeOfSite:
    """Return the driver that speaks to `forge` (by way of `api`), as the environment sets it up."""
    kind = next(name for name, kind in KINDS.items() if isinstance(forge, kind))
    said = {"LABO_FORGE": kind, "LABO_REPOSITORY": f"{forge.url}/{NAME}", "LABO_FORGE_TOKEN": TOKEN}
    return connect(Path("/"), None, {**said, "LABO_FORGE_API": api or forge.url + forge.prefix}, patience)
