"""The settings of the theme: what `theme:` of site.yaml may say, the style sheet it makes, colours that can be read."""

import re
from pathlib import Path

import pytest
from conftest import NOW, ROOT, article, labo_here, write_site
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict
from PIL import ImageFont

from labo_ssg.build.build import build
from labo_ssg.formats import colors, site_yaml
from labo_ssg.model import DARK, LIGHT, Colors, Site, ThemeSettings
from labo_ssg.pages import looks
from labo_ssg.problems import Problem

SETTINGS = "title: Essai\nbase_url: https://essai.example\n"
THEME = (ROOT / "templates/assets/style.css").read_text(encoding="utf-8")


def read(theme: str) -> tuple[Site, list[Problem]]:
    """Read settings with these lines; they start at line 3."""
    site, _, problems = site_yaml.parse((SETTINGS + theme).encode(), "site.yaml")
    return site, problems


# The style sheet


def schemes(css: str) -> list[dict[str, str]]:
    """Return the custom properties of the first rule for `:root` and of the first one for the dark."""
    light, _, dark = css.partition("@media (prefers-color-scheme: dark)")
    found = [re.search(r":root \{(.*?)\}", part, re.DOTALL) for part in (light, dark)]
    return [dict(re.findall(r"(--[\w-]+): ([^;]+);", one[1])) if one else {} for one in found]


def schemes_of(theme: str) -> list[dict[str, str]]:
    """Return what these settings, which are right, say of the light scheme and of the dark one."""
    site, problems = read(theme)
    assert problems == []
    css = looks.style_sheet(site.theme)
    assert css.startswith("@layer base {")
    return schemes(css)


def as_properties(scheme: Colors) -> dict[str, str]:
    names = {"second_ink": "--ink-2", "on_accent": "--on-accent"}
    return {names.get(name, f"--{name}"): color for name, color in asdict(scheme).items()}


def test_the_colours_of_the_model_are_those_of_the_theme() -> None:
    light, dark = schemes(THEME)
    assert as_properties(LIGHT).items() <= light.items()
    assert as_properties(DARK) == dark


def test_what_the_settings_set_the_theme_has() -> None:
    css = looks.style_sheet(ThemeSettings(Colors(accent="#8a1538"), DARK, "a", "b", "1rem", "2rem"))
    light, dark = schemes(css)
    assert len(light | dark) == 11
    assert (light | dark).keys() <= schemes(THEME)[0].keys()


def test_an_accent_reaches_both_schemes() -> None:
    light, dark = schemes_of('theme: {colors: {accent: "#8a1538"}}\n')
    assert light == {**as_properties(LIGHT), "--accent": "#8a1538"}
    assert dark["--accent"] not in ("#8a1538", DARK.accent)
    assert {**dark, "--accent": DARK.accent} == as_properties(DARK)


def test_a_paper_shapes_its_own_scheme_alone() -> None:
    light, dark = schemes_of('theme: {colors: {paper: "#eeeeff"}}\n')
    changed = {name for name, color in as_properties(LIGHT).items() if light[name] != color}
    assert changed == {"--paper", "--wash", "--ink-2", "--line"}
    assert dark == as_properties(DARK)


def test_the_dark_scheme_may_have_colours_of_its_own() -> None:
    own = '  dark: {accent: "#ffb3c8", paper: "#000000", line: "#444444"}\n'
    light, dark = schemes_of('theme:\n  colors: {accent: "#8a1538"}\n' + own)
    assert light == {**as_properties(LIGHT), "--accent": "#8a1538"}
    assert (dark["--accent"], dark["--paper"], dark["--line"]) == ("#ffb3c8", "#000000", "#444444")


def test_fonts_and_widths_reach_the_style_sheet_and_leave_the_colours() -> None:
    fonts = "  text_font: Georgia, \"Officiel\", 'Noto Serif', serif\n  interface_font: Inter Tight\n"
    light, dark = schemes_of(f"theme:\n{fonts}  width: 72rem\n  measure: 60.5ch\n")
    assert light == {
        "--serif": "Georgia, \"Officiel\", 'Noto Serif', serif",
        "--sans": "Inter Tight",
        "--page": "72rem",
        "--measure": "60.5ch",
    }
    assert dark == {}


UNCHANGED = {
    "no theme": "",
    "an empty one": "theme:\n",
    "the theme's own colours": f'theme: {{colors: {{accent: "{LIGHT.accent}"}}, dark: {{accent: "{DARK.accent}"}}}}\n',
    "settings of the social images": "theme: {social_images: true}\n",
}


