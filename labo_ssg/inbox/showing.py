"""The file of a message → what a letter to its moderators shows of it."""

import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from labo_ssg.disk import files
from labo_ssg.formats import comment as comment_format
from labo_ssg.inbox.letter import Shown
from labo_ssg.inbox.reception import Newsstand
from labo_ssg.markup import dress
from labo_ssg.model import Html
from labo_ssg.pages import messages, urls

_LINK = re.compile(r'<a href="([^"]*)"')


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
