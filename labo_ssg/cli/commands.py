"""Words → calls; prints problems, sets the exit status."""

import gc
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import click

from labo_ssg.cli.telling import (
    DONE,
    PROBLEMS,
    as_dict,
    github_annotation,
    gitlab_issue,
    misuse,
    root_option,
    tell,
)
from labo_ssg.model import Engine
from labo_ssg.problems import Problem

if TYPE_CHECKING:
    from labo_ssg.build.build import Report

LATER = {"comments": "labo_ssg.cli.comments", "keys": "labo_ssg.cli.keys"}

drafts_option = click.option("--drafts", is_flag=True, help="Show drafts and articles of a later date.")


class Rooms(click.Group):
    """The commands, and groups of them that are imported once they are asked for: a build needs none of theirs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *LATER])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in LATER:
            return super().get_command(ctx, cmd_name)
        group: click.Command = getattr(import_module(LATER[cmd_name]), cmd_name)
        return group


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="labo-ssg", prog_name="labo")
def main() -> None:
    """Build the site of an organisation that left SPIP, with its moderated discussions."""


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="The site's language."
)
def new(folder: Path, language: str) -> None:
    """Make a new site in DIR, ready to build."""
    from labo_ssg.disk.starter import make_site

    try:
        made = make_site(folder, language=language, today=f"{datetime.now(UTC):%Y-%m-%d}")
    except FileExistsError as error:
        misuse(str(error), "name a folder that is not there yet")
    except OSError as error:
        misuse(
            f"{folder} cannot be made: {(error.strerror or str(error)).lower()}", "name a folder where you may write"
        )
    for path in made:
        click.echo(folder / path)
    click.echo(f"next: cd {folder} && labo serve", err=True)


@main.command()
@root_option
@click.option("--output", type=click.Path(path_type=Path), help="Where to build (default: ROOT/public).")
@drafts_option
@click.option("--preview-pending", "pending", is_flag=True, help="Show messages that wait, marked: never publish this.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes that share the work (default: one a core).")
@click.option("--cluster", metavar="ADDRESS", help="Have the workers of a Dask cluster share the work.")
@click.option("--no-cache", is_flag=True, help="Make all pages anew; remember nothing.")
@click.option("--verify", is_flag=True, help="Then compare every file with what a full build makes.")
@click.option("--why", metavar="URL", help="Build nothing; say why the page at URL was written, or would be.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as one JSON object.")
def build(
    root: Path,
    output: Path | None,
    drafts: bool,
    pending: bool,
    jobs: int | None,
    cluster: str | None,
    no_cache: bool,
    verify: bool,
    why: str | None,
    as_json: bool,
) -> None:
    """Build the site: articles and approved comments become pages."""
    from labo_ssg.bars import Bars
    from labo_ssg.build.build import build as build_site

    # A build makes many values that live until its end: to look for garbage among them is lost time.
    gc.set_threshold(500_000, 50, 1000)
    if cluster:
        check_cluster(cluster, jobs)
    output, now = output or root / "public", datetime.now(UTC)
    jobs = jobs or os.cpu_count() or 1
    if why:
        explain(root, output, why, now, drafts=drafts, pending=pending)
    with Bars(silent=as_json) as bars:
        report = build_site(
            root,
            output,
            now=now,
            drafts=drafts,
            pending=pending,
            jobs=jobs,
            cluster=cluster or "",
            remembers=not no_cache,
            tell=partial(show, bars.show),
        )
    say_report(report, output, as_json=as_json)
    if pending and not report.problems:
        click.echo(f"note: {output} shows messages that wait: it is a preview, not the site", err=True)
    wrong = (
        verify and not report.problems and check_output(root, output, now, drafts=drafts, pending=pending, jobs=jobs)
    )
    gc.freeze()  # nor is there any to look for now: this process ends
    sys.exit(PROBLEMS if report.problems or wrong else DONE)


@main.command("next-build")
@root_option
def next_build(root: Path) -> None:
    """Print when the next article of a later date appears, and the site wants to be built again."""
    from labo_ssg.build.due import due
    from labo_ssg.language import iso

    found = due(root, now=datetime.now(UTC))
    tell(found.problems, ": when the site must be built again cannot be told")
    if found.problems:
        sys.exit(PROBLEMS)
    if found.moment:
        click.echo(iso(found.moment))
    else:
        click.echo("no article waits for a later date", err=True)


@main.command()
@root_option
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes any free one.")
@drafts_option
def serve(root: Path, port: int, drafts: bool) -> None:
    """Build the site, serve it on this machine, rebuild and reload at each change."""
    try:
        from labo_ssg.preview.serve import serve as serve_site
    except ModuleNotFoundError as error:
        misuse(f"the package {error.name} is missing", "pip install 'labo-ssg[serve]'")

    def say(address: str, report: Any) -> None:
        tell(report.problems, ": the last good site stays up")
        if not report.problems:
            what = f"{report.pages} pages, {report.written} files written, {report.seconds:.2f} s"
            click.echo(f"{datetime.now(UTC).astimezone():%H:%M:%S} {what}", err=True)
        click.echo(f"{address} (Ctrl-C stops)", err=True)

    def invite(address: str) -> None:
        click.echo(f"moderate at {address}", err=True)

    try:
        serve_site(root, port, drafts=drafts, say=say, invite=invite)
    except OSError as error:
        misuse(f"port {port} cannot be used: {(error.strerror or str(error)).lower()}", "name another one with --port")


@main.command()
@root_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="0 takes any free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer.")
def inbox(root: Path, host: str, port: int, workers: int) -> None:
    """Receive the messages of visitors: each becomes a file in comments/pending/."""
    try:
        from labo_ssg.inbox.app import Unfit
        from labo_ssg.inbox.codes import Weak
        from labo_ssg.inbox.screening.pace import NoStore
        from labo_ssg.inbox.serve import serve as serve_inbox
    except ModuleNotFoundError as error:
        misuse(f"the package {error.name} is missing", "pip install 'labo-ssg[inbox]'")
    try:
        serve_inbox(root, host, port, workers=workers)
    except Unfit as unfit:
        tell(unfit.problems, ": the inbox did not start")
        sys.exit(PROBLEMS)
    except OSError as error:
        what = f"the inbox cannot start at {host}, port {port}: {(error.strerror or str(error)).lower()}"
        what = f"{what}: {error.filename}" if error.filename else what
        misuse(what, "look at the rights of the folder, and whether the port is free")
    except Weak as weak:
        misuse(str(weak), "make one with `openssl rand -hex 32`")
    except NoStore as none:
        misuse(f"the inbox cannot count where `pace` says: {none}", "pip install 'labo-ssg[redis]'")


@main.command()
@root_option
@click.option(
    "--format", "form", type=click.Choice(["text", "github", "gitlab", "json"]), default="text", show_default=True
)
@click.option(
    "--engine",
    type=click.Choice(["python-markdown", "commonmark"]),
    help="Check nothing; list the texts that this engine of Markdown would change.",
)
def check(root: Path, form: Literal["text", "github", "gitlab", "json"], engine: Engine | None) -> None:
    """Say every problem of the site's files, drafts and waiting comments included."""
    from labo_ssg.build.check import check as check_site
    from labo_ssg.build.exposure import warnings

    if engine:
        compare(root, engine)
    problems = check_site(root, now=datetime.now(UTC))
    for warning in warnings(root):
        click.echo(
            github_annotation(warning, "warning") if form == "github" else f"note: {warning}", err=form != "github"
        )
    if form == "text":
        tell(problems, "")
        if not problems:
            click.echo("no problem", err=True)
    elif form == "github":
        for problem in problems:
            click.echo(github_annotation(problem))
    else:
        click.echo(json.dumps([gitlab_issue(one) if form == "gitlab" else as_dict(one) for one in problems], indent=1))
    sys.exit(PROBLEMS if problems else DONE)


