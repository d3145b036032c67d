"""Sets aside what no shortcut may touch: code, frames, raw HTML, formulas; reads poems and languages.

One pass from left to right. A piece runs from its opening tag to the first
closing tag of its name; without one, its opening tag is an ordinary tag.
"""

import re
from collections.abc import Callable, Iterator
from html import escape

from labo_ssg.markup.spip.nodes import BLANKS, NOTHING, Aside, Atom, Block, Close, Open, Raw, Seeker

_NAMES = "code cadre frame html pre script style math multi poesie poetry".split()
_OPENING = re.compile(rf"<({'|'.join(_NAMES)})(?:\s[^<>]*)?>", re.IGNORECASE)
_CLOSING = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in _NAMES}
_CLOSING["poesie"] = _CLOSING["poetry"] = re.compile(r"</poe(?:sie|try)>", re.IGNORECASE)
_CODE_START = re.compile(r"(<code(?:\s[^<>]*)?>)", re.IGNORECASE)
_CODE_END = re.compile(r"</code>", re.IGNORECASE)
_FORMULA = re.compile(r"\$\$([^$]+)\$\$|\$([^$]+)\$")
_LANGUAGE = re.compile(r"\[([a-z]{2,3}(?:_[a-z_]+)?)\]")
_TYPESET = re.compile(r"[;:!?%'«»]|--")
_STANZA_END = re.compile(r"\n[ \t]*(?=\n)")
_LINE_ENDS = re.compile(r"\n+")


def set_aside(text: str, aside: Aside, language: str) -> str:
    """Return `text` with its verbatim pieces replaced by marks, in `language` where it offers several."""
    done: list[str] = []
    at = 0
    for opening, closing in pieces(text):
        if not aside.has_room():
            break
        name = opening[1].lower()
        done.append(text[at : opening.start()])
        content = text[opening.end() : closing.start()]
        if name == "multi":
            done.append(_in_language(set_aside(content, aside, language), aside, language))
        elif name.startswith("poe"):
            done.append(_poem(set_aside(content, aside, language), aside))
        else:
            done.append(_PIECES[name](content, aside))
        at = closing.end()
    done.append(text[at:])
    return "".join(done)


def pieces(text: str) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """Yield the opening tag, whose first group is its name, and the closing tag of each piece of `text`."""
    seeker = Seeker(text)
    at = 0
    while opening := _OPENING.search(text, at):
        closing = seeker.find(_CLOSING[opening[1].lower()], opening.end())
        if closing:
            yield opening, closing
        at = (closing or opening).end()


def _code(content: str, aside: Aside) -> str:
    """Code of several lines is a block; nothing in it counts, not even entities."""
    if "\n" not in content:
        return aside.put(Atom(f'<code class="spip_code">{escape(content, quote=False)}</code>'))
    content = escape(content.strip("\n").rstrip(), quote=False)
    return aside.put(Block(f'<pre class="spip_code"><code>{content}</code></pre>'))


def _frame(content: str, aside: Aside) -> str:
    content = content.strip()
    rows = content.count("\n") + 2
    attributes = f'readonly="readonly" cols="40" rows="{rows}" class="spip_cadre" aria-label="Code"'
    return aside.put(Block(f"<textarea {attributes}>{escape(content, quote=False)}</textarea>"))


def _html(content: str, aside: Aside) -> str:
    return aside.put(Raw(content))


def _preformatted(content: str, aside: Aside) -> str:
    """Tags count in here, but not in the code that it may hold."""
    parts = _CODE_END.split(content.lstrip("\n"))
    for at in range(len(parts) - 1):
        before, tag, code = _CODE_START.split(parts[at], 1) if _CODE_START.search(parts[at]) else (parts[at], "", "")
        parts[at] = before + tag + escape(code)
    return aside.put(Raw(f"<pre>{'</code>'.join(parts)}</pre>"))


def _script(_content: str, aside: Aside) -> str:
    return aside.put(NOTHING)


def _formulas(content: str, aside: Aside) -> str:
    """Formulas are shown as they are written: there is nothing here that draws them."""

    def formula(match: re.Match[str]) -> str:
        shown = Atom(f"<tt>{escape(match[1] or match[2], quote=False)}</tt>")
        return f"\n\n{aside.put(shown)}\n\n" if match[1] else aside.put(shown)

    return _FORMULA.sub(formula, content)


def _poem(content: str, aside: Aside) -> str:
    """A quotation in which each line is a block; a blank line is an empty one."""
    between = aside.put(Close("div")) + aside.put(Open("div"))
    lines = _LINE_ENDS.sub(between, _STANZA_END.sub("\n\u00a0", content.strip(BLANKS)))
    opening = aside.put(Open("blockquote", ' class="spip_poesie"')) + "\n\n" + aside.put(Open("div"))
    return opening + lines + aside.put(Close("div")) + aside.put(Close("blockquote")) + "\n\n"


def _in_language(content: str, aside: Aside, language: str) -> str:
    """Return the part of `<multi>` in `language`; what stands before the first `[code]` serves all others.

    Without either, the first part is shown, in its own language: French spaces aren't for it.
    """
    default, *rest = _LANGUAGE.split(content)
    texts = dict(zip(rest[::2], rest[1::2], strict=True))
    for code in (language.replace("-", "_").lower(), language.partition("-")[0].lower()):
        if code in texts:
            return texts[code].strip()
    if default.strip() or not texts:
        return default.strip()
    code, text = next(iter(texts.items()))
    foreign = _TYPESET.sub(lambda sign: aside.put(sign[0]), text.strip())
    return aside.put(Open("span", f' lang="{code.replace("_", "-")}"')) + foreign + aside.put(Close("span"))


_PIECES: dict[str, Callable[[str, Aside], str]] = {
    "code": _code,
    "cadre": _frame,
    "frame": _frame,
    "html": _html,
    "pre": _preformatted,
    "script": _script,
    "style": _script,
    "math": _formulas,
}
