"""What theme authors may do, and docs/theming.md, which tells them: overrides, assets, mistakes."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from types import SimpleNamespace, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import chromium
import pytest
from conftest import NOW, ROOT, article, build_files, comment, dom, labo_here, write_site
from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_NAMESPACE
from msgspec import Struct

from labo_ssg.build.build import build
from labo_ssg.disk.assets import read_assets
from labo_ssg.model import Html
from labo_ssg.pages import moderation, views
from labo_ssg.pages.page import Page
from labo_ssg.theme import Broken, Theme

SETTINGS = "title: Essai\nbase_url: https://essai.example\n"
TEMPLATES = ROOT / "templates"
DOCUMENT = (ROOT / "docs/theming.md").read_text(encoding="utf-8")
LABELS = {str: "text", Html: "HTML", int: "number", bool: "true or false", datetime: "date"}

# The document, against the code


class Table(NamedTuple):
    """A table of the document: the heading it stands under, its columns, its rows."""

    heading: str
    columns: list[str]
    rows: list[list[str]]


def tables() -> Iterator[Table]:
    """Yield the tables of the document, cells as they are shown."""
    heading, lines = "", list[str]()
    for line in [*DOCUMENT.splitlines(), ""]:
        heading = line if line.startswith("#") else heading
        if line.startswith("|"):
            lines.append(line)
        elif lines:
            cells = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in lines]
            yield Table(heading, cells[0], cells[2:])
            lines = []


def rows(first_column: str) -> list[list[str]]:
    """Return the rows of the only table whose first column is called like this."""
    [table] = [table for table in tables() if table.columns[0] == first_column]
    return table.rows


def names(cell: str) -> list[str]:
    """Return what stands between backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def label(kind: Any) -> str:
    """Return how the document calls a type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return f"{label(arguments[0])} or none"
    if origin is tuple:
        return f"list of {label(arguments[0])}"
    if origin in (dict, Literal):
        return "mapping" if origin is dict else "text"
    return LABELS.get(kind) or f"`{kind.__name__}`"


def fields_of(struct: type[Struct]) -> dict[str, str]:
    """Return the fields of `struct`, without those that every view has, each with what the document calls its type."""
    hints = get_type_hints(struct)
    shared = views.View.__struct_fields__ if struct is not views.View and issubclass(struct, views.View) else ()
    return {name: label(hints[name]) for name in struct.__struct_fields__ if name not in shared}


def fields_told() -> dict[str, dict[str, str]]:
    told = {}
    for table in tables():
        if table.columns == ["field", "type", "what it is"]:
            told[names(table.heading)[-1]] = {name: row[1] for row in table.rows for name in names(row[0])}
        elif table.columns[1] == "fields":
            for name, fields, _ in table.rows:
                found = re.findall(r"`(\w+)`(?: \((.*?)\))?(?:, |$)", fields)
                told[names(name)[0]] = {field: kind or "text" for field, kind in found}
    return told


STRUCTS = {
    one.__name__: one
    for module in (views, moderation)
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, Struct) and one.__module__ in (module.__name__, "labo_ssg.model")
}


def test_the_tables_tell_each_field_that_a_template_receives_and_its_type() -> None:
    assert fields_told() == {name: fields_of(struct) for name, struct in STRUCTS.items()}


@pytest.fixture(scope="module")
def theme() -> Theme:
    """The default theme, for the site of which the document's examples are."""
    given: dict[str, Any] = dict.fromkeys(views.SiteView.__struct_fields__, "")
    site = views.SiteView(**{**given, "base_url": "https://example.org/labo", "language": "fr"})
    return Theme(TEMPLATES, site, ZoneInfo("Europe/Paris"), read_assets(ROOT, TEMPLATES)[0])


