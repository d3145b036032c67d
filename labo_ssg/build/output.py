"""The folder that a site is built into, and what the cache knows of it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from itertools import accumulate
from pathlib import Path

import msgspec

from labo_ssg.build.cache import FEW, Cache
from labo_ssg.build.drawers import Cabinet
from labo_ssg.build.publish import output_id
from labo_ssg.build.releases import Releases
from labo_ssg.disk import files, sources
from labo_ssg.disk.files import NO_TIMES
from labo_ssg.disk.scan import COPIES, Begun, Tree, rescan
from labo_ssg.disk.sources import UNKNOWN, Listings
from labo_ssg.disk.times import settled


class Made(msgspec.Struct, frozen=True, array_like=True):
    """The key of a page that was made, and the digest of its file."""

    key: bytes
    digest: bytes


class Output:
    """The folder as it is now: `present` are the digests of its files by path, whoever wrote them."""

    def __init__(self, folder: Path, root: Path, work: Path, cache: Cache) -> None:
        self.folder, self.root, self.work, self.cache = folder, root, work, cache
        self.name = output_id(folder, root)
        self._releases = Releases(folder)
        self._releases.restore()
        self._begun: Begun | None = None
        self._is_learnt = False

    def look(self, copies: int = 0) -> Begun:
        """Begin to look at the folder, unless that was begun; so many `copies` of this process may do so."""
        if not self._begun:
            self._begun = Begun(self.folder, self._tops(), self._known, COPIES, copies=copies)
        return self._begun

    @cached_property
    def _known(self) -> Tree:
        return self.cache.tree(self.name)

    def _tops(self) -> list[str]:
        return [""] if self.folder.is_dir() else []

    @cached_property
    def is_untouched(self) -> bool:
        """Whether all is as the last build left it."""
        is_same = self._way() == self.cache.note(f"way {self.name}") and self._releases.is_tidy
        return bool(self._known.folders) and not self.look().seen.changed and is_same

    @cached_property
    def _folders(self) -> Listings:
        read = partial(map, partial(sources.read_digest, self.folder))
        seen = self.look().seen
        return sources.complete(self.folder, seen.tree.folders, seen.changed, self._known.folders, read)

    @cached_property
    def present(self) -> dict[str, bytes]:
        return sources.digests_by_path(self._folders)

    def learn(self, clock: int) -> None:
        """Have the next builds know the folders by their own times; one began to look at them at `clock` (ns).

        It is done once: other builds of this process write little, which the next one finds by itself.
        """
        if not self._is_learnt:
            self._is_learnt = True
            self.cache.keep_times(self.name, self.look().seen.tree.times, clock, at_once=False)

    def learn_anew(self, clock: int, later: int) -> None:
        """Do so after much was written, as by a build from nothing; it was written before `later` (ns)."""
        before, now = self.look().seen.tree, self._folders
        written = {path for path in before.folders.keys() | now.keys() if before.folders.get(path) is not now.get(path)}
        if self._is_learnt or len(written) < FEW:
            self.learn(clock)
            return
        self._is_learnt = True
        above = {one for path in written for one in ("", *accumulate(path.split("/"), sources.join))}
        known = Tree(now, settled(before.times, clock))
        seen = rescan(self.folder, self._tops(), known, above, COPIES)
        times = {path: NO_TIMES if path in seen.changed else one for path, one in seen.tree.times.items()}
        self.cache.keep_times(self.name, times, later, at_once=True)

    def wait(self) -> None:
        """Wait for whoever looks at the folder."""
        with suppress(OSError):  # told to those who ask what was seen
            _ = self._begun.seen if self._begun else None

    @property
    def is_private(self) -> bool:
        """Tell whether it lies in the folder of what builds keep, where a folder is all that is asked for."""
        return self.work.resolve() in self.folder.resolve().parents

    def _way(self) -> bytes:
        """Return how it is published at present, as a note."""
        return b"release" if self._releases.shown else b"files"

    def get_ready(self) -> None:
        """Have at hand what is remembered of the folder."""
        self.made(), self.bundles, self._known

    def made(self) -> dict[str, Made]:
        """Return the pages that were made for this folder, by path."""
        return self._pages.things

    @property
    def _pages(self) -> Cabinet[Made]:
        return self.cache.cabinet(f"pages {self.name}", Made)

    @property
    def bundles(self) -> dict[str, bytes]:
        """The keys of the bundles of pages that were made for this folder, by name."""
        return self._bundles.things

    @property
    def _bundles(self) -> Cabinet[bytes]:
        return self.cache.cabinet(f"bundles {self.name}", bytes)

    def doubt(self) -> None:
        """Forget the pages that were made for this folder: they are made again, whatever they look like."""
        self._pages.become({})

    def keep(
        self,
        made: Mapping[str, Made],
        bundles: Mapping[str, bytes],
        touched: Iterable[str],
        digests: Mapping[str, bytes],
    ) -> None:
        """Remember the pages that were `made`, the keys of their `bundles`, and the folder as it is now.

        `touched` are the paths that were written or removed, `digests` those of all files that should be there.
        """
        self.cache.use(self.name)
        self._pages.become(made)
        self._bundles.become(bundles)
        self.cache.keep_note(f"way {self.name}", self._way())
        found, present = dict(self._folders), self.present
        for folder in {path.rpartition("/")[0] for path in touched}:
            found.pop(folder, None)
            if (self.folder / folder).is_dir() and (seen := files.look_over(self.folder, folder).files):
                paths = (sources.join(folder, entry[0]) for entry in seen)
                known = (digests.get(path, present.get(path, UNKNOWN)) for path in paths)
                found[folder] = sources.listing(seen, b"".join(known))
        self.cache.keep_folders(self.name, found)
        self._folders, self.is_untouched = found, True
        del self.present
