"""Kill builds at a random moment, again and again (make crash): each file stays whole, and the next build heals.

Each round changes a small site at random, starts a real `labo build`, and sends SIGKILL: after some time, or as soon
as the build does a certain thing (it writes to its memory, it has staged pages, it publishes the first of them).
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import click
from edits import EDITS
from small_site import Site, found, settings, template

from labo_ssg.build.build import build

Tree = dict[str, bytes]
PATIENCE = 30  # seconds for a build that is not killed
DRAFT = ".labo-"  # how the names of files begin that are being written

# What a round waits for before it kills; the paths are of the site.
MOMENTS: dict[str, Callable[[Path, float], bool]] = {
    "after a while": lambda root, began: True,
    "while the memory is written": lambda root, began: (root / ".labo/cache.sqlite-journal").exists(),
    "once pages are staged": lambda root, began: (root / ".labo/staged/page-0").exists(),
    "while pages are published": lambda root, began: _last_change(root / "public") > began,
}


class BrokenError(Exception):
    """A build that was killed left something behind that it must not."""


def _last_change(folder: Path) -> float:
    """Return when a file came or went below `folder`, in POSIX time."""
    changed = 0.0
    for place, _, _ in os.walk(folder):
        with suppress(FileNotFoundError):
            changed = max(changed, Path(place).stat().st_mtime)
    return changed


def read_tree(folder: Path) -> Tree:
    """Return the files below `folder`, but for those that were being written."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(DRAFT))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def edited(site: Site, kept: Path) -> Tree:
    """Change the site in some ways that leave it one that can be built, and return what that gives.

    `kept` is for a copy of the site.
    """
    names = sorted(EDITS.keys() - {"touch", "rewrite", "same_size"})
    while True:
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(site.root, kept, ignore=shutil.ignore_patterns(".labo", "public"))
        for name in site.random.sample(names, 3):
            EDITS[name](site)
        if site.random.random() < 0.5:  # every page changes
            settings(site, tagline=f'"{site.words()}"')
            template(site, "assets/custom.css", f"/* {site.words()} */")
        if made := from_nothing(site.root):
            return made
        for name in ("content", "comments", "templates", "site.yaml"):
            there = site.root / name
            shutil.rmtree(there) if there.is_dir() else there.unlink(missing_ok=True)
            if (kept / name).is_dir():
                shutil.copytree(kept / name, there)
            elif (kept / name).exists():
                shutil.copy2(kept / name, there)


def from_nothing(root: Path) -> Tree:
    """Return the files of a build of a copy of the site, with no memory; none where it has a problem."""
    with tempfile.TemporaryDirectory() as folder:
        twin = Path(folder) / "site"
        shutil.copytree(root, twin, ignore=shutil.ignore_patterns(".labo", "public"))
        report = build(twin, twin / "public", now=datetime.now(UTC), drafts=False, remembers=False)
        return {} if report.problems else read_tree(twin / "public")


def killed(root: Path, random: Random) -> tuple[str, bool]:
    """Start a build and kill it; return when, and whether it was still running."""
    command = [sys.executable, "-m", "labo_ssg", "build", "--root", str(root), "--jobs", random.choice("12")]
    began = time.time() + 0.01  # a disk's clock is a little late
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603 - ours
    moment = random.choice(sorted(MOMENTS))
    delay = random.uniform(0.1, 1.2) if moment == "after a while" else random.choice([0, random.uniform(0, 0.03)])
    while running.poll() is None and not MOMENTS[moment](root, began):
        time.sleep(0.0002)
    time.sleep(delay)
    running.kill()
    said = running.communicate()[1]
    if b"Traceback" in said:
        raise BrokenError(said.decode())
    return f"{moment} + {delay:.3f} s", running.returncode < 0


def check_whole(now: Mapping[str, bytes], before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    """Raise BrokenError where a file is neither that of the build before nor that of the one that was killed."""
    for path, data in now.items():
        if data not in (before.get(path), after.get(path)):
            raise BrokenError(f"{path} is torn: {len(data)} bytes")
    if lost := sorted(before.keys() & after.keys() - now.keys()):
        raise BrokenError(f"lost: {lost}")


def healed(root: Path, wanted: Mapping[str, bytes]) -> None:
    """Build once more, to the end; raise BrokenError where that does not give what is `wanted`."""
    command = [sys.executable, "-m", "labo_ssg", "build", "--root", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603 - ours
    made = read_tree(root / "public")
    if done.returncode or made != wanted:
        wrong = sorted(path for path in made.keys() | wanted.keys() if made.get(path) != wanted.get(path))
        raise BrokenError(f"the next build differs in {wrong}\n{done.stderr}")
    left = [path for path in (root / "public").rglob(f"{DRAFT}*") if path.is_file()]
    if left or (root / ".labo/staged").exists():
        raise BrokenError(f"left behind: {left or 'staged'}")


def crash(folder: Path, rounds: int, seed: int, say: Callable[[str], object]) -> int:
    """Kill `rounds` builds of a site in `folder`; return how many were running then. Raise BrokenError."""
    random = Random(seed)  # noqa: S311 - to be repeated
    root = folder / "site"
    root.mkdir()
    site = found(root, random)
    before = from_nothing(root)
    healed(root, before)
    hit = 0
    for number in range(1, rounds + 1):
        after = edited(site, folder / "kept")
        for _ in range(random.choice([1, 1, 1, 3])):  # a build that is killed may find what another one left
            moment, was_running = killed(root, random)
            hit += was_running
            say(f"{number}/{rounds} {moment}{'' if was_running else ': it had ended'}")
            check_whole(read_tree(root / "public"), before, after)
        healed(root, after)
        before = after
    return hit


@click.command()
@click.option("--rounds", default=200, show_default=True)
@click.option("--seed", type=int, help="To repeat what went wrong (default: another one each time).")
def main(rounds: int, seed: int | None) -> None:
    """Kill builds at random; end with 1 where one left something behind that it must not."""
    seed = int.from_bytes(os.urandom(4)) if seed is None else seed
    click.echo(f"seed {seed}", err=True)
    folder = Path(tempfile.mkdtemp(prefix="labo-crash-"))
    try:
        hit = crash(folder, rounds, seed, lambda word: click.echo(word, err=True))
    except BrokenError as error:
        click.echo(f"seed {seed}: {error}\nthe site is in {folder}", err=True)
        sys.exit(1)
    shutil.rmtree(folder)
    click.echo(f"{rounds} rounds, {hit} builds were killed: every file whole, every site healed")


if __name__ == "__main__":
    main()
