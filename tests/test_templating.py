"""What makes rendering quick changes no byte; what is kept between runs is never wrong; a shape misses nothing."""

import os
import pickle
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import NOW, ROOT
from jinja2 import DictLoader, Environment, StrictUndefined, nodes, select_autoescape

from labo_ssg import language
from labo_ssg.build.build import build
from labo_ssg.build.check import check
from labo_ssg.model import Html
from labo_ssg.pages import views
from labo_ssg.pages.page import Page
from labo_ssg.pages.views import SiteView
from labo_ssg.templating import store
from labo_ssg.templating.engine import Engine
from labo_ssg.theme import Theme

TEMPLATES = ROOT / "templates"
PARIS = ZoneInfo("Europe/Paris")

# The engine, against Jinja's own

OPTIONS = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
BOTH = {
    "words": '{{ _("Home") }}|{{ _("Home")|upper }}|{{ x or _("Home") }}|{% trans %}Home{% endtrans %}',
    "words that are filled in": '{{ _("Reply to %(name)s", name=x) }} {{ _("Reply to %(name)s", name=h) }}',
    "words filled in twice": '{{ _("%(a)s %(a)s %%", a=x) }}',
    "words not filled in": '{{ _("none", a=x) }} {{ _("%%(a)s", a=x) }} {{ _("%%%(a)s", a=x) }}',
    "words with another mistake": '{{ _("%(a)s %d", a=x) }}',
    "words that are set": '{% set who %}<b>{{ x }}</b>{% endset %}{{ _("by %(names)s", names=who) }}',
    "words that are called something else": "{% for _ in [1, 2] %}{{ _ }}{% endfor %}{% set _ = x %}{{ _ }}",
    "a macro called _": '{% macro _(x) %}<{{ x }}>{% endmacro %}{{ _("Home") }}',
    "words made up": "{{ _(x) }} {{ gettext('Ho' ~ 'me') }} {% set g = gettext %}{{ g('Home') }}",
    "words with a mistake": '{{ _("100 %") }}',
    "words without their name": '{{ _("%(name)s") }}',
    "words that lack a name": '{{ _("%(name)s", other=1) }}',
    "numbers": "{% for n in [0, 1, 2] %}"
    "{% trans n=n %}{{ n }} article{% pluralize %}{{ n }} articles{% endtrans %};{% endfor %}",
    "what is escaped": "{{ x }}{{ h }}{{ 3 }}{{ none }}{{ [x, h] }}{{ x|safe }}{{ x|e }}{{ x ~ h }}{{ {x: h} }}",
    "not escaped": "{% autoescape false %}{{ x }}{{ _('Home') }}{{ _('by %(names)s', names=x) }}{% endautoescape %}",
    "perhaps escaped": "{% autoescape n %}{{ x }}{{ _('Home') }}{{ _('by %(names)s', names=x) }}{% endautoescape %}",
    "blocks": '{% extends "frame.html" %}{% block a %}[{{ super() }}{{ x }}]{% endblock %}'
    "{% block c %}{{ self.a() }}{% endblock %}",
    "a frame that is chosen": '{% if n %}{% extends "frame.html" %}{% endif %}before{% block a %}own{% endblock %}',
    "no frame": 'before{% if not n %}{% extends "frame.html" %}{% endif %}{% block a %}own{% endblock %}after',
    "includes": 'a{% include "part.html" %}b{% for x in "12" %}{% include "part.html" %}{% endfor %}',
    "includes without context": "a{% include 'bare.html' without context %}b{{ x }}"
    "{% for n in 'ab' %}{{ n }}{% include 'bare.html' without context %}{% endfor %}c",
    "includes that may lack": 'a{% include "no.html" ignore missing %}b{% include ["no.html", "part.html"] %}',
    "includes that lack": '{% include "no.html" %}',
    "macros": '{% from "macros.html" import m, n as o %}{{ m(x) }}{{ o(x, y=h) }}{% call m(1) %}{{ x }}{% endcall %}',
    "macros with too much": '{% import "macros.html" as all %}{{ all.m(1, 2, 3) }}',
    "macros that look around": '{% import "macros.html" as all with context %}{{ all.around() }}{{ all.m("<") }}',
    "a tree": "{% for one in tree recursive %}<{{ one[0] }}{{ loop(one[1]) }}>{% endfor %}",
    "loops": "{% for c in 'ab' %}{{ loop.index }}{{ c }}{{ loop.cycle(1, 2) }}{% else %}none{% endfor %}",
    "filters": "{% filter upper %}{{ x }}{% include 'part.html' %}{% endfilter %}{{ x|replace('l', '<') }}",
    "a call of words": "{% call _('Home') %}{{ x }}{% endcall %}",
    "what a block sets": "{% block a scoped %}{% set y = x %}{{ _('Home') }}{% include 'part.html' %}{% endblock %}"
    "{{ y }}",
    "what is not there": "{{ x.nothing }}",
    "what is not defined": "a{{ nothing }}",
}
AROUND = {
    "frame.html": "<{% block a %}A{{ x }}{% endblock %}|{% block b scoped %}b{% endblock %}|"
    "{% block c %}{% endblock %}>",
    "part.html": '{% from "macros.html" import m %}part {{ x }}{{ m(h) }}\n',
    "bare.html": "bare {{ x is defined }}{{ _('Home') }}",
    "macros.html": "{% macro m(a, b=2) %}({{ a }}{{ b }}{{ caller() if caller is defined and caller }}){% endmacro %}"
    "{% macro n(x) %}{{ x }}{{ kwargs.y }}{{ varargs|length }}{% endmacro %}{% macro around() %}{{ x }}{% endmacro %}",
}