@main.command()
@root_option
@click.argument("paths", metavar="FILE…|-", nargs=-1, required=True, type=click.Path(allow_dash=True, path_type=Path))
@click.option("--as", "written_as", type=click.Choice(["comment", "spip", "markdown"]), help="What a loose text is.")
def render(root: Path, paths: tuple[Path, ...], written_as: Literal["comment", "spip", "markdown"] | None) -> None:
    """Print the Html of a FILE as the site will show it; `-` reads a comment typed in."""
    from labo_ssg.build.proof import proof

    found: list[Problem] = []
    for path in paths:
        typed = str(path) == "-"
        try:
            data = sys.stdin.buffer.read() if typed else path.read_bytes()
        except OSError as error:
            misuse(
                f"{path} cannot be read: {(error.strerror or str(error)).lower()}", "name files, or - for what you type"
            )
        html, problems = proof(root, data, None if typed else path, written_as, datetime.now(UTC))
        click.echo(html)
        found += problems
    tell(found, "")
    sys.exit(PROBLEMS if found else DONE)


def say_report(report: "Report", output: Path, *, as_json: bool) -> None:
    """Print what a build into `output` did, or why it did not."""
    tell(report.problems, ": some files may be new already" if report.partial else ": nothing was published")
    if report.foreign:
        others = f"{len(report.foreign)} file(s) that this build does not make, such as {report.foreign[0]}"
        click.echo(f"note: {output} holds {others}; left alone", err=True)
    if report.word:
        click.echo(f"note: {report.word}", err=True)
    for note in report.notes:
        click.echo(f"note: left out of the preview: {note}", err=True)
    if as_json:
        counts = ("pages", "articles", "comments", "written", "removed", "seconds")
        problems = [as_dict(problem) for problem in report.problems]
        click.echo(json.dumps({**{key: getattr(report, key) for key in counts}, "problems": problems}))
    elif not report.problems:
        counted = ((report.pages, "page"), (report.articles, "article"), (report.comments, "comment"))
        done = ", ".join(f"{number} {word}{'s' * (number != 1)}" for number, word in counted)
        click.echo(
            f"{done}; {report.written} files written, {report.removed} removed, {report.seconds:.2f} s", err=True
        )
        click.echo(output / "index.html")


