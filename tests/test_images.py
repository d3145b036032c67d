"""The pictures of a site in its pages: sizes, variants, what is made once and what is told."""

import io
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from conftest import article, build_files, comment, dom, labo_here, read_tree, write_site
from PIL import Image


def picture(width: int, height: int, form: str = "JPEG", **options: object) -> bytes:
    """Return a picture with something to see in it."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def located() -> bytes:
    """Return a photograph that says where it was taken, and that it is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn to the right
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    return picture(1200, 800, exif=exif)


FILES = {
    "content/a/photo.jpg": picture(2000, 1000),
    "content/a/petit.png": picture(300, 200, "PNG"),
    "content/a/dessin.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30"></svg>',
    "content/a/tournée.jpg": located(),
    "content/a/inutile.jpg": picture(1000, 1000),
    "content/a/x.md": article(
        image='{src: photo.jpg, alt: "Un quai"}',
        body="![Un quai](photo.jpg)\n\n![Petit](petit.png)\n\n![Dessin](dessin.svg)\n\n![Tournée](tournée.jpg)\n\n"
        '<img src="photo.jpg" width="500" alt="réduit">\n\n![Ailleurs](https://ailleurs.example/x.png)',
    ),
    "content/a/y.spip": article("Spip", body="<img src='/a/photo.jpg' alt='spip'>"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("images")
    return build_files(write_site(folder / "site", FILES), folder / "out")


def images(page: bytes, alt: str) -> list[Element]:
    return [one for one in dom(page).iterfind(".//main//img") if one.get("alt") == alt]


def test_a_picture_comes_in_several_widths_of_webp(built: dict[str, bytes]) -> None:
    for one in images(built["a/x/index.html"], "Un quai"):
        assert (one.get("width"), one.get("height")) == ("2000", "1000")
        sources = [source.split() for source in (one.get("srcset") or "").split(", ")]
        assert sources[0] == ["/a/photo.jpg.480.webp", "480w"]
        assert len(sources) >= 3
        for url, width in sources:
            with Image.open(io.BytesIO(built[url.removeprefix("/")])) as variant:
                assert variant.format == "WEBP"
                assert f"{variant.width}w" == width
                assert variant.height == round(variant.width / 2)
    assert len(images(built["a/x/index.html"], "Un quai")) == 2


def test_the_first_picture_comes_at_once_and_those_of_the_text_when_they_are_near(built: dict[str, bytes]) -> None:
    cover, inside = images(built["a/x/index.html"], "Un quai")
    assert cover.get("loading") != "lazy"
    assert inside.get("loading") == "lazy"


def test_every_picture_of_the_site_has_its_size(built: dict[str, bytes]) -> None:
    sizes = {
        "Petit": ("300", "200"),
        "Dessin": ("40", "30"),
        "Tournée": ("800", "1200"),
        "réduit": ("500", "250"),
        "Ailleurs": (None, None),
    }
    for alt, size in sizes.items():
        (one,) = images(built["a/x/index.html"], alt)
        assert (one.get("width"), one.get("height")) == size, alt
    (one,) = images(built["a/y/index.html"], "spip")
    assert (one.get("width"), one.get("height")) == ("2000", "1000")
    assert one.get("srcset")


def test_what_is_too_small_or_drawn_has_no_variants(built: dict[str, bytes]) -> None:
    for alt in ("Petit", "Dessin", "Ailleurs"):
        (one,) = images(built["a/x/index.html"], alt)
        assert one.get("srcset") is None, alt


def test_variants_hold_nothing_that_the_camera_added(built: dict[str, bytes]) -> None:
    found = [data for path, data in built.items() if path.startswith("a/tournée.jpg.")]
    assert found
    for data in found:
        with Image.open(io.BytesIO(data)) as variant:
            assert not variant.getexif()
            assert variant.height > variant.width


def test_only_what_pages_show_is_made_smaller(built: dict[str, bytes]) -> None:
    assert "a/inutile.jpg" in built
    assert [path for path in built if path.startswith("a/inutile.jpg.")] == []


def test_lists_show_the_picture_with_its_size(built: dict[str, bytes]) -> None:
    shown = [one for one in dom(built["a/index.html"]).iterfind(".//main//img") if one.get("srcset")]
    assert shown
    assert all(one.get("width") and one.get("height") for one in shown)


def test_feeds_have_the_picture_itself(built: dict[str, bytes]) -> None:
    feed = built["feed.xml"].decode()
    assert "https://essai.example/a/photo.jpg" in feed
    assert "srcset" not in feed


def test_a_site_in_a_folder_finds_its_variants(tmp_path: Path) -> None:
    files = {**FILES, "site.yaml": "title: E\nbase_url: https://essai.example/labo\n"}
    made = build_files(write_site(tmp_path / "site", files), tmp_path / "out")
    for one in images(made["a/x/index.html"], "Un quai"):
        assert (one.get("srcset") or "").startswith("/labo/a/photo.jpg.480.webp 480w")


def test_a_picture_is_made_once(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", FILES)
    first = build_files(site, tmp_path / "out")
    kept = {path: path.stat().st_mtime_ns for path in (site / ".labo/pictures").iterdir()}
    (site / "content/a/z.md").write_text(article("Nouveau"), encoding="utf-8")
    build_files(site, tmp_path / "out")
    assert {path: path.stat().st_mtime_ns for path in (site / ".labo/pictures").iterdir()} == kept
    (site / "content/a/photo.jpg").write_bytes(picture(1000, 900))
    second = build_files(site, tmp_path / "out")
    assert "a/photo.jpg.1440.webp" in first
    assert "a/photo.jpg.1440.webp" not in second
    assert second["a/photo.jpg.480.webp"] != first["a/photo.jpg.480.webp"]


def test_a_change_of_picture_is_a_change_of_the_page_s_words_on_it_alone(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", FILES)
    (site / "content/a/photo.jpg").write_bytes(picture(2000, 1000, quality=30))
    first = build_files(site, tmp_path / "out")
    (site / "content/a/photo.jpg").write_bytes(picture(2000, 1000, quality=90))
    second = build_files(site, tmp_path / "out")
    changed = {path for path in second if first.get(path) != second[path]}
    assert {path for path in changed if not path.startswith("a/photo.jpg")} == set()
    assert "a/photo.jpg.480.webp" in changed


def test_a_picture_that_is_cut_short_is_told(tmp_path: Path) -> None:
    data = picture(2000, 1000)
    files = {**FILES, "content/a/photo.jpg": data[: len(data) // 2]}
    site = write_site(tmp_path / "site", files)
    assert labo_here("check", "--root", site).returncode == 1
    ran = labo_here("build", "--root", site)
    assert ran.returncode == 1
    assert "content/a/photo.jpg: it cannot be used" in ran.stderr
    assert not (site / "public").exists()


@pytest.mark.parametrize("data", [b"no picture", b"", b"<html></html>"])
def test_what_is_shown_as_a_picture_and_is_none_is_told(tmp_path: Path, data: bytes) -> None:
    files = {"content/a/faux.png": data, "content/a/x.md": article(body="![x](faux.png)")}
    site = write_site(tmp_path / "site", files)
    for command in ("build", "check"):
        ran = labo_here(command, "--root", site)
        assert ran.returncode == 1
        assert "content/a/faux.png: it is shown as a picture, and cannot be read as one" in ran.stderr


def test_what_is_called_a_picture_and_is_shown_nowhere_is_copied(tmp_path: Path) -> None:
    files = {"content/a/faux.png": b"no picture", "content/a/x.md": article(body="[x](faux.png)")}
    made = build_files(write_site(tmp_path / "site", files), tmp_path / "out")
    assert made["a/faux.png"] == b"no picture"


def test_a_name_that_a_variant_needs_is_taken_once(tmp_path: Path) -> None:
    files = {**FILES, "content/a/photo.jpg.480.webp": b"mine"}
    ran = labo_here("build", "--root", write_site(tmp_path / "site", files))
    assert ran.returncode == 1
    assert "`/a/photo.jpg.480.webp` is taken by content/a/photo.jpg" in ran.stderr


def test_a_visitor_s_picture_stays_a_link(tmp_path: Path) -> None:
    files = {**FILES, "comments/approved/x/one.md": comment("x", body="<img src='/a/photo.jpg'> [->/a/photo.jpg]")}
    site = write_site(tmp_path / "site", files)
    build_files(site, tmp_path / "out")
    page = read_tree(tmp_path / "out")["a/x/index.html"]
    thread = dom(page).find(".//*[@id='comment-one']")
    assert thread is not None
    assert thread.find(".//img") is None