def test_every_filter_and_every_global_is_told(theme: Theme) -> None:
    [table] = [table for table in tables() if table.columns == ["name", "what it is", "example"]]
    told = [sorted(names(row[0])[0] for row in found) for found in (rows("filter"), table.rows)]
    usual = {*DEFAULT_NAMESPACE, "gettext", "ngettext", "pgettext", "npgettext"}
    filters, given = theme._environment.filters.keys(), theme._environment.globals.keys()
    assert told == [sorted(filters - DEFAULT_FILTERS.keys()), sorted(given - usual | {"view", "trans"})]


EXAMPLES = [names(row[-1]) for table in tables() if table.columns[-1] == "example" for row in table.rows]


@pytest.mark.parametrize("example", EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_the_examples_give_what_they_say(theme: Theme, example: list[str]) -> None:
    template = theme._environment.from_string(example[0])
    if len(example) > 1:
        page = SimpleNamespace(date=datetime(2021, 1, 12, 9, 15, tzinfo=UTC))
        assert template.render(view=page).replace("\u00a0", " ") == example[1]


def template_names(*, partials: bool) -> list[str]:
    found = [path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file()]
    return sorted(name for name in found if not name.startswith("assets/") and (partials == ("partials/" in name)))


def test_every_template_is_told_with_what_it_extends_and_its_blocks() -> None:
    told = {name: (names(row[1]), sorted(names(row[3]))) for row in rows("template") for name in names(row[0])}
    found = {}
    for name in template_names(partials=False):
        source = (TEMPLATES / name).read_text(encoding="utf-8")
        blocks = re.findall(r"\{%-? *block (\w+)", source)
        found[name] = (re.findall(r'\{%-? *extends "(.+?)"', source), sorted(set(blocks)))
    assert told == found


def test_every_partial_is_told() -> None:
    told = [f"partials/{name}" for row in rows("partials") for name in names(row[0])]
    assert sorted(told) == template_names(partials=True)


FRAMES = ("base.html", "inbox/frame.html", "moderation/frame.html")  # of pages of several views


def test_each_template_is_told_with_the_view_it_receives() -> None:
    told = {(name, names(row[2])[0]) for row in rows("template") for name in names(row[0])}
    told -= {(frame, "View") for frame in FRAMES}
    found = {
        (template, name)
        for name, struct in STRUCTS.items()
        if issubclass(struct, views.View)
        for template in re.findall(r"`([\w/]+\.(?:html|xml|txt))`", struct.__doc__ or "")
    }
    assert told == found


def test_the_custom_properties_that_are_told_are_those_of_the_theme() -> None:
    told = {name for row in rows("custom properties") for name in names(row[0])}
    has = set(re.findall(r"(--[\w-]+):", (TEMPLATES / "assets/style.css").read_text(encoding="utf-8")))
    assert (len(told) > 20, told - has) == (True, set())


def files_told(section: str) -> dict[str, str]:
    """Return the files that a section of the document shows, by the path that it names last before each."""
    text = DOCUMENT.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    shown = r"`((?:templates/)?[\w/]+\.(?:html|css|yaml))`[^`]*```(?:jinja|css|yaml)\n(.*?)```"
    return dict(re.findall(shown, text, re.DOTALL))


def test_the_example_of_a_site_is_ten_lines_that_change_every_page(tmp_path: Path) -> None:
    files = files_told("An example")
    assert sum(text.count("\n") for text in files.values()) == 10
    texts = {"content/a/x.md": article(aliases="[/vieux]"), "site.yaml": SETTINGS + files.pop("site.yaml")}
    made = build_files(write_site(tmp_path / "site", {**files, **texts}), tmp_path / "out")
    banner = re.compile(r'<aside class="banner">Journées .*</aside>\s*<header class="masthead">')
    pages = {path: data.decode() for path, data in made.items() if path.endswith(".html")}
    assert [path for path, page in pages.items() if not banner.search(page)] == ["vieux/index.html"]
    assert b"--accent: #8a1538" in published(made, "settings.css")
    assert published(made, "custom.css").decode() == files["templates/assets/custom.css"]


def test_the_message_of_the_document_is_what_an_author_sees(tmp_path: Path) -> None:
    files = {**files_told("When a template fails"), "content/actualites/premier-article.md": article()}
    done = labo_here("build", "--root", write_site(tmp_path / "site", files))
    assert done.returncode == 1
    assert f"```\n{done.stderr}```" in DOCUMENT


def test_the_line_after_each_article_is_added_and_no_other_page_changes(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"content/a/x.md": article(tags="[t]"), "content/a/y.md": article("Y")})
    plain = build_files(site, tmp_path / "out")
    made = build_files(write_site(site, files_told("Templates")), tmp_path / "out")
    assert {path for path in made if made[path] != plain.get(path)} == {"a/x/index.html", "a/y/index.html"}
    assert re.search(r'rel="tag">t</a></li>\s*</ul>\s*<p>Reproduction autorisée.</p>', made["a/x/index.html"].decode())


