"""`labo keys …`: keep e-mail addresses from all but the moderators."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import click

from labo_ssg.cli.telling import PROBLEMS, misuse, tell
from labo_ssg.problems import Place, Problem


@click.group()
def keys() -> None:
    """Keep e-mail addresses from all but the moderators."""


@keys.command("new")
@click.option(
    "--to",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=Path("labo-moderators.key"),
    show_default=True,
    help="Where to write the private key.",
)
def new_keys(path: Path) -> None:
    """Make the moderators' keys: the public one is printed, the private one written to FILE."""
    from labo_ssg.disk.private import would_be_committed, write_private

    sealing = import_sealing()
    if path.parent.is_dir() and would_be_committed(path):
        hint = f"name a FILE elsewhere with --to, or add /{path.name} to the .gitignore beside it"
        misuse(f"{path} is in a git work tree and not ignored: the private key must never be committed", hint)
    made = sealing.new_keys()
    try:
        write_private(path, f"{made.private}\n".encode())
    except FileExistsError:
        misuse(f"{path} is there already, and may be the only key to addresses", "name another FILE with --to")
    except OSError as error:
        misuse(f"{path} cannot be written: {(error.strerror or str(error)).lower()}", "name another FILE with --to")
    click.echo(f"the public key is {made.public}; put these two lines into site.yaml:", err=True)
    click.echo(f"comments:\n  key: {made.public}")
    click.echo(f"the private key is in {path}, which only you may read", err=True)
    click.echo("  the moderators must keep it, and a copy apart: it alone opens the addresses of e-mail", err=True)
    click.echo("  lost, the addresses are lost with it; never commit it, never send it in clear", err=True)


def sealer(key: str) -> Callable[[str], str]:
    """Return what seals addresses to `key`, where there is one; end where it cannot."""
    if not key:
        return str
    sealing = import_sealing()
    try:
        sealing.seal("", key)
    except sealing.SealingError as error:
        tell([Problem(Place("site.yaml"), f"`comments`: `key`: {error}", error.hint)], ": nothing was imported")
        sys.exit(PROBLEMS)
    return partial(sealing.seal, public=key)


def import_sealing() -> ModuleType:
    """Return the module that seals addresses; end where its library is not installed."""
    try:
        from labo_ssg.inbox import sealing
    except ModuleNotFoundError as error:
        misuse(f"the package {error.name} is missing", "pip install 'labo-ssg[inbox]'")
    return sealing
