"""A built site compared with what a full build makes: the proof that nothing remembered was wrong."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from labo_ssg.build import cache, finding
from labo_ssg.build.build import scratch
from labo_ssg.build.crew import Crew
from labo_ssg.build.design import design
from labo_ssg.build.output import Output
from labo_ssg.build.refresh import Refresh
from labo_ssg.disk import files
from labo_ssg.places import LOCK, WORK
from labo_ssg.problems import Place, Problem

HINT = "please report it; `labo build --no-cache` makes the site anew"


class Verdict(NamedTuple):
    """How many files were compared, and those that are not as they should be."""

    files: int
    problems: list[Problem]


def verify(root: Path, output: Path, *, now: datetime, drafts: bool, pending: bool = False, jobs: int = 1) -> Verdict:
    """Build the site at `root` anew, aside, and compare every file with the one in `output`, byte for byte."""
    work = root / WORK
    with files.lock(work / LOCK), scratch(work) as aside, cache.opened(aside) as memory, Crew(jobs) as crew:
        found = finding.find(root, memory, crew, pending=pending)
        site, problems = design(root, found, memory, crew, now=now, drafts=drafts)
        memory.commit()
        if not problems:
            _, problems = Refresh(Output(aside / "public", root, aside, memory)).carry_out(site, found, crew, now)
        if problems:
            return Verdict(0, problems)
        paths = sorted(files.all_files(aside / "public"))
        told = [one for path in paths for one in _compare(aside / "public", output, path)]
    return Verdict(len(paths), told)


def _compare(full: Path, output: Path, path: str) -> list[Problem]:
    """Return what is wrong with the file at `path` of `output`: its first difference from that of a `full` build."""
    wanted = (full / path).read_bytes()
    place = str(output / path)
    try:
        there = (output / path).read_bytes()
    except OSError:
        return [Problem(Place(place), "it is not there, and a full build makes it", HINT)]
    if there == wanted:
        return []
    pairs = enumerate(zip(there, wanted, strict=False))
    at = next((at for at, (one, other) in pairs if one != other), min(len(there), len(wanted)))
    line = there.count(b"\n", 0, at) + 1
    what = f"it has `{_around(there, at)}` where a full build has `{_around(wanted, at)}`"
    return [Problem(Place(place, line), what, HINT)]


def _around(data: bytes, at: int) -> str:
    return data[at : at + 40].decode(errors="replace").replace("\n", "␊") or "the end"
