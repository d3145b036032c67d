"""`labo comments list|show|approve|reject|spam|log`: what waits, what one decides, what was decided."""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

import click
import msgspec

from labo_ssg.cli.lines import in_list, in_whole, printable
from labo_ssg.cli.telling import DONE, PROBLEMS, misuse, root_option, tell
from labo_ssg.disk.messages import path_of, whereabouts
from labo_ssg.forge import reach
from labo_ssg.forge.git import commit_at
from labo_ssg.forge.push import push as push_branch
from labo_ssg.forge.push import upstream
from labo_ssg.forge.reach import OutOfReach
from labo_ssg.forge.running import GitFailed
from labo_ssg.moderation import committed, journal, queue
from labo_ssg.moderation.articles import Articles
from labo_ssg.moderation.decisions import Ruling, Session, Verdict, decide
from labo_ssg.moderation.moderator import Nameless, moderator
from labo_ssg.moderation.queue import SHORTEST, Pending
from labo_ssg.moderation.record import DECISIONS, Record
from labo_ssg.places import APPROVED, PENDING
from labo_ssg.problems import Place, Problem

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
moderator_option = click.option("--as", "who", metavar='"NAME <ADDRESS>"', default="", help="Who decides, if not you.")
push_option = click.option("--push", is_flag=True, help="Push the branch then, for the others.")
Command = Callable[..., Any]


def choosing(command: Command) -> Command:
    """Give `command` the arguments that say which messages are meant, and who decides."""
    options = (
        root_option,
        click.argument("names", metavar="ID…", nargs=-1),
        click.option("--all-from", "author", metavar="AUTHOR", default="", help="All that wait of this author."),
        moderator_option,
        push_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("list")
@root_option
@json_option
def list_waiting(root: Path, *, as_json: bool) -> None:
    """List the messages that wait, oldest first: age, article, author, what the screen says, links."""
    waiting, problems = queue.waiting(root)
    if as_json:
        click.echo(json.dumps([{**msgspec.to_builtins(one), "links": one.links} for one in waiting], indent=1))
    else:
        now = datetime.now(UTC)
        known = Articles(root)
        for one in waiting:
            click.echo("\n".join(in_list(one, now, known)))
        click.echo(f"{len(waiting)} message{'s' * (len(waiting) != 1)} wait{'s' * (len(waiting) == 1)}", err=True)
    tell(problems, ": these cannot be decided as they are")
    sys.exit(PROBLEMS if problems else DONE)


@click.command()
@root_option
@click.argument("name", metavar="ID")
def show(root: Path, name: str) -> None:
    """Show a message that waits: as it will be read, what it answers, where each link leads."""
    from labo_ssg.build.edition import Editions
    from labo_ssg.moderation.showing import Showing

    [message] = picked(root, [name], "")
    editions = Editions(root, "")
    try:
        editions.refresh(datetime.now(UTC))
        shown = Showing(root, editions).show(message.path)
    except (LookupError, ValueError) as error:
        known = Articles(root)
        click.echo("\n".join([*in_list(message, datetime.now(UTC), known), "", printable(message.text.rstrip())]))
        is_known = known.has(message.article)
        other = Problem(
            Place(message.path), f"it cannot be shown: {error}", "`labo check` tells of the site's mistakes"
        )
        tell([other if is_known else known.missing(message.article, message.path)], "")
        sys.exit(PROBLEMS)
    click.echo("\n".join(in_whole(message, shown, datetime.now(UTC))))


@click.command()
@choosing
@click.option("--reply", default="", help="Publish this answer of the editors beneath it, in SPIP's markup.")
def approve(root: Path, names: tuple[str, ...], author: str, who: str, reply: str, *, push: bool) -> None:
    """Approve messages: their files move to comments/approved/, in one commit."""
    rule(root, picked(root, names, author), "approved", who, reply=reply, push=push)


@click.command()
@choosing
@click.option("--reason", default="", help="Why; the journal keeps it.")
def reject(root: Path, names: tuple[str, ...], author: str, who: str, reason: str, *, push: bool) -> None:
    """Reject messages: their files leave, the journal keeps who, when and why."""
    rule(root, picked(root, names, author), "rejected", who, reason=reason, push=push)


@click.command()
@choosing
@click.option("--reason", default="", help="What gave it away; the journal keeps it.")
def spam(root: Path, names: tuple[str, ...], author: str, who: str, reason: str, *, push: bool) -> None:
    """Put messages away as spam: as `reject`, by another word."""
    rule(root, picked(root, names, author), "spam", who, reason=reason, push=push)


@click.command()
@root_option
@click.argument("name", metavar="[ID]", default="")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From this day on.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="To this day, it included.")
@click.option("--author", default="", help="Of moderators whose name or address holds this.")
@click.option("--decision", type=click.Choice(DECISIONS), help="Of this kind.")
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
def log(
    root: Path, name: str, since: datetime | None, until: datetime | None, author: str, decision: str | None, form: str
) -> None:
    """Print the journal: what was decided, by whom, when, and why."""
    from labo_ssg.disk.library import read_site

    try:
        records = journal.read(root, read_site(root)[0].inbox.bot)
    except GitFailed as failed:
        misuse(str(failed), "the journal is kept by git: it must be able to read the repository")
    end = until.astimezone() + timedelta(days=1) if until else None
    found = [
        one
        for one in records
        if (not name or one.comment.endswith(name))
        and (not since or one.date >= since.astimezone())
        and (not end or one.date < end)
        and author.casefold() in one.moderator.casefold()
        and decision in (None, one.decision)
    ]
    if form == "csv":
        click.echo(journal.as_csv(found), nl=False)
    elif form == "json":
        click.echo(json.dumps(msgspec.to_builtins(found), indent=1))
    for one in found if form == "text" else ():
        why = f": {one.reason}" if one.reason else ""
        about = f"{one.comment} on {one.article}" if one.article else one.comment
        click.echo(printable(f"{one.date.astimezone():%Y-%m-%d %H:%M} {one.decision} {about}, {one.moderator}{why}"))


