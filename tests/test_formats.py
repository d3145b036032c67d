"""Files of a site → nouns, and each mistake at its line."""

import sys
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import pytest
import yaml
from frontmatter.default_handlers import YAMLHandler

from labo_ssg.formats import article as article_format
from labo_ssg.formats import comment as comment_format
from labo_ssg.formats import fields, frontmatter, plain_text, site_yaml, yaml_text
from labo_ssg.model import Article, Comment, Image, Link, Section, Site, Source, Term
from labo_ssg.pages import urls
from labo_ssg.problems import Place, Problem

PARIS = ZoneInfo("Europe/Paris")
SETTINGS = "title: Essai\nbase_url: https://essai.example\n"


def read_article(text: str, path: str = "content/a/x.md") -> tuple[Article, list[Problem]]:
    return article_format.parse(text.encode(), PurePosixPath(path), zone=PARIS, language="fr", comments="closed")


def read_comment(text: str, path: str = "comments/approved/x/1.md") -> tuple[Comment, list[Problem]]:
    return comment_format.parse(text.encode(), PurePosixPath(path))


def read_section(text: str, path: str = "content/vie-du-labo/index.md") -> tuple[Section, list[Problem]]:
    return article_format.parse_section(text.encode(), PurePosixPath(path))


def told(problems: list[Problem]) -> list[str]:
    """Return the problems, each by its line, without the hints, of which none is missing."""
    assert all(problem.hint for problem in problems)
    return [f"{problem.place.line}: {problem.what}" for problem in problems]


BYTES = {
    "UTF-8": ("é\n".encode(), "é\n"),
    "a byte order mark": (b"\xef\xbb\xbf\xc3\xa9", "é"),
    "line ends of Windows, old Macs and Unix": (b"a\r\nb\rc\nd", "a\nb\nc\nd"),
    "nothing": (b"", ""),
    "a tab, a no-break space and a soft hyphen, which may stay": (
        "\t\u00a0\u00ad".encode(),
        "\t\u00a0\u00ad",
    ),
}


@pytest.mark.parametrize(("data", "text"), BYTES.values(), ids=BYTES)
def test_bytes_become_text(data: bytes, text: str) -> None:
    assert plain_text.decode(data, "x.md") == (text, [])


WRONG_BYTES = {
    "Latin-1": (
        b"a\n\xe9",
        "x.md:2: byte 0xe9 is not UTF-8",
        "save the file again as UTF-8 (in Windows-1252 this would be `é`)",
    ),
    "a quote of Windows-1252": (
        b"\x93",
        "x.md:1: byte 0x93 is not UTF-8",
        "save the file again as UTF-8 (in Windows-1252 this would be `“`)",
    ),
    "UTF-16": (b"\xff\xfea\0", "x.md:1: the file is in UTF-16", "save it again as UTF-8"),
    "NUL": (
        b"a\nb\0",
        "x.md:2: the file holds the invisible character U+0000",
        "is it a text? save it again as UTF-8",
    ),
    "a quote of Windows taken for Latin-1": (
        "\x92".encode(),
        "x.md:1: the file holds the invisible character U+0092",
        "write `’` in its place, which is what it likely was",
    ),
    "a form feed": (
        b"\x0c",
        "x.md:1: the file holds the invisible character U+000C",
        "remove it, or write a space in its place",
    ),
    "a file of more than a million bytes": (
        b"x" * 1_000_001,
        "x.md: the file has 1,000,001 bytes, a text may have 1,000,000",
        "split it in several texts, or give it another extension to publish it as it is",
    ),
}


@pytest.mark.parametrize(("data", "what", "hint"), WRONG_BYTES.values(), ids=WRONG_BYTES)
def test_bytes_that_are_no_text_are_told(data: bytes, what: str, hint: str) -> None:
    text, problems = plain_text.decode(data, "x.md")
    assert (text, [str(one) for one in problems]) == ("", [f"{what}\n  hint: {hint}"])


