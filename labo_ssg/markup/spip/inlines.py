"""Sets aside what is recognised by its own form, wherever it stands: tags, entities, links, addresses.

One pass from left to right, from one sign that may begin a piece to the next.
The text of a link stays in the text, between two marks: it may hold other
shortcuts, and a shortcut may even begin in it and end outside.
"""

import re
from html import escape, unescape

from labo_ssg.markup.spip import links, models, tags
from labo_ssg.markup.spip.languages import LANGUAGES
from labo_ssg.markup.spip.nodes import MARK, NOTHING, PARAGRAPH, Aside, Atom, Close, Name, Open, Seeker, Settings

# What a piece starts with; each alternative is literal, which is what makes the search fast.
_SIGNS = ("<", "[", "&", "\\", "http", "HTTP", "Http", "www.", "WWW.", "Www.")
SIGN = re.compile("|".join(map(re.escape, _SIGNS)))
LABEL_SIGN = re.compile(r"<|&|\\")

# The forms that start with each sign, in the order in which they are tried, and the reader of each.
_FORMS = {
    "\\": {"escaped": r"\\[<~]"},
    "<": {"comment": r"<!--", "declaration": r"<![A-Za-z\[][^<>]*>", "tag": tags.TAG},
    "&": {"entity": tags.ENTITY},
    "[": {
        "note": r"\[\[\s*<(?P<name>[^<>'\"\x02]*)>",
        "glossary": links.GLOSSARY,
        "anchor": links.ANCHOR,
        "link": links.LINK,
        "abbreviation": links.ABBREVIATION,
    },
    "h": {"address": links.ADDRESS},
    "w": {"address": links.ADDRESS},
}
_FORMS |= {"H": _FORMS["h"], "W": _FORMS["w"]}
_PATTERNS = {
    sign: re.compile("|".join(f"(?P<{name}>{form})" for name, form in forms.items())) for sign, forms in _FORMS.items()
}
_COMMENT_END = re.compile("-->")
_NOTE_END = re.compile(r"\]\]")
# Entities of these are as good as the signs themselves; others must not be taken for shortcuts.
_LETTER = re.compile("[\\w\u00a0«»“”°—]")


def set_aside(text: str, aside: Aside, settings: Settings) -> str:
    """Return `text` with its tags, entities, links and addresses replaced by marks."""
    for sign in _SIGNS:
        if sign in text:
            return Reader(text, aside, settings).read(SIGN)
    return text


class Reader:
    """One pass over a text: a method for each form, by its name, which returns what to leave in its place."""

    def __init__(self, text: str, aside: Aside, settings: Settings) -> None:
        self.text, self.aside, self.settings = text, aside, settings
        self.at = 0  # all before is read
        self.last_bracket = text.rfind("]")
        self.seeker = Seeker(text)
        self.note_end = 0
        self.quotes = "<quote>" in text

    def read(self, signs: re.Pattern[str]) -> str:
        """Return the text with what starts with one of `signs` replaced by marks."""
        text, done = self.text, list[str]()
        while self.aside.has_room() and (sign := signs.search(text, self.at)):
            start = sign.start()
            done.append(text[self.at : start])
            self.at = start + 1
            hopeless = text[start] == "[" and start > self.last_bracket
            match = None if hopeless else _PATTERNS[text[start]].match(text, start)
            if match is None:
                done.append(text[start])
            else:
                self.at = match.end()
                done.append(getattr(self, match.lastgroup or "")(match))
        done.append(text[self.at :])
        return "".join(done)

    def escaped(self, match: re.Match[str]) -> str:
        return self.aside.put(Atom(escape(match[0][1])))

    def comment(self, match: re.Match[str]) -> str:
        end = self.seeker.find(_COMMENT_END, match.end() - 2)
        if end is None:
            return match[0]
        self.at = end.end()
        return ""

    def declaration(self, _match: re.Match[str]) -> str:
        return ""

    def note(self, match: re.Match[str]) -> str:
        """Leave the name of a note."""
        if self.has_name(match):
            return "[[" + self.aside.put(Name(match["name"].strip()))
        self.at = match.start() + 2
        return "[["

    def has_name(self, note: re.Match[str]) -> bool:
        """Tell whether a note begins with its name; one that is closed like a tag is a tag."""
        if note.start() < self.note_end or not (end := self.seeker.find(_NOTE_END, note.end())):
            return False
        self.note_end = end.end()
        return f"</{note['name']}>" not in self.text[note.end() : end.start()]

    def tag(self, match: re.Match[str]) -> str:
        source = match[0]
        if source == "<quote>":
            return self.aside.put(Open("blockquote")) + self.aside.put(PARAGRAPH)
        if source == "</quote>":
            return self.aside.put(Close("blockquote") if self.quotes else NOTHING)
        if models.is_model(source):
            return self.aside.put(models.read(MARK.sub("", source), self.settings.links))
        node = tags.read_tag(source, self.settings.kind)
        return self.aside.put(NOTHING if node is None else node)

    def entity(self, match: re.Match[str]) -> str:
        text = tags.entity(match[0])
        if text is None:
            return match[0]
        return text if _LETTER.fullmatch(text) else self.aside.put(Atom(escape(text)))

    def glossary(self, match: re.Match[str]) -> str:
        term = links.term(match["term"], self.settings.language)
        if term is None:
            return match[0]
        return self.link_to(term.url, term.label.title, term.label.language, term.label.text, "spip_glossaire")

    def anchor(self, match: re.Match[str]) -> str:
        """Leave the place that a link can lead to; visitors make none."""
        if self.settings.kind == "forum":
            return ""
        return self.aside.put(Atom(f"<a{tags.attribute('id', match['place'])}></a>"))

    def abbreviation(self, match: re.Match[str]) -> str:
        language, meaning = match["language"], match["long"]
        if language and language not in LANGUAGES:
            language, meaning = "", f"{meaning}{{{language}}}"
        written = tags.attribute("title", unescape(meaning)) + (tags.attribute("lang", language) if language else "")
        opening = Open("abbr", written)
        return self.aside.put(opening) + match["short"] + self.aside.put(Close("abbr"))

    def link(self, match: re.Match[str]) -> str:
        label = links.label(match["label"], self.settings.language)
        to = links.destination(MARK.sub("", match["to"]), self.settings.links)
        if label.text:
            return self.link_to(to.url, label.title, label.language, label.text)
        text = self.aside.put(Atom(escape(to.text))) if to.verbatim else to.text
        return self.link_to(to.url, label.title, label.language, text, "spip_url" if to.verbatim else "")

    def link_to(self, url: str, title: str, language: str, text: str, name: str = "") -> str:
        """Leave `text` between the marks of a link, or alone where there is no `url`."""
        if LABEL_SIGN.search(text):
            text = Reader(text, self.aside, self.settings).read(LABEL_SIGN)
        if not url:
            return text
        attributes = {"href": url, "class": name, "hreflang": language, "title": unescape(title)}
        written = "".join(tags.attribute(name, value) for name, value in attributes.items() if value)
        opening = Open("a", written, block="\n\n" in text)
        return self.aside.put(opening) + text + self.aside.put(Close("a"))

    def address(self, match: re.Match[str]) -> str:
        found = links.bare_address(match[0])
        if found is None:
            return match[0]
        href, text, tail = found
        link = f'<a{tags.attribute("href", href)} class="spip_url">{escape(text)}</a>'
        return self.aside.put(Atom(link)) + tail
