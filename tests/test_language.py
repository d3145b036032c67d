"""Every visible word has its French, and no French stands for a word that is gone."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from gettext import GNUTranslations
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from conftest import ROOT
from jinja2 import Environment
from jinja2.ext import babel_extract

from labo_ssg import language

PACKAGE = ROOT / "labo_ssg"
SAYING = {"gettext", "say"}  # the functions that take words of the catalogues
CATALOGUE = read_po(BytesIO((PACKAGE / "locale/fr.po").read_bytes()))
TRANSLATED = {message.id: message.string for message in CATALOGUE if message.id}


def words_of_templates() -> Iterator[str | tuple[str, ...]]:
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        source = BytesIO(path.read_bytes())
        for _, _, words, _ in babel_extract(source, {"_": None, "gettext": None, "ngettext": (1, 2)}, [], options):
            strings = tuple(word for word in words if isinstance(word, str)) if isinstance(words, tuple) else (words,)
            yield strings if len(strings) > 1 else strings[0]


def words_of_code() -> Iterator[str]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in SAYING and isinstance(node.args[0].value, str):
                    yield node.args[0].value


WORDS = {word if isinstance(word, str) else word[:2] for word in (*words_of_templates(), *words_of_code())}


def test_every_word_has_its_french() -> None:
    assert len(WORDS) > 100
    assert sorted(map(str, WORDS - TRANSLATED.keys())) == []


def test_no_translation_is_left_of_words_that_are_gone() -> None:
    assert sorted(map(str, TRANSLATED.keys() - WORDS)) == []


def test_the_words_are_read_as_babel_reads_them() -> None:
    compiled = BytesIO()
    write_mo(compiled, CATALOGUE)
    compiled.seek(0)
    theirs, ours = GNUTranslations(compiled), language.translations("fr")
    assert isinstance(ours, GNUTranslations)
    read, known = ({key: one._catalog[key] for key in one._catalog if key} for one in (ours, theirs))  # type: ignore[attr-defined]
    assert read == known  # but for the header, of which Babel makes its own
    assert len(read) > 100
    assert [ours.ngettext("%(n)s article", "%(n)s articles", count) for count in range(3)] == [
        theirs.ngettext("%(n)s article", "%(n)s articles", count) for count in range(3)
    ]


@pytest.mark.parametrize("message", [one for one in CATALOGUE if one.id], ids=lambda one: str(one.id)[:40])
def test_a_translation_keeps_what_is_filled_in(message) -> None:  # type: ignore[no-untyped-def] # Babel's own noun
    sources = [message.id] if isinstance(message.id, str) else list(message.id)
    targets = [message.string] if isinstance(message.string, str) else list(message.string)
    assert all(targets), "it is translated"
    assert not message.fuzzy
    filled = re.compile(r"%\(\w+\)s|\{\w*\}")
    asked = set(filled.findall(sources[-1]))
    assert all(set(filled.findall(one)) <= asked for one in targets)
    assert set(filled.findall(targets[-1])) == asked


@pytest.mark.parametrize("string", [str(one.string) for one in CATALOGUE if one.id], ids=lambda one: one[:40])
def test_the_french_has_its_spaces(string: str) -> None:
    assert not re.search(r"\w [;:!?»]|« |'", string.replace("('", "").replace("', '", "").replace("')", ""))


def test_a_language_calls_itself_by_its_name() -> None:
    names = {tag: language.own_name(tag) for tag in ("fr", "en", "pt-BR", "zz")}
    assert names == {"fr": "français", "en": "English", "pt-BR": "português (Brasil)", "zz": "zz"}


def test_no_template_holds_words_outside_the_catalogues() -> None:
    """What is left of a template without tags and expressions is white space, signs and what is no word."""
    environment = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        source = re.sub(r"\{%-? trans.*?%\}.*?\{%-? endtrans\s*-?%\}", "", source, flags=re.DOTALL)
        source = re.sub(r"<code>.*?</code>|\{% block kind %\}.*?\{% endblock %\}", "", source, flags=re.DOTALL)
        text = "".join(value for _, kind, value in environment.lex(source) if kind == "data")
        bare = re.sub(r"<[^>]*>|&\w+;", " ", re.sub(r"\w+=\"[^\"]*\"", "", text))
        found += [f"{path.name}: {word}" for word in re.findall(r"[A-Za-zÀ-ÿ]{3,}", bare) if word != "https"]
    assert found == []


def test_a_moment_is_written_where_it_was_and_in_the_language_asked_for() -> None:
    here, there = (
        datetime(2021, 5, 1, 0, 30, tzinfo=ZoneInfo("Europe/Paris")),
        datetime(2021, 4, 30, 22, 30, tzinfo=UTC),
    )
    assert here == there
    assert [language.long_date(moment, "fr") for moment in (here, there)] == ["1er mai 2021", "30 avril 2021"]
    assert [language.long_date(moment, "en") for moment in (here, there)] == ["May 1, 2021", "April 30, 2021"]
    written = [
        language.long_moment(moment, tag).replace("\u202f", " ") for tag in ("fr", "en") for moment in (here, there)
    ]
    assert written == [
        "1er mai 2021 à 00:30", "30 avril 2021 à 22:30", "May 1, 2021, 12:30 AM", "April 30, 2021, 10:30 PM"
    ]  # fmt: skip
    assert [language.iso(moment) for moment in (here, there)] == ["2021-05-01T00:30:00+02:00", "2021-04-30T22:30:00Z"]


def test_an_age_is_told_in_the_unit_that_says_enough() -> None:
    ages = (timedelta(minutes=3), timedelta(hours=30), timedelta(days=20))
    assert [language.age(one, "fr") for one in ages] == ["il y a 3 minutes", "il y a 1 jour", "il y a 3 semaines"]
    assert [language.age(one, "zz") for one in ages] == ["3 minutes ago", "1 day ago", "3 weeks ago"]


def test_no_language_writes_the_seconds_of_a_short_hour() -> None:
    patterns = {tag: Locale.parse(tag).time_formats["short"].pattern for tag in locale_identifiers() if "_" not in tag}
    assert [tag for tag, pattern in patterns.items() if re.search("[sSAzZOvVxX]", pattern)] == []
