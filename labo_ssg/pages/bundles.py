"""Pages that are planned together, where one of them may have to be made again."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from labo_ssg.packing import digest
from labo_ssg.pages import page as single
from labo_ssg.pages.page import Page

File = tuple[str, str]
"""The path of a file in the output folder, and its template."""


class Bundle:
    """Pages that belong together: those of a folder's articles, of a list.

    Its `digest` stands for all that shapes them and that they are: where it is as it was, and what shapes all pages
    of the site too, they are as they were, and need not be planned. Its `name` tells it from the others.
    """

    def __init__(self, name: str, digest: bytes, make: Callable[[], Iterable[Page]]) -> None:
        self.name, self.digest, self._make = name, digest, make

    @cached_property
    def pages(self) -> list[Page]:
        """The pages themselves, in the order in which they are best published."""
        return list(self._make())

    @property
    def files(self) -> list[File]:
        return [page[:2] for page in self.pages]


def of(name: str, pages: Iterable[Page]) -> Iterator[Bundle]:
    """Yield the bundle of `pages` that are at hand; none of nothing."""
    if found := list(pages):
        marks = (part for page in found for part in (page.template.encode(), page.path.encode(), single.key(page, b"")))
        yield Bundle(name, digest(*marks), lambda: found)
