"""Sites of people who never read the manual: problems with file and line, or a site; never a traceback."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import LABO, article, comment, labo, labo_here, read_tree, write_site

ENGLISH = "title: A blog\nbase_url: https://blog.example/en/\nlanguage: en\ntimezone: America/New_York\n"
POST = article("A post", body="Some *text*.")


def header(*lines: str, body: str = "Some text.") -> str:
    return "---\n" + "".join(f"{line}\n" for line in lines) + f"---\n{body}\n"


def dated(*lines: str) -> str:
    return header("title: A post", "date: 2021-01-12", *lines)


# The file of a blog, and what is told of it: `line: what` ("" before the colon: the file as a whole).
MISTAKES: dict[str, tuple[str | bytes, list[str]]] = {
    "keys of another generator": (
        header("layout: post", "title: A post", "date: 2021-01-12", "permalink: /a/", "category: news"),
        ["2: unknown key `layout`", "5: unknown key `permalink`", "6: unknown key `category`"],
    ),
    "a misspelt key, which is not missing too": (
        header("titel: A", "Date: 2021-01-12"),
        ["2: unknown key `titel`", "3: unknown key `Date`"],
    ),
    "a date as Americans write it": (article(date="12/01/2021"), ["3: `date`: expected a date, found `12/01/2021`"]),
    "a day that no calendar has": (article(date="2021-13-45"), ["3: `date`: expected a date, found `2021-13-45`"]),
    "the year 1": (article(date="0001-01-01"), ["3: `date`: expected a date, found `0001-01-01`"]),
    "the year 9999": (article(date="9999-12-31"), ["3: `date`: expected a date, found `9999-12-31`"]),
    "a date as a number of seconds": (article(date="1610446500"), ["3: `date`: expected a date, found `1610446500`"]),
    "a date left empty": (article(date=""), ["3: `date` is missing"]),
    "no date": (header("title: A"), ["1: `date` is missing"]),
    "an empty title": (article(title='""'), ["2: `title` is empty"]),
    "no header": ("# A post\n\nSome text.\n", ["1: the file has no front matter"]),
    "an empty file": ("", ["1: the file has no front matter"]),
    "a header in TOML": ("+++\ntitle = 'A'\n+++\ntext\n", ["1: the file has no front matter"]),
    "a header that is never closed": (
        "---\ntitle: A\ndate: 2021-01-12\ntext\n",
        ["1: the front matter is never closed"],
    ),
    "an empty header": ("---\n---\ntext\n", ["1: `date` is missing", "1: `title` is missing"]),
    "a list for a header": (header("- title"), ["2: expected `key: value` lines, found a list"]),
    "Latin-1": (article("Été").encode("latin-1"), ["2: byte 0xc9 is not UTF-8"]),
    "Latin-1 with the line ends of an old Mac": (
        article("A", body="été").replace("\n", "\r").encode("latin-1"),
        ["5: byte 0xe9 is not UTF-8"],
    ),
    "UTF-16": (POST.encode("utf-16"), ["1: the file is in UTF-16"]),
    "UTF-16 without a mark": (POST.encode("utf-16-le"), ["1: the file holds the invisible character U+0000"]),
    "a NUL character": (POST + "\0", ["6: the file holds the invisible character U+0000"]),
    "a control character that no feed may hold": (POST + "\x07", ["6: the file holds the invisible character U+0007"]),
    "an apostrophe of Windows, wrongly converted": (
        POST + "it\x92s",
        ["6: the file holds the invisible character U+0092"],
    ),
    "a control character, by its YAML name": (
        article(title=r'"a\0b"'),
        ["2: `title` holds the invisible character U+0000"],
    ),
    "a tab in YAML": (
        dated("source:", "\tname: x"),
        ["5: YAML cannot be read: found character that cannot start any token"],
    ),
    "a colon in a title": (
        article(title="A: B"),
        ["2: YAML cannot be read: mapping values are not allowed in this context"],
    ),
    "a quote that is never closed": (
        article(title='"A'),
        ["2: YAML cannot be read: a quote that opens here is never closed"],
    ),
    "a bracket that is never closed": (
        header("title: A", "tags: [a, b", "date: 2021-01-12"),
        ["3: YAML cannot be read: a bracket or brace that opens here is not closed, or a comma is missing"],
    ),
    "a key given twice": (header("title: A", "title: B", "date: 2021-01-12"), ["3: key `title` stands here twice"]),
    "an alias of nothing": (article(title="*b"), ["2: YAML cannot be read: found undefined alias"]),
    "a value inside itself": (
        dated("extra: &x {a: *x}"),
        ["1: YAML cannot be read: lists or mappings are nested more than 24 levels deep"],
    ),
    "a billion laughs": (
        dated(
            "extra:",
            "  a: &a [x,x,x,x,x,x,x,x]",
            *(f"  {two}: &{two} [{','.join([f'*{one}'] * 8)}]" for one, two in zip("abcdefg", "bcdefgh", strict=True)),
        ),
        ["1: YAML cannot be read: its aliases (`*name`) stand for more than 100,000 values"],
    ),
    "200,000 brackets": (
        dated("extra: " + "[" * 200_000),
        ["1: YAML cannot be read: lists or mappings are nested more than 24 levels deep"],
    ),
    "a tag that would run a program": (
        article(title="!!python/object/apply:os.system ['id']"),
        ["2: `title`: expected text, found a list"],
    ),
    "a language that is none": (dated("lang: klingon"), ["4: `lang`: no language is called `klingon`"]),
    "a script for a language": (dated("lang: '\"><script>'"), ['4: `lang`: no language is called `"><script>`']),
    "a source that is a script": (
        dated("source: {name: x, url: 'javascript:alert(1)'}"),
        ["4: `source`: `javascript:alert(1)` is not the address of a page"],
    ),
    "an old address that climbs": (dated("aliases: [/../x]"), ["4: `aliases`: `/../x` is not an address of this site"]),
    "an old address that climbs in disguise": (
        dated("aliases: [/%2e%2e/x, /..%2fx]"),
        [
            "4: `aliases`: `/%2e%2e/x` is not an address of this site",
            "4: `aliases`: `/..%2fx` is not an address of this site",
        ],
    ),
    "an old address with a NUL": (
        dated("aliases: [/a%00b]"),
        ["4: `aliases`: `/a%00b` is not an address of this site"],
    ),
    "an old address on another site": (
        dated("aliases: ['https://old.example/a', //old.example/a, old]"),
        [
            "4: `aliases`: `//old.example/a` is not an address of this site",
            "4: `aliases`: `https://old.example/a` is not an address of this site",
            "4: `aliases`: `old` is not an address of this site",
        ],
    ),
    "an old address longer than a file's name": (
        dated(f"aliases: [/{'x' * 300}]"),
        [f"4: `aliases`: `/{'x' * 58}…` is too long for an address"],
    ),
    "a text of a million characters": (
        POST + "word " * 200_000,
        [f": the file has {len(POST) + 1_000_000:,} bytes, a text may have 1,000,000"],
    ),
}

FINE: dict[str, str | bytes] = {
    "a byte order mark": b"\xef\xbb\xbf" + POST.encode(),
    "the line ends of Windows": POST.replace("\n", "\r\n"),
    "the line ends of an old Mac": POST.replace("\n", "\r"),
    "a header and nothing else": "---\ntitle: A\ndate: 2021-01-12\n---",
    "the title No": article(title="No"),
    "the title 2021": article(title="2021"),
    "the title 12:30": article(title="12:30"),
    "a title of HTML": article(title="<script>alert(1)</script> & co"),
    "a title with a line end of Unicode": article(title="A\u2028B"),
    "a date with an hour and an offset": article(date="2021-01-12 10:15:00 +0100"),
    "a date in UTC": article(date="2021-01-12T10:15:00Z"),
    "a date of the far future": article(date="8999-12-31"),
    "the year 1000": article(date="1000-01-01T00:00:00+14:00"),
    "an anchor and its alias": header("title: &a A", "date: 2021-01-12", "description: *a"),
    "a rule in the text": POST + "\n---\n\nMore.\n",
    "one author and one tag, without brackets": dated("author: Bob", "tags: news"),
    "a tag in Chinese, a tag in pictures": dated("tags: [日本, 🎉]"),
}


def in_blog(files: Mapping[str, str | bytes | tuple[str | bytes, list[str]]]) -> dict[str, str | bytes]:
    """Return `files` by the path that they have in the blog: each has its folder, named by its number."""
    contents = (value[0] if isinstance(value, tuple) else value for value in files.values())
    return {path_of(number): content for number, content in enumerate(contents)}


def path_of(number: int) -> str:
    return f"content/{number}/post-{number}.md"


def told(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return the problems that a run told, without their hints; each must have one."""
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.endswith(("problem", "problems", "published"))]
    assert all(line.startswith("  hint: ") for line in lines[1::2]), done.stderr
    return lines[::2]


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> "subprocess.CompletedProcess[str]":
    """A blog with every mistake at once, checked."""
    site = write_site(tmp_path_factory.mktemp("blog"), {"site.yaml": ENGLISH, **in_blog(MISTAKES)})
    return labo_here("check", "--root", site)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_of_a_blog_is_told_with_its_line(blog: "subprocess.CompletedProcess[str]", mistake: str) -> None:
    path = path_of([*MISTAKES].index(mistake))
    found = [line.removeprefix(path) for line in told(blog) if line.startswith((f"{path}:", f"{path} "))]
    assert sorted(line.removeprefix(":").lstrip() for line in found) == sorted(
        line.removeprefix(":").lstrip() for line in MISTAKES[mistake][1]
    )


