"""Markdown → HTML by Python-Markdown: extra, footnotes, toc, sane lists.

Most of its time goes into looking for what a text does not hold. So it is told, by the signs
that a text has, what it need not look for (`_quickened`); the HTML is the same.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.extensions.toc import TocExtension, TocTreeprocessor
from markdown.inlinepatterns import LINK_RE
from markdown.treeprocessors import InlineProcessor

from labo_ssg import language

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


_LINK = re.compile(r"\]\((?:\s*<([^>\n]+)>|\s*([^\s)<]+))")  # the first two of them
_OTHER_SIGNS = ("]:", "href", "src", "poster")

# Python-Markdown takes a time that grows with the square of these: what, how to count it, how many are let through.
_LIMITS: tuple[tuple[str, Callable[[str], int], int], ...] = (
    ("paragraphs", lambda text: text.count("\n\n"), 20_000),
    ("brackets that are never closed", lambda text: text.count("[") - text.count("]"), 500),
    ("links that are never closed", lambda text: text.count("](") - text.count(")"), 500),
    ("signs < that are never closed", lambda text: text.count("<") - text.count(">"), 1_000),
    ("headings", lambda text: text.count("\n#") + text.count("\n==") + text.count("\n--"), 2_000),
    ("abbreviations", lambda text: text.count("\n*["), 500),
)

# What Python-Markdown looks for in a block, and in a line, by its own names: without one of the signs it is not there.
# Quotations are left out: how deep they may be depends on how deep the call is that looks for them.
_BLOCK_SIGNS = {
    "abbr": ("*[",),
    "deflist": (": ",),
    "footnote": ("[^",),
    "hashheader": ("#",),
    "hr": ("-", "_", "*"),
    "reference": ("]:",),
    "setextheader": ("\n=", "\n-"),
    "table": ("|",),
}
_INLINE_SIGNS = {
    "autolink": ("<",),
    "automail": ("<",),
    "backtick": ("`",),
    "em_strong": ("*", "_"),
    "em_strong2": ("_",),
    "entity": ("&",),
    "escape": ("\\",),
    "footnote": ("[^",),
    "html": ("<",),
    "image_link": ("![",),
    "image_reference": ("![",),
    "linebreak": ("  \n",),
    "link": ("[",),
    "not_strong": ("*", "_"),
    "reference": ("[",),
    "short_image_ref": ("![",),
    "short_reference": ("[",),
}
_EVERYWHERE = ("",)  # the sign of what is not known here
_CONTENTS = "[TOC]"
_BRACKET = re.compile(r"\[(?<!!\[)")  # what LINK_RE finds, sooner: an expression that starts with its sign is quick


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
    pattern = _DESTINATION if _has(text, _OTHER_SIGNS) else _LINK
    return tuple(dict.fromkeys("".join(groups) for groups in pattern.findall(text)))


@cache
def _markdown(tag: str) -> Markdown:
    """Return a converter; to make one takes longer than an article, to reset one nothing."""
    back = language.translations(tag).gettext("Back to the text, note {}")
    configuration: dict[str, dict[str, object]] = {
        "extra": {"footnotes": {"BACKLINK_TITLE": back}, "tables": {"use_align_attribute": True}},
    }
    # extra holds footnotes, tables, abbr, def_list, fenced_code, attr_list
    extensions: list[str | Extension] = ["extra", "sane_lists", _Headings(toc_depth="2-4")]
    return _quickened(Markdown(extensions=extensions, extension_configs=configuration, output_format="html"))


class _Contents(TocTreeprocessor):
    """Gives the headings their ids, and makes a table of contents for the texts that ask for one."""

    def run(self, doc: Element) -> None:
        self.marker = _CONTENTS if any(_CONTENTS in text for text in doc.itertext()) else ""
        super().run(doc)

    def build_toc_div(self, toc_list: list[Any]) -> Element:
        return super().build_toc_div(toc_list) if self.marker else Element("div")


class _Headings(TocExtension):
    TreeProcessorClass = _Contents


def _quickened(markdown: Markdown) -> Markdown:
    """Return `markdown` with what keeps it from looking for what a text does not hold."""
    markdown.is_block_level = lru_cache(markdown.is_block_level)  # type: ignore[method-assign] # the same, remembered
    blocks = markdown.parser.blockprocessors
    for name, signs in _BLOCK_SIGNS.items():
        if name in blocks:
            _quicken_block(blocks[name], signs)
    markdown.parser.blockprocessors = list(blocks)  # type: ignore[assignment] # it is only gone through from now on
    inline = markdown.treeprocessors["inline"]
    if isinstance(inline, InlineProcessor):
        _quicken_inline(inline, markdown)
    return markdown


def _quicken_block(processor: BlockProcessor, signs: tuple[str, ...]) -> None:
    """Let `processor` see only the blocks that have one of `signs`."""
    test = processor.test

    def quick_test(parent: Element, block: str) -> bool:
        return _has(block, signs) and test(parent, block)

    processor.test = quick_test  # type: ignore[method-assign]


def _quicken_inline(processor: InlineProcessor, markdown: Markdown) -> None:
    """Let `processor` see only the lines with a sign that means something, and look only for what the text may hold."""
    names = {id(markdown.inlinePatterns[name]): name for name in _INLINE_SIGNS if name in markdown.inlinePatterns}
    patterns = [
        (pattern, _INLINE_SIGNS.get(names.get(id(pattern), ""), _EVERYWHERE)) for pattern in markdown.inlinePatterns
    ]
    every_sign = re.compile("|".join(sorted({re.escape(sign) for _, signs in patterns for sign in signs} | {"\x02"})))
    for pattern, _ in patterns:
        if pattern.pattern == LINK_RE:
            pattern.compiled_re = _BRACKET
    run = processor.run

    def quick_run(tree: Element, ancestors: list[str] | None = None) -> Element:
        plain = [(element, text) for element in tree.iter() if (text := element.text) and not every_sign.search(text)]
        for element, _ in plain:
            element.text = None
        rest = "".join(tree.itertext())
        wanted = [pattern for pattern, signs in patterns if _has(rest, signs)]
        processor.inlinePatterns = wanted  # type: ignore[assignment] # it is only gone through, by number
        done = run(tree, ancestors)
        for element, text in plain:
            element.text = text
        return done

    processor.run = quick_run  # type: ignore[method-assign]


def _has(text: str, signs: Iterable[str]) -> bool:
    for sign in signs:  # noqa: SIM110 - any() would take twice as long
        if sign in text:
            return True
    return False
