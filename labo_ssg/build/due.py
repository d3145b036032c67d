"""When a site has to be built again because an article of a later date becomes due; no text is rendered."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from labo_ssg.build import cache, finding, reading
from labo_ssg.build.build import problem_of
from labo_ssg.build.crew import Crew
from labo_ssg.build.design import next_due
from labo_ssg.disk import files
from labo_ssg.disk.library import read_site
from labo_ssg.places import LOCK, SETTINGS, WORK
from labo_ssg.problems import Problem


class Due(NamedTuple):
    """The moment at which the next article appears, None for never, and what is wrong with the site's files."""

    moment: datetime | None
    problems: list[Problem]


def due(root: Path, *, now: datetime) -> Due:
    """Return when, after `now`, the next article of the site at `root` is to be published.

    Articles that were read before are known by what the last build remembered.
    """
    if not files.exists(root, SETTINGS):  # a folder that is no site stays as it is
        return Due(None, read_site(root)[1])
    work = root / WORK
    try:
        with files.lock(work / LOCK), cache.opened(work) as memory, Crew(1) as crew:
            clock = files.clock(work / LOCK)
            found = finding.find(root, memory, crew)
            library, problems = reading.read(root, found, memory, crew)
            finding.keep(found, memory, clock)
            memory.commit()
    except (OSError, sqlite3.Error) as error:
        return Due(None, [problem_of(error, root, work)])
    return Due(next_due(library, now), sorted(set(problems)))
