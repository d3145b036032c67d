"""The documents say what the code does: every key and every command stands in them."""

import re
from pathlib import Path

import msgspec
import pytest
from conftest import ROOT

from labo_ssg.cli.commands import main
from labo_ssg.formats.article import ArticleHeader, SectionHeader
from labo_ssg.formats.comment import CommentHeader
from labo_ssg.model import (
    Colors,
    CommentSettings,
    Image,
    InboxSettings,
    Link,
    NoticeSettings,
    PaceSettings,
    Partner,
    Repository,
    ScreenSettings,
    Site,
    Source,
    Term,
    ThemeSettings,
)

DOCUMENTED = {
    "docs/settings.md": (
        Site,
        CommentSettings,
        InboxSettings,
        NoticeSettings,
        PaceSettings,
        Repository,
        ScreenSettings,
        ThemeSettings,
        Colors,
        Link,
        Partner,
        Term,
    ),
    "docs/writing.md": (ArticleHeader, SectionHeader, Source, Image),
    "docs/comments.md": (CommentHeader,),
}


@pytest.mark.parametrize("document", DOCUMENTED)
def test_every_key_is_documented(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    keys = {field.encode_name for struct in DOCUMENTED[document] for field in msgspec.structs.fields(struct)}
    assert [key for key in sorted(keys) if not re.search(rf"`{key}`|\b{key}:", text)] == []


def test_every_documented_key_exists() -> None:
    for document, structs in DOCUMENTED.items():
        text = (ROOT / document).read_text(encoding="utf-8")
        keys = {field.encode_name for struct in structs for field in msgspec.structs.fields(struct)}
        assert [key for key in re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) if key not in keys] == [], document


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in main.commands if f"`labo {name}" not in text] == []


def test_links_between_documents_resolve() -> None:
    broken = []
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        text = re.sub(r"^(`{3,}).*?^\1$", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        text = re.sub(r"`[^`\n]+`", "", text)
        targets = re.findall(r"\]\((?!https?:)([^)#\s]+)", text)
        broken += [f"{document.name}: {target}" for target in targets if not (document.parent / target).exists()]
    assert broken == []


def test_the_map_of_contributing_names_files_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("## Where to change what")[2].partition("## Conventions")[0]
    named = re.findall(r"`([\w/]+(?:/|\.py|\.md|\.po))`", table)
    assert len(named) > 15
    assert [name for name in named if not any((base / name).exists() for base in (ROOT, ROOT / "labo_ssg"))] == []


def test_the_makefile_is_what_the_readme_says() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(
        re.findall(
            r"make (\w+)",
            "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")),
        )
    )
    assert named <= targets


def test_no_file_of_the_repository_tells_of_a_machine_or_a_registry() -> None:
    told = re.compile(r"(?<![\w.])/(?:work|home|root)/|/simple/|pypi\.org|npmjs\.org")
    kinds = {".py", ".md", ".txt", ".toml", ".yaml", ".html", ".css", ".js", ".po", ".conf", ".service", ".timer", ""}
    folders = ("labo_ssg", "templates", "tests", "docs", "tools", "bench", "content", "comments", "deploy")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*")] + list(ROOT.glob("*.*"))
    texts = [path for path in files if path.is_file() and path.suffix in kinds and path != Path(__file__)]
    assert [str(path) for path in texts if told.search(path.read_text(encoding="utf-8"))] == []