@pytest.mark.parametrize("theme", UNCHANGED.values(), ids=UNCHANGED)
def test_settings_that_change_no_looks_make_no_style_sheet(theme: str) -> None:
    site, problems = read(theme)
    assert (looks.style_sheet(site.theme), problems) == ("", [])


# What is wrong with the settings

QUOTED = 'write it like "#0a6a4e", in quotes: for YAML, a # alone starts a comment'
FONTS = "write it like: Charter, 'Segoe UI', serif"
LENGTH = "write it like 76rem"
REFUSED = {
    "a colour without quotes": (
        "theme:\n  colors:\n    accent: #8a1538\n",
        "5: `theme.colors.accent`: it is empty",
        QUOTED,
    ),
    "the name of a colour": (
        "theme:\n  colors:\n    accent: red\n",
        "5: `theme.colors.accent`: `red` is not a colour",
        QUOTED,
    ),
    "three figures, in the dark scheme": (
        'theme:\n  dark: {paper: "#000"}\n',
        "4: `theme.dark.paper`: `#000` is not a colour",
        QUOTED,
    ),
    "a font that ends its declaration": (
        'theme:\n  width: 70rem\n  text_font: "serif; } body { color: red"\n',
        "5: `theme.text_font`: `serif; } body { color: red` is not a list of fonts",
        FONTS,
    ),
    "a font that is an address": (
        'theme: {interface_font: "url(//x)"}\n',
        "3: `theme.interface_font`: `url(//x)` is not a list of fonts",
        FONTS,
    ),
    "a font with an apostrophe": (
        "theme: {text_font: L'Officiel}\n",
        "3: `theme.text_font`: `L'Officiel` is not a list of fonts",
        FONTS,
    ),
    "a font with a quote that is not closed": (
        "theme: {text_font: 'Georgia \"'}\n",
        '3: `theme.text_font`: `Georgia "` is not a list of fonts',
        FONTS,
    ),
    "a length without a unit": (
        "theme: {width: 72}\n",
        "3: `theme.width`: `72` is not a length",
        LENGTH,
    ),
    "a length that ends its declaration": (
        'theme: {measure: "1rem; color: red"}\n',
        "3: `theme.measure`: `1rem; color: red` is not a length",
        LENGTH,
    ),
    "a misspelt key": (
        "theme:\n  width: 70rem\n  mesure: 38rem\n",
        "5: `theme`: unknown key `mesure`",
        "did you mean `measure`?",
    ),
    "a misspelt colour": (
        'theme:\n  colors:\n    paper: "#ffffff"\n    acent: "#8a1538"\n',
        "6: `theme`: `colors`: unknown key `acent`",
        "did you mean `accent`?",
    ),
    "words on the accent that cannot be read": (
        'theme:\n  colors:\n    on_accent: "#333333"\n',
        f"5: `theme.colors.on_accent`: on_accent (#333333) on accent ({LIGHT.accent}) is hard to read,"
        " its contrast is 1.5",
        "it should be 4.5 at least: take a darker or a lighter one",
    ),
    "a wash too dark for the theme's ink, which no line holds": (
        'theme:\n  width: 70rem\n  colors:\n    wash: "#a5a5a5"\n    accent: "#000000"\n    second_ink: "#333333"\n',
        f"5: `theme.colors.ink`: ink ({LIGHT.ink}) on wash (#a5a5a5) is hard to read, its contrast is 6.8",
        "it should be 7 at least: take a darker or a lighter one",
    ),
}


