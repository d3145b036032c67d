"""A file to make, and the view it is made from: at hand, or a sketch of one that is made when it is shown."""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec.structs import replace

from labo_ssg.model import Conversation, Kept, Texts
from labo_ssg.packing import Stamped, digest, pack
from labo_ssg.pages import structured, urls
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.views import View

Load = Callable[[Kept], Texts | Conversation]


class Sketch(NamedTuple):
    """A view that is not made yet: `make` of the frame and the `materials`.

    Nothing else may shape it: the materials are all that is known of it until it is shown. What is
    `Kept` among them is loaded then; what many pages show is `Stamped`, so that no page packs it again.
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
        return digest(shape, view.make.__qualname__.encode(), *_marks(view.materials))
    return digest(shape, pack(view))


def mark(material: Any) -> bytes:
    """Return what stands for a material of a sketch: two that differ have marks that do."""
    kind = type(material)
    if kind is tuple:
        return digest(*_marks(material))
    if kind is Kept:  # its key is a digest already
        return f"{material.kind} {material.key} {material.path}".encode()
    return _marks((material,))[0] if isinstance(material, Stamped) else pack(material)


def _marks(materials: tuple[Any, ...]) -> list[bytes]:
    return [one.digest if isinstance(one, Stamped) else mark(one) for one in materials]


def finished(page: Page, frame: Frame) -> Page:
    """Return `page`, of which all materials are loaded, with its whole view."""
    path, template, view = page
    if isinstance(view, Sketch):
        view = view.make(frame, *view.materials)
    card_size = frame.card_size if view.card == urls.CARD else view.card_size
    return Page(path, template, replace(view, card_size=card_size, data=structured.data(view, frame.site)))


def loaded(page: Page, load: Load) -> Page:
    """Return `page` with the materials themselves, all that is kept among them."""
    path, template, view = page
    if not isinstance(view, Sketch):
        return page
    return Page(path, template, Sketch(view.url, view.make, _loaded(view.materials, load)))


def _loaded(material: Any, load: Load) -> Any:
    """Return `material` with all that is kept in it."""
    kind = type(material)
    if kind is tuple:
        return tuple([_loaded(one, load) for one in material])
    if kind is Kept:
        return load(material)
    return _loaded(material.value, load) if isinstance(material, Stamped) else material