def test_the_mistakes_of_a_run_are_told_all_at_once_and_sorted(blog: "subprocess.CompletedProcess[str]") -> None:
    assert blog.returncode == 1
    paths = [line.split(":")[0] for line in told(blog)]
    assert paths == sorted(paths)
    assert len(paths) == sum(len(lines) for _, lines in MISTAKES.values())


def test_what_is_merely_odd_is_published(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"site.yaml": ENGLISH, **in_blog(FINE)})
    done = labo_here("build", "--root", site)
    assert (done.returncode, told(done)[1:]) == (0, [])
    for number, name in enumerate(FINE):
        published = (site / f"public/{number}/post-{number}/index.html").is_file()
        assert published == (name != "a date of the far future"), name
    number = [*FINE].index("a title of HTML")
    assert "<script>alert" not in (site / f"public/{number}/post-{number}/index.html").read_text()


# A whole site, and the problems that are told of it; none: it is built.
SITES: dict[str, tuple[Mapping[str, str | bytes], list[str]]] = {
    "no settings": (
        {"site.yaml": b"", "content/a.md": POST},
        ["site.yaml:1: `base_url` is missing", "site.yaml:1: `title` is missing"],
    ),
    "settings with everything wrong": (
        {
            "site.yaml": "title: ''\nbase_url: 'https://[::1'\ntimezone: Mars/Olympus\nlanguage: xx\nper_page: 0\n"
            "menu: [{title: a, url: 'javascript:x'}]\nfooter: [{title: b, url: /nowhere/}]\n"
            "partners: [{name: c, url: /, logo: logo.png}]\ncomments: {inbox: 'javascript:x'}\nbaseurl: /\n"
            "glossary:\n- {word: C, definition: d}\n- {word: c, definition: e}\n",
            "content/a.md": POST,
        },
        [
            "site.yaml: `footer`: there is no page or file at `/nowhere/`",
            "site.yaml:1: `title`: expected text, found nothing",
            "site.yaml:2: `base_url`: `https://[::1` is not the address of a site",
            "site.yaml:3: `timezone`: no time zone is called `Mars/Olympus`",
            "site.yaml:4: `language`: no language is called `xx`",
            "site.yaml:5: `per_page`: expected 1 to 1000, found `0`",
            "site.yaml:6: `menu`: `javascript:x` leads nowhere",
            "site.yaml:8: `partners`: the logo `logo.png` is nowhere",
            "site.yaml:9: `comments`: `javascript:x` cannot be the address of an inbox",
            "site.yaml:10: unknown key `baseurl`",
            "site.yaml:13: the glossary explains `c` twice, here and at site.yaml:12",
        ],
    ),
    "settings that are a list": (
        {"site.yaml": "- title: A\n"},
        ["site.yaml:1: expected `key: value` lines, found a list"],
    ),
    "settings between fences": (
        {"site.yaml": f"---\n{ENGLISH}---\n"},
        ["site.yaml:6: YAML cannot be read: found another document"],
    ),
    "no article at all": ({}, []),
    "names with spaces, accents, quotes and signs": (
        {f"content/{name}.md": POST for name in ("café crème", 'it\'s "q"', "100%", "a#b", "a?b", "a&b", "<b>")},
        [],
    ),
    "names that no list and no address could show": (
        {"content/a\nb.md": POST, "content/c\x1b[31m.md": POST, os.fsdecode(b"content/caf\xe9.md"): POST},
        [
            "content/a␣b.md: the file's name holds a line end, a tab or the like, or a backslash",
            "content/caf\ufffd.md: the file's name is not UTF-8",
            "content/c␣[31m.md: the file's name holds a line end, a tab or the like, or a backslash",
        ],
    ),
    "texts under other endings, which would be passed over": (
        {"content/a.markdown": POST, "content/b.MD": POST, "content/c.SPIP": POST, "content/glossary.yml": "- x\n"},
        [
            "content/a.markdown: a text's name ends in `.md`, not in `.markdown`",
            "content/b.MD: a text's name ends in `.md`, not in `.MD`",
            "content/c.SPIP: a text's name ends in `.spip`, not in `.SPIP`",
            "content/glossary.yml: the glossary has another name",
        ],
    ),
    "comments that are lost": (
        {
            "content/a.md": POST,
            "content/b.md": POST,
            "comments/approved/1.md": comment("a"),
            "comments/approved/a/2.txt": comment("a"),
            "comments/approved/a/3.md": comment("a", reply_to="3"),
            "comments/approved/a/4.md": comment("a", reply_to="5"),
            "comments/approved/a/5.md": comment("a", reply_to="4"),
            "comments/approved/a/6.md": comment("a", reply_to="7"),
            "comments/approved/b/7.md": comment("b"),
            "comments/approved/b/8.md": comment("a"),
            "comments/approved/b/x y.md": comment("b"),
            "comments/approved/zz/9.md": comment("zz"),
            "comments/aproved/a/10.md": comment("a"),
        },
        [
            "comments/approved/1.md: it is not where a comment can be",
            "comments/approved/a/2.txt: it is not where a comment can be",
            "comments/approved/a/3.md:5: answers itself",
            "comments/approved/a/4.md:5: answers itself in the end: it is in a circle of `reply_to` with `5`",
            "comments/approved/a/6.md:5: answers comment `7`, which is not among the approved ones of its article",
            "comments/approved/b/8.md:2: `article` is `a`, the folder is `b`",
            "comments/approved/b/x y.md:1: the file's name cannot be a comment's id",
            "comments/approved/zz/9.md:1: there is no article `zz`",
            "comments/aproved: no comment is read from here",
        ],
    ),
    "mistakes on which comments, answers and links hang": (
        {
            "content/a.md": b"---\ntitle: \xe9\n---\n",
            "content/b.md": article("B", body="[a](a.md) [d](d/x.md)"),
            "content/c/x.md": POST,
            "content/d/x.md": POST,
            "comments/approved/a/1.md": b"\xff",
            "comments/approved/a/2.md": comment("a", reply_to="1"),
        },
        [
            "comments/approved/a/1.md:1: byte 0xff is not UTF-8",
            "content/a.md:2: byte 0xe9 is not UTF-8",
            "content/d/x.md:1: the id `x` is that of content/c/x.md too",
        ],
    ),
    "a glossary that is no list": (
        {"content/glossaire.yaml": "word: PTCE\ndefinition: a pole\n"},
        ["content/glossaire.yaml:1: `glossary`: expected a list, found a mapping"],
    ),
    "a glossary whose words share an address": (
        {"content/glossaire.yaml": "---\n- {word: C++, definition: d}\n- word: C\n  definition: e\n"},
        ["content/glossaire.yaml:3: the words `C` and `C++` would share an address of the glossary"],
    ),
}


