"""Why a page was written, or would be, in words; nothing is built."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from labo_ssg.build import cache, finding, history, rendering
from labo_ssg.build.build import problem_of, refuse
from labo_ssg.build.crew import Crew
from labo_ssg.build.design import Design, design
from labo_ssg.build.output import Output
from labo_ssg.build.refresh import Keys
from labo_ssg.disk import files
from labo_ssg.pages import reasons, urls
from labo_ssg.pages.page import Page
from labo_ssg.places import LOCK, WORK
from labo_ssg.problems import Problem


class Answer(NamedTuple):
    """What can be said of a page, a sentence a line; none where the site has no such page. Or the site's problems."""

    lines: list[str]
    problems: list[Problem]


def why(root: Path, output: Path, url: str, *, now: datetime, drafts: bool, pending: bool = False) -> Answer:
    """Say of the page at `url` whether a build at `now` would write it into `output`, and why it was written last."""
    if problems := refuse(root, output):
        return Answer([], problems)
    work = root / WORK
    try:
        with files.lock(work / LOCK), cache.opened(work) as memory, Crew(1) as crew:
            folder = Output(output, root, work, memory)
            found = finding.find(root, memory, crew, pending=pending)
            site, problems = design(root, found, memory, crew, now=now, drafts=drafts)
            page = _page(site, url)
            return Answer(_told(page, site, folder) if page and not problems else [], problems)
    except (OSError, sqlite3.Error) as error:
        return Answer([], [problem_of(error, root, output)])


def _page(site: Design, url: str) -> Page | None:
    """Return the page at `url`: an address, with the host or without, or the path of a file of the output."""
    path = urlsplit(url).path.removeprefix(urls.base(site.library.site.base_url)).removeprefix("/")
    wanted = {urls.file(f"/{path}"), urls.file(f"/{path}/"), path}
    pages = (page for bundle in site.plan.bundles for page in bundle.pages)
    return next((page for page in pages if page.path in wanted), None)


def _told(page: Page, site: Design, output: Output) -> list[str]:
    known, written = output.made().get(page.path), history.last(output, page.path)
    keys, there = Keys(site), output.present.get(page.path)
    if not known or not written:
        return [f"{page.path} would be written: {history.NEW}"]
    moment = datetime.fromtimestamp(written.at, UTC).astimezone()
    last = f"it was written last on {moment:%Y-%m-%d at %H:%M:%S}: {_joined(written.why)}"
    if known.key != keys.of(page):
        changed = reasons.told(written.parts, rendering.parts_of(page, site.theme, site.settings))
        changed = changed or ["this program, its words or its assets"]
        return [f"{page.path} would be made again: {_joined(changed)}", last]
    if there != known.digest:
        gone = "its file is gone" if there is None else "something else has changed its file"
        return [f"{page.path} would be written again: {gone}", last]
    return [f"{page.path} is as it should be: nothing that shapes it has changed", last]


def _joined(words: list[str]) -> str:
    return "; ".join(words)