def test_the_servers_of_the_document_let_the_search_work_as_it_is_tested() -> None:
    recipes = re.findall(r"```(?:nginx|caddy)\n(.*?)```", DOCUMENT, re.DOTALL)
    assert len(recipes) == 2
    for text in ("/assets/", chromium.POLICY, *chain(*chromium.OWN_POLICIES.items())):
        assert [text in recipe for recipe in recipes] == [True, True], text


# Overrides

Templates = dict[str, str | bytes]


def site_with(tmp_path: Path, templates: Templates, settings: str = SETTINGS) -> Path:
    """Write a small site with these files in `templates/`."""
    files: Templates = {f"templates/{name}": data for name, data in templates.items()}
    texts = {"content/a/x.md": article(tags="[t]", author="Jeanne", aliases="[/vieux]"), "content/a/y.md": article("Y")}
    return write_site(tmp_path / "site", {**files, **texts, "site.yaml": settings})


def build_with(tmp_path: Path, templates: Templates, settings: str = SETTINGS) -> dict[str, bytes]:
    """Build a small site with these files in `templates/`; return the files of its output."""
    return build_files(site_with(tmp_path, templates, settings), tmp_path / "out")


def test_a_template_of_the_same_name_replaces_the_themes(tmp_path: Path) -> None:
    made = build_with(tmp_path, {"tags.html": "{{ view.title }} & {{ view.shelves|length }}"})
    assert made["tags/index.html"].decode() == "Étiquettes & 1"
    assert made["authors/index.html"].decode() == "Auteurs & 1"  # it extends tags.html
    assert b"<!doctype html>" in made["tags/t/index.html"]


def test_a_sites_template_prints_markup_escaped_and_known_words_translated(tmp_path: Path) -> None:
    words = '{{ _("Home") }}, {{ _("Nos amis, à 100 %%") }}, {% trans %}Glossary{% endtrans %}'
    own = {"404.html": f"{{{{ site.extra.word }}}}|{{{{ site.extra.word|json }}}}|{words}"}
    page = build_with(tmp_path, own, f"{SETTINGS}extra: {{word: '</script>&'}}\n")["404.html"].decode()
    escaped, json, translated = page.split("|")
    assert (escaped, json) == ("&lt;/script&gt;&amp;", r'"\u003c/script\u003e\u0026"')
    assert translated == "Accueil, Nos amis, à 100 %, Glossaire"


def test_feeds_have_whole_links_and_leave_code_as_it_was_written(tmp_path: Path) -> None:
    body = '[y](/a/) `<a href="/x">` et `<img srcset="a 2x">`'
    made = build_files(write_site(tmp_path / "site", {"content/a/x.md": article(body=body)}), tmp_path / "out")
    content = made["feed.xml"].decode().partition("<content")[2].replace("&#34;", '"')
    wanted = ('href="https://essai.example/a/"', 'href="/x"', 'srcset="a 2x"')
    assert [one for one in wanted if one not in content] == []


# Assets


