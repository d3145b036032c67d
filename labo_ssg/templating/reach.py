"""What a template reaches: itself and all that it extends, includes, imports or asks for by `once`, and so on.

All is read from the templates, not tried: where a name is made up while a page is rendered, every file counts.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from jinja2 import BaseLoader, Environment, FileSystemLoader, TemplateSyntaxError, meta, nodes

from labo_ssg.packing import digest
from labo_ssg.templating.store import Store

ASKING = "once"  # the global that renders the template it is given the name of
LINKING = frozenset({"asset", "assets"})  # the globals that know the theme's assets
MISSING = b""  # stands for a source that is not there
MOST = 2000  # sources of which the facts are kept


class ReadOnce(FileSystemLoader):
    """Reads each file once, so that all that is said of a template is said of the same source."""

    def __init__(self, folders: list[Path]) -> None:
        super().__init__(folders)
        self._read: dict[str, tuple[str, str]] = {}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:  # type: ignore[override] # whether it is fresh is not asked
        """Return the source and the file of a template."""
        if template not in self._read:
            self._read[template] = super().get_source(environment, template)[:2]
        return *self._read[template], None


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """What a source says of other templates.

    `names` are those it may ask for; `anything` tells that it makes up a name, `links` that it uses the assets.
    """

    names: tuple[str, ...]
    anything: bool
    links: bool


NOTHING = Facts((), anything=False, links=False)
ANYTHING = Facts((), anything=True, links=True)  # of a source that cannot be read


class Reach:
    """The templates of a theme and the ways between them. `salt` stands for what reads them."""

    def __init__(
        self, environment: Environment, loader: BaseLoader, folders: list[Path], store: Store | None, salt: bytes
    ) -> None:
        self._environment, self._loader, self._store = environment, loader, store
        self._bytes = FileSystemLoader(folders, encoding="latin-1")  # which reads anything
        self._key = digest(b"facts", salt)
        self._facts: dict[bytes, Facts] | None = None
        self._all: list[str] = []

    def sources(self, template: str) -> tuple[dict[str, bytes], bool]:
        """Return the digest of each source that `template` reaches, by name, and whether one uses the assets.

        A name that leads nowhere is there with MISSING: once there is such a file, it counts.
        """
        known = self._known()
        before = len(known)
        found: dict[str, bytes] = {}
        links, waiting = False, [template]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name], facts = self._look(name, known)
                links = links or facts.links
                waiting += self._every() if facts.anything else facts.names
        if self._store and len(known) > before:
            self._store.write(self._key, msgspec.msgpack.encode(dict(list(known.items())[-MOST:])))
        return dict(sorted(found.items())), links

    def _known(self) -> dict[bytes, Facts]:
        """Return the facts of sources that were read before, by their digest."""
        if self._facts is None:
            self._facts = {}
            kept = self._store.read(self._key) if self._store else None
            with contextlib.suppress(msgspec.DecodeError):
                self._facts = msgspec.msgpack.decode(kept or b"\x80", type=dict[bytes, Facts])
        return self._facts

    def _every(self) -> list[str]:
        """Return the names of all files of the theme: a template may include a picture in SVG, say."""
        self._all = self._all or self._environment.list_templates()
        return self._all

    def _look(self, name: str, known: dict[bytes, Facts]) -> tuple[bytes, Facts]:
        """Return the digest of the source called `name`, and what it says."""
        try:
            source, *_ = self._loader.get_source(self._environment, name)
        except UnicodeDecodeError:
            return self._unreadable(name), NOTHING
        except OSError:  # TemplateNotFound is one
            return MISSING, NOTHING
        key = digest(source.encode())
        if key not in known:
            known[key] = self._read(source)
        return key, known[key]

    def _unreadable(self, name: str) -> bytes:
        """Return the digest of a file that is no text: to show it is a mistake."""
        try:
            source, *_ = self._bytes.get_source(self._environment, name)
        except OSError:  # `default/…`: the theme's own are text
            return MISSING
        return digest(b"no text", source.encode())

    def _read(self, source: str) -> Facts:
        try:
            tree = self._environment.parse(source)
        except (TemplateSyntaxError, RecursionError):
            return ANYTHING
        asked = list(meta.find_referenced_templates(tree)) + list(_asked(tree))
        names = tuple(sorted({name for name in asked if name is not None and name.isprintable()}))
        links = any(name.name in LINKING for name in tree.find_all(nodes.Name))
        return Facts(names, len(names) < len(set(asked)), links)


def _asked(tree: nodes.Template) -> Iterator[str | None]:
    """Yield the names that a template gives to `once`; None where it makes one up, or gives `once` away."""
    direct = set()
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == ASKING and call.args:
            [name, *_] = call.args
            if isinstance(name, nodes.Const) and isinstance(name.value, str):
                direct.add(id(call.node))
                yield name.value
    if any(name.name == ASKING and id(name) not in direct for name in tree.find_all(nodes.Name)):
        yield None
