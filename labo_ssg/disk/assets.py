"""The assets of the theme, by name: the site's own over those of the default theme."""

from functools import cache
from pathlib import Path

import rcssmin
import rjsmin

from labo_ssg.disk import files
from labo_ssg.places import ASSETS
from labo_ssg.problems import Problem


def read_assets(root: Path, default: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the assets of the site at `root`, over those of the `default` folder of templates.

    The default theme's are written for those who read them: what browsers do not need is left
    out. What is the site's own stays as it is.
    """
    theirs, _ = _read(default.parent)
    own, problems = _read(root)
    found = {name: _minified(Path(name).suffix, data) for name, data in theirs.items()}
    found |= {name: data for name, data in own.items() if data != theirs.get(name)}
    return dict(sorted(found.items())), problems


def _read(home: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the files of the assets below `home`, by name."""
    names, problems = files.walk(home, ASSETS) if files.exists(home, ASSETS) else ([], [])
    found = {}
    for name in names:
        found[name], more = files.read(home, f"{ASSETS}/{name}")
        problems += more
    return found, problems


@cache
def _minified(suffix: str, data: bytes) -> bytes:
    shrink = {".css": rcssmin.cssmin, ".js": rjsmin.jsmin}.get(suffix)
    return shrink(data) if shrink else data
