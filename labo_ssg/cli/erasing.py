"""`labo comments erase|unseal`: what the law, or the author of a message, asks of those who publish it."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import NoReturn

import click

from labo_ssg.cli.keys import import_sealing
from labo_ssg.cli.lines import printable
from labo_ssg.cli.moderation import moderator_option, push_option, stop
from labo_ssg.cli.telling import PROBLEMS, misuse, root_option, tell
from labo_ssg.disk import files
from labo_ssg.disk.messages import ending_in, whereabouts
from labo_ssg.forge.push import push as push_branch
from labo_ssg.forge.running import GitFailed
from labo_ssg.formats import comment as comment_format
from labo_ssg.moderation import erasing
from labo_ssg.moderation.erasing import Remains
from labo_ssg.moderation.moderator import Nameless, moderator
from labo_ssg.moderation.queue import SHORTEST
from labo_ssg.problems import Place, Problem

KEY = "LABO_MODERATORS_KEY"


@click.command()
@root_option
@click.argument("name", metavar="[ID]", default="")
@click.option("--code", default="", help="The message whose author has this code, from the receipt.")
@click.option("--reason", default="", help="Why; the journal keeps it. Name nobody.")
@moderator_option
@push_option
def erase(root: Path, name: str, code: str, reason: str, who: str, *, push: bool) -> None:
    """Erase a message, waiting or published: its text and its author's name leave, answers to it stand."""
    name = meant(root, name) if name else by_code(root, code)
    try:
        who = moderator(root, who)
        done = erasing.erase(root, name, who, reason, datetime.now(UTC).replace(microsecond=0))
        if push and done.commit:
            push_branch(root, who)
        left = erasing.remains(root, name, done.records[0].article) if done.records else None
    except LookupError as error:
        misuse(str(error), "`labo comments log` tells what became of it")
    except ValueError as error:
        tell([Problem(Place(whereabouts(root, name)[0]), str(error), "mend its header, or delete the file")], "")
        sys.exit(PROBLEMS)
    except (Nameless, GitFailed, OSError) as error:
        stop(root, error)
    for record in done.records:
        click.echo(f"{record.decision} {record.comment}")
    click.echo("\n".join(where_it_remains(left)) if left else "", err=True)


def meant(root: Path, name: str) -> str:
    """Return the id that is meant by `name`: an id, a path, or how one id alone ends; end where several do."""
    name = PurePosixPath(name).name.removesuffix(".md")
    found = {name} if whereabouts(root, name) or len(name) < SHORTEST else ending_in(root, name)
    if len(found) > 1:
        misuse(f"{name} may mean {len(found)} messages, {min(found)} and others", "name the whole id")
    return found.pop() if found else name


def by_code(root: Path, code: str) -> str:
    """Return the id of the message whose author has `code`; end where there is none."""
    from labo_ssg.inbox.codes import hashed

    if not code:
        misuse("no message is named", "name its id, or the code of its author with --code")
    found = erasing.find_by_code(root, hashed(code))
    if not found:
        misuse("no message has this code", "it stands on the receipt, like ABCD-EFGH-IJKL-MNOP; or name the id")
    return found[0]


def where_it_remains(left: Remains) -> list[str]:
    """Return the lines that say where copies may remain, and what to do about each."""
    paths = " ".join(left.paths)
    lines = ["", "Copies may remain:", "- on the site, until it is built and published again: labo build"]
    lines.append("- in .labo/, where builds keep texts: delete it before the next build")
    if left.commits > 1:
        flags = " ".join(f"--path {path}" for path in left.paths)
        lines += [
            f"- in the history of git: {left.commits} commits touch {paths}",
            f"    git filter-repo --invert-paths {flags}    (after it, put the tombstone back and commit it)",
            "    then everybody who has a clone must clone again",
        ]
    if left.remotes:
        lines += [
            f"- on {', '.join(left.remotes)}: git push --force --all, once the history is rewritten",
            "- in the references of pull requests there (refs/pull/…, refs/merge-requests/…), which no push changes:",
            "    ask those who run the forge to remove them and to collect garbage",
            "- in forks of the repository: ask their owners",
        ]
    lines += [
        "- in the e-mails that told moderators of it, in backups, and in what feed readers, search engines and",
        "    archives have copied: ask them to forget the page's address",
    ]
    return lines


@click.command()
@root_option
@click.argument("name", metavar="ID")
@click.option(
    "--key", "path", metavar="FILE", type=click.Path(path_type=Path), default=Path("labo-moderators.key"),
    show_default=True, help=f"The moderators' private key; or its text in {KEY}.",
)  # fmt: skip
def unseal(root: Path, name: str, path: Path) -> None:
    """Print the e-mail address of the author of a message, for who holds the private key."""
    sealing = import_sealing()
    places = whereabouts(root, meant(root, name))
    if not places:
        misuse(f"no message {name} waits or is published", "`labo comments list` shows what waits")
    header = comment_format.read_header(files.read(root, places[0])[0], PurePosixPath(places[0]))
    if not header or not header.email:
        misuse(f"{places[0]} keeps no address", "its author gave none, or it was erased")
    try:
        private = os.environ.get(KEY) or path.read_text(encoding="ascii").strip()
        click.echo(printable(sealing.unseal(header.email, private)))
    except sealing.SealingError as error:
        misuse(str(error), error.hint)
    except (OSError, ValueError) as error:
        unreadable(path, error)


def unreadable(path: Path, error: Exception) -> NoReturn:
    reason = error.strerror if isinstance(error, OSError) else "it is no key"
    misuse(f"{path} cannot be read: {(reason or str(error)).lower()}", "name the file of the private key with --key")
