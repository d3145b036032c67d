"""What the editors of a small site may do to it, one thing after another, for tests of builds in a row."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePosixPath

from small_site import (
    AUTHORS,
    DATES,
    FOLDERS,
    TAGS,
    Site,
    change,
    comment,
    id_of,
    parts_of,
    picture,
    settings,
    template,
    text,
    write,
)

from labo_ssg.formats.comment import tombstone

Edit = Callable[[Site], object]
EDITS: dict[str, Edit] = {}


def edit(function: Edit) -> Edit:
    """Make `function` one of what may be done to a site, under its name."""
    EDITS[getattr(function, "__name__", "")] = function
    return function


# What each edit writes over some keys of an article's header, "" to remove one
HEADERS: dict[str, dict[str, tuple[str, ...]]] = {
    "title": {"title": ("Autre", '"Un titre : oui !"', "L'ESS")},
    "date": {"date": DATES},
    "tags": {"tags": ("", *(f"[{one}]" for one in TAGS), f"[{', '.join(TAGS)}]")},
    "authors": {"author": ("",), "authors": ("", *(f"[{one}]" for one in AUTHORS), f"[{', '.join(AUTHORS)}]")},
    "lead": {"description": ("", "Une ville coopérative", '"Le *vote* : [?ESS]"')},
    "discussion": {"comments": ("open", "closed", "off")},
    "draft": {"draft": ("true", "")},
    "listed": {"listed": ("false", "")},
    "aliases": {"aliases": ("", "[/vieux/4]", '["/spip.php?article7"]', "[/a/x]")},
    "extra": {"extra": ("", "{a: 1, z: 2}", "{z: 2, a: 1}", "{d: 2021-01-01}", '{d: "2021-01-01"}', "{n: .nan}")},
    "image": {"image": ("", '{src: /a/carte.png, alt: "Plan"}')},
    "language": {"lang": ("", "en"), "translation_of": ("", "un")},
}
# … and of site.yaml
SETTINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "site_title": {"title": ("Essai", '"Essai : 2"'), "tagline": ("", "Penser")},
    "menu": {"menu": ("", "[{title: Notes, url: /b/}]", '[{title: Mots, url: "/tags/"}]')},
    "per_page": {"per_page": ("1", "2", "10")},
    "social": {"social": ("", '[{title: Mastodon, url: "https://social.example/@x"}]')},
    "site_language": {"language": ("fr", "en"), "timezone": ("", "Asia/Tokyo")},
    "typography": {"typography": ("spip", "fine")},
    "editors": {"comments": ("", "{editors: [Zoé]}", "{default: closed}", "{inbox: /boite/}")},
    "address": {"base_url": ("https://essai.example", "https://asso.example/essai")},
    "site_extra": {"extra": ("{a: 1, z: 2}", "{z: 2, a: 1}", "{a: 2021-01-01}", '{a: "2021-01-01"}', '{"1": x}')},
}


def header(name: str, site: Site) -> None:
    """Write over some keys of an article."""
    change(site.one(site.articles()), **{key: site.random.choice(values) for key, values in HEADERS[name].items()})


def setting(name: str, site: Site) -> None:
    """Write over some keys of the settings."""
    settings(site, **{key: site.random.choice(values) for key, values in SETTINGS[name].items()})


EDITS |= {name: partial(header, name) for name in HEADERS} | {name: partial(setting, name) for name in SETTINGS}


# The articles


@edit
def body(site: Site) -> None:
    path = site.one(site.articles())
    change(path, body=text(site, path.suffix) if path else None)


@edit
def add_article(site: Site) -> None:
    suffix = site.random.choice([".md", ".spip"])
    path = site.root / "content" / site.random.choice(FOLDERS) / f"n{site.random.randrange(20)}{suffix}"
    write(path, {"title": site.words(2), "date": site.random.choice(DATES[:4])}, text(site, suffix))


@edit
def delete_article(site: Site) -> None:
    if path := site.one(site.articles()):
        shutil.rmtree(site.root / "comments/approved" / id_of(path), ignore_errors=True)
        path.unlink()


@edit
def rename_article(site: Site) -> None:
    if path := site.one(site.articles()):
        before = id_of(path)
        moved = path.rename(path.with_stem(f"r{site.random.randrange(20)}"))
        _move_comments(site, before, id_of(moved))


@edit
def move_article(site: Site) -> None:
    if path := site.one(site.articles()):
        there = site.root / "content" / site.random.choice(FOLDERS) / path.name
        there.parent.mkdir(parents=True, exist_ok=True)
        path.rename(there)


@edit
def identity(site: Site) -> None:
    if path := site.one(site.articles()):
        before = id_of(path)
        change(path, id=site.random.choice(["", f"id{site.random.randrange(9)}"]))
        _move_comments(site, before, id_of(path))


def _move_comments(site: Site, before: str, after: str) -> None:
    """Have the comments of an article follow its id."""
    folder, there = (site.root / "comments/approved" / name for name in (before, after))
    if before != after and folder.is_dir() and not there.exists():
        folder.rename(there)
        for path in there.glob("*.md"):
            change(path, article=after)


@edit
def same_size(site: Site) -> None:
    """Write other words of the same size over a text, with the time that it had."""
    if path := site.one(site.articles()):
        times, (_, words) = path.stat(), parts_of(path)
        change(path, body=words.replace("vote", "note") if "vote" in words else words.replace("ville", "vigne"))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@edit
def touch(site: Site) -> None:
    if path := site.one(site.paths("content/**/*")):
        path.touch()


@edit
def rewrite(site: Site) -> None:
    """Put another file with the same bytes in the place of one."""
    if path := site.one(site.paths("content/**/*")):
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)


# The comments


@edit
def add_comment(site: Site) -> None:
    if path := site.one(site.articles()):
        comment(site, id_of(path), site.random.choice(["approved", "pending"]))


@edit
def edit_comment(site: Site) -> None:
    change(site.one(site.comments()), body=f"{text(site, '.spip')}\n", author=site.random.choice(AUTHORS), erased="")


@edit
def erase_comment(site: Site) -> None:
    if path := site.one(site.comments()):
        moment = datetime(2021, 3, site.random.randrange(1, 28), tzinfo=UTC)
        path.write_bytes(tombstone(path.read_bytes(), PurePosixPath(path.relative_to(site.root).as_posix()), moment))


@edit
def delete_comment(site: Site) -> None:
    if path := site.one(site.comments()):
        path.unlink()


@edit
def approve(site: Site) -> None:
    if path := site.one(site.comments("pending")):
        there = site.root / "comments/approved" / path.parent.name / path.name
        there.parent.mkdir(parents=True, exist_ok=True)
        path.rename(there)


@edit
def reply(site: Site) -> None:
    if path := site.one(site.comments()):
        comment(site, path.parent.name, reply_to=path.stem)


# The sections and the glossary


@edit
def section(site: Site) -> None:
    folder = site.root / "content" / site.random.choice(FOLDERS)
    order = str(site.random.randrange(3))
    write(
        folder / "index.md",
        {"title": f'"{site.words(2)}"', "order": order},
        site.random.choice(["", text(site, ".md")]),
    )


@edit
def delete_section(site: Site) -> None:
    if path := site.one(site.paths("content/**/index.md")):
        path.unlink()


@edit
def glossary(site: Site) -> None:
    some = site.random.sample(["ESS", "SCOP", "vote", "ville"], site.random.randrange(4))
    terms = "".join(f"- word: {word}\n  definition: {site.words(3)}\n" for word in some)
    (site.root / "content/glossaire.yaml").write_text(terms, encoding="utf-8")


# The templates


@edit
def own_partial(site: Site) -> None:
    name = site.random.choice(["footer", "neighbours", "breadcrumb"])
    shown = "{{ site.extra }} {{ site.extra.values()|map('string')|join }}"
    template(site, f"partials/{name}.html", f"<p>{site.words()} {shown}</p>\n")


@edit
def whole_template(site: Site) -> None:
    name = site.random.choice(["404.html", "tag.html", "moved.html"])
    template(site, name, f"<!doctype html><p>{site.words()} {{{{ view.title }}}} {{{{ view.url }}}}</p></html>\n")


@edit
def block(site: Site) -> None:
    shown = "{{ view.extra }} {% include ['mot.txt', 'partials/neighbours.html'] %}"
    source = f'{{% extends "default/article.html" %}}\n{{% block after_body %}}{site.words()} {shown}{{% endblock %}}\n'
    template(site, "article.html", source)


@edit
def loose_include(site: Site) -> None:
    template(site, "mot.txt", f"{site.words()}\n")


@edit
def drop_template(site: Site) -> None:
    if path := site.one(site.paths("templates/**/*")):
        path.unlink()


@edit
def rename_template(site: Site) -> None:
    if path := site.one(site.paths("templates/*.html")):
        path.rename(path.with_stem(site.random.choice(["tag", "author", "404"])))


@edit
def asset(site: Site) -> None:
    name = site.random.choice(["custom.css", "style.css", "deep/logo.svg"])
    template(site, f"assets/{name}", f"/* {site.words()} */")


# The pictures and other files


@edit
def replace_picture(site: Site) -> None:
    (site.root / "content/a/carte.png").write_bytes(picture(site, site.random.choice([300, 600, 700])))


@edit
def delete_picture(site: Site) -> None:
    (site.root / "content/a/carte.png").unlink(missing_ok=True)


@edit
def other_file(site: Site) -> None:
    path = site.root / "content" / site.random.choice(FOLDERS) / site.random.choice(["notes.pdf", "notes.txt"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(site.words(), encoding="utf-8")


# What makes a site that cannot be published
MISTAKES: dict[str, Edit] = {
    "dead_link": lambda site: change(site.one(site.articles()), body="[mort](nulle-part.md)\n"),
    "wrong_date": lambda site: change(site.one(site.articles()), date="hier"),
    "broken_template": lambda site: template(site, "moved.html", "{{ view.nothing }}"),
    "unreadable_template": lambda site: template(site, "partials/footer.html", "{% if %}"),
    "lost_answer": lambda site: change(site.one(site.comments()), reply_to="personne"),
    "broken_picture": lambda site: (site.root / "content/a/carte.png").write_bytes(b"no picture"),
}
