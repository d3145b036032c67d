"""How a message is sent where no inbox receives the form: by a letter, or as a file written on a forge.

A letter starts with lines that `inbox/by_mail/mail` reads again, in the language of the site:

    Article: ptce-elements-de-diagnostic
    In reply to: 20210113T090000Z-a1b2c3
    Name:
    Website:
    ----- Write your message under this line -----
"""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from labo_ssg.model import Article, CommentSettings, Repository, Site, Way
from labo_ssg.pages import forges
from labo_ssg.pages.frame import Frame
from labo_ssg.pages.views import FormView
from labo_ssg.places import PENDING

MAIL, NEW_FILE = "mailto:", "new-file"

Say = Callable[[str], str]
"""Returns words in a language."""


def way(settings: CommentSettings) -> Way:
    """Return how visitors send their messages."""
    if settings.inbox == NEW_FILE:
        return "new-file"
    return "mail" if settings.inbox.startswith(MAIL) else "post"


def labels(say: Say) -> dict[str, str]:
    """Return what the lines of a letter are called, by the names of the form's fields."""
    return {"article": say("Article"), "reply_to": say("In reply to"), "author": say("Name"), "website": say("Website")}


def marker(say: Say) -> str:
    """Return what the line says under which the message goes."""
    return say("Write your message under this line")


def form(frame: Frame, article: Article) -> FormView:
    """Return what stands in for the form under `article`."""
    settings = frame.site.comments
    found = way(settings)
    mail = found == "mail"
    return FormView(
        "",
        article.id,
        settings.notice,
        settings.privacy,
        kind=found,
        link=link(frame, article, ""),
        address=settings.inbox.removeprefix(MAIL) if mail else _host(frame.site),
        lines="\n".join(_letter(frame.say, article, "")) if mail else _file(frame.say, article, ""),
    )


def link(frame: Frame, article: Article, reply_to: str) -> str:
    """Return where a message on `article` is begun, an answer to the comment `reply_to` unless that is ""."""
    inbox, say = frame.site.comments.inbox, frame.say
    if inbox != NEW_FILE:
        subject = say("Comment on “{title}”").format(title=article.title)
        return _mailto(inbox.removeprefix(MAIL), subject, _letter(say, article, reply_to))
    name = say("your-name-and-the-date")
    return forges.new_file(_repository(frame.site), f"{PENDING}/{article.id}/{name}.md", _file(say, article, reply_to))


def _mailto(address: str, subject: str, lines: list[str]) -> str:
    """Return the link of RFC 6068, in which a space is %20 and a line ends with %0D%0A."""
    body = "".join(f"{line}\r\n" for line in lines)
    return f"{MAIL}{quote(address, safe='@+')}?subject={quote(subject, safe='')}&body={quote(body, safe='')}"


def _letter(say: Say, article: Article, reply_to: str) -> list[str]:
    """Return the lines of a letter; none ends with a space, which programs for mail take for a line that goes on."""
    given = {"article": article.id, "reply_to": reply_to, "author": "", "website": ""}
    shape = say("{label}: {value}")
    named = [(label, given[field]) for field, label in labels(say).items() if given[field] or field != "reply_to"]
    return [*(shape.format(label=label, value=value).rstrip() for label, value in named), f"----- {marker(say)} -----"]


def _file(say: Say, article: Article, reply_to: str) -> str:
    """Return the file of a comment in which its author, its date and its text are still missing.

    A line that nobody fills in is a problem that `labo check` tells, not a name that is published.
    """
    answer = [f"reply_to: {reply_to}"] if reply_to else []
    lines = [
        "---",
        f"# {say('Fill in these lines, then write your message under the last one.')}",
        f"article: {article.id}",
        *answer,
        f"author: # {say('your name; a pseudonym will do')}",
        f"date: # {say('the date of today, written like 2021-01-12')}",
        f"website: # {say('(optional)')}",
        "---",
    ]
    return "".join(f"{line}\n" for line in lines)


def _repository(site: Site) -> Repository:
    if site.repository is None:
        raise AssertionError("the settings were checked: new-file has its repository")
    return site.repository


def _host(site: Site) -> str:
    return urlsplit(_repository(site).url).hostname or ""
