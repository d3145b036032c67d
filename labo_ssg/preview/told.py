"""What was decided, and what was not, in the words of the site's language: an outcome → its view."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from labo_ssg.pages.moderation import OutcomeView, ToldView
from labo_ssg.preview.ruling import ANSWERED, CHANGED, FORGOTTEN, GONE, Outcome
from labo_ssg.problems import Problem

Say = Callable[[str], str]

ENGLISH = "en"  # in which problems are told everywhere else


def outcome_view(outcome: Outcome, find: Callable[[str, str], str], say: Say, language: str) -> OutcomeView:
    """Return what the page says of `outcome`; `find` gives the address of a message of an article, by its id."""
    records = outcome.session.done.records
    counted = {
        kind: sum(one.decision == kind for one in records) for kind in ("approved", "rejected", "spam", "reopened")
    }
    alone = records[0] if len(records) == 1 else None
    authors = {PurePosixPath(path).stem: author for path, author in outcome.authors.items()}
    return OutcomeView(
        **counted,
        author=authors.get(alone.comment, "") if alone else "",
        reply=outcome.replied,
        url=find(alone.article, alone.comment) if alone and alone.decision == "approved" else "",
        commit=outcome.session.done.commit,
        failure=outcome.failure,
        left=tuple(_told(one, authors, say, language) for one in outcome.session.problems),
        undo=outcome.id if outcome.decided else "",
        nothing=outcome.is_empty,
    )


def _told(problem: Problem, authors: dict[str, str], say: Say, language: str) -> ToldView:
    """Return why a decision was not carried out; what is seldom found is told in English, as in a terminal."""
    comment = PurePosixPath(problem.place.path).stem
    about = authors.get(comment, comment)
    for pattern, (what, hint) in _words(say).items():
        if re.match(pattern, problem.what):
            return ToldView(about, what, hint, language)
    return ToldView(about, problem.what, problem.hint, ENGLISH)


def _words(say: Say) -> dict[str, tuple[str, str]]:
    """Return what is said of a problem and what to do, by how its English begins."""
    return {
        GONE: (
            say("It does not wait any more: its author has withdrawn it, or somebody else has decided."),
            "",
        ),
        "it left while you decided": (
            say("It does not wait any more: its author has withdrawn it, or somebody else has decided."),
            "",
        ),
        CHANGED: (
            say("Its file was changed since you saw it."),
            say("Look at it again below, then decide."),
        ),
        ANSWERED: (
            say("You wrote an answer to it, and only a message that is published can be answered."),
            say("Empty the answer, or publish the message."),
        ),
        "it answers `": (
            say("It answers a message that is not published."),
            say("Publish that one first, or both together."),
        ),
        "there is no article `": (
            say("Its article is not there any more."),
            say("Reject it; or, if the article has a new name, write its old one in its header: `id: …`."),
        ),
        FORGOTTEN: (
            say("This decision is too old to be taken back here."),
            "",
        ),
        "it waits already": (
            say("It waits already."),
            "",
        ),
        "it is not published any more": (
            say("It is not published any more: somebody has removed it since."),
            "",
        ),
        "it has been answered since": (
            say("It has been answered since, by a message that is published."),
            say("Take that answer back first."),
        ),
        "it was changed since it was published": (
            say("Its file was changed since it was published: it stays as it is."),
            "",
        ),
    }
