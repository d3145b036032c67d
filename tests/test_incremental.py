"""Whatever is done to a site between two builds, the second makes what a build from nothing makes, byte for byte."""

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from conftest import read_tree
from edits import EDITS, MISTAKES
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from small_site import Site, found
from twins import QUICK, copy_sources, from_nothing, remove, times_and_bytes, told

from labo_ssg.build import cache, output
from labo_ssg.build.build import Report, build

FUZZ = bool(os.environ.get("LABO_FUZZ"))
EXAMPLES, STEPS = (25, 80) if FUZZ else (3, 26)

MOMENTS = [datetime(2021, 1, 1, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC)]
CHANCE = st.integers(0, 2**16).map(Random)


class Editing(RuleBasedStateMachine):
    """Edits of a site, each followed by a build that must equal one from nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="labo-incremental-", dir=QUICK))
        self.root = self.folder / "site"
        self.outputs = [self.root / "public", self.folder / "other"]
        self.foreign: dict[Path, dict[str, bytes]] = {output: {} for output in self.outputs}
        self.now, self.drafts, self.pending = MOMENTS[1], False, False
        self.kept: Path | None = None

    @initialize(random=CHANCE)
    def begin(self, random: Random) -> None:
        self.root.mkdir()
        self.site = found(self.root, random)
        self.keep()

    def keep(self) -> None:
        """Set the sources aside, to come back to what had no problem."""
        self.kept = self.folder / "kept"
        copy_sources(self.root, self.kept)

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(name=st.sampled_from(sorted(EDITS)), random=CHANCE)
    def edit(self, name: str, random: Random) -> None:
        EDITS[name](Site(self.root, random))

    @rule(names=st.lists(st.sampled_from(sorted(EDITS)), min_size=2, max_size=6), random=CHANCE)
    def edit_much(self, names: list[str], random: Random) -> None:
        for name in names:
            EDITS[name](Site(self.root, random))

    @rule(name=st.sampled_from(sorted(MISTAKES)), random=CHANCE)
    def make_a_mistake(self, name: str, random: Random) -> None:
        MISTAKES[name](Site(self.root, random))

    @rule(moment=st.sampled_from(MOMENTS), drafts=st.booleans())
    def look_at_another_time(self, moment: datetime, drafts: bool) -> None:
        self.now, self.drafts = moment, drafts

    @rule(pending=st.booleans())
    def look_at_what_waits(self, pending: bool) -> None:
        self.pending = pending

    @rule(random=CHANCE, harm=st.sampled_from(["delete", "change", "cut", "touch", "folder"]))
    def harm_the_output(self, random: Random, harm: str) -> None:
        paths = sorted(path for path in self.outputs[0].rglob("*") if path.is_file() and self.is_ours(path))
        if not paths:
            return
        path = random.choice(paths)
        if harm == "change":
            path.write_bytes(path.read_bytes()[::-1])
        elif harm == "cut":
            os.truncate(path, path.stat().st_size // 2)
        elif harm == "touch":
            os.utime(path, (1, 1))
        elif harm == "folder" and path.parent != self.outputs[0]:
            shutil.rmtree(path.parent)
            self.forget_foreign()
        else:
            path.unlink()

    @rule(name=st.sampled_from(["CNAME", "a/mine.txt", "mine/x.html", ".hidden", "b/c/.htaccess"]))
    def add_a_foreign_file(self, name: str) -> None:
        path = self.outputs[0] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
        self.foreign[self.outputs[0]][name] = b"mine"

    @rule(name=st.sampled_from(["cache.sqlite", "templates", "pictures", "staged"]))
    def lose_what_is_kept(self, name: str) -> None:
        remove(self.root / ".labo" / name)

    @rule(data=st.binary(max_size=50))
    def harm_the_cache(self, data: bytes) -> None:
        (self.root / ".labo").mkdir(exist_ok=True)
        (self.root / ".labo/cache.sqlite").write_bytes(data)

    @rule()
    def turn_outputs(self) -> None:
        self.outputs.reverse()

    @precondition(lambda self: self.kept is not None)
    @rule()
    def undo(self) -> None:
        assert self.kept
        copy_sources(self.kept, self.root)

    @invariant()
    def the_output_is_that_of_a_build_from_nothing(self) -> None:
        output = self.outputs[0]
        if not (self.root / "site.yaml").exists():
            return
        before = times_and_bytes(output)
        report = self.build(self.root, output)
        with from_nothing(self.root, now=self.now, drafts=self.drafts, pending=self.pending) as (
            problems,
            fresh,
            wanted,
        ):
            assert told(report, self.root) == problems
            if not problems:
                assert read_tree(output) == read_tree(wanted) | self.foreign[output]
        after = times_and_bytes(output)
        if problems:
            assert after == before
            self.undo()
            return
        self.keep()
        assert sorted(report.foreign) == sorted(self.foreign[output])
        assert (report.pages, report.articles, report.comments) == (fresh.pages, fresh.articles, fresh.comments)
        again = self.build(self.root, output)
        assert (again.written, again.removed, again.problems, again.foreign) == (0, 0, (), report.foreign)
        kept = {path: known for path, known in after.items() if path in before and before[path][1] == known[1]}
        assert kept == {path: before[path] for path in kept}

    def build(self, root: Path, output: Path) -> Report:
        return build(root, output, now=self.now, drafts=self.drafts, pending=self.pending)

    def is_ours(self, path: Path) -> bool:
        return path.relative_to(self.outputs[0]).as_posix() not in self.foreign[self.outputs[0]]

    def forget_foreign(self) -> None:
        there = self.foreign[self.outputs[0]]
        for name in [name for name in there if not (self.outputs[0] / name).exists()]:
            del there[name]


def test_edits_that_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (cache, output):  # folders are known by their times, however few they are
        monkeypatch.setattr(module, "FEW", 1)
    run_state_machine_as_test(
        Editing,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