def picked(root: Path, names: Sequence[str], author: str) -> list[Pending]:
    """Return the messages that are meant; end where one is not there."""
    waiting, problems = queue.waiting(root)
    found, unknown = queue.pick(waiting, names)
    if author:
        found += [one for one in waiting if one.author.casefold() == author.casefold() and one not in found]
        if not found:
            misuse(f"no message of {author} waits", "`labo comments list` shows whose do")
    if unknown:
        misuse(explained(root, unknown[0], waiting, problems), "`labo comments list` shows what waits")
    if not found:
        misuse("no message is named", "name their ids, or whose all with --all-from")
    return found


def explained(root: Path, name: str, waiting: Sequence[Pending], problems: Sequence[Problem]) -> str:
    """Return why no message that waits is meant by `name`, or several are."""
    from labo_ssg.disk.library import read_site

    name = PurePosixPath(name).name.removesuffix(".md")
    broken = [one for one in problems if name in one.place.path]
    if broken:
        return f"{name} cannot be decided: {broken[0].what} ({broken[0].place})"
    several = [one.id for one in waiting if one.id.endswith(name)]
    if several and len(name) < SHORTEST:
        return f"{name} is too short: an id, or its last {SHORTEST} letters at least"
    if len(several) > 1:
        return f"{name} may mean {len(several)} messages, {several[0]} and others"
    try:
        records = journal.read(root, read_site(root)[0].inbox.bot)
    except GitFailed:
        records = []
    is_end = len(name) >= SHORTEST
    if past := [one for one in records if one.comment == name or (is_end and one.comment.endswith(name))]:
        one, when = past[-1], past[-1].date.astimezone()
        return f"{one.comment} does not wait: it was {one.decision} by {one.moderator}, {when:%Y-%m-%d %H:%M}"
    places = whereabouts(root, name)
    return f"{name} does not wait: it is published, {places[0]}" if places else f"no message {name} waits"


