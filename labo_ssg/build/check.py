"""Every problem of a site, without a page being published."""

from datetime import datetime
from pathlib import Path

from labo_ssg.build import anchors, cache, finding
from labo_ssg.build.build import scratch
from labo_ssg.build.crew import Crew
from labo_ssg.build.design import COMPILED, design
from labo_ssg.build.output import Output
from labo_ssg.build.refresh import Refresh
from labo_ssg.disk import discussions, files
from labo_ssg.disk.library import read_site, reader
from labo_ssg.places import SETTINGS, WORK
from labo_ssg.problems import Problem


def check(root: Path, *, now: datetime) -> list[Problem]:
    """Return every problem of the site at `root`, those of drafts and of waiting comments included."""
    if not files.exists(root, SETTINGS):
        return read_site(root)[1]
    # What builds compiled is used, and added to: it never makes a difference. No folder is made for that.
    compiled = root / WORK / COMPILED if (root / WORK).is_dir() else None
    with scratch(root / WORK) as folder, cache.opened(folder) as memory, Crew(1) as crew:
        found = finding.find(root, memory, crew)
        everything, problems = design(root, found, memory, crew, now=now, drafts=True, compiled=compiled)
        problems += design(root, found, memory, crew, now=now, drafts=False, compiled=compiled)[1]
        memory.commit()
        if not problems:
            output = Output(folder / "public", root, folder, memory)
            problems = Refresh(output).carry_out(everything, found, crew, now)[1]
            problems = problems or anchors.check(everything.library, root, folder / "public")
    problems += discussions.check_pending(root, everything.library, reader(everything.library.site))
    return sorted(set(problems))
