"""Take the pictures of docs/images/ from the demo site: make screenshots."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Literal, NamedTuple

import chromium
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Error, Page, sync_playwright

from labo_ssg.build.build import build

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
PTCE = "/le-labo-de-l-ess/on-parle-de-nous/ptce-elements-de-diagnostic/"
PATIENCE = 10_000  # milliseconds
SCREENS = {"desk": (1280, 900), "phone": (390, 844)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAPER, MARGINS = (658, 979), (68, 68, 68, 76)  # pixels: A4 within the margins that the style sheet asks for


class UnseenError(Exception):
    """What a picture should show is not there."""


def show_discussion(page: Page) -> None:
    page.locator("#forum").evaluate("one => one.scrollIntoView()")


def open_term(page: Page) -> None:
    term = page.locator(".prose .term").first
    term.evaluate("one => one.scrollIntoView({block: 'center'})")
    term.click()
    page.locator(".term-card:popover-open").wait_for()


def await_results(page: Page) -> None:
    page.locator("[data-search-results] li").first.wait_for()


def send(page: Page, expected: str) -> None:
    """Send the form as it is, and show what comes in place, which must be `expected`."""
    form = page.locator("form#postez")
    form.scroll_into_view_if_needed()
    page.locator("link[href$='/inbox.css']").wait_for(state="attached")  # its script is there
    form.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    found = page.locator(":is(#preview, .problems, .receipt):focus")
    found.wait_for()
    if not found.evaluate("(one, expected) => one.matches(expected)", expected):
        raise UnseenError(f"the form was answered with “{found.inner_text()[:80]}”")


def send_mistakes(page: Page) -> None:
    """Send the form with mistakes that the browser itself would have refused."""
    page.locator("#website").fill("exemple.org")
    send(page, ".problems")


def preview_message(page: Page) -> None:
    """Look at a message before it is sent, which it is not: nothing is kept in the demo."""
    page.locator("#author").fill("Aïcha Ben Salah")
    page.locator("#text").fill(
        "Merci pour ce {{travail}} de terrain, qui dit ce que l'on tait : l'animation a un prix.\n\n"
        "<quote>Un pôle ne se décrète pas.</quote>\n\nÀ Romans, nous avons compté : <del>56</del> <ins>74</ins> heures."
    )
    send(page, "#preview")


class Picture(NamedTuple):
    """A page, what to do there first, and whether it takes the live preview, which answers forms."""

    path: str
    prepare: Callable[[Page], None] = lambda page: None
    live: bool = False


PICTURES = {
    "home": Picture("/"),
    "section": Picture("/territoires/"),
    "article": Picture(PTCE),
    "discussion": Picture(PTCE, show_discussion),
    "form": Picture(PTCE, send_mistakes, live=True),
    "message": Picture(PTCE, preview_message, live=True),
    "status": Picture("/inbox/status", live=True),
    "search": Picture("/recherche/?q=ptce", await_results),
    "glossary": Picture(PTCE, open_term),
}


@contextmanager
def preview() -> Iterator[str]:
    """Run `labo serve` on the demo; give its address."""
    command = [sys.executable, "-u", "-m", "labo_ssg", "serve", "--root", str(ROOT), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 # our own
        try:
            found = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stderr or ())
            address = next(filter(None, found), None)
            if not address:
                sys.exit("`labo serve` does not start.")
            yield address[0]
        finally:
            process.terminate()


def save(name: str, png: bytes, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> None:
    """Write a picture with 256 colours: it is a third of the size."""
    whole = ImageOps.expand(Image.open(BytesIO(png)).convert("RGB"), margins, "white")
    whole.quantize(256, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


def take(browser: Browser, host: str, name: str, picture: Picture) -> None:
    """Take a picture of the site at `host` on each screen, in each scheme of colours."""
    for (screen, (width, height)), scheme in product(SCREENS.items(), SCHEMES):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", locale="fr-FR"
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        answer = page.goto(host + picture.path)
        if not answer or not answer.ok:
            raise UnseenError(f"the site has no page at {picture.path}")
        picture.prepare(page)
        save(f"{name}-{screen}-{scheme}", page.screenshot())
        context.close()


def take_paper(browser: Browser, host: str) -> None:
    """Take a picture of the first page on paper."""
    page = browser.new_page(viewport={"width": PAPER[0], "height": PAPER[1]}, locale="fr-FR")
    page.goto(host + PTCE)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    save("print", page.screenshot(), MARGINS)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = build(ROOT, Path(folder), now=datetime.now(UTC), drafts=False)
        if report.problems:
            sys.exit("\n".join(map(str, report.problems)))
        browser = chromium.launch(playwright)
        with chromium.serve(Path(folder)) as still, preview() as live:
            for name, picture in PICTURES.items():
                try:
                    take(browser, live if picture.live else still, name, picture)
                except (Error, UnseenError) as error:
                    why = str(error).splitlines()[0]
                    print(f"No picture of the {name} was taken: {why}", file=sys.stderr)  # noqa: T201 # tells a person
            take_paper(browser, still)
        browser.close()


if __name__ == "__main__":
    main()
