"""What changes while the site is being built, or so soon after that no clock shows it, is never lost."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import NOW, article, read_tree, write_site
from small_site import Site, picture
from twins import assert_whole

from labo_ssg.build import design, pictures, reading, refresh, rendering
from labo_ssg.build.build import Report, build
from labo_ssg.disk import sources, times
from labo_ssg.pictures import measure

FUZZ = bool(os.environ.get("LABO_FUZZ"))
TICK = 2 * times.TICK / 1e9  # seconds, after which a file is known by its times
PAGE = "content/a/x.md"
COMMENT = "---\narticle: x\nauthor: Y\ndate: 2021-01-13\n---\n"
TEXTS = {
    PAGE: article(),
    "content/a/index.md": "---\ntitle: A\n---\nUn.\n",
    "comments/approved/x/c.md": f"{COMMENT}Un.\n",
}
LOOKS = {
    "site.yaml": "title: Essai\nbase_url: https://essai.example\n",
    "templates/partials/footer.html": "<footer>Un</footer>",
    "templates/assets/custom.css": "a {}",
}
FILES = {"content/glossaire.yaml": "- word: SCOP\n  definition: Une coopérative\n", "content/a/d.txt": "un"}
ALL = TEXTS | LOOKS | FILES
OTHERS = {
    PAGE: article(body="Un autre."),
    "content/a/index.md": "---\ntitle: B\n---\nDeux.\n",
    "comments/approved/x/c.md": f"{COMMENT}Deux.\n",
    "site.yaml": "title: Autre\nbase_url: https://autre.example\n",
    "templates/partials/footer.html": "<footer>Autre</footer>",
    "templates/assets/custom.css": "b {}",
    "content/glossaire.yaml": "- word: texte\n  definition: Des mots\n",
    "content/a/d.txt": "deux",
}
MOMENTS: dict[str, tuple[Any, str]] = {
    "once digests are known": (reading, "read"),
    "once articles are read": (design, "Writing"),
    "once the looks are known": (design, "Theme"),
    "before pages are made": (refresh, "Keys"),
    "before pages are published": (refresh, "publish"),
}


def built(site: Path) -> Report:
    return build(site, site / "public", now=NOW, drafts=False)


def once(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, act: Callable[[], object]) -> None:
    """Have `act` done just before the function `name` of `place` is called for the first time."""
    real = getattr(place, name)
    done: list[object] = []

    def wrapped(*args: Any, **options: Any) -> Any:
        if not done:
            done.append(act())
        return real(*args, **options)

    monkeypatch.setattr(place, name, wrapped)


def test_what_is_written_within_one_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", ALL)
    for number in range(1000, 1020):
        word, title = str(number), str(number // 8)
        settings = f"title: {title}\nbase_url: https://essai.example\n"
        write_site(site, {PAGE: article(body=word), "content/a/d.txt": word, "site.yaml": settings})
        assert built(site).problems == ()
        files = read_tree(site / "public")
        assert files["a/d.txt"] == word.encode()
        assert f"<p>{word}</p>" in files["a/x/index.html"].decode()
        assert f"– {title}</title>" in files["a/x/index.html"].decode()
    assert_whole(site)


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", TEXTS)
    path, other = site / PAGE, site / "content/a/.other"
    built(site)
    for word in ("Un texto.", "Un texta."):
        before = path.stat()
        path.write_text(article(body=word), encoding="utf-8")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        built(site)
        assert word in (site / "public/a/x/index.html").read_text(encoding="utf-8")
    other.write_text(article(body="Un texte."), encoding="utf-8")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    built(site)
    assert "Un texte." in (site / "public/a/x/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("moment", list(MOMENTS.values())[:: 1 if FUZZ else 2], ids=list(MOMENTS)[:: 1 if FUZZ else 2])
@pytest.mark.parametrize("files", [TEXTS, LOOKS, FILES], ids=["texts", "looks", "files"])
@pytest.mark.parametrize("undone", [False, True], ids=["stays", "is undone"])
def test_what_changes_during_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: tuple[Any, str], files: dict[str, str], undone: bool
) -> None:
    site = write_site(tmp_path / "site", ALL)
    built(site)
    write_site(site, {**LOOKS, "content/a/y.md": article("Y"), "content/a/d.txt": "trois"})
    before = {name: (site / name).read_bytes() for name in files}
    time.sleep(TICK)
    with monkeypatch.context() as patch:
        once(patch, *moment, lambda: write_site(site, {**LOOKS, **{name: OTHERS[name] for name in files}}))
        built(site)
    if undone:
        write_site(site, {**LOOKS, **before})
    assert_whole(site)


def test_a_template_that_changes_before_other_processes_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = write_site(tmp_path / "site", ALL)
    footer = "templates/partials/footer.html"
    with monkeypatch.context() as patch:
        patch.setattr(rendering, "WORTH", 1)
        once(patch, rendering, "render", lambda: write_site(site, {footer: OTHERS[footer]}))
        assert build(site, site / "public", now=NOW, drafts=False, jobs=2).problems == ()
    write_site(site, {footer: LOOKS[footer]})
    assert_whole(site)


@pytest.mark.parametrize(
    "moment",
    [(measure, "measure"), (pictures, "make"), (refresh, "publish")],
    ids=["measured", "shrunk", "published"],
)
def test_a_picture_that_changes_during_a_build_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: tuple[Any, str]
) -> None:
    before, after = (picture(Site(tmp_path, Random(width)), width) for width in (600, 1100))
    site = write_site(tmp_path / "site", {PAGE: article(body="![p](p.png)"), "content/a/p.png": before})
    with monkeypatch.context() as patch:
        once(patch, *moment, lambda: (site / "content/a/p.png").write_bytes(after))
        built(site)
    (site / "content/a/p.png").write_bytes(before)
    assert_whole(site)


@pytest.mark.parametrize("name", [PAGE, "content/a/d.txt", "comments/approved/x/c.md"])
def test_a_file_that_goes_during_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    site = write_site(tmp_path / "site", ALL)
    for moment in ((sources, "complete"), *MOMENTS.values()):
        write_site(site, {PAGE: article(body=moment[1]), "content/a/d.txt": moment[1]})
        with monkeypatch.context() as patch:
            once(patch, *moment, (site / name).unlink)
            built(site)
        write_site(site, ALL)
        built(site)
    assert_whole(site)
