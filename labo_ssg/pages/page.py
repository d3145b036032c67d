"""A file to make, and the view it is made from: at hand, or a sketch of one that is made when it is shown."""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec.structs import replace

from labo_ssg.model import Conversation, Kept, Texts
from labo_ssg.packing import digest, pack
from labo_ssg.pages import structured
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.views import View

Load = Callable[[Kept], Texts | Conversation]


class Sketch(NamedTuple):
    """A view that is not made yet: `make` of the frame and the `materials`, where what is `Kept` has been loaded.

    Nothing else may shape it: the materials are all that is known of it until it is shown.
    """

    url: str
    make: Callable[..., View]
    materials: tuple[Any, ...]


class Page(NamedTuple):
    """A file to make: `path` in the output folder, from `template` and `view`."""

    path: str
    template: str
    view: View | Sketch


def key(page: Page, shape: bytes) -> bytes:
    """Return a digest of all that shapes the file of `page`; `shape` is that of its template and of the site."""
    view = page.view
    if isinstance(view, Sketch):
        return digest(shape, view.make.__qualname__.encode(), pack(view.materials))
    return digest(shape, pack(view))


def finished(page: Page, frame: Frame) -> Page:
    """Return `page`, of which all materials are loaded, with its whole view."""
    view = page.view.make(frame, *page.view.materials) if isinstance(page.view, Sketch) else page.view
    return page._replace(view=replace(view, data=structured.data(view, frame.site)))


def loaded(page: Page, load: Load) -> Page:
    """Return `page` with all that is kept in its materials."""
    if not isinstance(page.view, Sketch):
        return page
    return page._replace(view=page.view._replace(materials=_loaded(page.view.materials, load)))


def _loaded(material: Any, load: Load) -> Any:
    """Return `material` with all that is kept in it."""
    if isinstance(material, Kept):
        return load(material)
    if isinstance(material, tuple) and not hasattr(material, "_fields"):
        return tuple(_loaded(one, load) for one in material)
    return material
