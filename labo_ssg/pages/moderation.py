"""The local page of moderators: what its templates receive, and the pages themselves."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from labo_ssg.model import Html
from labo_ssg.pages import urls
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.messages import UNPUBLISHED
from labo_ssg.pages.page import Page
from labo_ssg.pages.views import View
from labo_ssg.problems import Problem

DESK, CLOSED = "moderation/desk.html", "moderation/closed.html"


class Address(Struct, frozen=True):
    """Where a link of a message leads: `host` is what a browser would ask, `url` the whole of it."""

    host: str
    url: str


class AnsweredView(Struct, frozen=True):
    """The message that another answers; its `state` is "published" (at `url`), "pending" as well, or "missing".

    Of one that is missing, `author` is the id, and nothing else is known.
    """

    state: str
    author: str = ""
    date: datetime | None = None
    html: Html = Html("")
    url: str = ""


class PendingView(Struct, frozen=True):
    """A message that waits; `key` names it, as it is shown, in the form.

    `html` is how it will look, "" where there is no such article, or for the reason that `trouble` tells; `text` is as
    it was written. `level` tells how much speaks against it: "calm", "doubtful" or "bad", "" where nobody has looked.
    `siblings` is how many messages of this author wait, `of_author` the address that shows them. `reason` and `reply`
    were typed before.
    `after` is the anchor of the message at which one reads on, "" for the top of the page.
    """

    key: str
    anchor: str
    after: str
    author: str
    date: datetime
    age: str
    text: str
    html: Html = Html("")
    trouble: str = ""
    website: str = ""
    links: tuple[Address, ...] = ()
    rank: int = 0
    level: str = ""
    reasons: tuple[str, ...] = ()
    has_email: bool = False
    answered: AnsweredView | None = None
    siblings: int = 1
    of_author: str = ""
    reason: str = ""
    reply: str = ""


class TopicView(Struct, frozen=True):
    """An article with the messages that wait for it, oldest first; `why` tells where it has no page, and no `url`."""

    title: str
    url: str
    language: str
    messages: tuple[PendingView, ...]
    why: str = ""


class WishView(Struct, frozen=True):
    """A published message whose author asks for its removal; `words` are theirs, `command` removes it."""

    id: str
    title: str
    url: str
    date: datetime
    words: str
    author: str
    html: Html
    command: str


class ToldView(Struct, frozen=True):
    """What could not be done: whose message it is about, why, and what to do; `language` is that of the words."""

    about: str
    what: str
    hint: str
    language: str


class OutcomeView(Struct, frozen=True):
    """What became of the last decisions: how many of each, whose message if it is one alone, the commit, what was left.

    `failure` is what git or the disk said, where nothing could be done; `undo` names what can be taken back.
    """

    approved: int = 0
    rejected: int = 0
    spam: int = 0
    reopened: int = 0
    author: str = ""
    reply: bool = False
    url: str = ""
    commit: str = ""
    failure: str = ""
    left: tuple[ToldView, ...] = ()
    undo: str = ""
    nothing: bool = False


class DeskView(View, frozen=True, kw_only=True):
    """`moderation/desk.html`. `action` is where its forms go, each with `token`; `done` names the `outcome`.

    `moderator` is who decides, "" where nobody has said so: then nothing can be decided; `is_named` unless that was
    tried just now, in vain. `editors` is how answers are signed. `is_stale` tells that the site has mistakes, and that
    messages are shown as the last one without would have it. `author` is the only one whose messages are shown, ""
    for all; `waiting` is how many wait in all, `is_ticked` tells that those of this page are ticked already.
    """

    action: str
    token: str
    moderator: str
    is_named: bool
    done: str
    editors: str
    outcome: OutcomeView | None
    topics: tuple[TopicView, ...]
    wishes: tuple[WishView, ...]
    broken: tuple[Problem, ...]
    is_stale: bool
    waiting: int
    is_ticked: bool
    author: str
    number: int
    count: int
    previous: str
    next: str


class ClosedView(View, frozen=True, kw_only=True):
    """`moderation/closed.html`: why the page of moderators is not shown, and what to do; `action` is its address."""

    action: str
    why: str
    hint: str


def common(frame: Frame) -> dict[str, Any]:
    """Return what both views share."""
    return {"url": urls.HOME, "title": frame.say("Moderation"), "language": frame.site.language}


def closed(frame: Frame, action: str, why: str, hint: str) -> Page:
    """Return the page that says `why` there is nothing to be seen at `action`."""
    view = ClosedView(**common(frame), action=action, why=why, hint=hint)
    return Page(f"{UNPUBLISHED}{CLOSED}", CLOSED, view)


def desk(view: DeskView) -> Page:
    return Page(f"{UNPUBLISHED}{DESK}", DESK, view)
