"""Words of a stranger → Markdown that does nothing, on the page of any forge.

What can do no harm is written as text. A word that a forge could take for a mention, a reference, an address,
mathematics or a picture of its own is shown as code, which no forge looks into; escaping it would not do, for GitHub
looks for such words in what was rendered. Spaces in code are no-break ones: GitLab looks for "Closes #1" in the text as
it was written, code or not.
"""

import re
from unicodedata import category

NBSP = "\u00a0"

_RISKY = re.compile(
    r"""[@#$`\\]                    # mentions, references, mathematics, code
    | //|www\.|\.[^\W\d]            # addresses, and names of hosts
    | [!&~%^]["'\w]                 # GitLab: a merge request, an epic, a label, a milestone, an alert
    | :[\w+-]+:|\*\w+:              # emoji; GitLab: an iteration
    | \[[!\[_^A-Za-z]               # GitLab: [issue:1], [[_TOC_]]; GitHub: [!NOTE]
    | [^\W\d][-_:=/.]\d             # tickets elsewhere: GH-12, ABC-7
    | (?i:mailto|xmpp):            # addresses that forges find
    | [0-9A-Fa-f]{7}                # commits""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"[*_{}\[\]<>|~^=&]")
_START = re.compile(r"(\d+)(?=[.)])|(?=[-+/:])")
_ENDS = ".,;!?)»”"  # of a sentence, after a word that is shown as code
_DROPPED = frozenset("\u00ad\u200b\u2060\ufeff")
_JOINERS = frozenset("\u200c\u200d")  # of letters in some scripts, and of emoji
_USUAL = {ord(one): " " for one in "\n\t\u00a0\u202f"}


def words(text: str, longest: int = 300) -> str:
    """Return plain `text` on one line, with all in it that could work made code."""
    line = " ".join(visible(text).split())
    return begun(tokens(line if len(line) <= longest else f"{line[: longest - 1]}…"))


def code(text: str, longest: int = 1000) -> str:
    """Return `text` on one line of code."""
    line = NBSP.join(visible(text).split()) or "–"
    line = line if len(line) <= longest else f"{line[: longest - 1]}…"
    fence = "`" * (longest_run(line) + 1)
    return f"{fence} {line} {fence}" if "`" in (line[0], line[-1]) else f"{fence}{line}{fence}"


def visible(text: str) -> str:
    """Return `text` without what cannot be seen; what turns the direction of writing is shown as �."""
    if text.translate(_USUAL).isprintable():
        return text
    return "".join(map(_seen, text))


def _seen(one: str) -> str:
    if one in "\n\t" or one in _JOINERS:
        return one
    kind = category(one)
    if kind in ("Zl", "Zp"):
        return " "
    return one if kind not in ("Cc", "Cf", "Cs", "Cn") else "" if one in _DROPPED else "\ufffd"


def tokens(text: str) -> str:
    """Return `text` word by word, its spaces as they are."""
    return "".join(one if not one or one.isspace() else _token(one) for one in re.split(r"(\s+)", text))


def _token(word: str) -> str:
    if _RISKY.search(word):
        core = word.rstrip(_ENDS) or word
        return code(core, len(core)) + _escape(word[len(core) :])
    return _escape(word)


def begun(line: str) -> str:
    """Return a line such that its first sign begins no list, and none of GitLab's commands."""
    start = _START.match(line)
    return f"{start[0]}\\{line[start.end() :]}" if start else line


def _escape(text: str) -> str:
    return _ESCAPED.sub(r"\\\g<0>", text)


def longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
