"""Foot-notes: `[[text]]`, `[[<name> text]]`, `[[<name>]]` to call it again, `[[<> text]]` without a call.

A note leads to its text and the text back to its first call, so each id is
given once and every call has a text, be it empty.
"""

from html import escape
from typing import NamedTuple
from urllib.parse import quote

from labo_ssg.markup.spip.nodes import BLANKS, MARK, PARAGRAPH, Aside, Atom, Close, Name, Open

_PIECES = 5  # that one note may take: its call, and four at the foot


class Note(NamedTuple):
    """What a note shows as its call, its ids, and its text; `label` is "" when nothing calls it."""

    label: str
    key: str
    text: str


def set_aside(text: str, aside: Aside, prefix: str) -> tuple[str, list[Note]]:
    """Return `text` with its notes replaced by their calls, and the notes."""
    if "[[" not in text:
        return text, []
    notes = _Notes(aside, prefix)
    done: list[str] = []
    at = 0
    while (start := text.find("[[", at)) >= 0 and (end := text.find("]]", start + 2)) >= 0:
        if not aside.has_room(_PIECES * (len(notes.texts) + 1)):
            break
        done.append(text[at:start].rstrip(" "))
        done.append(notes.call(text[start + 2 : end]))
        at = end + 2
    done.append(text[at:])
    return "".join(done), list(notes.texts.values())


class _Notes:
    def __init__(self, aside: Aside, prefix: str) -> None:
        self.aside, self.prefix = aside, prefix
        self.count = 0
        self.keys: dict[str, str] = {}  # of each name
        self.taken: dict[str, int] = {}  # how many notes asked for a key
        self.texts: dict[str, Note] = {}  # by key; those without a call have keys of their own

    def call(self, content: str) -> str:
        """Take a note in; return what stands in its place."""
        name, text = self.named(content)
        if name == "":
            self.texts[f" {len(self.texts)}"] = Note("", "", text)
            return ""
        if name is None:
            self.count += 1
            name = str(self.count)
            key = self.key(name)
        else:
            again = self.keys.get(name)
            key = again if again and not (text and self.texts[again].text) else self.key(name)
            self.keys[name] = key
        first = key not in self.texts
        if first or text:
            self.texts[key] = Note(name, key, text)
        return self.aside.put(Atom(self.link(name, key, first=first)))

    def named(self, content: str) -> tuple[str | None, str]:
        """Split a note into its name, None without one, and its text."""
        stripped = content.lstrip(BLANKS)
        mark = MARK.match(stripped)
        node = self.aside.nodes[mark[0]] if mark else None
        if mark and isinstance(node, Name):
            return node.name, stripped[mark.end() :].strip(BLANKS)
        return None, content.strip(BLANKS)

    def key(self, name: str) -> str:
        """Return an id for `name` that no other note has."""
        wanted = quote(name, safe="").replace("%", "_").replace("~", "_")
        count = self.taken[wanted] = self.taken.get(wanted, 0) + 1
        return wanted if count == 1 else self.key(f"{wanted}-{count}")

    def link(self, label: str, key: str, *, first: bool) -> str:
        place = f' id="{self.prefix}nh{key}"' if first else ""
        link = f'<a href="#{self.prefix}nb{key}"{place} class="spip_note" role="doc-noteref">{escape(label)}</a>'
        return f'<span class="spip_note_ref">\u00a0[{link}]</span>'


def block(notes: list[Note], aside: Aside, prefix: str) -> str:
    """Return the text of the foot: each note with the way back to its call."""
    return "\n\n".join(_entry(note, aside, prefix) for note in notes)


def _entry(note: Note, aside: Aside, prefix: str) -> str:
    place = back = ""
    if note.label:
        place = f' id="{prefix}nb{note.key}"'
        link = f'<a href="#{prefix}nh{note.key}" class="spip_note" role="doc-backlink">{escape(note.label)}</a>'
        back = aside.put(Atom(f'<span class="spip_note_ref">[{link}]\u00a0</span>'))
    return aside.put(Open("div", place)) + aside.put(PARAGRAPH) + back + note.text + aside.put(Close("div"))