def explain(root: Path, output: Path, url: str, now: datetime, *, drafts: bool, pending: bool) -> NoReturn:
    """Say why the page at `url` was written, or would be."""
    from labo_ssg.build.why import why

    answer = why(root, output, url, now=now, drafts=drafts, pending=pending)
    tell(answer.problems, ": nothing would be published")
    if not answer.lines and not answer.problems:
        misuse(f"the site has no page at {url}", "give an address of the site, like /territoires/ptce/")
    for line in answer.lines:
        click.echo(line)
    sys.exit(PROBLEMS if answer.problems else DONE)


def check_output(root: Path, output: Path, now: datetime, *, drafts: bool, pending: bool, jobs: int) -> bool:
    """Compare what was built with a full build; tell whether something is wrong."""
    from labo_ssg.build.verify import verify

    verdict = verify(root, output, now=now, drafts=drafts, pending=pending, jobs=jobs)
    for problem in verdict.problems[:1]:
        tell([problem], f"; {len(verdict.problems)} of {verdict.files} files are not what a full build makes")
    if not verdict.problems:
        click.echo(f"verified: {verdict.files} files are what a full build makes, byte for byte", err=True)
    return bool(verdict.problems)


def compare(root: Path, engine: Engine) -> NoReturn:
    """List the texts that `engine` would change: an answer to a question, not a failure."""
    from labo_ssg.build import dialects
    from labo_ssg.formats import site_yaml

    if not site_yaml.is_installed(engine):
        misuse(f"the engine {engine} is not installed", site_yaml.FAST)
    answer = dialects.compare(root, engine, now=datetime.now(UTC))
    for changed in answer.changed:
        click.echo(str(changed))
    tell(answer.problems, ": what could not be read was not compared")
    click.echo(f"{len(answer.changed)} of {answer.texts} texts would change with the engine {engine}", err=True)
    sys.exit(PROBLEMS if answer.problems else DONE)


def show(draw: Callable[[str, int, int], None], stage: str, done: int, total: int) -> None:
    """Show how far a build is, or that it waits."""
    if stage == "waiting":
        click.echo("waiting for another build of this site", err=True)
    else:
        draw(stage, done, total)


def check_cluster(address: str, jobs: int | None) -> None:
    """End where there cannot be a cluster at `address`, or where it is not all that is asked for."""
    from labo_ssg.build.cluster import is_address, missing_package

    if jobs:
        misuse("--jobs counts processes of this machine, --cluster has others do the work", "leave one of them out")
    if missing := missing_package():
        misuse(f"the package {missing} is missing", "pip install 'labo-ssg[cluster]'")
    if not is_address(address):
        misuse(f"{address} is not the address of a scheduler", "it is like tcp://127.0.0.1:8786")
