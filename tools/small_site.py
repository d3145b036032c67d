"""A small site with something of everything, and how its files are changed; all chance comes from a Random."""

import io
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

from PIL import Image

WORDS = "ESS coopérative territoire débat SCOP énergie vote ville emploi lien l'économie déjà « oui »".split()
TAGS, AUTHORS = ("territoires", "Énergie", "vote"), ("Jeanne Martin", "Le Labo", "Zoé")
FOLDERS = ("a", "b", "b/c", "")
DATES = ("2021-01-12", "2021-03-01 10:30", "2022-06-30", "2026-11-22", "2031-05-01")


class Site(NamedTuple):
    """The folder of a site, and the chance that chooses what is done to it."""

    root: Path
    random: Random

    def paths(self, pattern: str) -> list[Path]:
        return sorted(path for path in self.root.glob(pattern) if path.is_file())

    def articles(self) -> list[Path]:
        found = [*self.paths("content/**/*.md"), *self.paths("content/**/*.spip")]
        return [path for path in found if path.stem != "index"]

    def comments(self, state: str = "approved") -> list[Path]:
        return self.paths(f"comments/{state}/*/*.md")

    def one(self, paths: list[Path]) -> Path | None:
        return self.random.choice(paths) if paths else None

    def words(self, number: int = 5) -> str:
        return " ".join(self.random.choice(WORDS) for _ in range(number))


def parts_of(path: Path) -> tuple[dict[str, str], str]:
    """Return the header of a text, each value as it is written, and what follows."""
    _, header, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return dict(line.split(": ", 1) for line in header.splitlines()), body


def write(path: Path, header: Mapping[str, str], body: str) -> None:
    """Write a text with its header."""
    lines = "".join(f"{key}: {value}\n" for key, value in header.items() if value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{lines}---\n{body}", encoding="utf-8")


def change(path: Path | None, body: str | None = None, **keys: str) -> None:
    """Change some keys of a header, "" to remove one, and the text unless it is None."""
    if path:
        header, text = parts_of(path)
        write(path, header | keys, text if body is None else body)


def id_of(path: Path) -> str:
    """Return the id of the article at `path`."""
    return parts_of(path)[0].get("id", path.stem)


def text(site: Site, suffix: str) -> str:
    """Return a text with some of what texts may hold, which leads to articles that are there."""
    named = site.one(site.articles())
    link = id_of(named) if named and site.random.random() < 0.6 else "https://exemple.org/"
    some = site.words()
    if suffix == ".spip":
        pieces = [f"{{{{{some}}}}}", f"[{some}->{link}]", f"{some}[[{some}]]", f"{{{{{{{some}}}}}}}", f"-* {some}"]
    else:
        pieces = [f"**{some}**", f"[{some}]({link})", f"{some}[^1]\n\n[^1]: {some}", f"## {some}", f"- {some}"]
        pieces += [f"![{some}](/a/carte.png)"] if (site.root / "content/a/carte.png").is_file() else []
    return "\n\n".join(site.random.sample(pieces, 3)) + f"\n\n{site.words(8)}\n"


def picture(site: Site, width: int = 600) -> bytes:
    """Return a picture of one colour or another."""
    made = io.BytesIO()
    Image.new("RGB", (width, 90), (site.random.randrange(256), 90, 120)).save(made, "PNG")
    return made.getvalue()


def settings(site: Site, **keys: str) -> None:
    """Change some keys of `site.yaml`, each on a line of its own; "" removes one."""
    path = site.root / "site.yaml"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    values = dict(line.split(": ", 1) for line in lines) | keys
    path.write_text("".join(f"{key}: {value}\n" for key, value in values.items() if value), encoding="utf-8")


def template(site: Site, name: str, source: str) -> None:
    """Write a template of the site's own."""
    path = site.root / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")


def comment(site: Site, article: str, state: str = "approved", reply_to: str = "") -> None:
    """Add a comment."""
    number = f"c{site.random.randrange(10_000)}"
    path = site.root / "comments" / state / article / f"{number}.md"
    date = f"2021-02-{site.random.randrange(1, 28):02}T10:00:00+00:00"
    name = site.random.choice(AUTHORS)
    write(
        path, {"article": article, "author": name, "date": date, "reply_to": reply_to}, f"{text(site, '.spip')[:200]}\n"
    )


def found(root: Path, random: Random) -> Site:
    """Make the site in `root`, an empty folder."""
    site = Site(root, random)
    settings(site, title="Essai", base_url="https://essai.example", per_page="3", comments='{editors: ["Le Labo"]}')
    header = {"title": "Un", "date": DATES[0], "tags": "[vote]", "author": "Zoé", "description": "L'ESS en *bref*."}
    write(root / "content/a/un.md", header, "Un débat sur l'ESS.[^1]\n\n[^1]: La SCOP.\n\n[b](../b/quatre.md)\n")
    write(root / "content/a/deux.spip", {"title": "Deux", "date": DATES[1]}, "{{Un}} vote [->un].\n")
    english = {"title": "One", "date": DATES[2], "lang": "en", "translation_of": "un"}
    write(root / "content/a/one.md", english, "A debate: the ESS.\n")
    rich = {"title": "Quatre", "date": DATES[3], "image": "{src: /a/carte.png, alt: Carte}", "aliases": "[/vieux/4]"}
    write(root / "content/b/quatre.md", {**rich, "extra": "{z: 1, a: [oui]}"}, "![carte](/a/carte.png) énergie\n")
    write(root / "content/b/c/cinq.spip", {"title": "Cinq", "date": DATES[2], "draft": "true"}, "{{{Ébauche}}} vote\n")
    write(root / "content/b/six.md", {"title": "Six", "date": DATES[4]}, "Plus tard, la ville.\n")
    write(root / "content/mentions.md", {"title": "Mentions", "listed": "false", "comments": "off"}, "Légales.\n")
    write(root / "content/index.md", {"title": "Accueil"}, "Bienvenue, ESS.\n")
    write(root / "content/a/index.md", {"title": "La section A", "order": "2"}, "[un](un.md)\n")
    (root / "content/a/carte.png").write_bytes(picture(site))
    (root / "content/b/notes.pdf").write_bytes(b"%PDF")
    glossary = "- word: ESS\n  definition: Économie sociale\n- word: SCOP\n  definition: Une coopérative\n"
    (root / "content/glossaire.yaml").write_text(glossary, encoding="utf-8")
    for article, state in (("un", "approved"), ("un", "approved"), ("deux", "approved"), ("un", "pending")):
        comment(site, article, state)
    comment(site, "un", reply_to=site.paths("comments/approved/un/*")[0].stem)
    return site