@pytest.mark.parametrize(("theme", "what", "hint"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_setting_of_the_theme_is_told_at_its_line(theme: str, what: str, hint: str) -> None:
    assert [(f"{one.place.line}: {one.what}", one.hint) for one in read(theme)[1]] == [(what, hint)]


def test_all_that_is_wrong_with_a_theme_is_told_at_once() -> None:
    theme = 'theme:\n  text_font: ";"\n  colors: {accent: red, ink: }\n  dark: {ink: blue}\n  width: 72\n'
    told = [(one.place.line, one.what.split("`")[1]) for one in read(theme)[1]]
    keys = ["text_font", "colors.accent", "colors.ink", "dark.ink", "width"]
    assert told == list(zip([4, 5, 5, 6, 7], [f"theme.{key}" for key in keys], strict=True))


def test_each_pair_of_colours_that_is_hard_to_read_is_told(tmp_path: Path) -> None:
    theme = 'theme:\n  colors: {accent: "#ffcc00"}\n  dark:\n    second_ink: "#333333"\n'
    done = labo_here("check", "--root", write_site(tmp_path / "site", {"site.yaml": SETTINGS + theme}))
    assert re.findall(r"site\.yaml:(\d): `theme\.([\w.]+)`: (?:\w+) \(#\w+\) on (\w+) ", done.stderr) == [
        ("4", "colors.accent", "paper"),
        ("4", "colors.accent", "wash"),
        ("6", "dark.second_ink", "paper"),
        ("6", "dark.second_ink", "wash"),
    ]
    assert done.returncode == 1


def test_a_colour_in_braces_without_quotes_is_told_as_such() -> None:
    [problem] = read("theme:\n  colors: {accent: #8a1538}\n")[1]
    assert '"#' in problem.hint


def build_with_font(tmp_path: Path, font: str, data: bytes) -> list[Problem]:
    """Build a site whose social images have this font; return its problems."""
    settings = f"{SETTINGS}theme: {{social_images: true, social_font: {font}}}\n"
    files = {"site.yaml": settings, "content/fonts/a.ttf": data, "content/a/x.md": article()}
    return list(build(write_site(tmp_path / "site", files), tmp_path / "out", now=NOW, drafts=False).problems)


@pytest.mark.parametrize("font", ["fonts/a.ttf", "/fonts/a.ttf"])
def test_a_font_of_the_social_images_may_be_named_from_the_root(tmp_path: Path, font: str) -> None:
    assert build_with_font(tmp_path, font, ImageFont.load_default(10).font_bytes) == []


def test_a_font_of_the_social_images_that_is_no_font_is_told(tmp_path: Path) -> None:
    [problem] = build_with_font(tmp_path, "fonts/a.ttf", b"no font")
    assert str(problem).startswith("content/fonts/a.ttf: it cannot be used: ")


def test_a_font_of_the_social_images_that_is_a_page_is_told(tmp_path: Path) -> None:
    [problem] = build_with_font(tmp_path, "a/x/", b"no font")
    assert "`theme.social_font`" in problem.what


# Colours, alone

CONTRASTS = {
    "black on white": ("#000000", "#ffffff", 21.0),
    "a colour on itself": ("#8a1538", "#8A1538", 1.0),
    "the lightest grey for text": ("#767676", "#ffffff", 4.54),
    "the next one": ("#777777", "#ffffff", 4.48),
    "red": ("#ff0000", "#ffffff", 4.0),
    "green": ("#00ff00", "#ffffff", 1.37),
    "blue": ("#0000ff", "#ffffff", 8.59),
    "yellow on blue": ("#ffff00", "#0000ff", 8.0),
}


@pytest.mark.parametrize(("one", "other", "contrast"), CONTRASTS.values(), ids=CONTRASTS)
def test_contrast_is_that_of_wcag(one: str, other: str, contrast: float) -> None:
    assert round(colors.contrast(one, other), 2) == contrast
    assert colors.contrast(one, other) == colors.contrast(other, one)


HEX = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@settings(deadline=None)
@given(accent=HEX)
def test_what_follows_from_any_accent_can_be_read_where_the_accent_can(accent: str) -> None:
    made = colors.complete(ThemeSettings(colors=Colors(accent=accent)))
    assert list(colors.unreadable(made.dark)) == []
    assert colors.contrast(made.dark.accent, made.dark.paper) >= colors.READING
    pairs = [(text, background) for text, background, _, _ in colors.unreadable(made.colors)]
    assert ("accent", "paper") in pairs or ("on_accent", "accent") not in pairs
    assert {text for text, _ in pairs} <= {"accent", "on_accent"}


@settings(deadline=None)
@given(paper=HEX, ink=HEX)
def test_what_follows_from_paper_and_ink_can_be_read_where_they_can(paper: str, ink: str) -> None:
    made = colors.complete(ThemeSettings(colors=Colors(paper=paper, ink=ink))).colors
    assert (made.paper, made.ink) == (paper, ink)
    assert re.fullmatch(r"(#[0-9a-f]{6}){7}", "".join(asdict(made).values()))
    if colors.contrast(paper, ink) >= 2 * colors.READING:
        assert [pair[:2] for pair in colors.unreadable(made) if "accent" not in pair[0]] == []


@settings(deadline=None)
@given(light=st.builds(Colors, *[HEX] * 7), dark=st.builds(Colors, *[HEX] * 7))
def test_what_is_given_is_kept(light: Colors, dark: Colors) -> None:
    made = colors.complete(ThemeSettings(colors=light, dark=dark))
    assert (made.colors, made.dark) == (light, dark)
