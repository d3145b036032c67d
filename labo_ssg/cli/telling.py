"""How commands talk: problems and notes to stderr, the exit status; what several commands share."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NoReturn

import click

from labo_ssg.problems import Problem

DONE, PROBLEMS, MISUSE = 0, 1, 2

root_option = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The site's folder (default: this one).",
)


def tell(problems: Iterable[Problem], outcome: str) -> None:
    """Print the problems of a run to stderr, with their count."""
    problems = list(problems)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        click.echo(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}{outcome}", err=True)


def misuse(what: str, hint: str) -> NoReturn:
    """Say how the command was misused, and end."""
    click.echo(f"labo: {what}\n  hint: {hint}", err=True)
    sys.exit(MISUSE)


def as_dict(problem: Problem) -> dict[str, str | int]:
    place = problem.place
    return {"path": place.path, "line": place.line, "what": problem.what, "hint": problem.hint}


def github_annotation(problem: Problem, level: Literal["error", "warning"] = "error") -> str:
    """Return a workflow command of GitHub Actions, which marks the line in the pull request."""

    def data(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def value(text: str) -> str:
        return data(text).replace(":", "%3A").replace(",", "%2C")

    hint = f" ({problem.hint})" if problem.hint else ""
    return f"::{level} file={value(problem.place.path)},line={max(problem.place.line, 1)}::{data(problem.what + hint)}"


def gitlab_issue(problem: Problem) -> dict[str, object]:
    """Return an issue of GitLab's code quality report."""
    from hashlib import sha256

    return {
        "description": f"{problem.what} ({problem.hint})" if problem.hint else problem.what,
        "check_name": "labo",
        "fingerprint": sha256(str(problem).encode()).hexdigest(),
        "severity": "major",
        "location": {"path": problem.place.path, "lines": {"begin": max(problem.place.line, 1)}},
    }
