"""The demo site, which is this repository: what its pages must carry, point by point."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import html5lib
import pytest
from conftest import NOW, ROOT, dom, text_of

from labo_ssg.disk.discussions import read_comments
from labo_ssg.disk.library import read_library, reader
from labo_ssg.model import Comment, Library
from labo_ssg.pages.threads import _in_reading_order as reading_order
from labo_ssg.places import APPROVED

ARTICLE = "le-labo-de-l-ess/on-parle-de-nous/ptce-elements-de-diagnostic/index.html"
BASE = "https://labo-ess.example"
ATOM = "{http://www.w3.org/2005/Atom}"
FORM_PROMISES = ("[->url]", "{{gras}}", "{italique}", "<quote>", "<code>", "<q>", "<del>", "<ins>")


@pytest.fixture(scope="module")
def page(demo: Path) -> Element:
    return dom((demo / ARTICLE).read_bytes())


@pytest.fixture(scope="module")
def library() -> Library:
    found, problems = read_library(ROOT)
    assert problems == []
    return found


@pytest.fixture(scope="module")
def comments(library: Library) -> Sequence[Comment]:
    found, problems = read_comments(ROOT, APPROVED, reader(library.site))
    assert problems == []
    return found


@pytest.fixture(scope="module")
def pages(demo: Path) -> dict[str, Element]:
    """Every page of the site, parsed by a strict HTML5 parser."""
    found = {}
    for path in sorted(demo.rglob("*.html")):
        try:
            found[path.relative_to(demo).as_posix()] = dom(path.read_bytes())
        except html5lib.html5parser.ParseError as error:
            raise AssertionError(f"{path}: {error}") from error
    return found


def first(element: Element, path: str) -> Element:
    found = element.find(path)
    assert found is not None, f"no {path}"
    return found


def with_text(element: Element, tag: str, text: str) -> Element:
    """Return the one element that says `text`; no-break spaces count as spaces."""
    found = [one for one in element.iter(tag) if text_of(one).replace("\u00a0", " ").replace("\u202f", " ") == text]
    assert found, f"no <{tag}> says “{text}”"
    return found[0]


# The article page, point by point


def test_breadcrumb(page: Element) -> None:
    steps = [text_of(step) for step in first(page, ".//nav[@class='breadcrumb']/ol").findall("li")]
    assert steps[:3] == ["Accueil", "Le Labo de l’ESS", "On parle de nous"]
    assert steps[3].startswith("PTCE\u00a0: quelques éléments de diagnostic")
    assert len(steps) == 4


def test_title_and_date(page: Element) -> None:
    titles = list(page.iter("h1"))
    assert [text_of(title) for title in titles] == ["PTCE\u00a0: quelques éléments de diagnostic"]
    published = [text_of(item) for item in page.iter("li") if text_of(item).startswith("Publié")]
    assert published == ["Publié le 12 janvier 2021"]
    assert next(time.get("datetime") for time in page.iter("time")) == "2021-01-12"


def test_print_link_and_style_sheet(page: Element, demo: Path) -> None:
    with_text(page, "a", "Impression")
    sheet = next(link.get("href", "") for link in page.iter("link") if link.get("rel") == "stylesheet")
    assert "@media print" in (demo / sheet.lstrip("/")).read_text(encoding="utf-8")


def test_forum_link_leads_to_the_discussion_and_counts_it(page: Element, comments: Sequence[Comment]) -> None:
    number = sum(comment.article == "ptce-elements-de-diagnostic" for comment in comments)
    link = with_text(page, "a", f"Forum ({number})")
    assert link.get("href") == "#forum"
    discussion = first(page, ".//section[@id='forum']")
    assert len([one for one in discussion.iter("article") if "comment" in one.get("class", "").split()]) == number


def test_lead(page: Element) -> None:
    assert len(text_of(first(page, ".//div[@class='lead p-summary']")).split()) > 15


def test_the_facts_and_the_lists(page: Element) -> None:
    body = first(page, ".//div[@class='prose e-content']")
    words = text_of(body)
    for fact in ("74", "56", "8 janvier", "Phares", "Île-Saint-Denis"):
        assert fact in words
    assert [len(items.findall("li")) for items in body.iter("ul")][:2] == [3, 3]


def test_source_link(page: Element) -> None:
    link = with_text(page, "a", "Lire sur le blog de Michel Abhervé")
    assert "alternatives-economiques.fr" in link.get("href", "")


def test_form(page: Element) -> None:
    form = first(page, ".//form[@id='postez']")
    assert (form.get("method"), form.get("action")) == ("post", "/inbox/")
    with_text(form, "h3", "Postez un commentaire")
    assert [text_of(legend) for legend in form.iter("legend")] == ["Qui êtes-vous\u00a0?", "Votre message"]
    assert "modéré a priori" in text_of(form)
    fields = {field.get("name"): field for tag in ("input", "textarea") for field in form.iter(tag)}
    assert fields["article"].get("value") == "ptce-elements-de-diagnostic"
    assert {"author", "text", "reply_to"} <= fields.keys()
    help_text = text_of(form)
    assert [promise for promise in FORM_PROMISES if promise not in help_text] == []
    with_text(form, "button", "Prévisualiser")


def test_each_field_has_a_label(page: Element) -> None:
    form = first(page, ".//form[@id='postez']")
    labelled = {label.get("for") for label in form.iter("label")}
    visible = [field for tag in ("input", "textarea") for field in form.iter(tag) if field.get("type") != "hidden"]
    assert [field.get("name") for field in visible if field.get("id") not in labelled] == []


def test_partners_and_social_links_come_from_the_settings(page: Element, library: Library) -> None:
    footer = [one for one in page.iter("footer") if "Nous suivre" in text_of(one)][-1]
    assert "Partenaires médias" in text_of(footer)
    links = {text_of(link): link.get("href") for link in footer.iter("a")}
    assert library.site.partners
    assert library.site.social
    for title, url in [(one.name, one.url) for one in library.site.partners] + [
        (one.title, one.url) for one in library.site.social
    ]:
        assert links[title] == url


def test_every_occurrence_of_a_term_is_explained_in_place(page: Element) -> None:
    cards = {card.get("id"): text_of(card) for card in page.iter("div") if card.get("popover") is not None}
    assert "économique" in cards["term-ptce"]
    assert "sociale et solidaire" in cards["term-ess"].casefold()
    places = [
        first(page, ".//div[@class='lead p-summary']"),
        *page.findall(".//div[@class='prose e-content']"),
        first(page, ".//section[@id='forum']"),
    ]
    bare = [word for place in places for word in unexplained(place, {"ESS", "PTCE"})]
    assert bare == []


def unexplained(element: Element, terms: set[str], quiet: bool = False) -> Iterator[str]:
    """Yield the terms of `terms` that stand in running text without being a button that opens their card."""
    quiet = quiet or element.tag in {
        "a",
        "code",
        "pre",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "button",
        "label",
        "legend",
        "form",
        "header",
    }
    quiet = quiet or element.get("class") == "to"  # the name of the one whom a comment answers
    if not quiet:
        yield from (word for word in re.findall(r"\w+", element.text or "") if word in terms)
    for child in element:
        yield from unexplained(child, terms, quiet)
        if not quiet:
            yield from (word for word in re.findall(r"\w+", child.tail or "") if word in terms)


def test_terms_are_reached_by_keyboard_and_named_to_screen_readers(page: Element) -> None:
    buttons = [one for one in page.iter("button") if one.get("class") == "term"]
    cards = {card.get("id") for card in page.iter("div") if card.get("popover") is not None}
    assert {button.get("popovertarget") for button in buttons} <= cards
    stops = Counter(button.get("popovertarget") for button in buttons if button.get("tabindex") != "-1")
    assert all(stops[card] for card in {button.get("popovertarget") for button in buttons})


def test_no_term_is_marked_in_links_headings_or_code(pages: dict[str, Element]) -> None:
    wrong = []
    for path, document in pages.items():
        for tag in ("a", "h1", "h2", "h3", "h4", "h5", "h6", "code", "pre"):
            for element in document.iter(tag):
                wrong += [f"{path}: in <{tag}>" for button in element.iter("button") if button.get("class") == "term"]
    assert wrong == []


# The discussion


def test_threads_nest_as_their_answers_do(page: Element, comments: Sequence[Comment]) -> None:
    talk = [one for one in comments if one.article == "ptce-elements-de-diagnostic"]
    depths = {comment.id: depth for comment, depth in reading_order(talk)}
    assert max(depths.values()) >= 4
    found = dict(nested(first(page, ".//section[@id='forum']"), 0))
    assert found == {f"comment-{key}": depth for key, depth in depths.items()}


def nested(element: Element, depth: int) -> Iterator[tuple[str, int]]:
    """Yield the id of each comment below `element` and how many lists of comments hold it."""
    for child in element:
        below = depth + (
            child.tag == "ol" and any("comment" in (one.get("class") or "") for one in child.iter("article"))
        )
        if child.tag == "article":
            yield child.get("id", ""), depth
        yield from nested(child, below)


def test_each_comment_has_a_permalink_and_a_french_date(page: Element) -> None:
    comments = [one for one in page.iter("article") if "comment" in (one.get("class") or "").split()]
    for one in comments:
        times = [link for link in one.iter("a") if link.find("time") is not None]
        assert times[0].get("href") == f"#{one.get('id')}" or (times[0].get("href") or "").endswith(f"#{one.get('id')}")
        assert re.match(r"\d{1,2}(er)? \w+ 20\d\d", text_of(times[0]).replace("le ", "", 1))


def test_the_comments_use_all_the_markup_of_the_form(demo: Path) -> None:
    html = "".join(path.read_text(encoding="utf-8") for path in demo.rglob("index.html"))
    discussions = "".join(re.findall(r'<section id="forum".*?<form', html, re.DOTALL))
    wanted = [
        "<strong",
        "<i>",
        "<blockquote",
        "<code",
        "<pre",
        "<q>",
        "<del>",
        "<ins>",
        "<br",
        "<ul",
        'rel="nofollow ugc noopener"',
    ]
    assert [tag for tag in wanted if tag not in discussions] == []


def test_what_waits_is_nowhere_in_the_output(demo: Path) -> None:
    waiting = list((ROOT / "comments" / "pending").rglob("*.md"))
    assert len(waiting) >= 4
    published = {path: path.read_bytes() for path in demo.rglob("*") if path.is_file()}
    for comment in waiting:
        message = comment.read_text(encoding="utf-8").split("---\n", 2)[2]
        pieces = [comment.stem, *(line for line in message.splitlines() if len(line) > 25)]
        assert pieces[1:], f"{comment} says nothing that could be looked for"
        for path, data in published.items():
            text = data.decode("utf-8", "replace")
            assert [piece for piece in pieces if piece in text] == [], f"{comment} shows in {path}"


# The whole site


def test_the_demo_is_as_large_as_it_says(library: Library, comments: Sequence[Comment], demo: Path) -> None:
    shown = [one for one in library.articles if one.listed and not one.draft and one.date and one.date <= NOW]
    lengths = {one.id: len(re.findall(r"\w+", one.text)) for one in shown}
    assert len(shown) >= 16
    assert {key: length for key, length in lengths.items() if not 280 <= length <= 1000} == {}
    assert len({one.section for one in shown}) >= 5
    assert max(len(one.section) for one in shown) == 2
    assert len(comments) >= 40


def test_drafts_and_later_articles_are_held_back(library: Library, demo: Path) -> None:
    held = [one for one in library.articles if one.draft or (one.date and one.date > NOW)]
    assert {one.draft for one in held} == {True, False}
    everything = b"".join(path.read_bytes() for path in demo.rglob("*") if path.is_file())
    assert [one.title for one in held if one.stem.encode() in everything] == []


def test_every_page_is_well_formed(pages: dict[str, Element]) -> None:
    assert len(pages) > 40
    assert [path for path, document in pages.items() if len(list(document.iter("h1"))) != 1] == []


def test_no_page_uses_an_id_twice(pages: dict[str, Element]) -> None:
    wrong = {}
    for path, document in pages.items():
        twice = [
            one
            for one, times in Counter(element.get("id") for element in document.iter() if element.get("id")).items()
            if times > 1
        ]
        if twice:
            wrong[path] = twice
    assert wrong == {}


def test_every_internal_link_and_anchor_resolves(demo: Path, pages: dict[str, Element]) -> None:
    ids = {path: {one.get("id") for one in document.iter() if one.get("id")} for path, document in pages.items()}
    broken = []
    for path, document in pages.items():
        here = f"{BASE}/{path.removesuffix('index.html')}"
        for element in document.iter():
            for attribute in ("href", "src", "action", "poster"):
                if (value := element.get(attribute)) is None or (element.tag, attribute) == ("form", "action"):
                    continue
                target = urlsplit(urljoin(here, value))
                if f"{target.scheme}://{target.netloc}" != BASE or target.path.startswith("/inbox/"):
                    continue
                file = unquote(target.path).lstrip("/")
                file = f"{file}index.html" if not file or file.endswith("/") else file
                anchor = unquote(target.fragment) if file.endswith(".html") else ""
                if not (demo / file).is_file() or (anchor and anchor not in ids[file]):
                    broken.append(f"{path}: {value}")
    assert sorted(set(broken)) == []


def test_feeds_are_atom_and_their_links_resolve(demo: Path, library: Library) -> None:
    feeds = sorted(path for path in demo.rglob("*.xml") if path.name != "sitemap.xml")
    names = {path.relative_to(demo).as_posix() for path in feeds}
    assert {"feed.xml", "comments/feed.xml", "territoires/feed.xml"} <= names
    assert ARTICLE.replace("index.html", "comments.xml") in names
    for path in feeds:
        feed = ElementTree.fromstring(path.read_bytes())
        assert feed.tag == f"{ATOM}feed"
        ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
        assert len(ids) == len(set(ids))
        for element in [feed, *feed.iter(f"{ATOM}entry")]:
            assert re.fullmatch(
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", element.findtext(f"{ATOM}updated") or ""
            )
        for link in feed.iter(f"{ATOM}link"):
            target = urlsplit(link.get("href", ""))
            file = target.path.lstrip("/")
            assert (demo / (f"{file}index.html" if not file or file.endswith("/") else file)).is_file()
        assert "<button" not in path.read_text(encoding="utf-8")
        assert "&lt;button" not in path.read_text(encoding="utf-8")


def test_sitemap_names_the_pages_and_robots_the_sitemap(demo: Path) -> None:
    sitemap = ElementTree.fromstring((demo / "sitemap.xml").read_bytes())
    addresses = [one.text or "" for one in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert f"{BASE}/{ARTICLE.removesuffix('index.html')}" in addresses
    assert len(addresses) == len(set(addresses))
    for address in addresses:
        assert (demo / address.removeprefix(f"{BASE}/") / "index.html").is_file()
    assert f"Sitemap: {BASE}/sitemap.xml" in (demo / "robots.txt").read_text(encoding="utf-8")


def test_old_addresses_lead_to_the_article(demo: Path, library: Library) -> None:
    article = next(one for one in library.articles if one.id == "ptce-elements-de-diagnostic")
    assert article.aliases
    for alias in article.aliases:
        path, _, query = alias.partition("?")
        page = dom((demo / path.strip("/") / "index.html").read_bytes())
        links = [link for link in page.iter("a") if link.get("href") == f"/{ARTICLE.removesuffix('index.html')}"]
        assert links
        if query:
            assert links[0].get("data-query") == query
        else:
            refresh = next(one for one in page.iter("meta") if one.get("http-equiv") == "refresh")
            assert (refresh.get("content") or "").endswith(f"/{ARTICLE.removesuffix('index.html')}")


def test_pictures_have_an_alternative_text(pages: dict[str, Element]) -> None:
    assert [
        path for path, document in pages.items() for image in document.iter("img") if image.get("alt") is None
    ] == []


def test_nothing_is_asked_of_a_third_party(demo: Path, pages: dict[str, Element]) -> None:
    asked = []
    for path, document in pages.items():
        for element in document.iter():
            kept = element.tag == "link" and (element.get("rel") == "canonical" or element.get("hreflang"))
            names = ("src", "srcset", "poster", "data") + (("href",) if element.tag == "link" and not kept else ())
            asked += [
                f"{path}: {element.get(name)}" for name in names if (element.get(name) or "").startswith(("http", "//"))
            ]
            assert element.get("style") is None, f"{path}: inline style"
            assert not [name for name in element.attrib if name.startswith("on")], f"{path}: inline script"
            is_data = element.get("type") == "application/ld+json"  # no browser runs it
            assert element.tag != "script" or is_data or element.get("src"), f"{path}: inline script"
    assert asked == []
    sheets = "".join(path.read_text(encoding="utf-8") for path in demo.rglob("*.css"))
    assert re.findall(r"@import|url\(\s*[\"']?(?:https?:)?//", sheets) == []