def published(made: dict[str, bytes], name: str) -> bytes:
    """Return the asset called `name`."""
    [data] = [data for path, data in made.items() if re.fullmatch(rf"assets/[0-9a-f]{{10}}/{re.escape(name)}", path)]
    return data


def test_a_sites_style_sheet_is_linked_last_on_every_page(tmp_path: Path) -> None:
    settings = f"{SETTINGS}search: true\ntheme: {{width: 70rem}}\n"
    made = build_with(tmp_path, {"assets/custom.css": ".masthead { color: red; }"}, settings)
    pages = {path: data for path, data in made.items() if path.endswith(".html")}
    assert {"a/x/index.html", "recherche/index.html", "vieux/index.html", "404.html"} < pages.keys()
    for path, data in pages.items():
        links = [link for link in dom(data).iter("link") if link.get("rel") == "stylesheet"]
        linked = [(link.get("href") or "").removeprefix("/") for link in links]
        assert [link for link in linked if link not in made] == [], path
        order = [link.rpartition("/")[2] for link in linked]
        assert (order[0], order[-2:]) == ("style.css", ["settings.css", "custom.css"]), path


def test_a_site_without_a_style_sheet_links_none(tmp_path: Path) -> None:
    index = build_with(tmp_path, {})["index.html"]
    assert (b"custom.css" in index, b"settings.css" in index) == (False, False)


def test_an_asset_of_the_site_is_found_by_its_name(tmp_path: Path) -> None:
    own = '{{ asset("fonts/a.woff2") }} {{ asset("carte d’été.svg") }} {{ "favicon.svg" in assets }}'
    files = {"404.html": own, "assets/fonts/a.woff2": b"\x00wOF2", "assets/carte d’été.svg": "<svg/>"}
    made = build_with(tmp_path, files, "title: Essai\nbase_url: https://essai.example/labo\n")
    [digest] = {path.split("/")[1] for path in made if path.startswith("assets/")}
    base = f"/labo/assets/{digest}"
    assert made["404.html"].decode() == f"{base}/fonts/a.woff2 {base}/carte%20d%E2%80%99%C3%A9t%C3%A9.svg True"


OWN = {
    "custom.css": b'/*! MIT */\na{ b:url( "a b.svg" ) }\n.banner { .close :is(a, b) { color: red } }\n',
    "style.css": b"p { color: red; }\n",
    "own.js": b"const s = `a ${`b // ${c}`} d`; // said\nf(x => /a  b/.test(x));\n",
    "latin-1.css": b"/* \xe9 */",
}


def test_a_sites_assets_are_published_byte_for_byte_but_for_what_editors_leave(tmp_path: Path) -> None:
    left = dict.fromkeys(("custom.css~", ".a.css.swp", ".git/config", "Thumbs.db"), b"x")
    made = build_with(tmp_path, {f"assets/{name}": data for name, data in {**OWN, **left}.items()})
    assert {name: published(made, name) for name in OWN} == OWN
    assert [path for path in made if path.endswith(tuple(left))] == []


