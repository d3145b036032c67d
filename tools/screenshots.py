"""Take the pictures of docs/images/ from the demo site: make screenshots."""

import functools
import shutil
import sys
import tempfile
import threading
from datetime import UTC, datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, sync_playwright

from labo_ssg.build.build import build

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
PTCE = "/le-labo-de-l-ess/on-parle-de-nous/ptce-elements-de-diagnostic/"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, PHONE = (1280, 900), (390, 844)


class Picture(NamedTuple):
    """A page, what must be in sight, what to click, the screen in pixels and the scheme of colours."""

    path: str
    sight: str = ""
    click: str = ""
    screen: tuple[int, int] = DESK
    scheme: Literal["light", "dark"] = "light"


PICTURES = {
    "home": Picture("/"),
    "article": Picture(PTCE),
    "discussion": Picture(PTCE, sight="#forum"),
    "form": Picture(PTCE, sight="#postez"),
    "glossary-phone": Picture(PTCE, click=".prose .term", screen=PHONE),
    "home-phone-dark": Picture("/", screen=PHONE, scheme="dark"),
}


class Handler(SimpleHTTPRequestHandler):
    """A quiet server of files."""

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def take(browser: Browser, host: str, name: str, picture: Picture) -> None:
    """Take one picture of the site at `host`."""
    width, height = picture.screen
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=picture.scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(host + picture.path)
    if picture.sight:
        page.locator(picture.sight).first.evaluate("one => one.scrollIntoView({block: 'start'})")
    if picture.click:
        page.locator(picture.click).first.evaluate("one => one.scrollIntoView({block: 'center'})")
        page.locator(picture.click).first.click()
    page.screenshot(path=IMAGES / f"{name}.png")
    context.close()


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = build(ROOT, Path(folder), now=datetime.now(UTC), drafts=False)
        if report.problems:
            sys.exit("\n".join(map(str, report.problems)))
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SWITCHES)
        for name, picture in PICTURES.items():
            take(browser, f"http://127.0.0.1:{server.server_address[1]}", name, picture)
        browser.close()


if __name__ == "__main__":
    main()
