"""A built site → the links of its articles whose #fragment leads nowhere."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from labo_ssg.disk.library import read_article, reader
from labo_ssg.model import Library
from labo_ssg.pages import urls
from labo_ssg.problems import Place, Problem

_ID = re.compile(rb' id="([^"]*)"')
_LINK = re.compile(rb' href="([^"#]*)#([^"]+)"')


def check(library: Library, root: Path, output: Path) -> list[Problem]:
    """Return a problem for each link of an article to a place that its target, a page in `output`, does not have."""
    base = urls.base(library.site.base_url)
    ids: dict[str, set[str]] = {}
    problems = []
    for article in library.articles:
        here = urls.file(urls.article(article))
        for path, fragment in sorted(set(_LINK.findall((output / here).read_bytes()))):
            target = urls.file(unescape(path.decode()).removeprefix(base)) if path else here
            if not target.endswith(".html") or not (output / target).is_file():
                continue
            if target not in ids:
                ids[target] = {unescape(found.decode()) for found in _ID.findall((output / target).read_bytes())}
            written = unescape(fragment.decode())
            # What the article's text does not name is the template's.
            if unquote(written) in ids[target]:
                continue
            text = read_article(root, article.place.path, reader(library.site))[0].text
            if f"#{written}" in text:
                line = article.place.line + text.count("\n", 0, text.index(f"#{written}"))
                what = f"the link to `#{written}` leads to no place of that page"
                problems.append(
                    Problem(Place(article.place.path, line), what, "a heading's place is its words: `#qui-vote`")
                )
    return problems
