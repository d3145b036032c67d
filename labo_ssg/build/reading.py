"""The files of a site → Library: what was read before is known by the digests of its files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from labo_ssg.build.cache import Cache, Known
from labo_ssg.build.crew import Crew, Step
from labo_ssg.build.finding import READABLE, Found
from labo_ssg.build.progress import READING
from labo_ssg.build.remembered import Done, Job, remember
from labo_ssg.disk import files, library
from labo_ssg.disk.library import Reader
from labo_ssg.disk.sources import UNKNOWN, read_digest
from labo_ssg.model import Article, Asset, Library, Section
from labo_ssg.packing import digest, digest_of_file, pack, unpack
from labo_ssg.places import CONTENT
from labo_ssg.problems import Place, Problem

CHANGED = "it was changed while the site was being built"


def read(root: Path, found: Found, cache: Cache, crew: Crew) -> tuple[Library, list[Problem]]:
    """Return the library of what was found, and every problem of its files."""
    site, problems = library.read_site(root)
    at = library.reader(site)
    digests = found.contents
    refused = [one for one in found.problems if one.place.path.startswith(CONTENT)]
    refused += [] if files.exists(root, CONTENT) else [library.no_content(root)]
    contents = library.sort_out(digests, refused)
    context = (root, at)
    shape = digest(pack(at))

    def with_data(job: Job) -> Job:
        return job._replace(data=(read_as_known(root, job.path, job.order),))

    def read_all(kind: str, step: Step[Any, Job, Done], paths: Iterable[str]) -> dict[str, Known]:
        keys = {path: shape + digests[path] for path in paths}
        order = digests.__getitem__
        known, more = remember(
            cache, crew, kind, step, context, keys, order, worth=READABLE, stage=READING, prepare=with_data
        )
        problems.extend(more)
        cache.drop(kind, cache.facts(kind).keys() - keys.keys())
        return known

    articles = read_all("article", _read_article, contents.articles)
    sections = read_all("section", _read_section, contents.sections)
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
            if read_digest(root, path) == digests[path]:  # it was measured as it was found
                cache.keep("asset", path, digests[path], pack(asset), b"")
            found.append(asset)
    cache.drop("asset", known.keys() - set(paths))
    return found, problems


def read_as_known(root: Path, path: str, known: bytes) -> tuple[bytes, list[Problem]]:
    """Return the bytes of the file at `path`, whose digest is `known`."""
    data, problems = files.read(root, path)
    if not problems and known not in (UNKNOWN, digest_of_file(data)):
        problems = [Problem(Place(path), CHANGED, "build again")]
    return data, problems


def _read_article(context: tuple[Path, Reader], job: Job) -> Done:
    """Read an article; its text stays in its file."""
    root, at = context
    data, problems = job.data[0] if job.data else read_as_known(root, job.path, job.order)
    article, told = library.parse_article(data, job.path, at)
    facts = pack(replace(article, text=""))
    # What is the site's own may hold what cannot be told again as it was: a date, for example.
    same = not article.extra or unpack(facts, Article).extra == article.extra
    return Done(facts, b"", tuple(problems or told), None if same else article)


def _read_section(context: tuple[Path, Reader], job: Job) -> Done:
    root, at = context
    data, problems = job.data[0] if job.data else read_as_known(root, job.path, job.order)
    section, told = library.parse_section(data, job.path, at)
    return Done(pack(section), b"", tuple(problems or told))