def rule(
    root: Path,
    messages: Sequence[Pending],
    ruling: Ruling,
    who: str,
    *,
    reason: str = "",
    reply: str = "",
    push: bool = False,
) -> NoReturn:
    """Carry out one ruling on `messages`; tell what was done, and what not."""
    if reply and len(messages) > 1:
        misuse("one reply cannot answer several messages", "approve them one by one")
    settle(root, [Verdict(one, ruling, reason, reply) for one in messages], who, push=push)


def settle(
    root: Path, verdicts: Sequence[Verdict], who: str, *, push: bool, then: Callable[[], object] = lambda: None
) -> NoReturn:
    """Carry out `verdicts`, do what is to be done `then`, push; tell what was done, and what not."""
    try:
        who = moderator(root, who)
        session = decide(root, verdicts, who, datetime.now(UTC).replace(microsecond=0))
        then()
    except (Nameless, GitFailed, OSError) as error:
        stop(root, error)
    unpushed = offered(root, who, session) if push and session.done.commit else []
    report(Session(session.done, (*session.problems, *unpushed)))


def stop(root: Path, error: Nameless | GitFailed | OSError) -> NoReturn:
    """Say why nothing could be decided, or not be ended, and end."""
    if isinstance(error, Nameless):
        misuse(str(error), error.hint)
    if isinstance(error, OutOfReach):
        misuse(str(error), f"nothing was done; {error.hint}")
    hint = "nothing is lost: what was begun is ended by the next decision"
    if isinstance(error, GitFailed):
        misuse(str(error), split_on(root) or hint)
    misuse(f"it could not be done: {(error.strerror or str(error)).lower()}: {error.filename or root}", hint)


def split_on(root: Path) -> str:
    """Return what is to be done about a message on which two have decided otherwise, as a pull has found."""
    paths = reach.torn(root)
    if not paths:
        return ""
    more = f" (and {len(paths) - 1} more)" if len(paths) > 1 else ""
    told = f"two moderators have decided otherwise on {paths[0]}{more}: `git add {paths[0]}` has it published"
    return f"{told}, `git rm {paths[0]}` has it refused; then `git commit`"


def offered(root: Path, who: str, session: Session) -> list[Problem]:
    """Push the decisions of a session; return what became of them there that their moderator must know."""
    from labo_ssg.disk.library import read_site

    place, bot = Place(f"commit {session.done.commit[:10]}"), read_site(root)[0].inbox.bot
    try:
        mine = {one.comment: one for one in committed.since(root, commit_at(root, upstream(root)[2]))}
        before = journal.read(root, bot)
        push_branch(root, who)
        theirs = set(journal.read(root, bot)) - set(before)
    except GitFailed as failed:
        hint = "it is decided here, and nothing is lost: `git pull --no-rebase`, then `git push`"
        return [Problem(place, f"it could not be pushed: {failed}", hint)]
    others = [one for one in sorted(theirs) if one.comment in mine and one.decision != mine[one.comment].decision]
    return [contrary(root, mine[one.comment], one) for one in others]


def contrary(root: Path, mine: Record, other: Record) -> Problem:
    """Return what is told of a message on which another moderator has decided otherwise, and pushed it before."""
    is_published = (root / path_of(APPROVED, mine.article, mine.comment)).exists()
    what = f"{other.moderator} has it {other.decision} meanwhile, you {mine.decision}"
    state = "it is published" if is_published else "it is not published"
    return Problem(Place(path_of(PENDING, mine.article, mine.comment)), f"{what}: {state}", "agree on it")


def report(session: Session) -> NoReturn:
    """Print what became of the verdicts of a session, and end."""
    for one in session.done.records:
        click.echo(f"{one.decision} {one.comment}")
    if session.done.commit:
        click.echo(f"commit {session.done.commit[:10]}", err=True)
    tell(session.problems, ": these were left as they are")
    sys.exit(PROBLEMS if session.problems else DONE)
