"""Pages → files that wait beside the output: those whose key is that of what lies there already are not made again."""

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from labo_ssg.build import cache
from labo_ssg.build.abroad import Abroad
from labo_ssg.build.crew import Crew
from labo_ssg.build.progress import RENDERING
from labo_ssg.disk import files
from labo_ssg.model import Conversation, Kept, Texts
from labo_ssg.packing import digest_of_file, unpack
from labo_ssg.pages import page as pages
from labo_ssg.pages import reasons
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.page import Page
from labo_ssg.pages.reasons import Parts
from labo_ssg.problems import Problem
from labo_ssg.theme import Broken, Theme

WORTH = 60  # pages from which other processes may help
KEPT = 64  # texts and conversations: a page and a feed that show the same one come one after the other


class Context(NamedTuple):
    """What all pages share; `stage` is the folder in which files wait, None where it is not on this disk.

    `settings` is a digest of the frame.
    """

    theme: Theme | Abroad
    frame: Frame
    settings: bytes
    cache: Path
    stage: Path | None


class Order(NamedTuple):
    """A page, its key, and the name of the file in which it waits; `parts` are what shapes it, where that is known."""

    page: Page
    key: bytes
    name: str
    parts: Parts = {}  # noqa: RUF012 - never changed


class Rendered(NamedTuple):
    """The digest of a file, the parts that shaped it, and its bytes where they could not wait on this disk."""

    digest: bytes
    parts: Parts
    data: bytes = b""


def render(orders: Sequence[Order], context: Context, crew: Crew) -> Iterator[Rendered | Problem]:
    """Render each page into the file in which it waits; yield its digest, or why its template fails."""
    stage = context.stage
    _load.cache_clear()  # of another build
    there = context
    if crew.apart and isinstance(context.theme, Theme):
        there = context._replace(theme=Abroad(context.theme), stage=None)
    prepare = partial(_loaded, context, partial(_load, context.cache))
    done = crew.share(_render, there, orders, worth=WORTH, prepare=prepare, stage=RENDERING)
    for order, one in zip(orders, done, strict=True):
        if isinstance(one, Rendered) and one.data and stage:
            files.write_new(f"{stage}/{order.name}", one.data)
        yield one


def load_kept(path: Path, kept: Kept) -> Texts | Conversation:
    """Return what the cache at `path` holds."""
    kind: type[Texts | Conversation] = Texts if kept.kind == "texts" else Conversation
    return unpack(cache.load(path, kept.kind, kept.path, bytes.fromhex(kept.key)), kind)


_load = lru_cache(maxsize=KEPT)(load_kept)


def parts_of(page: Page, theme: Theme | Abroad, settings: bytes) -> Parts:
    """Return what shapes the file of `page`, by names; `settings` is a digest of them."""
    return reasons.parts(page, _common(theme, page.template, settings))


@lru_cache(maxsize=64)
def _common(theme: Theme | Abroad, template: str, settings: bytes) -> Parts:
    return reasons.common(theme.sources(template), settings)


def _loaded(at: Context, load: pages.Load, order: Order) -> Order:
    return order._replace(page=pages.loaded(order.page, load), parts=parts_of(order.page, at.theme, at.settings))


def _render(at: Context, order: Order) -> Rendered | Problem:
    try:
        page = pages.loaded(order.page, partial(_load, at.cache))
        data = at.theme.render(pages.finished(page, at.frame))
    except Broken as broken:
        return broken.problem
    parts = order.parts or parts_of(order.page, at.theme, at.settings)
    if at.stage is None:
        return Rendered(digest_of_file(data), parts, data)
    files.write_new(f"{at.stage}/{order.name}", data)
    return Rendered(digest_of_file(data), parts)
