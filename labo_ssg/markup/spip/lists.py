"""Lists: `-*` and `-#` at the start of a line, deeper by repetition.

As SPIP's `spip-listes.php`: a change of kind at the same depth closes the list
and opens another; a deeper item opens what is missing on the way.
"""

from labo_ssg.markup.spip.nodes import PARAGRAPH, Close, Node, Open

_ITEM = Open("li")
_ITEM_END = Close("li")


class Lists:
    """The lists that are open: the kind of each, and whether it has an open item."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.items: list[bool] = []
        self.last_kind = ""

    def item(self, marker: str) -> list[Node]:
        """Return what an item begins with; `marker` is `-**`, `-#`…"""
        depth = len(marker) - 1
        kind = "ol" if marker[1] == "#" else "ul"
        changes = self.last_kind not in ("", kind) and depth == len(self.kinds)
        self.last_kind = kind
        found = self.close(depth - changes)
        if len(self.kinds) == depth:
            found.append(_ITEM_END)
        while len(self.kinds) < depth:
            if not self.kinds:
                found.append(PARAGRAPH)
            elif not self.items[-1]:
                found.append(_ITEM)
                self.items[-1] = True
            found.append(Open(kind))
            self.kinds.append(kind)
            self.items.append(False)
        found.append(_ITEM)
        self.items[-1] = True
        return found

    def close(self, depth: int = 0) -> list[Node]:
        """Return the ends of the lists deeper than `depth`."""
        found: list[Node] = []
        while len(self.kinds) > depth:
            if self.items.pop():
                found.append(_ITEM_END)
            found.append(Close(self.kinds.pop()))
        return found

    def forget(self) -> None:
        """Start anew, as in a cell of a table: what is open ends with the cell."""
        self.kinds.clear()
        self.items.clear()
        self.last_kind = ""
