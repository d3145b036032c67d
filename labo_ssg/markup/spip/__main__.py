"""The engine as a filter: JSON lines {"id", "kind", "text"} → {"id", "html", "notes"}, sanitised.

`--links FILE` names a JSON object of internal references: {"article1": {"url", "title"}};
under "", {"missing": "spip.php?{type}{id}"} is the address of the references it doesn't hold.
"""

import argparse
import sys
from pathlib import Path

import msgspec

from labo_ssg.markup import sanitize
from labo_ssg.markup.spip import engine, links
from labo_ssg.markup.spip.nodes import Kind
from labo_ssg.model import Target


class Message(msgspec.Struct):
    id: str
    kind: Kind
    text: str


class Links(dict[str, Target]):
    """The targets of a file; `missing` is the pattern of the others' addresses, "" for none."""

    def __init__(self, targets: dict[str, Target], missing: str) -> None:
        super().__init__(targets)
        self.missing = missing

    def __missing__(self, reference: str) -> Target:
        named = links.reference(reference)
        if named is None or named.canonical != reference or not self.missing:
            raise KeyError(reference)
        return Target(self.missing.format(type=named.type, id=named.number))


def read_links(path: Path | None) -> Links:
    if path is None:
        return Links({}, "")
    entries = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, str]])
    missing = entries.pop("", {}).get("missing", "")
    return Links({name: Target(entry["url"], entry.get("title", "")) for name, entry in entries.items()}, missing)


def answer(message: Message, targets: Links) -> bytes:
    rendered = engine.render(message.text, kind=message.kind, links=targets)
    clean = sanitize.comment if message.kind == "forum" else sanitize.article
    html, notes = str(clean(rendered.html)), str(clean(rendered.notes))
    return msgspec.json.encode({"id": message.id, "html": html, "notes": notes})


def main() -> int:
    """Answer each line; return 1 when some weren't messages, each of which is told on stderr."""
    parser = argparse.ArgumentParser(prog="python -m labo_ssg.markup.spip", description=__doc__)
    parser.add_argument("--links", type=Path, metavar="FILE")
    targets = read_links(parser.parse_args().links)
    decoder = msgspec.json.Decoder(Message)
    status = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            message = decoder.decode(line)
        except msgspec.MsgspecError as error:
            sys.stderr.write(f"line {number}: {error}\n")
            status = 1
            continue
        sys.stdout.buffer.write(answer(message, targets) + b"\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
