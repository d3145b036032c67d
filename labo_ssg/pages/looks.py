"""The settings of the theme → the style sheet that stands after the theme's own."""

from msgspec.structs import asdict

from labo_ssg.model import DARK, LIGHT, Colors, ThemeSettings

# The custom properties of templates/assets/style.css.
_LENGTHS = {"text_font": "--serif", "interface_font": "--sans", "width": "--page", "measure": "--measure"}
_COLORS = {name: f"--{name.replace('_', '-')}" for name in Colors.__struct_fields__} | {"second_ink": "--ink-2"}


def style_sheet(theme: ThemeSettings) -> str:
    """Return the CSS that says what `theme` changes, "" where it changes nothing.

    It goes into the layer `base`, so that what the theme does on paper stays.
    """
    values = asdict(theme)
    lengths = [f"{name}: {values[key]};" for key, name in _LENGTHS.items() if values[key]]
    repainted = (theme.colors, theme.dark) != (LIGHT, DARK)
    light = (_colors(theme.colors) if repainted else []) + lengths
    rules = [f":root {{ {' '.join(light)} }}"] if light else []
    if repainted:  # all of both: what is said for light would hold in the dark
        rules.append(f"@media (prefers-color-scheme: dark) {{ :root {{ {' '.join(_colors(theme.dark))} }} }}")
    return f"@layer base {{ {' '.join(rules)} }}\n" if rules else ""


def _colors(colors: Colors) -> list[str]:
    return [f"{_COLORS[key]}: {value};" for key, value in asdict(colors).items()]
