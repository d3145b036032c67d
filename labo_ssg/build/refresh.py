"""A design → the files of the output folder: what lies there already is not made again.

All that is new waits aside until everything is ready, and is then published at once.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from labo_ssg.build import history, pictures, rendering
from labo_ssg.build.crew import Crew
from labo_ssg.build.design import Design
from labo_ssg.build.finding import Found
from labo_ssg.build.output import Made, Output
from labo_ssg.build.publish import RECORD, Goal, Outcome, Ready, publish
from labo_ssg.build.rendering import Context, Order
from labo_ssg.disk import sources
from labo_ssg.packing import digest, digest_of_file
from labo_ssg.pages import page as pages
from labo_ssg.pages.bundles import Bundle, File
from labo_ssg.pages.page import Page
from labo_ssg.pages.reasons import Parts
from labo_ssg.places import CONTENT
from labo_ssg.problems import Place, Problem

ARTICLE = "article.html"  # the template of the pages that a search finds
STAGE, PAGES = "staged", "pages"  # the folder of what waits, and the one in it of pages


class Files(NamedTuple):
    """The files of a site by path: the digest of each, and where each lies that may have to be written."""

    digests: dict[str, bytes]
    ready: dict[str, Ready]

    def add(self, path: str, known: bytes, source: Path, *, moves: bool = False) -> None:
        self.digests[path] = known
        self.ready[path] = Ready(source, moves)


class Refresh:
    """The work of a build on its output folder."""

    def __init__(self, output: Output) -> None:
        self._output, self._present = output, output.present
        self._parts: dict[str, Parts] = {}  # of the pages that were rendered
        self._bundles: dict[str, bytes] = {}  # their keys
        self.folder, self._root, self._work, self._cache = output.folder, output.root, output.work, output.cache

    def carry_out(self, design: Design, found: Found, crew: Crew, now: datetime) -> tuple[Outcome, list[Problem]]:
        """Make the folder hold the site of `design`, or leave it as it is and say why; raise OSError, PartlyWritten."""
        with _stage(self._work / STAGE) as stage:
            site = Files({}, {})
            problems = self._copy(design, found, site)
            self._add_theme(design, site, stage)
            made, more = self._render(design, site, stage, crew)
            problems += more or self._add_index(design, site)
            if problems:
                return Outcome(), sorted(set(problems))
            fresh = {path: one for path, one in site.ready.items() if self._present.get(path) != site.digests[path]}
            way = "files" if self._output.is_private else design.library.site.publish
            goal = Goal(self.folder, self._work / RECORD / f"{self._output.name}.json", stage, way, crew.tell)
            outcome = publish(fresh, site.digests.keys(), self._present.keys(), goal)
        if not outcome.problems:
            gone = self._present.keys() - site.digests.keys()
            # What is copied may have been changed since it was looked at: what counts is what lies there now.
            copied = {one.path for one in design.library.assets} & fresh.keys()
            there = {path: sources.read_digest(self.folder, path) for path in copied}
            self._output.keep(made, self._bundles, (*fresh, *gone), site.digests | there)
            written = {path: parts for path, parts in self._parts.items() if path in fresh}
            history.keep(self._output, written, gone, now)
        return outcome, list(outcome.problems)

    def _copy(self, design: Design, found: Found, site: Files) -> list[Problem]:
        """Add what is copied as it is, and the pictures that are drawn once."""
        for asset in design.library.assets:
            path = f"{CONTENT}/{asset.path}"
            site.add(asset.path, found.contents[path], self._root / path)
        shown = pictures.shown(design.library, design.known, design.written)
        cards, digests = design.plan.cards, found.contents
        drawn, problems = pictures.make(design.library, shown, cards, digests, self._root, self._work)
        self._add_kept("picture", {} if problems else drawn, site)
        return problems

    def _add_theme(self, design: Design, site: Files, stage: Path) -> None:
        for number, (path, data) in enumerate(design.theme.files().items()):
            waiting = stage / f"theme-{number}"
            waiting.write_bytes(data)
            site.add(path, digest_of_file(data), waiting, moves=True)

    def _render(self, design: Design, site: Files, stage: Path, crew: Crew) -> tuple[dict[str, Made], list[Problem]]:
        """Render the pages that are not there yet as they should be; one problem for each place where one fails."""
        keys = Keys(design)
        made, orders = self._look(design, keys)
        context = Context(design.theme, design.plan.frame, design.settings, self._cache.path, stage)
        problems: dict[Place, Problem] = {}
        for order, done in zip(orders, rendering.render(orders, context, crew), strict=True):
            if isinstance(done, Problem):
                problems.setdefault(done.place, done)
            else:
                made[order.page.path] = Made(order.key, done.digest)
                self._parts[order.page.path] = done.parts
        waiting = {order.page.path: stage / order.name for order in orders}
        published = [path for files in design.files.values() for path, _ in files if path in made]
        site.digests.update({path: made[path].digest for path in published})
        # In the order in which they are best published.
        site.ready.update({path: Ready(waiting[path], moves=True) for path in published if path in waiting})
        return made, list(problems.values())

    def _look(self, design: Design, keys: "Keys") -> tuple[dict[str, Made], list[Order]]:
        """Return the pages that are there as they should be, by path, and those to render, a folder at a time.

        What lies in one folder, an article and the feed of its comments, shows the same texts: they are loaded once.
        Pages wait as they will lie in the output: whole new folders can then be moved there.
        """
        before, samples = self._output.made(), design.plan.samples
        # Samples lie nowhere, and so as they were.
        there = self._present | {one.path: before[one.path].digest for one in samples if one.path in before}
        made: dict[str, Made] = {}
        orders: list[Order] = []

        def is_there(path: str) -> bool:
            known = before.get(path)
            return known is not None and known.digest == there.get(path)

        def look(page: Page, name: str) -> None:
            key = keys.of(page)
            if is_there(page.path) and before[page.path].key == key:
                made[page.path] = before[page.path]
            else:
                orders.append(Order(page, key, name))

        for number, page in enumerate(samples):
            look(page, f"sample-{number}")
        for bundle in design.plan.bundles:
            files = design.files[bundle.name]
            self._bundles[bundle.name] = key = keys.of_bundle(bundle, files)
            if self._output.bundles.get(bundle.name) == key and all(is_there(path) for path, _ in files):
                made.update({path: before[path] for path, _ in files})
                continue
            for page in bundle.pages:
                look(page, f"{PAGES}/{page.path}")
        return made, sorted(orders, key=lambda order: order.name.rpartition("/")[0])

    def _add_index(self, design: Design, site: Files) -> list[Problem]:
        """Add the files of the search's index, where the settings ask for one."""
        if not design.library.site.search:
            return []
        from labo_ssg.build import search

        articles = [path for files in design.files.values() for path, template in files if template == ARTICLE]
        index, problems = search.index(
            {path: site.digests[path] for path in articles},
            lambda path: (site.ready[path].source if path in site.ready else self.folder / path).read_bytes(),
            design.library.site.language,
            self._work,
        )
        self._add_kept("index", index, site)
        return problems

    def _add_kept(self, kind: str, kept: Mapping[str, Path], site: Files) -> None:
        """Add files that never change under their names, whose digests are therefore remembered."""
        known = self._cache.facts(kind)
        names = {str(source.relative_to(self._work)) for source in kept.values()}
        for path, source in kept.items():
            name = str(source.relative_to(self._work))
            if name not in known:
                self._cache.keep(kind, name, sources.read_digest(self._work, name), b"", b"")
            site.add(path, known[name].key, source)
        self._cache.drop(kind, known.keys() - names)


class Keys:
    """The keys of pages, and of bundles of pages."""

    def __init__(self, design: Design) -> None:
        self._theme, self._settings = design.theme, design.settings
        self._shapes: dict[str, bytes] = {}

    def of(self, page: Page) -> bytes:
        return pages.key(page, self._shape(page.template))

    def of_bundle(self, bundle: Bundle, files: Iterable[File]) -> bytes:
        return digest(bundle.digest, self._settings, *map(self._shape, sorted({template for _, template in files})))

    def _shape(self, template: str) -> bytes:
        if template not in self._shapes:
            self._shapes[template] = digest(self._settings, self._theme.shape(template))
        return self._shapes[template]


@contextmanager
def _stage(folder: Path) -> Iterator[Path]:
    """Give an empty folder for what waits to be published; nothing of it stays, nor of one that was killed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
