"""The articles of a site, as moderators need them: whether there is one, and which one is meant where there is none."""

import difflib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path, PurePosixPath

from labo_ssg.disk import files
from labo_ssg.disk.library import read_library
from labo_ssg.formats.article import MARKUPS
from labo_ssg.model import Article
from labo_ssg.places import CONTENT, PENDING
from labo_ssg.problems import Place, Problem

NEAR = 3  # articles that are named at most, where none has the name that was meant


class Articles:
    """The articles of the site at a root; all files are read only where a name is not among theirs."""

    def __init__(self, root: Path) -> None:
        self._root = root
        found = files.walk(root, CONTENT)[0] if files.exists(root, CONTENT) else []
        self._stems = {PurePosixPath(path).stem for path in found if PurePosixPath(path).suffix in MARKUPS}

    @cached_property
    def _by_id(self) -> dict[str, Article]:
        return {one.id: one for one in read_library(self._root)[0].articles}

    def has(self, article: str) -> bool:
        """Tell whether there is an article of this id."""
        if article in self._stems and "_by_id" not in self.__dict__:
            return True  # of a file that has another id than its name, the next build tells
        return article in self._by_id

    def near(self, article: str) -> list[Article]:
        """Return the articles that may be meant by an id that none has: those that were there, else by their names."""
        moved = [one for one in self._by_id.values() if article in map(_stem, one.aliases)]
        names = difflib.get_close_matches(article, list(self._by_id), NEAR)
        return moved or [self._by_id[name] for name in names]

    def missing(self, article: str, path: str) -> Problem:
        """Return what is told of the message at `path`, whose article is not there."""
        named = f"write `id: {article}` in its header, and all messages come with it"
        hint = f"it was deleted, or renamed: if another article has taken its place, {named}; else reject the message"
        if near := self.near(article):
            meant = " or ".join(f"`{one.id}`" for one in near)
            alone = f"move its file to {PENDING}/{near[0].id}/ and change its `article` line"
            renamed = f"if {near[0].place.path} is this article under a new name"
            hint = f"did you mean {meant}? {renamed}, {named}; to bring this message alone, {alone}"
        return Problem(Place(path, 1), f"there is no article `{article}`", hint)

    def words(self, article: str, say: Callable[[str], str]) -> str:
        """Return what is said of an article that is not there, in the words of the site's language."""
        told = say("There is no article “{name}”: it was deleted, or renamed.").format(name=article)
        names = ", ".join(f"{one.title} ({one.id})" for one in self.near(article))
        return f"{told} {say('Perhaps it is now: {names}').format(names=names)}" if names else told


def _stem(address: str) -> str:
    """Return how an address ends, without what a query or an ending adds: "/a/ptce.html" → "ptce"."""
    return PurePosixPath(address.partition("?")[0].rstrip("/")).stem
