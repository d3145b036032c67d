"""What several tests share: the demo site built once, small sites, the real command line."""

import asyncio
import gc
import io
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from xml.etree.ElementTree import Element

import chromium
import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from labo_ssg import theme
from labo_ssg.build.build import build
from labo_ssg.build.design import COMPILED
from labo_ssg.cli.commands import main
from labo_ssg.places import WORK
from labo_ssg.templating.store import Store

ROOT = Path(__file__).parent.parent
SHARED = ROOT / ".pytest_cache/compiled"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
Result = TypeVar("Result")
ONLY = {"resultTypes": ["violations"]}  # axe need not describe all that is well
gc.set_threshold(100_000, 50, 1000)  # as a build does: what tests make lives as long as they do
# For HTTP without TLS: httpx would read the authorities of all certificates for each request.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
LABO = [sys.executable, "-m", "labo_ssg"]


def labo(
    *words: object, cwd: Path | None = None, typed: str = "", **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run the command line as a user does; return what it printed and its exit status."""
    return subprocess.run(
        [*LABO, *map(str, words)],
        cwd=cwd,
        input=typed,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def labo_here(*words: object) -> "subprocess.CompletedProcess[str]":
    """Run the command line in this process: for what it says of a site, where a start of its own proves nothing."""
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors), pytest.raises(SystemExit) as ended:
        main([*map(str, words)])
    assert isinstance(ended.value.code, int)
    return subprocess.CompletedProcess(words, ended.value.code, out.getvalue(), errors.getvalue())


def write_site(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write `files` below `root`, with a plain `site.yaml` where they bring none."""
    settings = "title: Essai\nbase_url: https://essai.example\n"
    for name, content in {"site.yaml": settings, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    (root / "content").mkdir(exist_ok=True)
    share_compiled(root)
    return root


def share_compiled(root: Path) -> None:
    """Have the site at `root` keep compiled templates where all sites of all tests do, also for other processes."""
    kept = root / WORK / COMPILED
    if not os.path.lexists(kept):
        SHARED.mkdir(parents=True, exist_ok=True)
        kept.parent.mkdir(exist_ok=True)
        kept.symlink_to(SHARED)


def article(title: str = "Titre", date: str = "2021-01-12", body: str = "Un texte.", **keys: str) -> str:
    """Return the file of an article."""
    lines = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return f"---\ntitle: {title}\ndate: {date}\n{lines}---\n{body}\n"


def comment(of: str, author: str = "Jeanne", body: str = "Un message.", hour: int = 10, reply_to: str = "") -> str:
    """Return the file of a comment on the article `of`."""
    answer = f"reply_to: {reply_to}\n" if reply_to else ""
    return f"---\narticle: {of}\nauthor: {author}\ndate: 2021-01-13T{hour:02}:00:00+00:00\n{answer}---\n{body}\n"


def build_files(root: Path, output: Path, *, drafts: bool = False, now: datetime = NOW) -> dict[str, bytes]:
    """Build the site at `root`, which has no problem; return the files of the output by path."""
    report = build(root, output, now=now, drafts=drafts)
    assert list(map(str, report.problems)) == []
    return read_tree(output)


def read_tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Return what `work` gives, run in a thread of its own: Playwright keeps a loop in that of the tests."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def dom(page: bytes) -> Element:
    """Return the document of an HTML page; raise where it is not well-formed HTML5."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


def violations(page: Page) -> list[str]:
    """Return what axe finds against the rules of accessibility on an open page, each with its first example."""
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in Axe().run(page, options=ONLY).response["violations"]]


def text_of(element: Element) -> str:
    """Return the text of an element, white space folded (no-break spaces stay)."""
    return re.sub(r"[ \n]+", " ", "".join(element.itertext())).strip()


class Compiled(Store):
    """A store that finds again what any test of this process had compiled: most of the time of a small build."""

    kept: ClassVar[dict[bytes, bytes]] = {}

    def read(self, key: bytes) -> bytes | None:
        return self.kept.get(key) or super().read(key)

    def write(self, key: bytes, kept: bytes) -> None:
        self.kept[key] = kept
        super().write(key, kept)


@pytest.fixture(autouse=True)
def compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "Store", Compiled)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = chromium.launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo site, built: its output folder."""
    output = tmp_path_factory.mktemp("demo") / "public"
    build_files(ROOT, output)
    return output