@pytest.mark.parametrize("case", SITES)
def test_a_site_gives_problems_or_pages(tmp_path: Path, case: str) -> None:
    files, problems = SITES[case]
    site = write_site(tmp_path, {"site.yaml": ENGLISH, **files})
    done = labo_here("build", "--root", site)
    if problems:
        assert (done.returncode, told(done), done.stdout) == (1, problems, "")
        assert not (site / "public").exists()
    else:
        assert (done.returncode, done.stdout) == (0, f"{site}/public/index.html\n")


def test_links_pipes_and_devices_are_refused_without_being_opened(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"content/a.md": article(body="[p](p.md)"), "comments/approved/p/1.md": comment("p")})
    (site / "content/p.md").symlink_to("/etc/passwd")
    (site / "content/loop").symlink_to("..")
    (site / "content/glossaire.yaml").symlink_to("/etc/passwd")
    os.mkfifo(site / "content/fifo.md")
    done = labo("check", "--root", site)
    assert (done.returncode, told(done)) == (
        1,
        [
            "content/fifo.md: it is neither a file nor a folder",
            "content/glossaire.yaml: it is a symbolic link",
            "content/loop: it is a symbolic link",
            "content/p.md: it is a symbolic link",
        ],
    )
    (site / "site.yaml").unlink()
    os.mkfifo(site / "site.yaml")
    assert "site.yaml: it is not a file" in told(labo("check", "--root", site))


