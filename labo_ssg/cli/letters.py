"""`labo comments import`: letters become messages that wait."""

import sys
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import click

from labo_ssg.cli.keys import sealer
from labo_ssg.cli.telling import DONE, PROBLEMS, misuse, root_option, tell
from labo_ssg.problems import Place, Problem


@click.command("import")
@root_option
@click.argument("paths", metavar="FILE.eml…|-", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--article", metavar="ID", default="", help="The article that the letters belong to.")
def import_letters(root: Path, paths: tuple[str, ...], article: str) -> None:
    """Make a pending message of each letter, as a program for mail saved it; `-` reads one from stdin."""
    from labo_ssg.inbox.by_mail.letters import Taken, open_desk, take
    from labo_ssg.inbox.codes import Weak

    now, found = datetime.now(UTC), list[Problem]()
    desk, problems = open_desk(root, now)
    if problems:
        tell(problems, ": nothing was imported")
        sys.exit(PROBLEMS)
    seal = sealer(desk.site.comments.key)
    for path in paths:
        name = "stdin" if path == "-" else path
        try:
            data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
            done = take(desk, data, name, article=article, seal=seal, now=now)
        except Weak as weak:
            misuse(str(weak), "the codes of authors are made of it")
        except OSError as error:
            reason = f"{(error.strerror or str(error)).lower()}: {error.filename or name}"
            done = Taken(problems=(Problem(Place(name), f"it cannot be taken in: {reason}", "look at its rights"),))
        found += done.problems
        if done.path and not done.is_new:
            click.echo(f"{name}: already there, {root / done.path}", err=True)
        elif done.path:
            click.echo(root / done.path)
        if done.code:
            told = f"reference {PurePosixPath(done.path).stem}, code {done.code}"
            click.echo(f"{name}: {told}: its author may withdraw it with them, if you send them", err=True)
        if done.word:
            click.echo(f"{name}: note: {done.word}", err=True)
    tell(found, ": what has one was not imported")
    sys.exit(PROBLEMS if found else DONE)
