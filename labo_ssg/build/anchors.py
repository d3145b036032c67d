"""A whole site in memory → the links of its articles whose #fragment leads nowhere."""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import unquote

from labo_ssg.model import Library
from labo_ssg.pages import urls
from labo_ssg.problems import Place, Problem

_ID = re.compile(rb' id="([^"]*)"')
_LINK = re.compile(rb' href="([^"#]*)#([^"]+)"')


def check(library: Library, made: Mapping[str, bytes]) -> list[Problem]:
    """Return a problem for each link of an article to a place that its target, a page of `made`, does not have."""
    base = urls.base(library.site.base_url)
    ids: dict[str, set[str]] = {}
    problems = []
    for article in library.articles:
        here = urls.file(urls.article(article))
        for path, fragment in sorted(set(_LINK.findall(made[here]))):
            target = urls.file(unescape(path.decode()).removeprefix(base)) if path else here
            if target not in made or not target.endswith(".html"):
                continue
            known = ids.setdefault(target, {unescape(found.decode()) for found in _ID.findall(made[target])})
            written = unescape(fragment.decode())
            # What the article's text does not name is the template's.
            if unquote(written) not in known and f"#{written}" in article.text:
                line = article.place.line + article.text.count("\n", 0, article.text.index(f"#{written}"))
                what = f"the link to `#{written}` leads to no place of that page"
                problems.append(
                    Problem(Place(article.place.path, line), what, "a heading's place is its words: `#qui-vote`")
                )
    return problems