def test_every_invisible_character_is_found() -> None:
    invisible = plain_text.INVISIBLE.findall("".join(map(chr, range(sys.maxunicode + 1))))
    assert not [one for one in invisible if not plain_text.decode(f"é\u00a0{one}x".encode(), "x.md")[1]]
    assert not [one for one in invisible if one.isprintable()]  # what is printable need not be searched for them


HEADERS = {
    "a header and a body": ("---\ntitle: A\norder: 2\n---\nbody\n", {"title": "A", "order": 2}, "body\n", 5),
    "a header alone": ("---\ntitle: A\n---", {"title": "A"}, "", 3),
    "blank lines after the header": ("---\ntitle: A\n---\n\n\nbody", {"title": "A"}, "body", 6),
    "blank lines inside the header": ("---\n\n\ntitle: A\n\n---\nbody", {"title": "A"}, "body", 7),
    "longer fences, with spaces": ("---- \ntitle: A\n----  \nbody", {"title": "A"}, "body", 4),
    "fences in the body": ("---\ntitle: A\n---\na\n---\nb", {"title": "A"}, "a\n---\nb", 4),
    "a fence in an indented text": (
        "---\ntitle: A\ndescription: |\n  ---\n  x\n---\nb",
        {"title": "A", "description": "---\nx"},
        "b",
        7,
    ),
}


@pytest.mark.parametrize(("text", "values", "body", "line"), HEADERS.values(), ids=HEADERS)
def test_a_file_is_a_header_and_a_body(text: str, values: dict[str, object], body: str, line: int) -> None:
    parts, problems = frontmatter.read(text.encode(), "x.md", article_format.SectionHeader)
    assert told(problems) == []
    assert (parts.values, parts.body) == (values, body)
    assert frontmatter.body(text.encode(), "x.md") == body
    assert text.split("\n")[parts.body_line - 1 :] == body.split("\n") or not body
    assert parts.body_line == line


FENCES = (
    "---\n\n\na\n---\nb",
    "-----\na\n------ \t\n\nb",
    "---\na----\n --- \n- ---\n---\nb",
    "---\na\n---x\n---\u00a0\nb\n---\nc",
    "---\n---\n---\n",
    "---\na\n---",
)


@pytest.mark.parametrize("text", FENCES)
def test_fences_are_those_of_frontmatter(text: str) -> None:
    assert frontmatter.FENCE.split(text, 2) == YAMLHandler.FM_BOUNDARY.split(text, 2)


VALUES = {
    "No is a text": ("title: No", "title", "No"),
    "a number is a text": ("title: 2021", "title", "2021"),
    "an hour is a text": ("title: 12:30", "title", "12:30"),
    "an id keeps its zeros": ("id: 007", "id", "007"),
    "one item needs no brackets": ("tags: PTCE", "tags", ("PTCE",)),
    "items are texts": ("tags: [2021, true, 1.5]", "tags", ("2021", "true", "1.5")),
    "empty items are left out, and doubles": ("tags: [a, '', a]", "tags", ("a",)),
    "an author and authors": ("author: A\nauthors: [B, A]", "authors", ("A", "B")),
    "yes is true": ("draft: yes", "draft", True),
    "a line end of Unicode is a space": ("title: A\u2028B", "title", "A B"),
    "a day begins at midnight of the site": ("date: 2021-01-12", "date", datetime(2021, 1, 12, tzinfo=PARIS)),
    "an hour without offset is the site's": (
        "date: 2021-01-12 10:15",
        "date",
        datetime(2021, 1, 12, 10, 15, tzinfo=PARIS),
    ),
    "an hour with an offset": ("date: 2021-01-12T10:15:00+05:00", "date", datetime(2021, 1, 12, 5, 15, tzinfo=UTC)),
    "a source": ("source: {name: N, url: 'https://x.example'}", "source", Source("N", "https://x.example")),
    "a picture": ("image:\n  src: a.png\n  alt: A", "image", Image("a.png", "A")),
    "comments are as the site has them": ("draft: false", "comments", "closed"),
    "the language is the site's": ("lang:", "language", "fr"),
    "a language of its own": ("lang: gcf", "language", "gcf"),
    "an old address of SPIP": ("aliases: [/spip.php?article123]", "aliases", ("/spip.php?article123",)),
    "an old address with accents, quoted or not": ("aliases: [/%C3%A9, /è]", "aliases", ("/%C3%A9", "/è")),
    "whatever a theme wants": (
        "extra: {day: 2021-01-12, list: [1, a]}",
        "extra",
        {"day": date(2021, 1, 12), "list": [1, "a"]},
    ),
}


