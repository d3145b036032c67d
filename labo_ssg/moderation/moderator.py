"""Who decides: "Name <address>", as git knows it, or as it was said."""

import getpass
import os
import re
from pathlib import Path

from labo_ssg.forge.running import GitFailed, ask
from labo_ssg.moderation import journal

VARIABLE = "LABO_MODERATOR"
NAMED = re.compile(r"[^<>\n]*[^<>\s][^<>\n]* <[^<>\s]*>")


class Nameless(Exception):  # noqa: N818 - of a person
    """Nobody has said who decides, or not so that it can be written down; `hint` tells how."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.hint = hint


def moderator(root: Path, said: str = "") -> str:
    """Return who decides at `root`: as `said`, as LABO_MODERATOR or git says; raise Nameless, GitFailed."""
    said = said or os.environ.get(VARIABLE, "")
    if said:
        who = said if "<" in said else f"{said} <>"
        if not NAMED.fullmatch(who) or not _is_name(who.partition("<")[0]) or not who.isprintable():
            raise Nameless(f"`{said}` is no name of a moderator", 'write it like "Jeanne Martin <jeanne@exemple.org>"')
        return who
    if not journal.in_git(root):
        return f"{getpass.getuser()} <>"
    name, address = (_asked(root, part) for part in ("name", "email"))
    if not _is_name(name) or not address:
        hint = 'git config user.name "Jeanne Martin" && git config user.email jeanne@exemple.org'
        raise Nameless("git does not know who you are, and decisions are signed", hint)
    return f"{name} <{address}>"


def _is_name(name: str) -> bool:
    """Tell whether git can sign with `name`: it takes signs off it, and nothing may be left."""
    return any(one.isalnum() for one in name)


def _asked(root: Path, part: str) -> str:
    """Return what git would write as the `part` of an author, without its guesses."""
    if given := os.environ.get(f"GIT_AUTHOR_{part.upper()}"):
        return given.strip()
    try:
        found = ask(root, "config", "--get", f"user.{part}") or b""
    except GitFailed:  # it stands there twice, say
        return ""
    return " ".join(re.sub("[<>]", " ", found.decode(errors="replace")).split())