def outcome(environment: Environment, name: str) -> str:
    """Return what a template gives, or the mistake it makes."""
    given = {"x": "<l'a>", "h": Html("<i>&</i>"), "n": 1, "tree": [("a", [("b", [])]), ("c", [])]}
    try:
        return environment.get_template(name).render(given)
    except Exception as error:  # any: it must be the same one
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("suffix", ["html", "txt"])
@pytest.mark.parametrize("tag", ["fr", "en"])
def test_the_engine_gives_what_jinja_gives(name: str, suffix: str, tag: str) -> None:
    loader = DictLoader({**AROUND, f"page.{suffix}": BOTH[name]})
    escaping = select_autoescape(("html",), default=False)
    words = language.translations(tag)
    plain = Environment(loader=loader, autoescape=escaping, extensions=["jinja2.ext.i18n"], **OPTIONS)  # type: ignore[arg-type] # as they are
    plain.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined] # i18n adds it
    quick = Engine(words, loader=loader, autoescape=escaping, **OPTIONS)
    wanted = [outcome(plain, f"page.{suffix}") for _ in range(2)]
    assert [outcome(quick, f"page.{suffix}") for _ in range(2)] == wanted


# `once`


@pytest.fixture(autouse=True)
def compiled_once() -> None:
    """Have each test compile what it needs."""


def site_view(**given: Any) -> SiteView:
    empty: dict[str, Any] = dict.fromkeys(SiteView.__struct_fields__, "")
    return SiteView(**{**empty, "base_url": "https://example.org", "language": "fr", "extra": {}, **given})