@pytest.mark.parametrize(("line", "key", "value"), VALUES.values(), ids=VALUES)
def test_the_values_of_an_article(line: str, key: str, value: object) -> None:
    given = {one.partition(":")[0] for one in line.split("\n")}
    needed = "".join(f"{one}\n" for one in ("title: T", "date: 2021-01-01") if one.partition(":")[0] not in given)
    article, problems = read_article(f"---\n{needed}{line}\n---\nbody\n")
    assert told(problems) == []
    assert getattr(article, key) == value


WRONG_VALUES = {
    "three mistakes in one value": (
        "source: {nom: x}",
        ["4: `source`: `name` is missing", "4: `source`: `url` is missing", "4: `source`: unknown key `nom`"],
    ),
    "a list in a list": ("tags: [[a]]", ["4: `tags`: expected text, found a list"]),
    "a mapping for a list": ("tags: {a: b}", ["4: `tags`: expected a list, found a mapping"]),
    "commas without brackets": ("tags: a, b", ["4: `tags`: expected a list, found `a, b`"]),
    "an id that climbs": ("id: ../x", ["4: `id`: `../x` cannot name a folder of comments"]),
    "an empty id": ("id: ''", ["4: `id`: `` cannot name a folder of comments"]),
    "neither true nor false": ("draft: maybe", ["4: `draft`: expected true or false, found `maybe`"]),
    "one of three words": ("comments: opened", ["4: `comments`: expected open or closed or off, found `opened`"]),
    "a picture without its alternative text": ("image: {src: a.png}", ["4: `image`: `alt` is missing"]),
    "a text for a picture": ("image: a.png", ["4: `image`: expected `src:`, `alt:`, found `a.png`"]),
    "a tag of Python inside extra": (
        "extra: {a: !!python/name:os.system ''}",
        [
            "4: `extra`: it holds a value that YAML cannot read: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/name:os.system'"
        ],
    ),
    "a day of no calendar inside extra": (
        "extra: {a: 2021-13-45}",
        ["4: `extra`: it holds a value that YAML cannot read: month must be in 1..12"],
    ),
    "a list for a key": ("[a, b]: c", ["4: unknown key `?`"]),
    "several old addresses": (
        "aliases: [/a/../b, /a/./b, /a//b, '/a b', '/a\\b', '/a#b', '/a%0Ab', '/a%ff', '?a=1']",
        [
            f"4: `aliases`: `{alias}` is not an address of this site"
            for alias in sorted(["/a/../b", "/a/./b", "/a//b", "/a b", "/a\\b", "/a#b", "/a%0Ab", "/a%ff", "?a=1"])
        ],
    ),
}


