"""Markdown → HTML by Python-Markdown: extra, footnotes, toc, sane lists."""

import re
from collections.abc import Callable
from functools import cache

from markdown import Markdown

from labo_ssg import language

EXTENSIONS = ["extra", "sane_lists", "toc"]  # extra holds footnotes, tables, abbr, def_list, fenced_code, attr_list

_DESTINATION = re.compile(
    r"""\]\(\s*<([^>\n]+)>                     # [text](<destination with spaces>)
      | \]\(\s*([^\s)<]+)                      # [text](destination)
      | ^[ \t>]*\[[^\]\n]+\]:\s*<([^>\n]+)>   # [label]: <destination with spaces>, in a quotation or a list too
      | ^[ \t>]*\[[^\]\n]+\]:\s*([^\s<]+)     # [label]: destination
      | \s(?:href|src|poster)\s*=\s*"([^"\n]+) # the HTML that Markdown lets through
      | \s(?:href|src|poster)\s*=\s*'([^'\n]+)
    """,
    re.VERBOSE | re.MULTILINE,
)


# Python-Markdown takes a time that grows with the square of these: what, how to count it, how many are let through.
_LIMITS: tuple[tuple[str, Callable[[str], int], int], ...] = (
    ("paragraphs", lambda text: text.count("\n\n"), 20_000),
    ("brackets that are never closed", lambda text: text.count("[") - text.count("]"), 500),
    ("links that are never closed", lambda text: text.count("](") - text.count(")"), 500),
    ("signs < that are never closed", lambda text: text.count("<") - text.count(">"), 1_000),
    ("headings", lambda text: text.count("\n#") + text.count("\n==") + text.count("\n--"), 2_000),
    ("abbreviations", lambda text: text.count("\n*["), 500),
)


class TooMuch(ValueError):  # noqa: N818 - it is the text that is too much
    """A text that Python-Markdown cannot follow, or not in a reasonable time."""


def render(text: str, tag: str) -> str:
    """Return the HTML of `text`, written in the language `tag`, not yet sanitised; raise TooMuch."""
    for name, count, limit in _LIMITS:
        if count(text) > limit:
            raise TooMuch(f"the text has more than {limit:,} {name}")
    markdown = _markdown(tag)
    try:
        return markdown.reset().convert(text)
    except RecursionError as error:
        _markdown.cache_clear()  # it stopped in the middle of its work
        raise TooMuch("lists or quotations are nested too deeply") from error


def references(text: str) -> tuple[str, ...]:
    """Return what `text` links to, as written, each once; code that looks like a link is counted in."""
    return tuple(dict.fromkeys("".join(groups) for groups in _DESTINATION.findall(text)))


@cache
def _markdown(tag: str) -> Markdown:
    """Return a converter; to make one takes half the time of an article, to reset one nothing."""
    back = language.translations(tag).gettext("Back to the text, note {}")
    configuration: dict[str, dict[str, object]] = {
        "extra": {"footnotes": {"BACKLINK_TITLE": back}, "tables": {"use_align_attribute": True}},
        "toc": {"toc_depth": "2-4"},
    }
    return Markdown(extensions=EXTENSIONS, extension_configs=configuration, output_format="html")
