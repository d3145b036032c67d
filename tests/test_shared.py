"""What a page says to machines: JSON-LD, cards of shared links, translations, microformats."""

import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import article, build_files, comment, dom, labo_here, write_site
from PIL import Image

SITE = """
title: Le Labo
base_url: https://labo.example/ess
tagline: Penser et agir
social: [{title: Mastodon, url: "https://social.example/@labo"}, {title: Fil, url: /feed.xml}]
comments: {editors: [La rédaction]}
theme: {social_images: true, colors: {accent: "#8a1538"}}
"""
FILES = {
    "site.yaml": SITE,
    "content/terr/index.md": "---\ntitle: Territoires\n---\n",
    "content/terr/x.md": article(
        'Un </script> & "titre"',
        description="Un chapô.",
        tags="[PTCE]",
        authors="[Jeanne Martin, La rédaction]",
        source='{name: le blog, url: "https://blog.example/x"}',
        updated="2021-02-01",
    ),
    "content/terr/en.md": article("A title", lang="en", translation_of="x"),
    "content/terr/seul.md": article("Seul", comments="off"),
    "comments/approved/x/one.md": comment("x", author="Zoé", body="Un {{mot}}.</script><b>"),
    "comments/approved/x/two.md": comment("x", author="Paul", body="Réponse.", hour=11, reply_to="one"),
    "comments/approved/x/forum12.md": comment("x", author="Ancien", body="Importé.", hour=12),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("shared")
    return build_files(write_site(folder / "site", FILES), folder / "out")


def nodes(page: bytes) -> dict[str, Any]:
    """Return the JSON-LD of `page`, by type."""
    script = dom(page).find(".//script[@type='application/ld+json']")
    assert script is not None
    assert script.text is not None
    whole = json.loads(script.text)
    assert whole["@context"][0] == "https://schema.org"
    canonical = dom(page).find(".//link[@rel='canonical']")
    assert canonical is not None
    assert whole["@context"][1] == {"@base": canonical.get("href")}
    return {node["@type"]: node for node in whole["@graph"]}


def meta(page: bytes, name: str) -> str | None:
    found = [one for one in dom(page).iterfind(".//meta") if name in (one.get("property"), one.get("name"))]
    return found[0].get("content") if found else None


def test_an_article_describes_itself(built: dict[str, bytes]) -> None:
    node = nodes(built["terr/x/index.html"])["Article"]
    assert node["@id"] == "https://labo.example/ess/terr/x/"
    assert node["headline"] == 'Un </script> & "titre"'
    assert node["datePublished"] == "2021-01-12T00:00:00+01:00"
    assert node["dateModified"] == "2021-02-01T00:00:00+01:00"
    assert [(one["@type"], one["name"]) for one in node["author"]] == [
        ("Person", "Jeanne Martin"),
        ("Organization", "La rédaction"),
    ]
    assert node["publisher"]["name"] == "Le Labo"
    assert node["isBasedOn"] == "https://blog.example/x"
    assert node["keywords"] == ["PTCE"]
    assert node["inLanguage"] == "fr"


def test_comments_are_nodes_with_their_answers_inside(built: dict[str, bytes]) -> None:
    node = nodes(built["terr/x/index.html"])["Article"]
    assert node["commentCount"] == 3
    first, imported = node["comment"]
    assert (first["@type"], first["@id"], first["author"]["name"]) == ("Comment", "#comment-one", "Zoé")
    assert first["text"] == "Un mot."
    assert first["datePublished"] == "2021-01-13T10:00:00Z"
    assert [(one["author"]["name"], one["text"]) for one in first["comment"]] == [("Paul", "Réponse.")]
    assert imported["@id"] == "#forum12"
    assert "comment" not in nodes(built["terr/seul/index.html"])["Article"]


def test_the_way_to_a_page_is_told(built: dict[str, bytes]) -> None:
    steps = nodes(built["terr/x/index.html"])["BreadcrumbList"]["itemListElement"]
    assert [(one["position"], one["name"]) for one in steps] == [
        (1, "Accueil"),
        (2, "Territoires"),
        (3, 'Un </script> & "titre"'),
    ]
    assert steps[1]["item"] == "https://labo.example/ess/terr/"
    assert "BreadcrumbList" in nodes(built["tags/ptce/index.html"])


def test_the_home_page_tells_who_publishes(built: dict[str, bytes]) -> None:
    node = nodes(built["index.html"])["Organization"]
    assert (node["name"], node["url"]) == ("Le Labo", "https://labo.example/ess/")
    assert node["sameAs"] == ["https://social.example/@labo"]


def test_a_shared_link_shows_a_picture_of_the_article(built: dict[str, bytes]) -> None:
    page = built["terr/x/index.html"]
    assert meta(page, "og:image") == "https://labo.example/ess/terr/x/social.png"
    assert meta(page, "twitter:card") == "summary_large_image"
    assert meta(page, "og:type") == "article"
    assert meta(page, "article:published_time") == "2021-01-12T00:00:00+01:00"
    assert meta(built["terr/index.html"], "og:image") == "https://labo.example/ess/social.png"
    for path in ("terr/x/social.png", "social.png"):
        with Image.open(io.BytesIO(built[path])) as card:
            assert (card.format, card.size) == ("PNG", (1200, 630))
            assert card.convert("RGB").getpixel((600, 2)) == (0x8A, 0x15, 0x38), "the site's own accent"
    assert built["terr/x/social.png"] != built["terr/seul/social.png"]


def test_pages_that_nobody_shares_say_nothing(built: dict[str, bytes]) -> None:
    assert meta(built["404.html"], "og:image") is None
    assert b"ld+json" not in built["404.html"]


def test_a_card_of_the_site_s_own_is_taken(tmp_path: Path) -> None:
    files = {**FILES, "content/social.png": b"mine", "content/terr/x/social.png": b"its own"}
    made = build_files(write_site(tmp_path / "site", files), tmp_path / "out")
    assert (made["social.png"], made["terr/x/social.png"]) == (b"mine", b"its own")


def test_without_the_setting_all_links_show_the_site_s_card(tmp_path: Path) -> None:
    made = build_files(write_site(tmp_path / "site", {"content/a/x.md": article()}), tmp_path / "out")
    assert [path for path in made if path.endswith(".png")] == ["social.png"]
    assert meta(made["a/x/index.html"], "og:image") == "https://essai.example/social.png"


def test_translations_name_each_other(built: dict[str, bytes]) -> None:
    expected = {
        "fr": "https://labo.example/ess/terr/x/",
        "en": "https://labo.example/ess/terr/en/",
        "x-default": "https://labo.example/ess/terr/x/",
    }
    for path in ("terr/x/index.html", "terr/en/index.html"):
        links = dom(built[path]).findall(".//head/link[@hreflang]")
        assert {one.get("hreflang"): one.get("href") for one in links} == expected
    assert dom(built["terr/seul/index.html"]).findall(".//link[@hreflang]") == []
    shown = dom(built["terr/x/index.html"]).find(".//body//a[@hreflang='en']")
    assert shown is not None
    assert (shown.get("href"), shown.get("lang"), shown.text) == ("/ess/terr/en/", "en", "English")


def test_the_sitemap_names_translations(built: dict[str, bytes]) -> None:
    spaces = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    tree = ElementTree.fromstring(built["sitemap.xml"])
    found = {
        url.findtext("s:loc", "", spaces): [one.get("hreflang") for one in url.findall("x:link", spaces)]
        for url in tree.findall("s:url", spaces)
    }
    assert found["https://labo.example/ess/terr/en/"] == ["fr", "en"]
    assert found["https://labo.example/ess/terr/seul/"] == []


WRONG = {
    "of nothing": ("nowhere", "en", "there is no article `nowhere`"),
    "of itself": ("y", "en", "it is the article itself"),
    "of a translation": ("en", "de", "`en` is a translation itself"),
    "into the same language": ("x", "fr", "`x` is in the same language, `fr`"),
    "into a language that has one": ("x", "en", "too"),
}


@pytest.mark.parametrize(("original", "language", "words"), WRONG.values(), ids=WRONG)
def test_a_translation_that_cannot_be_is_told(tmp_path: Path, original: str, language: str, words: str) -> None:
    wrong = article("Autre", lang=language, translation_of=original)
    site = write_site(tmp_path / "site", {**FILES, "content/terr/y.md": wrong})
    ran = labo_here("build", "--root", site)
    assert ran.returncode == 1
    assert "content/terr/y.md:5: `translation_of`: " in ran.stderr or "content/terr/en.md:" in ran.stderr
    assert words in ran.stderr


def test_a_translation_of_a_draft_waits_with_no_fuss(tmp_path: Path) -> None:
    files = {**FILES, "content/terr/x.md": article("Brouillon", draft="true")}
    files = {path: data for path, data in files.items() if not path.startswith("comments/")}
    made = build_files(write_site(tmp_path / "site", files), tmp_path / "out")
    assert dom(made["terr/en/index.html"]).findall(".//link[@hreflang]") == []


def test_microformats_mark_the_article_its_author_and_its_comments(built: dict[str, bytes]) -> None:
    def classes(path: str) -> set[str]:
        return {name for one in dom(built[path]).iter() for name in (one.get("class") or "").split()}

    entry = {"h-entry", "p-name", "p-summary", "e-content", "dt-published", "dt-updated", "p-author", "h-card"}
    assert entry | {"u-comment", "h-cite", "p-category"} <= classes("terr/x/index.html")
    assert {"h-feed", "h-entry"} <= classes("terr/index.html")