def test_nothing_that_a_stranger_writes_gets_outside_of_the_output(tmp_path: Path) -> None:
    site = write_site(
        tmp_path / "site",
        {
            "content/a.md": dated(
                "aliases: [/%2e%2e/%2e%2e/out, /..%2f..%2fout]", "tags: [../../out, '..']", "author: ../out"
            )
        },
    )
    labo_here("build", "--root", site)
    write_site(site, {"content/a.md": dated("tags: [../../out, '..']", "author: ../out")})
    done = labo_here("build", "--root", site)
    assert done.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]
    assert sorted(path.name for path in site.iterdir()) == [".labo", "content", "public", "site.yaml"]


def test_a_build_with_problems_leaves_the_output_as_it_was(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"content/a.md": POST})
    assert labo_here("build", "--root", site).returncode == 0
    before = read_tree(site / "public")
    broken = {"content/b.md": dated(f"tags: [{'x' * 300}]"), "content/tags": "a file", "content/feed.xml.md": POST}
    done = labo_here("build", "--root", write_site(site, {"content/a.md": article("Another title"), **broken}))
    assert (done.returncode, told(done)) == (
        1,
        [
            f"content/b.md:4: the tag `{'x' * 60}…` is too long for an address",
            "content/feed.xml.md:1: its address `/feed.xml/` is taken by a feed",
            "content/tags: its address `/tags` is taken by the list of tags",
        ],
    )
    assert read_tree(site / "public") == before


