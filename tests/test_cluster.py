"""A build on a Dask cluster: real schedulers and workers, which cannot open a file of any site."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import pytest
from conftest import NOW, ROOT, article, build_files, comment, labo, read_tree, write_site

from labo_ssg.build.build import build

# What a worker is made to do before it starts: to see no site, and to die of some texts.
PRELOAD = """
import os, sys
from pathlib import Path

os.chdir("/")

def refuse(event, arguments):
    if event in ("open", "os.listdir", "os.scandir", "sqlite3.connect") and os.environ["HIDDEN"] in str(arguments[0]):
        raise PermissionError(f"a worker opens {arguments[0]}")

def render(manuscript):
    once = Path(os.environ["ONCE"])
    if "fatale" in manuscript.text and not ("une fois" in manuscript.text and once.exists()):
        once.touch()
        os.kill(os.getpid(), 9)
    return whole(manuscript)

import labo_ssg.markup.body as markup
if markup.render_body.__module__ == markup.__name__:  # Dask imports this file twice
    sys.addaudithook(refuse)
    whole, markup.render_body = markup.render_body, render
"""


class Cluster:
    """A scheduler and its workers; none of them can open a file below `sites`."""

    def __init__(self, home: Path) -> None:
        self.home, self.sites = home, home / "sites"
        self._running: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", home / "address")

    @cached_property
    def address(self) -> str:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                return str(json.loads((self.home / "address").read_text(encoding="utf-8"))["address"])
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.1)
        raise AssertionError("the scheduler does not start")

    def add(self, *options: object, package: Path = ROOT) -> None:
        """Start a worker that has the Labo SSG of a folder."""
        (self.home / "preload.py").write_text(PRELOAD, encoding="utf-8")
        more = ("--nthreads", 2, "--local-directory", self.home / "local", "--preload", self.home / "preload.py")
        self._start("worker", "--scheduler-file", self.home / "address", *more, *options, package=package)

    def stop(self) -> None:
        for one in self._running:
            os.killpg(one.pid, signal.SIGKILL)
            one.wait()

    def _start(self, *words: object, package: Path = ROOT) -> None:
        told = {"HIDDEN": str(self.sites), "ONCE": str(self.home / "once"), "PYTHONPATH": str(package)}
        environment = {**os.environ, **told, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
        command = [sys.executable, "-m", "dask", *map(str, words), "--no-dashboard"]
        running = subprocess.Popen(
            command,
            cwd=self.home,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._running.append(running)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    try:
        yield made
    finally:
        made.stop()


WRONG: list[dict[str, str]] = [
    {
        "content/a/x.md": article(titel="x", body="[mort](mort.md)"),
        "content/s1/index.md": "---\nordre: x\n---\n",
        "comments/approved/n1/c.md": comment("n1", reply_to="no"),
    },
    {"templates/article.html": "\n{{ view.nope }}"},
]


def make_site(root: Path, **more: str) -> Path:
    """Make a site with all kinds of work, and a theme of its own."""
    files = {
        f"content/a/n{number}.md": article(f"Numéro {number}", body=f"Un {{{{mot}}}}, l'ESS, [lien](n{number}.md).")
        for number in range(12)
    }
    files |= {f"content/s{number}/index.md": f"---\ntitle: Rubrique {number}\n---\nDe l'ESS.\n" for number in range(4)}
    files |= {f"comments/approved/n{number}/c{number}.md": comment(f"n{number}") for number in range(9)}
    files |= {"content/glossaire.yaml": "- word: ESS\n  definition: Économie sociale et solidaire\n"}
    files |= {"templates/assets/sceau.svg": "<svg/>", "templates/partials/footer.html": "{% include 'pieds/un.html' %}"}
    shared = write_site(root.with_name(f"{root.name}-shared"), {"un.html": "<footer>Pied : {{ site.title }}</footer>"})
    site = write_site(root, files | more)
    (site / "templates/pieds").symlink_to(shared)
    return site


def run(site: Path, address: str, name: str, **settings: float) -> "subprocess.CompletedProcess[str]":
    """Build `site` on a cluster, where even little work is shared, with other `settings` of the connection."""
    shared = (
        "from labo_ssg.build.crew import Crew; share = Crew.share\n"
        "Crew.share = lambda *told, worth, **more: share(*told, worth=1, **more)\n"
    )
    changed = "".join(f"cluster.{key} = {value}\n" for key, value in settings.items())
    command = ["build", "--root", str(site), "--output", str(site / name), "--cluster", address, "--no-cache"]
    run = f"from labo_ssg.cli.commands import main; main({command})"
    code = f"{shared}import labo_ssg.build.cluster as cluster\n{changed}{run}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


def test_workers_that_see_no_site_do_what_one_process_does(cluster: Cluster) -> None:
    cluster.add("--nworkers", 2)
    site = make_site(cluster.sites / "same", **{"content/a/perte.md": article(body="Un coup fatale, une fois.")})
    built = run(site, cluster.address, "far")  # during which a worker dies, and its work goes to others
    assert (built.returncode, built.stdout) == (0, f"{site / 'far/index.html'}\n"), built.stderr
    assert len(built.stderr.splitlines()) == 1, built.stderr
    build_files(site, site / "near", now=datetime.now(UTC))
    near, far = read_tree(site / "near"), read_tree(site / "far")
    assert near == far
    assert "<footer>Pied : Essai</footer>" in far["a/n1/index.html"].decode()
    assert "Un message." in far["a/n1/index.html"].decode()

    for number, files in enumerate(WRONG):
        site = make_site(cluster.sites / f"wrong-{number}", **files)
        problems = build(site, site / "near", now=NOW, drafts=False).problems
        told = run(site, cluster.address, "far").stderr
        assert told.startswith("".join(f"{problem}\n" for problem in problems)), told
        assert f"\n{len(problems)} problem" in told

    site = make_site(cluster.sites / "fatal", **{"content/a/perte.md": article(body="Une erreur fatale.")})
    told = run(site, cluster.address, "far")
    assert (told.returncode, "Traceback" in told.stderr) == (1, False), told.stderr
    assert told.stderr.startswith(f"{cluster.address}: workers were killed at the same work"), told.stderr


def test_a_cluster_that_cannot_do_it_is_told(cluster: Cluster) -> None:
    site = make_site(cluster.sites / "site")
    for address, what in ("tcp://127.0.0.1:1", "no scheduler answers"), (cluster.address, "the cluster has no worker"):
        told = run(site, address, "far", CONNECTING=1.0, ALONE=0.5)
        assert (told.returncode, told.stdout, "Traceback" in told.stderr) == (1, "", False), told.stderr
        assert told.stderr.startswith(f"{address}: {what}"), told.stderr
        assert "\n  hint: start " in told.stderr

    shutil.copytree(ROOT / "labo_ssg", cluster.home / "labo_ssg", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "templates", cluster.home / "templates")
    with (cluster.home / "labo_ssg/markup/typography.py").open("a", encoding="utf-8") as file:
        file.write("# another one\n")
    cluster.add("--no-nanny", package=cluster.home)
    told = run(site, cluster.address, "far")
    assert (told.returncode, "Traceback" in told.stderr) == (1, False), told.stderr
    assert re.match(r"the worker tcp://\S+: it would make other pages, with Labo SSG \S+ \(\w+\), not ", told.stderr)
    assert not (site / "far").exists()


def test_little_work_needs_no_cluster(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article()})
    assert labo("build", "--root", site, "--cluster", "tcp://127.0.0.1:1").returncode == 0


@pytest.mark.parametrize("words", [["--cluster", "here"], ["--cluster", "tcp://127.0.0.1:1", "--jobs", "2"]])
def test_a_cluster_that_cannot_be_is_misuse(tmp_path: Path, words: list[str]) -> None:
    done = labo("build", "--root", tmp_path, *words)
    assert (done.returncode, done.stderr.startswith("labo: "), "hint:" in done.stderr) == (2, True, True)
