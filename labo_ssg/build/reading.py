"""The files of a site → Library: what was read before is known by the digests of its files."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from labo_ssg.build.cache import Cache
from labo_ssg.build.crew import Crew
from labo_ssg.build.remembered import Done, Job, remember
from labo_ssg.build.standing import GENERATION
from labo_ssg.disk import discussions, files, library, sources
from labo_ssg.disk.library import CONTENT, Reader
from labo_ssg.disk.sources import UNKNOWN, Listings
from labo_ssg.model import Article, Asset, Library, Section
from labo_ssg.packing import digest, digest_of_file, pack, unpack
from labo_ssg.problems import Place, Problem

TREE = "sources"
READABLE = 200  # files to read from which other processes may help

CHANGED = "it was changed while the site was being built"


class Found(NamedTuple):
    """The folders of a site as they lie on the disk, the digests of what is in `content/`, by path, and problems.

    `is_new` tells that something may not be as the last build found it.
    """

    folders: Listings
    contents: dict[str, bytes]
    problems: list[Problem]
    is_new: bool


def find(root: Path, cache: Cache, crew: Crew) -> Found:
    """Return what lies below `root`, every file with its digest."""
    tops = [top for top in (CONTENT, discussions.APPROVED) if files.exists(root, top)]
    known = cache.folders(TREE)
    scanned = sources.scan(root, tops, known)
    folders = sources.complete(root, scanned, known, partial(_digests, root, crew))
    return Found(folders, dict(_contents(folders)), scanned.problems, bool(scanned.changed))


def _contents(folders: Listings) -> Iterator[tuple[str, bytes]]:
    for folder, listing in folders.items():
        if folder == CONTENT or folder.startswith(f"{CONTENT}/"):
            for name, known in listing.files():
                yield f"{folder}/{name}", known


def keep(found: Found, cache: Cache, clock: int) -> None:
    """Remember what was found at `clock` (ns)."""
    known = cache.folders(TREE)
    fresh = {path: sources.settled(one, clock) for path, one in found.folders.items() if known.get(path) is not one}
    if found.is_new:
        cache.keep_folders(TREE, {**found.folders, **fresh})
        cache.keep_note(GENERATION, secrets.token_bytes(8))


def read(root: Path, found: Found, cache: Cache, crew: Crew) -> tuple[Library, list[Problem]]:
    """Return the library of what was found, and every problem of its files."""
    site, problems = library.read_site(root)
    if not files.exists(root, library.SETTINGS):
        return Library(site, (), (), ()), problems
    at = library.reader(site)
    digests = found.contents
    refused = [one for one in found.problems if one.place.path.startswith(CONTENT)]
    refused += [] if files.exists(root, CONTENT) else [library.no_content(root)]
    contents = library.sort_out(digests, refused)
    context = (root, at)
    shape = pack(at)

    def jobs(paths: Iterable[str]) -> list[Job]:
        return [Job(path, digest(shape, digests[path]), digests[path]) for path in paths]

    def with_data(job: Job) -> Job:
        return job._replace(data=(files.read(root, job.path)[0],))

    articles, more = remember(
        cache, crew, "article", _read_article, context, jobs(contents.articles), worth=READABLE, prepare=with_data
    )
    problems += more
    sections, more = remember(cache, crew, "section", _read_section, context, jobs(contents.sections), worth=READABLE)
    problems += more
    assets, more = _assets(root, contents.assets, digests, cache)
    problems += more
    nothing: list[Problem] = []  # what is wrong with a file has been told
    gathered, more = library.gather(
        site,
        contents,
        [(articles[path].value(Article), nothing) for path in contents.articles],
        [(sections[path].value(Section), nothing) for path in contents.sections],
        assets,
    )
    for kind, paths in (("article", contents.articles), ("section", contents.sections)):
        cache.drop(kind, cache.facts(kind).keys() - set(paths))
    return gathered, problems + more


def _assets(
    root: Path, paths: Sequence[str], digests: Mapping[str, bytes], cache: Cache
) -> tuple[list[Asset], list[Problem]]:
    """Return the files at `paths`, the pictures among them measured, and the problems of those that cannot be read."""
    found, problems = [], []
    known = cache.facts("asset")
    for path in paths:
        if digests[path] == UNKNOWN:
            problems += files.check_readable(root, path) or [Problem(Place(path), CHANGED, "build again")]
        if not path.lower().endswith(library.PICTURES):
            found.append(library.read_asset(root, path))
        elif (before := known.get(path)) and before.key == digests[path] != UNKNOWN:
            found.append(before.value(Asset))
        else:
            asset = library.read_asset(root, path)
            cache.keep("asset", path, digests[path], pack(asset), b"")
            found.append(asset)
    cache.drop("asset", known.keys() - set(paths))
    return found, problems


def _digests(root: Path, crew: Crew, paths: Sequence[str]) -> Iterable[bytes]:
    here = crew if not crew.apart else Crew(1)
    return here.share(sources.read_digest, root, paths, worth=READABLE * 5)


def read_as_known(root: Path, path: str, known: bytes) -> tuple[bytes, list[Problem]]:
    """Return the bytes of the file at `path`, whose digest is `known`."""
    data, problems = files.read(root, path)
    if not problems and known not in (UNKNOWN, digest_of_file(data)):
        problems = [Problem(Place(path), CHANGED, "build again")]
    return data, problems


def _read_article(context: tuple[Path, Reader], job: Job) -> Done:
    """Read an article; its text stays in its file."""
    root, at = context
    data, problems = (job.data[0], []) if job.data else read_as_known(root, job.path, job.order)
    article, told = library.parse_article(data, job.path, at)
    facts = pack(replace(article, text=""))
    # What is the site's own may hold what cannot be told again as it was: a date, for example.
    same = not article.extra or unpack(facts, Article).extra == article.extra
    return Done(facts, b"", tuple(problems or told), None if same else article)


def _read_section(context: tuple[Path, Reader], job: Job) -> Done:
    root, at = context
    section, problems = library.read_section(root, job.path, at)
    return Done(pack(section), b"", tuple(problems))
