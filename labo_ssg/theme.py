"""The templates of a site; a view → bytes. Only this and `templating/` import jinja2."""

import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from jinja2 import (
    ChoiceLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
    select_autoescape,
)
from jinja2.exceptions import TemplateRuntimeError

from labo_ssg import language, model
from labo_ssg.markup import dress, glossary
from labo_ssg.model import Html
from labo_ssg.packing import digest
from labo_ssg.pages import urls
from labo_ssg.pages.page import Page
from labo_ssg.pages.views import SiteView
from labo_ssg.places import default_templates, installed
from labo_ssg.problems import Place, Problem
from labo_ssg.templating import engine, reach
from labo_ssg.templating.engine import Engine
from labo_ssg.templating.reach import Reach, ReadOnce
from labo_ssg.templating.store import Bytecode, Store, file_of

ASSETS = "assets"
TEMPLATES = (".html", ".xml", ".txt")
DEFAULT = (
    "default"  # `{% extends "default/article.html" %}`: the default theme's own, in a site that changes a part of it
)
KEPT = 4096  # links, and as many initials
KEPT_PARTS = 16_384  # parts of pages, of about 1 KB each
SETTINGS = "settings.css"  # what the settings say of colours and fonts


class Broken(Exception):  # noqa: N818 - a mistake in a template, told as a Problem
    """A template that cannot be rendered."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Theme:
    """The templates of a site, over those of the default theme, and their assets by name."""

    def __init__(
        self,
        folder: Path,
        site: SiteView,
        zone: tzinfo,
        assets: Mapping[str, bytes],
        bytecode: Path | None = None,
        assets_at: str = f"/{ASSETS}",
    ) -> None:
        """Take the templates of `folder`; in `bytecode`, a folder, is kept what a later run may use again.

        `assets_at` is the address below which pages find the assets; where it names another host,
        the pages are shown there, and have links in full.
        """
        self.folders = [folder, default_templates()]
        self.assets = {**assets, SETTINGS: site.style.encode()} if site.style else dict(assets)
        self.stamp = digest(*(part for name, data in self.assets.items() for part in (name.encode(), data))).hex()[:10]
        self.parts = (folder, site, zone, assets, bytecode)
        self._assets_at = assets_at
        self._zone, self._site = zone, site
        self._parts: dict[tuple[Any, ...], Html] = {}
        theirs = PrefixLoader({DEFAULT: ReadOnce([default_templates()])})
        self._loader = ChoiceLoader([ReadOnce(self.folders), theirs])
        words, given = language.catalogue(site.language), f"{site!r} {zone!r} {assets_at}"
        self._salt = digest(_program(), words, given.encode(errors="surrogatepass"))
        # What filters make of words of a template is compiled with it. A site's title, say, is asked for later.
        filtered = f"{site.base_url!r} {site.language!r} {zone!r} {assets_at!r}"
        self._compiling = digest(_program(), words, filtered.encode(errors="surrogatepass"))
        store = Store(bytecode) if bytecode else None
        self._environment = self._make_environment(store)
        self._reach = Reach(self._environment, self._loader, self.folders, store, _program())

    def __reduce__(self) -> tuple[type["Theme"], tuple[Any, ...]]:
        """Say how another process makes the same theme."""
        return Theme, self.parts

    def files(self) -> dict[str, bytes]:
        """Return the theme's assets by their path in the output folder.

        All live in a folder named after what they hold together: a browser may keep them for
        ever, and the addresses inside a style sheet stay relative.
        """
        return {f"{ASSETS}/{self.stamp}/{name}": data for name, data in self.assets.items()}

    def render(self, page: Page) -> bytes:
        """Return the file that `page` asks for; raise Broken where a template fails."""
        try:
            return self._environment.get_template(page.template).render(view=page.view).encode()
        except Exception as error:  # a template may raise anything: what it calls is its author's choice
            raise Broken(self._explain(error, page)) from error

    def shape(self, template: str) -> bytes:
        """Return what stands for all that decides what `template` makes of a view, but for the view.

        That is the sources it reaches, the settings, the time zone, the words, this program, and the
        assets where it may link to them.
        """
        sources, links = self._reach.sources(template)
        named = (part for name, source in sources.items() for part in (name.encode(errors="surrogatepass"), source))
        return digest(self._salt, self.stamp.encode() if links else b"", *named)

    def sources(self, template: str) -> dict[str, bytes]:
        """Return the digest of each source that `template` reaches, by name, b"" for one that is not there."""
        return self._reach.sources(template)[0]

    def check(self) -> list[Problem]:
        """Return what keeps a template from being read, for each of them."""
        problems = []
        for name in self._environment.list_templates(filter_func=_is_template):
            try:
                self._environment.get_template(name)
                problems += self._unknown_blocks(name)
            except TemplateSyntaxError as error:
                problems.append(self._syntax_problem(error))
            except UnicodeDecodeError:
                problems.append(Problem(Place(f"templates/{name}"), "it is not UTF-8", "save it as UTF-8"))
        return problems

    def _unknown_blocks(self, name: str) -> list[Problem]:
        """Return a problem for each block of a site's template that what it extends lacks: it would show nowhere."""
        place = self._shown(str(self._environment.get_template(name).filename))
        if place.startswith(f"{DEFAULT}/"):
            return []
        tree = self._parsed(name)
        known = self._blocks_above(tree)
        if known is None:
            return []
        return [
            Problem(
                Place(place, node.lineno),
                f"what it extends has no block `{node.name}`",
                f"known: {', '.join(sorted(known))}",
            )
            for node in tree.body
            if isinstance(node, nodes.Block) and node.name not in known
        ]

    def _blocks_above(self, tree: nodes.Template) -> set[str] | None:
        """Return the blocks of what a template extends, None where that cannot be told."""
        known: set[str] = set()
        seen: set[str] = set()
        while extends := tree.find(nodes.Extends):
            name = extends.template.value if isinstance(extends.template, nodes.Const) else None
            if name is None or name in seen:
                return None
            seen.add(name)
            try:
                tree = self._parsed(name)
            except TemplateNotFound:  # told when a page asks for it
                return None
            known.update(block.name for block in tree.find_all(nodes.Block))
        return known if seen else None

    def _parsed(self, name: str) -> nodes.Template:
        source, filename, _ = self._loader.get_source(self._environment, name)
        return self._environment.parse(source, name, filename)

    def _make_environment(self, store: Store | None) -> Engine:
        environment = Engine(
            language.translations(self._site.language),
            loader=self._loader,
            bytecode_cache=Bytecode(store, self._compiling) if store else None,
            autoescape=cache(select_autoescape(enabled_extensions=("html", "xml"), default=False)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(
            site=self._site, asset=cache(self._asset), assets=self.assets.keys(), once=self._once
        )
        environment.filters.update(self._filters())
        return environment

    def _filters(self) -> dict[str, Callable[..., Any]]:
        site, zone = self._site, self._zone
        host = site.base_url.removesuffix(urls.base(site.base_url))
        address = urls.absolute if "://" in self._assets_at else urls.href

        return {
            "href": lru_cache(KEPT, typed=True)(partial(address, site.base_url)),
            "absolute": partial(urls.absolute, site.base_url),
            "date": lambda moment: language.long_date(moment.astimezone(zone), site.language),
            "moment": lambda moment: language.long_moment(moment.astimezone(zone), site.language),
            "iso": language.iso,
            "day": lambda moment: moment.astimezone(zone).date().isoformat(),
            "initials": lru_cache(KEPT)(_initials),
            "unmark": lambda html: Html(glossary.unmark(html) if 'class="term"' in html else html),
            "without_calls": lambda html: Html(dress.without_calls(html)),
            "with_full_links": lambda html: Html(dress.with_full_links(html, host) if _has_links(html) else html),
            "json": _json,
            "language_name": language.own_name,
            "lang_tag": lambda tag: tag.replace("_", "-"),
        }

    def _asset(self, name: str) -> str:
        """Return the link to an asset of the theme."""
        if name not in self.assets:
            raise TemplateRuntimeError(f"there is no asset `{name}` in {ASSETS}/")
        return urls.href(self._site.base_url, f"{self._assets_at}/{self.stamp}/{quote(name)}")

    def _once(self, name: str, /, **given: Any) -> Html:
        """Return what the template `name` makes of `given`, and of nothing of the page: the same is rendered once."""
        try:
            key = (name, *given.items(), *map(type, given.values()))
            return self._parts[key]
        except KeyError:
            made = self._parts[key] = self._part(name, given)
        except TypeError:  # what may change, a list, cannot be known again
            return self._part(name, given)
        if len(self._parts) > KEPT_PARTS:
            self._parts.pop(next(iter(self._parts)), None)
        return made

    def _part(self, name: str, given: Mapping[str, Any]) -> Html:
        return Html(self._environment.get_template(name).render(given))

    def _explain(self, error: Exception, page: Page) -> Problem:
        """Return the problem behind what a template raised; raise it again where none did."""
        hint = f"found while making {page.view.url}"
        if isinstance(error, TemplateSyntaxError):
            return self._syntax_problem(error)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if self._shown(frame.filename)]
        if isinstance(error, TemplateNotFound):
            name, line = (self._shown(frames[-1].filename), frames[-1].lineno or 0) if frames else ("templates", 0)
            return Problem(Place(name, line), f"there is no template `{error.name}`", hint)
        if isinstance(error, UnicodeEncodeError):
            return Problem(Place(f"templates/{page.template}"), "what it prints is no text", hint)
        if not frames:
            raise error
        place = Place(self._shown(frames[-1].filename), frames[-1].lineno or 0)
        if isinstance(error, RecursionError):
            what = "the template extends or includes itself without end"
            return Problem(place, what, f'the default theme\'s own is "{DEFAULT}/{page.template}"; {hint}')
        return Problem(place, str(error) or type(error).__name__, hint)

    def _syntax_problem(self, error: TemplateSyntaxError) -> Problem:
        name = self._shown(error.filename or "") or f"templates/{error.name}"
        return Problem(
            Place(name, error.lineno), f"the template cannot be read: {error.message}", "see the Jinja manual"
        )

    def _shown(self, filename: str) -> str:
        """Return how messages call the file of a template, "" where it is none."""
        for folder, name in zip(self.folders, ("templates", DEFAULT), strict=False):
            inside = filename.removeprefix(f"{folder}/")
            if inside != filename:
                return f"{name}/{inside}"
        return ""


def _is_template(name: str) -> bool:
    """Tell whether the file `name` is a template of the site: no asset, not hidden, not the default theme's."""
    hidden = any(part.startswith(".") for part in name.split("/"))
    hidden = hidden or name != name.encode(errors="replace").decode()  # what is no UTF-8 cannot be asked for
    return name.endswith(TEMPLATES) and not hidden and not name.startswith((f"{ASSETS}/", f"{DEFAULT}/"))


@cache
def _program() -> bytes:
    """Return what stands for the code that reads and renders templates: part of it goes into what is compiled."""
    versions = (sys.version, *installed())
    own = (sys.modules[__name__], engine, reach, language, model, dress, glossary, urls)
    return digest(*(one.encode() for one in versions), *map(file_of, own))


def _json(value: Any) -> Html:
    """Return `value` as JSON that may stand in a script element."""
    data = msgspec.json.encode(value)
    return Html(data.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026").decode())


def _has_links(html: str) -> bool:
    """Tell whether there may be something in `html` that a feed says otherwise: most comments have nothing of it."""
    return '="/' in html or ' srcset="' in html or ' sizes="' in html


def _initials(name: str) -> str:
    """Return one or two letters that stand for a name: "Jeanne Martin" → "JM"."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    return "".join(word[0].upper() for word in (words[:1] + words[1:][-1:]))