def test_a_chain_of_1000_answers_is_a_page(tmp_path: Path) -> None:
    chain = {f"comments/approved/a/{one}.md": comment("a", reply_to=str(one - 1)) for one in range(1, 1000)}
    site = write_site(tmp_path, {"content/a.md": POST, "comments/approved/a/0.md": comment("a"), **chain})
    done = labo_here("build", "--root", site)
    assert done.returncode == 0, done.stderr
    assert (site / "public/a/index.html").read_text().count('<article class="comment') == 1000


def labo_without_rights(*words: object) -> "subprocess.CompletedProcess[str]":
    """Run the command line as a user whom files can be closed to, which root is not."""
    without: list[str] = []
    if os.geteuid() == 0:
        without = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        if not shutil.which("setpriv") or subprocess.run([*without, "true"], capture_output=True).returncode:
            pytest.skip("root cannot put its rights down here")
    return subprocess.run([*without, *LABO, *map(str, words)], capture_output=True, text=True, timeout=60)


def test_what_the_system_does_not_let_be_read_is_told_and_nothing_that_hangs_on_it(tmp_path: Path) -> None:
    files = {
        "content/a.md": POST,
        "content/b.md": article("B", body="[a](a.md)"),
        "content/closed/c.md": POST,
        "content/picture.png": b"",
        "comments/approved/a/1.md": comment("a"),
        "comments/approved/c/2.md": comment("c"),
    }
    site = write_site(tmp_path, files)
    closed = [site / "content/a.md", site / "content/picture.png", site / "content/closed"]
    for path in closed:
        path.chmod(0)
    done = labo_without_rights("check", "--root", site)
    for path in closed:
        path.chmod(0o755)
    assert (done.returncode, told(done)) == (
        1,
        [f"{path.relative_to(site)}: it cannot be read: permission denied" for path in sorted(closed)],
    )


@pytest.mark.parametrize("folder", ["content", "comments"])
def test_a_closed_folder_is_told(tmp_path: Path, folder: str) -> None:
    site = write_site(tmp_path, {"content/a.md": POST, "comments/approved/a/1.md": comment("a")})
    (site / folder).chmod(0)
    done = labo_without_rights("check", "--root", site)
    (site / folder).chmod(0o755)
    assert done.returncode == 1
    assert len(told(done)) == 1
    assert told(done)[0].startswith(folder)
    assert told(done)[0].endswith("it cannot be read: permission denied")
