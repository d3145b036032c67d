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
from markdown.blockprocessors import BlockProcessor, ParagraphProcessor
from markdown.extensions import Extension
from markdown.extensions.toc import TocExtension, TocTreeprocessor
from markdown.inlinepatterns import LINK_RE
from markdown.preprocessors import NormalizeWhitespace, Preprocessor
from markdown.treeprocessors import InlineProcessor, Treeprocessor

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

# What Python-Markdown looks for, by its own names: without one of the signs it is not there. First in the lines of a
# text, and in the tree of its elements.
_LINES_SIGNS: dict[str, tuple[str, ...]] = {
    "fenced_code_block": ("```", "~~~"),
    "html_block": ("<", "&"),
}
_UNEVEN = ("\n ", "\r", "\t", "\x02", "\x03")  # what is made even before that
_TREE_SIGNS: dict[str, tuple[str, ...]] = {
    "attr_list": ("{",),
    "unescape": ("\\",),
}
# In a block. Quotations are left out: how deep they may be depends on how deep the call is that looks for them.
_BLOCK_SIGNS: dict[str, tuple[str, ...]] = {
    "abbr": ("*[",),
    "deflist": (": ",),
    "footnote": ("[^",),
    "hashheader": ("#",),
    "hr": ("-", "_", "*"),
    "reference": ("]:",),
    "setextheader": ("\n=", "\n-"),
    "table": ("|",),
}
# In a line.
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
# What finds nothing in a text that has no `[label]: address`; else it follows each bracket to its end.
_BY_REFERENCE = frozenset({"image_reference", "reference", "short_image_ref", "short_reference"})
_PROSE = re.compile(r"[^\W\d_].*+(?:\n[^\W\d_].*+)*+")  # each line starts with a letter
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
    return _quickened(_Markdown(extensions=extensions, extension_configs=configuration, output_format="html"))


class _Markdown(Markdown):
    """A converter that tells its parts which text they work on."""

    source = ""

    def convert(self, source: str) -> str:
        self.source = source
        return super().convert(source)


class _Whitespace(NormalizeWhitespace):
    """Adds the two empty lines that the others count on, and looks only for the signs that there are."""

    def run(self, lines: list[str]) -> list[str]:
        return super().run(lines) if _has("\n".join(lines), _UNEVEN) else [*lines, "", ""]


class _Prose(ParagraphProcessor):
    """Takes the blocks that can be nothing but paragraphs, before all others look at them in vain.

    All else that a block may be has a line that starts with no letter.
    """

    def test(self, parent: Element, block: str) -> bool:
        return _PROSE.fullmatch(block) is not None


class _Contents(TocTreeprocessor):
    """Gives the headings their ids, and makes a table of contents for the texts that ask for one."""

    def run(self, doc: Element) -> None:
        self.marker = _CONTENTS if _CONTENTS in "".join(doc.itertext()) else ""
        super().run(doc)

    def build_toc_div(self, toc_list: list[Any]) -> Element:
        return super().build_toc_div(toc_list) if self.marker else Element("div")


class _Headings(TocExtension):
    TreeProcessorClass = _Contents


def _quickened(markdown: _Markdown) -> _Markdown:
    """Return `markdown` with what keeps it from looking for what a text does not hold."""
    markdown.is_block_level = lru_cache(markdown.is_block_level)  # type: ignore[method-assign] # the same, remembered
    markdown.preprocessors.register(_Whitespace(markdown), "normalize_whitespace", 30)
    for name, signs in _LINES_SIGNS.items():
        _quicken_lines(markdown.preprocessors[name], signs)
    for name, signs in _TREE_SIGNS.items():
        _quicken_tree(markdown.treeprocessors[name], markdown, signs)
    blocks = markdown.parser.blockprocessors
    for name, signs in _BLOCK_SIGNS.items():
        if name in blocks:
            _quicken_block(blocks[name], signs)
    in_order = [_Prose(markdown.parser), *blocks]
    markdown.parser.blockprocessors = in_order  # type: ignore[assignment] # it is only gone through from now on
    inline = markdown.treeprocessors["inline"]
    if isinstance(inline, InlineProcessor):
        _quicken_inline(inline, markdown)
    return markdown


def _quicken_lines(processor: Preprocessor, signs: tuple[str, ...]) -> None:
    """Let `processor` see only the texts that have one of `signs`."""
    run = processor.run

    def quick_run(lines: list[str]) -> list[str]:
        return run(lines) if _has("\n".join(lines), signs) else lines

    processor.run = quick_run  # type: ignore[method-assign]


def _quicken_tree(processor: Treeprocessor, markdown: _Markdown, signs: tuple[str, ...]) -> None:
    """Let `processor` see only the trees of texts that have one of `signs`."""
    run = processor.run

    def quick_run(root: Element) -> Element | None:
        return run(root) if _has(markdown.source, signs) else None

    processor.run = quick_run  # type: ignore[method-assign]


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
    useless = {pattern for pattern in markdown.inlinePatterns if names.get(id(pattern)) in _BY_REFERENCE}
    every_sign = _any_of({sign for _, signs in patterns for sign in signs} | {"\x02"})
    for pattern, _ in patterns:
        if pattern.pattern == LINK_RE:
            pattern.compiled_re = _BRACKET
    run = processor.run

    def quick_run(tree: Element, ancestors: list[str] | None = None) -> Element:
        plain = [(element, text) for element in tree.iter() if (text := element.text) and not every_sign.search(text)]
        for element, _ in plain:
            element.text = None
        rest = "".join(tree.itertext())
        left_out = set() if markdown.references else useless
        wanted = [pattern for pattern, signs in patterns if pattern not in left_out and _has(rest, signs)]
        processor.inlinePatterns = wanted  # type: ignore[assignment] # it is only gone through, by number
        done = run(tree, ancestors)
        for element, text in plain:
            element.text = text
        return done

    processor.run = quick_run  # type: ignore[method-assign]


def _any_of(signs: Iterable[str]) -> re.Pattern[str]:
    """Return what finds one of `signs`, each by its last character: most are rare, the spaces before them are not."""
    return re.compile("|".join(re.escape(sign[-1:]) + f"(?<={re.escape(sign)})" for sign in sorted(signs)))


def _has(text: str, signs: Iterable[str]) -> bool:
    for sign in signs:  # noqa: SIM110 - any() would take twice as long
        if sign in text:
            return True
    return False
