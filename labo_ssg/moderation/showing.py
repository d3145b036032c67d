"""The file of a message → what its moderators are shown of it."""

import re
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from labo_ssg.build.edition import Edition
from labo_ssg.disk import files
from labo_ssg.formats import comment as comment_format
from labo_ssg.markup import dress
from labo_ssg.model import Html
from labo_ssg.pages import messages, urls

_LINK = re.compile(r'<a href="([^"#][^"]*)"')  # and not that of a note to its place


class Newsstand(Protocol):
    """Where the current edition of the site is found."""

    @property
    def current(self) -> Edition: ...


class Shown(Struct, frozen=True):
    """A message as the site would show it; `title` and `url` (a full address) are the article's.

    `text` is as it was written, `reply_to` the beginning of the message that it answers, "" for none; `links` are
    all addresses that it leads to, in full.
    """

    title: str
    url: str
    author: str
    html: Html
    text: str
    links: tuple[str, ...] = ()
    reply_to: str = ""


class Showing:
    """Shows messages of the site at a root, by its current edition."""

    def __init__(self, root: Path, editions: Newsstand) -> None:
        self._root, self._editions = root, editions

    def show(self, path: str) -> Shown:
        """Return the message in the file at `path`; raise LookupError, ValueError where it cannot be shown."""
        edition, place = self._editions.current, PurePosixPath(path)
        article = place.parent.name
        data, problems = files.read(self._root, path)
        there, wrong = comment_format.parse(data, place)
        if problems or wrong:
            raise ValueError("; ".join(map(str, problems or wrong)))
        view = edition.article(article)
        if view is None:
            raise LookupError(f"there is no article {article}")
        comment = edition.show(data, article, place.stem).comment
        answered = messages.find(view, there.reply_to) if there.reply_to else None
        site = urlsplit(edition.site.base_url)
        html = dress.with_full_links(comment.body + comment.notes, f"{site.scheme}://{site.netloc}")
        links = [there.website, *_LINK.findall(html)] if there.website else _LINK.findall(html)
        return Shown(
            title=view.title,
            url=urls.absolute(edition.site.base_url, view.url),
            author=there.author,
            html=Html(html),
            text=there.text.rstrip("\n"),
            links=tuple(dict.fromkeys(one.replace("&amp;", "&") for one in links)),
            reply_to=answered.excerpt if answered else "",
        )