def test_a_symbolic_link_among_the_assets_is_told(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", {"templates/assets/a.css": ""})
    (site / "templates/assets/b.css").symlink_to("/etc/hostname")
    [problem] = build(site, tmp_path / "out", now=NOW, drafts=False).problems
    assert str(problem).startswith("templates/assets/b.css: it is a symbolic link")


def test_the_folder_of_the_assets_is_named_after_what_they_hold(tmp_path: Path) -> None:
    changes = [
        {"templates/assets/custom.css": "p{color:red}"},
        {"templates/404.html": "No asset."},
        {"templates/assets/custom.css": "p{color:tan}"},
        {"site.yaml": f"{SETTINGS}theme: {{width: 70rem}}\n"},
    ]
    found = []
    for change in changes:
        made = build_files(write_site(tmp_path / "site", change), tmp_path / "out")
        found += {path.split("/")[1] for path in made if path.startswith("assets/")}
    assert [found.index(one) for one in found] == [0, 0, 2, 3]


def said(css: str) -> list[str]:
    """Return what a style sheet says, piece by piece, without the spaces that mean nothing."""
    bare = " ".join(re.sub(r"/\*.*?\*/", " ", css, flags=re.DOTALL).split())
    found = []
    for text, end in re.findall(r"([^{};]*)([{};])", bare):
        text = re.sub(r" ?([,>+~]) ?" if end == "{" else r" ?([,!]) ?", r"\1", text.strip())
        text = re.sub(r"((?:^|\()[\w-]+): ", r"\1:", text)  # of a declaration, or of a media query
        found += [text, end.strip(";")]
    return [piece for piece in found if piece]


OF_THE_THEME = sorted(path.name for path in (TEMPLATES / "assets").iterdir())


@pytest.mark.parametrize("name", [name for name in OF_THE_THEME if name.endswith(".css")])
def test_a_published_style_sheet_of_the_theme_says_what_was_written(theme: Theme, name: str) -> None:
    written = (TEMPLATES / "assets" / name).read_bytes()
    made = published(theme.files(), name)
    assert said(made.decode()) == said(written.decode())
    assert len(made) < 0.9 * len(written)


@pytest.mark.parametrize("name", [name for name in OF_THE_THEME if name.endswith(".js")])
def test_a_published_script_of_the_theme_keeps_its_texts(theme: Theme, name: str) -> None:
    written = re.sub(r"(^|\s)//.*", "", (TEMPLATES / "assets" / name).read_text(encoding="utf-8"))
    texts = re.findall(r"`[^`]*`|\"[^\"\n]*\"|'[^'\n]*'", written)
    made = published(theme.files(), name).decode()
    assert [text for text in texts if text not in made] == []


# What goes wrong


def filled(name: str, main: str) -> Templates:
    """Return a template that fills the frame; `main` starts on its line 3."""
    return {name: f'{{% extends "base.html" %}}\n{{% block main %}}\n{main}\n{{% endblock %}}\n'}


FOUND = "found while making /404.html"
MANUAL = "see the Jinja manual"
MISTAKES: dict[str, tuple[Templates, str, str]] = {
    "a variable that nothing set": (filled("404.html", "{{ nothing }}"), "404.html:3: 'nothing' is undefined", FOUND),
    "a field that is none": (
        filled("article.html", "{{ view.title }}\n{{ view.updated|date }}"),
        "article.html:4: 'NoneType' object has no attribute 'astimezone'",
        "found while making /a/x/",
    ),
    "in a macro": (
        filled("404.html", '{% from "own.html" import more with context %}\n{{ more(view.title) }}')
        | {"own.html": "{% macro more(title) %}\n<p>\n{{ title.short }}</p>\n{% endmacro %}\n"},
        "own.html:3: 'str object' has no attribute 'short'",
        FOUND,
    ),
    "a macro that is not there": (
        filled("404.html", '{% from "partials/macros.html" import dya %}\n{{ dya(1) }}'),
        "404.html:4: the template 'partials/macros.html' (imported on line 3 in '404.html')"
        " does not export the requested name 'dya'",
        FOUND,
    ),
    "an asset that is not there": (
        filled("404.html", '{{ asset("logo.svg") }}'),
        "404.html:3: there is no asset `logo.svg` in assets/",
        FOUND,
    ),
    "a filter that is not there": (
        filled("404.html", "{{ view.title|shout }}"),
        "404.html:3: the template cannot be read: No filter named 'shout'.",
        MANUAL,
    ),
    "a partial that is not there": (
        filled("404.html", '<p>\n{% include "partials/own.html" %}'),
        "404.html:4: there is no template `partials/own.html`",
        FOUND,
    ),
    "a template that extends itself": (
        {"404.html": '{% extends "404.html" %}\n'},
        "404.html:1: the template extends or includes itself without end",
        f'the default theme\'s own is "default/404.html"; {FOUND}',
    ),
    "a block that is not closed": (
        {"404.html": '{% extends "default/404.html" %}\n{% block main %}\n'},
        "404.html:2: the template cannot be read: Unexpected end of template. Jinja was looking for the"
        " following tags: 'endblock'. The innermost block that needs to be closed is 'block'.",
        MANUAL,
    ),
    "a template that no page uses": (
        {"partials/deep/unused.html": "<p>\n{% fi %}\n"},
        "partials/deep/unused.html:2: the template cannot be read: Encountered unknown tag 'fi'.",
        MANUAL,
    ),
    "a template in Latin-1": ({"404.html": "Égaré".encode("latin-1")}, "404.html: it is not UTF-8", "save it as UTF-8"),
    "half a letter": ({"404.html": '{{ "\\ud800" }}'}, "404.html: what it prints is no text", FOUND),
}


def problems_with(tmp_path: Path, templates: Templates) -> list[str]:
    """Return what is told of a small site with these files in `templates/`, of which nothing is published."""
    problems = build(site_with(tmp_path, templates), tmp_path / "out", now=NOW, drafts=False).problems
    assert not (tmp_path / "out").exists()
    return list(map(str, problems))


@pytest.mark.parametrize(("templates", "what", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_template_is_told_once_and_nothing_is_published(
    tmp_path: Path, templates: Templates, what: str, hint: str
) -> None:
    assert problems_with(tmp_path, templates) == [f"templates/{what}\n  hint: {hint}"]


def test_mistakes_of_several_templates_are_told_together(tmp_path: Path) -> None:
    own = filled("article.html", "{{ nothing }}") | filled("tags.html", "{{ view.nothing }}")
    told = problems_with(tmp_path, own)
    assert [one.partition(": ")[0] for one in told] == ["templates/article.html:3", "templates/tags.html:3"]


def test_a_mistake_in_the_default_theme_is_told_by_the_name_that_leads_there(tmp_path: Path, theme: Theme) -> None:
    [told] = problems_with(tmp_path, {"404.html": '{% include "partials/comment.html" %}'})
    assert re.match(r"default/partials/comment\.html:\d+: 'comment' is undefined\n", told)
    page = Page("", "partials/comment.html", views.View(url="/", title="", description="", language="fr"))
    with pytest.raises(Broken, match=r"^templates/partials/comment\.html:"):  # the theme at home, in this repository
        theme.render(page)


def test_what_is_no_template_is_not_read_as_one(tmp_path: Path) -> None:
    others = ("photo.jpg", "notes.md", ".git/index", ".b.html.swp", ".c.html", "assets/a.html")
    made = build_with(tmp_path, dict.fromkeys(others, b"{% if %}\xff"))
    assert published(made, "a.html") == b"{% if %}\xff"


def test_a_block_that_shows_nowhere_is_told(tmp_path: Path) -> None:
    override = '{% extends "default/article.html" %}\n{% block bodyy %}x{% endblock %}\n'
    site = write_site(tmp_path / "site", {"templates/article.html": override, "content/a/x.md": article()})
    done = labo_here("build", "--root", site)
    assert done.returncode == 1
    assert "templates/article.html:2: what it extends has no block `bodyy`\n  hint: known: " in done.stderr


@pytest.mark.parametrize("name", ["reply", "refused"])
def test_a_page_of_the_inbox_is_tried_before_a_visitor_needs_it(tmp_path: Path, name: str) -> None:
    files = {
        f"templates/inbox/{name}.html": "{{ view.nope }}",
        "content/a/x.md": article(),
        "comments/approved/x/one.md": comment("x"),
    }
    done = labo_here("build", "--root", write_site(tmp_path / "site", files))
    assert done.returncode == 1
    assert f"templates/inbox/{name}.html:1: " in done.stderr
    assert "has no attribute 'nope'" in done.stderr
