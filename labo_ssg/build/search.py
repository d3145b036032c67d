"""The pages of the articles → Pagefind's index, made by Pagefind itself."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from labo_ssg.disk import files
from labo_ssg.packing import digest
from labo_ssg.problems import Place, Problem

FOLDER = "search"  # the latest indexes, each in a folder named after what it was made from
KEPT = 2  # a preview with drafts and a build without them take turns: neither drops the other's index
OUTPUT = "pagefind"  # the folder of the output where browsers look for the index
ENTRY = "pagefind-entry.json"  # names all the other files of an index

_SETTING = Place("site.yaml")
# Calls of notes, that would be glued to words; the date of a comment and what else stands around its text.
_NOT_WORDS = ".footnote-ref, .footnote-backref, .spip_note_ref, .comment > p, .comment > .badge, .comment > .reply"
# What Pagefind is given instead of letters that it would not find; the soft hyphens tell search.js what they were.
_PREPARED = {"’": "\u00ad&#39;", "œ": "o\u00ade", "Œ": "O\u00ade"}
_UNUSED = ("pagefind-ui.*", "pagefind-modular-ui.*", "pagefind-component-ui.*", "pagefind-highlight.js")


class Pagefind(NamedTuple):
    """The program, as the package `pagefind-bin` brings it."""

    binary: Path
    version: str


def index(
    pages: Mapping[str, bytes], read: Callable[[str], bytes], language: str, work: Path
) -> tuple[dict[str, Path], list[Problem]]:
    """Return the files of an index of `pages`, by their own path in the output.

    `pages` are the digests of HTML files by path in the output, `read` gives the file of a path.
    Indexes are kept in `work`.

    All is indexed in the `language` of the site, an article in another one too: Pagefind makes
    one index for each language, and the search page would ask that of its own language alone.
    """
    if not pages:
        return {}, []
    pagefind = find_pagefind()
    if not pagefind:
        what = "`search`: Pagefind, which makes the index, is not installed"
        return {}, [Problem(_SETTING, what, "pip install 'labo-ssg[search]'")]
    options = ("--force-language", language.replace("_", "-").split("-")[0], "--exclude-selectors", _NOT_WORDS)
    home = work / FOLDER
    with files.lock(home / "lock"):
        recipe = (*options, pagefind.version, *_PREPARED, *_PREPARED.values(), *_UNUSED)
        parts = (part for path in sorted(pages) for part in (path.encode(), pages[path]))
        made = home / digest(*(word.encode() for word in recipe), *parts).hex()
        problems = [] if made.is_dir() else _make(made, sorted(pages), read, pagefind, options)
        if problems:
            return {}, problems
        made.touch()
        _forget(home)
    # The entry comes last: what a browser reads in it is there already.
    names = sorted(files.all_files(made), key=lambda name: (name == ENTRY, name))
    return {f"{OUTPUT}/{name}": made / name for name in names}, []


def find_pagefind() -> Pagefind | None:
    """Return the program that is installed beside this one, whatever PATH says; None where it is not."""
    try:
        package = distribution("pagefind-bin")
    except PackageNotFoundError:
        return None
    found = (Path(str(file.locate())) for file in package.files or () if file.name == "pagefind")
    return next((Pagefind(binary, package.version) for binary in found if binary.is_file()), None)


def _prepared(page: bytes) -> bytes:
    """Return `page` so that "économie" finds "l’économie", and "coeur" finds "cœur".

    Pagefind takes a word apart at an ASCII apostrophe, not at a typographic one, and knows no ligature.
    """
    for letter, instead in _PREPARED.items():
        page = page.replace(letter.encode(), instead.encode())
    return page


def _make(
    made: Path, paths: Iterable[str], read: Callable[[str], bytes], pagefind: Pagefind, options: tuple[str, ...]
) -> list[Problem]:
    """Make the index of the pages at `paths` at `made`, where it appears whole or not at all."""
    with tempfile.TemporaryDirectory(dir=made.parent, prefix=files.DRAFT) as scratch:
        for path in paths:
            file = Path(scratch, "pages", path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_prepared(read(path)))
        problems = _run(pagefind, Path(scratch), options)
        if not problems:
            _drop_unused(Path(scratch, "index"))
            Path(scratch, "index").rename(made)
    return problems


def _run(pagefind: Pagefind, scratch: Path, options: tuple[str, ...]) -> list[Problem]:
    """Have Pagefind read `scratch`/pages and write `scratch`/index; whatever it complains of is a problem."""
    # The scratch folder holds none of the settings that Pagefind would heed, the environment must not either.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PAGEFIND_")}
    command = [str(pagefind.binary), "--site", "pages", "--output-path", "index", "--silent", *options]
    try:
        done = subprocess.run(  # noqa: S603 - the package's own program, and no shell
            command,
            cwd=scratch,
            env={**environment, "RUST_BACKTRACE": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        return [_failed(pagefind, (error.strerror or str(error)).lower())]
    said = " ".join(done.stderr.decode(errors="replace").split())[-400:]
    if done.returncode or said:
        return [_failed(pagefind, said or f"it ended with status {done.returncode}")]
    return []


def _failed(pagefind: Pagefind, why: str) -> Problem:
    what = f"`search`: Pagefind {pagefind.version} made no index: {why}"
    return Problem(_SETTING, what, "mend the cause, or set `search: false` to publish without a search page")


def _drop_unused(folder: Path) -> None:
    """Remove the interfaces that Pagefind brings along, and its program for languages without stemming if unused."""
    unused = [path for pattern in _UNUSED for path in folder.glob(pattern)]
    if len(list(folder.glob("wasm.*"))) > 1:
        unused.append(folder / "wasm.unknown.pagefind")
    for path in unused:
        path.unlink()


def _forget(home: Path) -> None:
    """Remove what runs that were killed left behind, and all indexes but those that were asked for last."""
    made = [one for one in home.iterdir() if one.is_dir() and not one.name.startswith(files.DRAFT)]
    made.sort(key=lambda one: one.stat().st_mtime_ns)
    for old in (*home.glob(f"{files.DRAFT}*"), *made[:-KEPT]):
        shutil.rmtree(old)
