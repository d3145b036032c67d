"""Take the pictures of docs/images/ from the demo site: make screenshots."""

import re
import shutil
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
from playwright.sync_api import Browser, Error, Locator, Page, sync_playwright

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


def message(page: Page, author: str) -> Locator:
    """Return the message of `author` on the page of moderators, brought into sight."""
    found = page.locator(".pending", has=page.get_by_role("heading", name=author)).first
    found.evaluate("one => one.closest('.topic').scrollIntoView()")
    return found


def show_list(page: Page) -> None:
    page.evaluate("scrollTo(0, 0)")


def show_reasons(page: Page) -> None:
    message(page, SPAMMER)


def type_answer(page: Page) -> None:
    found = message(page, ASKING)
    found.get_by_text("Répondre", exact=True).click()
    found.locator("textarea").fill("Oui : il est en ligne, à la page {{Documents}} du site.")


def approve(page: Page) -> None:
    message(page, ASKING).get_by_role("button", name="Valider", exact=True).click()
    page.locator(".outcome.done").wait_for()


def tick_all_of_one(page: Page) -> None:
    page.get_by_role("link", name=f"messages de {SPAMMER}").first.click()
    page.locator(".bulk .why input").fill("Démarchage.")


def decide_all(page: Page) -> None:
    page.locator(".bulk").get_by_role("button", name="Spam").click()
    page.locator(".outcome.done").wait_for()


SPAMMER, ASKING = "CreditRapide24", "Aurélie Brocquemont"
# What a moderator does, one thing after the other, and the picture of each.
DECIDING: dict[str, Callable[[Page], None]] = {
    "moderation": show_list,
    "moderation-reasons": show_reasons,
    "moderation-answer": type_answer,
    "moderation-approved": approve,
    "moderation-ticked": tick_all_of_one,
    "moderation-spam": decide_all,
}
# Where a picture begins, where that is not the head of the page.
IN_SIGHT = {
    "moderation-reasons": ".pending.bad",
    "moderation-answer": ".pending:has(details[open])",
}
SCREENED = """---
article: {article}
author: {author}
date: 2026-11-22T02:{minute}:33+00:00
website: https://credit-rapide-24.example
screen:
  rank: 25
  reasons:
  - "2 liens, vers credit-rapide-24.example."
  - "Le nom est une publicité : {author}."
  - "Vocabulaire publicitaire : prêt entre particuliers, sans justificatif."
---
Très intéressant, merci !! Besoin d'un {{{{prêt entre particuliers}}}} rapide et sans justificatif ? Réponse en 48 h,
c'est [par ici->https://credit-rapide-24.example/offre?source=labo].
"""


@contextmanager
def preview(root: Path) -> Iterator[tuple[str, str]]:
    """Run `labo serve` on the site at `root`; give its address, and the one at which moderators decide."""
    command = [sys.executable, "-u", "-m", "labo_ssg", "serve", "--root", str(root), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 # our own
        try:
            found = (re.search(r"moderate at ((http://[^/]+)\S+)", line) for line in process.stderr or ())
            invitation = next(filter(None, found), None)
            if not invitation:
                sys.exit("`labo serve` does not start.")
            yield invitation[2], invitation[1]
        finally:
            process.terminate()


def make_desk(folder: Path) -> Path:
    """Make a copy of the demo in `folder`, in git, on which one may decide, with messages of an advertiser."""
    for name in ("content", "comments", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "site.yaml", folder)
    shutil.rmtree(folder / "comments/pending/pourquoi-nous-changeons-de-site")  # the advertiser's, without a rank
    for minute, article in ((17, "pourquoi-nous-changeons-de-site"), (19, "mesurer-sans-se-perdre")):
        path = folder / f"comments/pending/{article}/20261122T02{minute}33Z-vizu0r.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(SCREENED.format(article=article, author=SPAMMER, minute=minute), encoding="utf-8")
    me = ("-c", "user.name=Jeanne Martin", "-c", "user.email=jeanne@labo-ess.example")
    for words in (("init", "-q", "-b", "main"), ("add", "."), (*me, "commit", "-q", "-m", "Le site")):
        subprocess.run(["git", *words], cwd=folder, check=True)  # noqa: S603, S607 # git itself
    for key, value in (("user.name", "Jeanne Martin"), ("user.email", "jeanne@labo-ess.example")):
        subprocess.run(["git", "config", key, value], cwd=folder, check=True)  # noqa: S603, S607 # git itself
    return folder


def take_deciding(browser: Browser, invitation: str) -> None:
    """Take pictures of the page of moderators while one decides, on each screen, in each scheme of colours."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", locale="fr-FR")
    page.set_default_timeout(PATIENCE)
    page.goto(invitation)
    for name, do in DECIDING.items():
        do(page)
        for (screen, (width, height)), scheme in product(SCREENS.items(), SCHEMES):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            page.locator(f":is({IN_SIGHT.get(name, 'body')})").first.evaluate("one => one.scrollIntoView()")
            save(f"{name}-{screen}-{scheme}", page.screenshot())
        page.set_viewport_size({"width": 1280, "height": 900})


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
    """Take all pictures, or those of which a name was given ("moderation": those of the page of moderators)."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    asked = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        if not asked or "moderation" in asked:
            desk = Path(folder, "desk")
            with preview(make_desk(desk)) as (_, invitation):
                take_deciding(browser, invitation)
        wanted = {name: one for name, one in PICTURES.items() if not asked or name in asked}
        if wanted:
            take_site(browser, Path(folder, "public"), wanted)
        browser.close()


def take_site(browser: Browser, output: Path, wanted: dict[str, Picture]) -> None:
    """Build the demo into `output`, and take the pictures of it that are `wanted`."""
    report = build(ROOT, output, now=datetime.now(UTC), drafts=False)
    if report.problems:
        sys.exit("\n".join(map(str, report.problems)))
    with chromium.serve(output) as still, preview(ROOT) as (live, _):
        for name, picture in wanted.items():
            try:
                take(browser, live if picture.live else still, name, picture)
            except (Error, UnseenError) as error:
                why = str(error).splitlines()[0]
                print(f"No picture of the {name} was taken: {why}", file=sys.stderr)  # noqa: T201 # tells a person
        take_paper(browser, still)


if __name__ == "__main__":
    main()