@pytest.mark.parametrize(("line", "problems"), WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_the_mistakes_of_an_article(line: str, problems: list[str]) -> None:
    article, found = read_article(f"---\ntitle: T\ndate: 2021-01-01\n{line}\n---\nbody\n")
    assert sorted(told(found)) == sorted(problems)
    assert article.title == "T"


HINTS = {
    "a name of another generator": ("permalink: /a/", "did you mean `aliases`?"),
    "a slip of the finger": ("tag: a", "did you mean `tags`?"),
    "a capital": ("Title: A", "did you mean `title`?"),
    "a word that is nearly one": ("comments: close", "did you mean `closed`?"),
    "a date in words": ("updated: yesterday", "write it as 2021-01-12, or with the hour as 2021-01-12T10:15:00+01:00"),
    "commas without brackets": ("tags: a, b", "write [one, two], or one `- item` a line"),
    "brackets where a text is wanted": ("description: [a]", "put a text with brackets or braces between quotes"),
    "a colon": ("description: a: b", 'put a value that holds `: ` between quotes: "like: this"'),
    "an at sign": ("description: @a", "put the value between quotes"),
    "a star": ("description: *a", "put a value that starts with `*` or `&` between quotes"),
    "a tab": ("source:\n\tname: a", "indent with spaces: YAML knows no tabs"),
    "a line without a key": (
        "words\nmore",
        "write `key: value`, with a space after the colon; a text of several lines is indented",
    ),
}


@pytest.mark.parametrize(("line", "hint"), HINTS.values(), ids=HINTS)
def test_a_hint_says_what_to_do(line: str, hint: str) -> None:
    _, problems = read_article(f"---\ntitle: T\ndate: 2021-01-01\n{line}\n---\nbody\n")
    assert [problem.hint for problem in problems] == [hint]


def test_a_page_apart_needs_no_date() -> None:
    article, problems = read_article("---\ntitle: T\nlisted: false\n---\nbody\n")
    assert told(problems) == []
    assert article.date is None


def test_an_article_has_its_place_and_its_address_from_its_file() -> None:
    article, problems = read_article("---\ntitle: T\ndate: 2021-01-01\n---\nbody\n", "content/a/b/x.spip")
    assert told(problems) == []
    assert (article.id, article.section, article.stem, article.markup) == ("x", ("a", "b"), "x", "spip")
    assert article.place == Place("content/a/b/x.spip", 5)


def test_a_section_without_title_is_called_after_its_folder() -> None:
    section, problems = read_section("---\norder: -1\n---\n")
    assert (section.title, section.order, told(problems)) == ("Vie du labo", -1, ["2: `title` is missing"])


def test_an_index_file_with_the_keys_of_an_article_is_explained() -> None:
    _, problems = read_section("---\ntitle: T\ndate: 2021-01-01\n---\n")
    assert told(problems) == ["3: unknown key `date`"]
    assert "an article has a name of its own" in problems[0].hint


COMMENT = "article: x\nauthor: Jeanne\ndate: 2021-01-13T10:15:00+02:00\n"


def test_a_comment_keeps_its_text_as_it_was_written() -> None:
    text = "  Un {{mot}}.\n\n---\n<b>&amp;\n"
    comment, problems = read_comment(f"---\n{COMMENT}reply_to: 0\n---\n{text}")
    assert told(problems) == []
    assert comment.text == text
    assert (comment.id, comment.article, comment.author, comment.reply_to) == ("1", "x", "Jeanne", "0")
    assert comment.date == datetime(2021, 1, 13, 8, 15, tzinfo=UTC)
    assert comment.place == Place("comments/approved/x/1.md", 5)


WRONG_COMMENTS = {
    "the folder of another article": (COMMENT.replace("x", "y"), "Oui.", ["2: `article` is `y`, the folder is `x`"]),
    "no name": (COMMENT.replace("Jeanne", '" "'), "Oui.", ["3: `author` is empty"]),
    "no message": (COMMENT, " ", ["5: the message is empty"]),
    "an address that could be a script": (
        COMMENT + "website: javascript:x\n",
        "Oui.",
        ["5: `website`: `javascript:x` is not the address of a site"],
    ),
    "an e-mail in clear": (COMMENT + "email: a@b.example\n", "Oui.", ["5: `email` is in clear"]),
    "an IP address": (COMMENT + "ip: 192.0.2.1\n", "Oui.", ["5: unknown key `ip`"]),
    "a NUL in a name": (
        COMMENT.replace("Jeanne", r'"a\0"'),
        "Oui.",
        ["3: `author` holds the invisible character U+0000"],
    ),
}


@pytest.mark.parametrize(("keys", "text", "problems"), WRONG_COMMENTS.values(), ids=WRONG_COMMENTS)
def test_the_mistakes_of_a_comment(keys: str, text: str, problems: list[str]) -> None:
    assert told(read_comment(f"---\n{keys}---\n{text}\n")[1]) == problems


IDS = {"20210113T101500Z-7f3k9q": True, "forum123": True, "a_b.c-d": True, "a b": False, "é": False, "a'b": False}


@pytest.mark.parametrize(("name", "fits"), IDS.items())
def test_a_comments_id_is_its_files_name(name: str, fits: bool) -> None:
    _, problems = read_comment(f"---\n{COMMENT}---\nOui.\n", f"comments/approved/x/{name}.md")
    assert told(problems) == ([] if fits else ["1: the file's name cannot be a comment's id"])


def read_settings(text: str) -> tuple[Site, list[Problem]]:
    site, _, problems = site_yaml.parse(text.encode(), "site.yaml")
    return site, problems


def test_settings_have_defaults() -> None:
    site, problems = read_settings(SETTINGS + "menu:\n- {title: Accueil, url: /}\n")
    assert told(problems) == []
    assert site == Site("Essai", "https://essai.example", menu=(Link("Accueil", "/"),))


def test_a_wrong_setting_costs_no_other_one() -> None:
    site, problems = read_settings(SETTINGS + "per_page: 0\nlanguage: en\ntimezone: Mars\n")
    assert told(problems) == [
        "3: `per_page`: expected 1 to 1000, found `0`",
        "5: `timezone`: no time zone is called `Mars`",
    ]
    assert (site.title, site.language, site.per_page, site.timezone) == ("Essai", "en", 10, "Europe/Paris")


BASE_URLS = {
    "https://www.example.org": "https://www.example.org",
    "https://example.org/labo/": "https://example.org/labo",
    "http://localhost:8000/": "http://localhost:8000",
    "https://été.example/é/": "https://été.example/é",
    "''": None,
    "12": None,
    "ftp://example.org": None,
    "https://example.org/?a=b": None,
    "https://example.org/#a": None,
    "https://[::1": None,
    "https://example.org:99999": None,
    "https://:80": None,
}


@pytest.mark.parametrize(("written", "read"), BASE_URLS.items())
def test_the_address_of_a_site(written: str, read: str | None) -> None:
    site, problems = read_settings(f"title: T\nbase_url: {written}\n")
    assert [problem.place.line for problem in problems] == ([] if read else [2])
    assert site.base_url == (read or "https://example.org")


ZONES_AND_LANGUAGES = [
    "timezone: Europe",
    "timezone: ../../etc/passwd",
    "timezone: /etc/localtime",
    "timezone: ''",
    "language: ''",
    "language: xx",
    "language: ../fr",
]


@pytest.mark.parametrize("line", ZONES_AND_LANGUAGES)
def test_a_zone_or_language_that_nobody_knows_is_told(line: str) -> None:
    _, problems = read_settings(f"{SETTINGS}{line}\n")
    assert [problem.place.line for problem in problems] == [3]


LINKS = {
    "a script in the glossary": (
        "glossary: [{word: a, definition: b, url: 'javascript:x'}]",
        "`glossary`: `javascript:x` leads nowhere",
    ),
    "a link without an address": ("social: [{title: a, url: ''}]", "`social`: `` leads nowhere"),
    "a relative link": ("footer: [{title: a, url: a/b}]", "`footer`: `a/b` leads nowhere"),
    "an inbox that is a script": (
        "comments: {inbox: 'javascript:x'}",
        "`comments`: `javascript:x` cannot be the address of an inbox",
    ),
}


@pytest.mark.parametrize(("line", "what"), LINKS.values(), ids=LINKS)
def test_a_link_that_leads_nowhere_is_told(line: str, what: str) -> None:
    assert told(read_settings(f"{SETTINGS}{line}\n")[1]) == [f"3: {what}"]


GLOSSARIES = {
    "a list": ("- word: PTCE\n  definition: un pôle\n  also: [pôle]\n", (Term("PTCE", "un pôle", ("pôle",)),), []),
    "a list after a fence": ("---\n- {word: a, definition: b}\n", (Term("a", "b"),), []),
    "nothing": ("", (), []),
    "a remark": ("# rien\n", (), []),
    "a mapping": ("word: a\n", (), ["1: `glossary`: expected a list, found a mapping"]),
    "a word": ("PTCE\n", (), ["1: `glossary`: expected a list, found `PTCE`"]),
    "an entry without a definition": (
        "- word: a\n- word: b\n  definition: c\n",
        (),
        ["1: `glossary`: `definition` is missing"],
    ),
    "a tab": (
        "- word: a\n\tdefinition: b\n",
        (),
        ["2: YAML cannot be read: found a tab character that violates indentation"],
    ),
}


@pytest.mark.parametrize(("text", "terms", "problems"), GLOSSARIES.values(), ids=GLOSSARIES)
def test_the_file_of_a_glossary(text: str, terms: tuple[Term, ...], problems: list[str]) -> None:
    found, places, wrong = site_yaml.parse_glossary(text.encode(), "content/glossaire.yaml")
    assert (found, told(wrong)) == (terms, problems)
    assert len(places) == len(terms)


WORDS = {
    "one entry with two spellings": ([Term("ESS", "", ("ess",))], []),
    "the same word twice": ([Term("a", ""), Term("a", "")], ["2: the glossary explains `a` twice, here and at g:1"]),
    "the same word in capitals": (
        [Term("Pôle", ""), Term("b", "", ("pôle",))],
        ["2: the glossary explains `pôle` twice, here and at g:1"],
    ),
    "an empty word": ([Term("", "")], ["1: the glossary explains ``, which is no word"]),
    "no letter": ([Term("+", "")], ["1: the glossary explains `+`, which is no word"]),
    "words of one address": (
        [Term("C++", ""), Term("C", "")],
        ["2: the words `C` and `C++` would share an address of the glossary"],
    ),
}


@pytest.mark.parametrize(("terms", "problems"), WORDS.values(), ids=WORDS)
def test_each_word_has_one_entry(terms: list[Term], problems: list[str]) -> None:
    places = [Place("g", line) for line in range(1, len(terms) + 1)]
    assert told(site_yaml.check_glossary(terms, places, urls.slug)) == problems


HOSTILE = {
    "brackets": "a: " + "[" * 300_000,
    "braces": "a: " + "{" * 300_000,
    "dashes": "- " * 100_000,
    "question marks": "? " * 100_000,
    "a chain of aliases": "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 20_000)),
    "aliases of aliases": "a0: &a0 [x,x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1},*a{n - 1}]\n" for n in range(1, 23)),
    "a list that holds itself": "a: &a [*a]\n",
    "a mapping that holds itself": "a: &a {b: {c: *a}}\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_yaml_is_refused(text: str) -> None:
    node, problems = yaml_text.read(text, "x.md")
    assert node is None
    assert [problem.what.split(":")[0] for problem in problems] == ["YAML cannot be read"]


def test_an_alias_may_be_used_where_it_is_plain() -> None:
    node, problems = yaml_text.read("a: &a [x, y]\nb: *a\nc: {d: *a}\n", "x.md")
    assert problems == []
    assert node is not None
    assert yaml_text.plain(node) == {"a": ["x", "y"], "b": ["x", "y"], "c": {"d": ["x", "y"]}}


def test_what_is_free_is_read_as_yaml_reads_it() -> None:
    text = """
        a: [~, null, Null, NULL, nULL, '~', "null", !!null x, !!str null, ! null, 1, 0x1F, 017, 1_000, 1:30]
        b: {c: 1.5, d: .inf, e: yes, f: No, g: '1', h: 2021-01-12, i: 2021-01-12 10:15:00, 12: x, true: y}
        j: {<<: {k: 1}, l: 2, m: , n: !!int "3", o: [[], {}, !!map {p: q}]}
    """
    node, problems = yaml_text.read(text, "x.md")
    assert problems == []
    assert node is not None
    assert yaml_text.plain(node) == yaml.safe_load(text)


@pytest.mark.parametrize(("text", "short"), [("a\n b", "a b"), ("x" * 61, "x" * 59 + "…"), ("x" * 60, "x" * 60)])
def test_a_message_shows_a_value_on_one_line(text: str, short: str) -> None:
    assert fields.shorten(text) == short
