"""What a build says while it goes on: bars on a terminal, and nothing where there is none."""

import fcntl
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LABO, article, comment, labo, write_site

from labo_ssg.build.progress import counted

SUMMARY = re.compile(r"\d+ pages, 20 articles, 20 comments; \d+ files written, 0 removed, \d+\.\d\d s")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {f"content/a/n{number}.md": article() for number in range(20)}
    files |= {f"comments/approved/n{number}/c{number}.md": comment(f"n{number}") for number in range(20)}
    return write_site(tmp_path / "site", files)


def on_terminal(site: Path, *words: str, patience: float = 0.0, **environment: str) -> str:
    """Return what a build writes to a terminal, whose bars come after some seconds of `patience`."""
    here, there = pty.openpty()
    command = ["build", "--root", str(site), *words]
    code = (
        f"import labo_ssg.bars as bars; bars.PATIENCE, bars.BETWEEN = {patience}, 0\n"
        f"from labo_ssg.cli.commands import main; main({command})"
    )
    settings = {**os.environ, "TERM": "xterm", **environment}
    running = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=there, env=settings)
    os.close(there)
    said = b""
    try:
        while part := os.read(here, 4096):
            said += part
    except OSError:  # how Linux says that nobody writes there any more
        pass
    os.close(here)
    assert running.wait() == 0
    return said.decode()


def test_a_terminal_shows_bars_that_go_away(site: Path) -> None:
    said = on_terminal(site)
    for stage in ("reading", "writing", "rendering", "publishing"):
        assert re.search(rf"{stage} .*\d+/\d+", said), stage
    assert re.search(r"reading .*20/20", said)
    assert re.search(r"writing .*40/40", said)  # articles, then comments: the bar goes on
    assert "/s" in said
    *bars, last = re.split(r"\x1b\[2K", said)  # each bar is wiped, and the cursor shown again
    assert bars
    assert SUMMARY.fullmatch(last.strip().removeprefix("\x1b[?25h").strip()), last
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l")


@pytest.mark.parametrize(
    ("words", "patience", "environment"),
    [([], 60.0, {}), (["--json"], 0.0, {}), ([], 0.0, {"TERM": "dumb"})],
    ids=["a build that is done in time", "--json", "a terminal that cannot draw"],
)
def test_a_terminal_shows_no_bar(site: Path, words: list[str], patience: float, environment: dict[str, str]) -> None:
    said = on_terminal(site, *words, patience=patience, **environment)
    assert (said == "") if words else SUMMARY.fullmatch(said.strip())


def test_bars_do_not_keep_processes_from_sharing_the_work(site: Path) -> None:
    write_site(site, {f"content/b/m{number}.md": article() for number in range(80)})
    said = on_terminal(site, "--jobs", "2", "--no-cache")
    assert re.search(r"rendering .*\d+/\d+", said)
    assert "100 articles" in said


def test_nothing_is_shown_where_there_is_no_terminal(site: Path) -> None:
    code = (
        "import sys, labo_ssg.bars as bars; bars.PATIENCE = 0\n"
        "from labo_ssg.cli.commands import main\n"
        f"try: main(['build', '--root', {str(site)!r}])\n"
        "finally: print('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert SUMMARY.fullmatch(done.stderr.strip())
    assert done.stdout.splitlines() == [str(site / "public/index.html"), "False"]


def test_a_build_that_waits_for_another_says_so(site: Path) -> None:
    assert labo("build", "--root", site).returncode == 0
    with (site / ".labo/lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        running = subprocess.Popen([*LABO, "build", "--root", str(site)], stderr=subprocess.PIPE, text=True)
        assert running.stderr
        assert running.stderr.readline() == "waiting for another build of this site\n"
        assert running.poll() is None
    assert SUMMARY.fullmatch(running.communicate()[1].strip())
    assert running.returncode == 0


def test_a_cache_that_could_not_be_used_is_told(site: Path) -> None:
    write_site(site, {".labo/cache.sqlite": "no database " * 1000})
    done = labo("build", "--root", site)
    assert done.returncode == 0
    assert re.match(r"note: \S+/cache.sqlite could not be used \(.*\); it is made anew", done.stderr)


def test_what_is_told_goes_from_nothing_to_all() -> None:
    told: list[tuple[str, int, int]] = []
    assert list(counted(lambda *one: told.append(one), "reading", "ab", 2)) == ["a", "b"]
    assert told == [("reading", 0, 2), ("reading", 1, 2), ("reading", 2, 2)]
    assert list(counted(lambda *one: told.append(one), "reading", "", 0)) == []
    assert len(told) == 3
