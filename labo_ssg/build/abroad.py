"""A theme that takes its templates along to where their folder cannot be seen."""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from pathlib import Path

from labo_ssg.build.crew import Lost
from labo_ssg.disk import files
from labo_ssg.pages.page import Page
from labo_ssg.pages.views import SiteView
from labo_ssg.problems import Place, Problem
from labo_ssg.theme import Theme


class Abroad:
    """Renders pages as `theme` does, in a process of another machine too.

    There the default theme is that of the Labo SSG which runs there, the same one; the site's own
    templates lie in a folder for as long as this is of use.
    """

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def render(self, page: Page) -> bytes:
        """Return the file that `page` asks for; raise Broken where a template fails."""
        return self._theme.render(page)

    def sources(self, template: str) -> dict[str, bytes]:
        """Return the digest of each source that `template` reaches, by name."""
        return self._theme.sources(template)

    def __reduce__(self) -> tuple[object, ...]:
        """Say how another process makes the same theme."""
        folder, site, zone, assets, *_ = self._theme.parts
        return _unpacked, (dict(_sources(folder)), site, zone, dict(assets))


def _unpacked(sources: Mapping[str, bytes], site: SiteView, zone: tzinfo, assets: Mapping[str, bytes]) -> Abroad:
    try:
        folder = Path(tempfile.mkdtemp(prefix="labo-templates-"))
        for name, data in sources.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        what = f"a worker cannot keep the templates: {(error.strerror or str(error)).lower()}"
        raise Lost(Problem(Place(tempfile.gettempdir()), what, "make room there, or set TMPDIR for it")) from error
    theme = Theme(folder, site, zone, assets)
    made = Abroad(theme)
    weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
    return made


def _sources(root: Path, path: str = "", above: tuple[Path, ...] = ()) -> Iterator[tuple[str, bytes]]:
    """Yield the path below `root` and the bytes of each file that a template may ask for: links are followed."""
    folder = (root / path).resolve()
    if not folder.is_dir() or folder in above:
        return
    for name in sorted(one.name for one in folder.iterdir()):
        below = f"{path}/{name}" if path else name
        if (root / below).is_dir():
            yield from _sources(root, below, (*above, folder))
        else:
            data, problems = files.read(root, below)
            if not problems:
                yield below, data