def theme_with(folder: Path, templates: dict[str, str], bytecode: Path | None = None, **given: Any) -> Theme:
    """Return the theme of a site with these templates and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, source in templates.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return Theme(folder, site_view(**given), PARIS, {"a.css": b""}, bytecode=bytecode)


def shown(theme: Theme, name: str = "page.html", **given: Any) -> str:
    view = views.View(**{"url": "/", "title": "", "language": "fr", **given})
    return theme.render(Page("", name, view)).decode()


def test_a_part_is_rendered_once_for_the_same_arguments(tmp_path: Path) -> None:
    made: list[str] = []
    theme = theme_with(
        tmp_path, {"page.html": '{{ once("part.txt", a=view.title, n=view.card_size) }}', "part.txt": "{{ count(a) }}"}
    )

    def count(word: str) -> str:
        made.append(word)
        return f"<{word}>"

    theme._environment.globals["count"] = count
    assert [shown(theme, title=title) for title in "abab"] == ["<a>", "<b>", "<a>", "<b>"]
    assert made == ["a", "b"]
    assert [shown(theme, title="c", card_size=[]) for _ in "12"] == ["<c>", "<c>"]  # a list may change
    assert made == ["a", "b", "c", "c"]


def test_what_is_equal_and_not_the_same_is_no_part_of_another(tmp_path: Path) -> None:
    theme = theme_with(
        tmp_path,
        {"page.html": "{% for a in [1, true, 1.0] %}{{ once('p.txt', a=a) }};{% endfor %}", "p.txt": "{{ a }}"},
    )
    assert shown(theme) == "1;True;1.0;"


def test_the_parts_that_are_kept_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labo_ssg.theme.KEPT_PARTS", 3)
    theme = theme_with(tmp_path, {"page.html": '{{ once("p.txt", a=view.title) }}', "p.txt": "{{ a }}"})
    assert [shown(theme, title=str(one)) for one in range(9)] == list("012345678")
    assert len(theme._parts) == 3


# What is kept between runs

SOME = {"page.html": '{{ _("Home") }} {{ "/a/"|href }} {% include "part.html" %}', "part.html": "{{ view.title }}"}


def compiled(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> int:
    """Return how many templates are compiled by `work`."""
    names: list[str] = []
    own = Engine._generate

    def generate(engine: Engine, source: nodes.Template, name: str, *args: Any, **options: Any) -> str:
        names.append(name)
        return own(engine, source, name, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "_generate", generate)
        work()
    return len(names)


def test_a_second_run_compiles_nothing_and_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    pages: list[str] = []
    for wanted in (2, 0):
        theme = theme_with(tmp_path / "t", SOME, kept)
        assert theme.parts[-1] == kept
        again = Theme(*pickle.loads(pickle.dumps(theme.parts)))
        assert compiled(monkeypatch, lambda again=again: pages.append(shown(again))) == wanted  # type: ignore[misc]
    assert pages == [shown(theme_with(tmp_path / "t", SOME))] * 2


def test_another_title_is_shown_and_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    some = {**SOME, "page.html": SOME["page.html"] + " {{ site.title|upper }} {{ asset('a.css') }}"}
    assert "UN SITE" in shown(theme_with(tmp_path / "t", some, kept, title="Un site"))
    theme = theme_with(tmp_path / "t", some, kept, title="Un autre")
    pages: list[str] = []
    assert compiled(monkeypatch, lambda: pages.append(shown(theme))) == 0
    assert pages == [shown(theme_with(tmp_path / "t", some, title="Un autre"))]
    assert "UN AUTRE" in pages[0]


def test_check_uses_what_a_build_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    (site / "content").mkdir(parents=True)
    (site / "site.yaml").write_text("title: Essai\nbase_url: https://essai.example\n", encoding="utf-8")
    assert compiled(monkeypatch, lambda: check(site, now=NOW)) > 20
    assert not (site / ".labo").exists()
    assert compiled(monkeypatch, lambda: build(site, tmp_path / "public", now=NOW, drafts=False)) > 20
    assert compiled(monkeypatch, lambda: check(site, now=NOW)) == 0


@pytest.mark.parametrize("given", [{"base_url": "https://example.org/sub"}, {"language": "en"}])
def test_what_is_kept_of_a_site_is_not_taken_for_another(tmp_path: Path, given: dict[str, Any]) -> None:
    kept = tmp_path / "kept"
    shown(theme_with(tmp_path / "t", SOME, kept))
    plain = shown(theme_with(tmp_path / "t", SOME, **given))
    assert shown(theme_with(tmp_path / "t", SOME, kept, **given)) == plain


@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-7]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(bytes(len(file.read_bytes()))),
        lambda file: file.write_bytes(file.read_bytes()[:40] + b"?" + file.read_bytes()[41:]),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: [file.write_bytes(other.read_bytes()) for other in file.parent.iterdir() if other.is_file()],
    ],
)
def test_what_is_torn_or_foreign_is_not_used(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    kept = tmp_path / "kept"
    theme = theme_with(tmp_path / "t", SOME, kept)
    page, shape = shown(theme), theme.shape("page.html")
    files = sorted(kept.iterdir())
    assert len(files) == 3
    for file in files:
        harm(file)
    for _ in range(2):
        theme = theme_with(tmp_path / "t", SOME, kept)
        assert (shown(theme), theme.shape("page.html")) == (page, shape)


def test_a_folder_that_cannot_be_written_to_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    wanted = shown(theme_with(tmp_path / "t", SOME))
    for kept in (tmp_path / "file", tmp_path / "file/below", Path("/proc/none")):
        theme = theme_with(tmp_path / "t", SOME, kept)
        assert (shown(theme), len(theme.shape("page.html"))) == (wanted, 16)


def test_what_was_not_used_for_long_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST", 4)
    for number in range(9):
        path = tmp_path / f"{number}{store.SUFFIX}"
        path.write_bytes(b"old")
        os.utime(path, ns=(number, number))
    (tmp_path / "other").write_bytes(b"not ours")
    some = store.Store(tmp_path)
    some.write(b"key", b"new")
    assert some.read(b"key") == b"new"
    assert some.read(b"other key") is None
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"{number}{store.SUFFIX}" for number in (6, 7, 8)), f"{b'key'.hex()}{store.SUFFIX}", "other",
    }  # fmt: skip


# Shapes


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Theme, list[Page]]:
    """The theme of the demo site, and for each template the page of it that shows most."""
    seen: list[tuple[Theme, Page, int]] = []
    own = Theme.render

    def render(theme: Theme, page: Page) -> bytes:
        made = own(theme, page)
        seen.append((theme, page, len(made)))
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Theme, "render", render)
        build(ROOT, tmp_path_factory.mktemp("demo") / "public", now=NOW, drafts=False)
    most = {page.template: page for _, page, size in sorted(seen, key=lambda one: one[2])}
    return seen[0][0], list(most.values())


def template_names() -> Iterator[str]:
    for path in sorted(TEMPLATES.rglob("*")):
        name = path.relative_to(TEMPLATES).as_posix()
        if path.is_file() and not name.startswith("assets/"):
            yield name


def edited(source: str) -> str:
    """Return a template that shows something else wherever it shows anything: at its end, in its blocks and macros."""
    return re.sub(r"(\{%-? *(?:block|macro) [^%]*%\})", r"\1EDITED", source) + "EDITED"


# The first only extends another one; the other is for sites without an inbox. What moderators see is never published.
SILENT = {"authors.html", "partials/comment_elsewhere.html"} | {
    path.relative_to(TEMPLATES).as_posix()
    for path in (*TEMPLATES.glob("moderation/*"), *TEMPLATES.glob("partials/moderation_*"))
}


def test_no_page_changes_without_its_shape(
    tmp_path: Path, pages: tuple[Theme, list[Page]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, site, zone, assets, _ = pages[0].parts
    copy = tmp_path / "templates"
    shutil.copytree(TEMPLATES, copy)

    def made() -> dict[str, tuple[bytes, bytes, dict[str, bytes]]]:
        theme = Theme(copy, site, zone, assets, bytecode=tmp_path / "kept")
        return {
            page.template: (theme.render(page), theme.shape(page.template), theme.sources(page.template))
            for page in pages[1]
        }

    before = made()
    assert len(before) > 15
    silent = set()
    for name in template_names():
        source = (copy / name).read_text(encoding="utf-8")
        (copy / name).write_text(edited(source), encoding="utf-8")
        after = made()
        (copy / name).write_text(source, encoding="utf-8")
        bytes_changed = {kind for kind in before if after[kind][0] != before[kind][0]}
        shape_changed = {kind for kind in before if after[kind][1] != before[kind][1]}
        assert bytes_changed <= shape_changed, name
        assert shape_changed == {kind for kind in before if name in before[kind][2]}, name
        changed = [
            {one for one in after[kind][2] if after[kind][2][one] != before[kind][2][one]} for kind in shape_changed
        ]
        assert all(one == {name} for one in changed)
        silent |= set() if bytes_changed else {name}
    assert silent <= SILENT
    assert made() == before


def test_a_template_that_a_site_adds_changes_the_shapes_of_the_pages_that_reach_it(tmp_path: Path) -> None:
    kinds = ("home.html", "tag.html", "article.html", "feeds/atom.xml", "404.html")
    theme = theme_with(tmp_path, {})
    plain = {kind: theme.shape(kind) for kind in kinds}
    for name, reached in {
        "partials/entry_card.html": {"home.html", "tag.html"},
        "partials/comment.html": {"article.html"},
        "partials/toolbar.html": {"article.html"},
        "section.html": {"tag.html"},
        "feeds/atom.xml": {"feeds/atom.xml"},
    }.items():
        theme = theme_with(tmp_path, {name: "other"})
        assert {kind for kind in kinds if theme.shape(kind) != plain[kind]} == reached, name


def test_the_default_template_that_a_sites_own_extends_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default = tmp_path / "default"
    shutil.copytree(TEMPLATES, default)
    monkeypatch.setattr("labo_ssg.theme.default_templates", lambda: default)
    own = {"article.html": '{% extends "default/article.html" %}'}
    before = theme_with(tmp_path / "t", own)
    shapes = {kind: before.shape(kind) for kind in ("article.html", "home.html")}
    assert {"article.html", "default/article.html", "base.html"} <= before.sources("article.html").keys()
    with (default / "article.html").open("a", encoding="utf-8") as file:
        file.write("more")
    after = theme_with(tmp_path / "t", own)
    assert [after.shape(kind) != shape for kind, shape in shapes.items()] == [True, False]


REACHING = {
    "a name that may lack": ('{% include "new.html" ignore missing %}', True),
    "one of several names": ('{% include ["new.html", "part.html"] %}', True),
    "several names in brackets": ('{% include ("new.html", "part.html") %}', True),
    "a name that is made up": ('{% include "new" ~ view.title ~ ".html" ignore missing %}', True),
    "one name that is made up": ('{% include ["part.html", view.title] %}', True),
    "a frame that is made up": ('{% extends "part.html" if view.title else "part.html" %}', True),
    "an import": ('{% import "new.html" as new %}', True),
    "a macro": ('{% from "new.html" import x %}', True),
    "once": ('{{ once("new.html") }}', True),
    "once, further down": (
        '{% macro m() %}{% if 0 %}{{ [once("new.html", a=1)]|first }}{% endif %}{% endmacro %}',
        True,
    ),
    "once by a name that is made up": ("{{ once(view.title) }}", True),
    "once by another name": ("{% set give = once %}{{ give('new.html') }}", True),
    "once, given away": ("{{ ['new.html']|map(once)|first }}", True),
    "a template that cannot be read": ("{% fi %}", True),
    "other templates": ('{% include "part.html" %}{{ once("part.html") }}{% import "part.html" as p %}', False),
    "a name that is said": ('{{ "new.html" }} {% set new = "new.html" %}', False),
}


@pytest.mark.parametrize(("source", "changes"), REACHING.values(), ids=REACHING)
def test_a_file_that_is_added_changes_the_shape_where_it_may_be_asked_for(
    tmp_path: Path, source: str, changes: bool
) -> None:
    own = {"page.html": source, "part.html": "part"}
    kept = tmp_path / "kept"
    before = theme_with(tmp_path / "t", own).shape("page.html")
    assert theme_with(tmp_path / "t", own, kept).shape("page.html") == before
    assert theme_with(tmp_path / "t", own, kept).shape("page.html") == before
    for bytecode in (None, kept):
        after = theme_with(tmp_path / "t", {**own, "new.html": "new"}, bytecode).shape("page.html")
        assert (after != before) is changes


def test_a_shape_holds_the_settings_the_zone_and_the_assets_where_they_are_linked(tmp_path: Path) -> None:
    def shapes(zone: str = "Europe/Paris", assets: dict[str, bytes] | None = None, **given: Any) -> list[bytes]:
        theme = Theme(tmp_path, site_view(**given), ZoneInfo(zone), assets or {})
        return [theme.shape(kind) for kind in ("article.html", "feeds/atom.xml")]

    def differ(other: list[bytes]) -> list[bool]:
        return [one != two for one, two in zip(shapes(), other, strict=True)]

    assert differ(shapes()) == [False, False]
    assert differ(shapes(zone="Europe/London")) == [True, True]
    assert differ(shapes(language="en")) == [True, True]
    assert differ(shapes(extra={"big": 10**30, "day": datetime(2021, 1, 1, tzinfo=UTC)})) == [True, True]
    assert differ(shapes(assets={"custom.css": b"a {}"})) == [True, False]
