"""`labo comments propose|tidy`: messages as pull requests, and what became of them."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labo_ssg.cli.lines import printable
from labo_ssg.cli.moderation import picked
from labo_ssg.cli.telling import DONE, PROBLEMS, misuse, root_option, tell
from labo_ssg.forge.proposal import ForgeFailed
from labo_ssg.forge.push import push as push_branch
from labo_ssg.forge.running import GitFailed
from labo_ssg.model import ProposalGroup, Site
from labo_ssg.moderation import queue
from labo_ssg.moderation.record import Record
from labo_ssg.problems import Problem

if TYPE_CHECKING:
    from labo_ssg.moderation.proposals import Outcome, Proposals
    from labo_ssg.moderation.proposed import Proposed


@click.command()
@root_option
@click.argument("names", metavar="[ID]…", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All that wait.")
@click.option("--each", "group", flag_value="each", help="A pull request for each message.")
@click.option("--together", "group", flag_value="together", help="One for all of them, which later ones join.")
def propose(root: Path, names: tuple[str, ...], group: ProposalGroup | None, *, is_all: bool) -> None:
    """Propose messages on the forge: to merge a pull request publishes, to close it refuses."""
    if is_all and names:
        misuse("all messages are meant, or those that are named", "leave one of them out")
    messages, problems = queue.waiting(root) if is_all else (picked(root, names, ""), [])
    site = _settings(root)
    with _told():
        from labo_ssg.moderation.proposed import recorded

        known = recorded(root)
        for one in messages:
            if one.id in known:
                click.echo(f"{one.id} is proposed already: {_where(known[one.id])}", err=True)
        outcomes = _desk(root, site).propose(messages, group or site.inbox.group, _now())
        number = _print(chain(problems, outcomes))
    sys.exit(PROBLEMS if number else DONE)


@click.command()
@root_option
@click.option("--push", is_flag=True, help="Push the branch then, where refusals were committed.")
def tidy(root: Path, *, push: bool) -> None:
    """Do here what was decided on the forge: what was merged leaves comments/pending, what was closed is refused."""
    site = _settings(root)
    with _told():
        number = _print(_desk(root, site).tidy(_now()))
        if push:
            push_branch(root, site.inbox.bot)
    sys.exit(PROBLEMS if number else DONE)


def _settings(root: Path) -> Site:
    from labo_ssg.disk.library import read_site

    site, problems = read_site(root)
    if problems:
        tell(problems, "")
        sys.exit(PROBLEMS)
    return site


def _desk(root: Path, site: Site) -> "Proposals":
    from labo_ssg.build.edition import Editions
    from labo_ssg.forge.connect import connect
    from labo_ssg.moderation.proposals import Proposals
    from labo_ssg.moderation.showing import Showing

    forge = connect(root, site.repository, os.environ)
    editions = Editions(root, "")
    editions.refresh(_now())
    return Proposals(root, forge, site, Showing(root, editions).show)


def _print(outcomes: "Iterable[Outcome]") -> int:
    """Print what is done as it is done, for the forge may fail at the next one; return the number of problems."""
    number = 0
    for one in outcomes:
        if isinstance(one, Problem):
            click.echo(str(one), err=True)
            number += 1
        elif isinstance(one, Record):
            click.echo(printable(f"{one.decision} {one.comment}, by {one.moderator.removesuffix(' <>')}"))
        else:
            click.echo(printable(f"proposed {one.comment}: {_where(one)}"))
    return number


def _where(one: "Proposed") -> str:
    return one.url or f"the branch {one.branch}"


@contextmanager
def _told() -> Iterator[None]:
    """Say what a forge, git or the disk did not do, and end."""
    safe = "nothing is lost: what was not done is done by the same command, later"
    try:
        yield
    except ModuleNotFoundError as error:
        misuse(f"the package {error.name} is missing", "pip install 'labo-ssg[forge]'")
    except ForgeFailed as failed:
        _end(str(failed), failed.hint or safe)
    except GitFailed as failed:
        _end(str(failed), safe)
    except OSError as error:
        _end(f"it could not be done: {(error.strerror or str(error)).lower()}: {error.filename or ''}", safe)


def _end(what: str, hint: str) -> None:
    click.echo(f"labo: {printable(what)}\n  hint: {printable(hint)}", err=True)
    sys.exit(PROBLEMS)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
