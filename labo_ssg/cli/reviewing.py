"""`labo comments review`: one goes through what waits on a full screen; all decisions are one commit."""

import sys
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import click

from labo_ssg.cli.moderation import moderator_option, push_option, settle
from labo_ssg.cli.telling import DONE, PROBLEMS, misuse, root_option, tell
from labo_ssg.forge.running import GitFailed
from labo_ssg.moderation import queue, sitting
from labo_ssg.moderation.moderator import Nameless, moderator
from labo_ssg.moderation.sitting import Choice, Sitting


@click.command()
@root_option
@moderator_option
@push_option
def review(root: Path, who: str, *, push: bool) -> None:
    """Go through the messages that wait, on a full screen: keys decide, the end carries it out."""
    try:
        import labo_ssg.moderation.review  # noqa: F401 - whether it can be had is said first
    except ModuleNotFoundError as error:
        misuse(f"the package {error.name} is missing", "pip install 'labo-ssg[review]'")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        misuse("there is no terminal to draw on", "`labo comments list` and `approve` need none")
    try:
        who = moderator(root, who)
    except Nameless as nameless:
        misuse(str(nameless), nameless.hint)
    except GitFailed as failed:
        misuse(str(failed), "decisions are kept by git: it must be able to read the repository")
    with sitting.alone(root) as is_alone:
        if not is_alone:
            misuse("somebody reviews this site already, on this machine", "wait for the end of that session")
        session(root, who, push=push)


def session(root: Path, who: str, *, push: bool) -> None:
    """Review what waits, then carry out what was chosen, or keep it."""
    waiting, problems = queue.waiting(root)
    kept = sitting.kept(root)
    gone = told_of_gone(kept, {one.path for one in waiting})
    tell(problems, ": these cannot be decided as they are")
    if not waiting:
        sitting.forget(root)
        click.echo(f"no message waits{gone}", err=True)
        sys.exit(PROBLEMS if problems else DONE)
    chosen = Sitting(root, waiting)
    there = {path: choice for path, choice in kept.items() if path in {one.path for one in waiting}}
    end = shown(root, chosen, there)
    verdicts = chosen.verdicts()
    if gone:
        click.echo(f"note: {gone.removeprefix('; ')}", err=True)
    if end == "apply" and verdicts:
        settle(root, verdicts, who, push=push, then=lambda: sitting.forget(root))
    if end == "drop":
        sitting.forget(root)
    elif verdicts or there:
        number = len(verdicts) or len(there)
        click.echo(f"{number} choices are kept: `labo comments review` takes them up again", err=True)
    click.echo("nothing was decided", err=True)


def told_of_gone(kept: dict[str, Choice], waiting: set[str]) -> str:
    """Return what is told of choices that were kept and whose messages wait no more."""
    gone = [path for path, choice in kept.items() if path not in waiting and choice.ruling != "later"]
    if not gone:
        return ""
    return f"; {len(gone)} that were chosen before do not wait any more: withdrawn, or decided, such as {gone[0]}"


def shown(root: Path, chosen: Sitting, kept: dict[str, Choice]) -> str:
    """Show the screen until it is left; return what is to become of the choices."""
    from labo_ssg import language
    from labo_ssg.build.edition import Editions
    from labo_ssg.moderation.articles import Articles
    from labo_ssg.moderation.review import Review
    from labo_ssg.moderation.showing import Showing, Shown

    editions = Editions(root, "")
    editions.refresh(datetime.now(UTC))
    showing = Showing(root, editions)

    tag = editions.current.site.language
    say = language.translations(tag).gettext

    def show(path: str) -> Shown:
        try:
            return showing.show(path)
        except (LookupError, OSError):  # a build has replaced what the edition was made from
            known, article = Articles(root), PurePosixPath(path).parent.name
            if not known.has(article):
                raise LookupError(known.words(article, say)) from None
            editions.refresh(datetime.now(UTC))
            return showing.show(path)

    end = Review(chosen, kept, show, say, tag, datetime.now(UTC)).run()
    return end or "keep"
