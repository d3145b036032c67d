"""The same text elsewhere: texts folded, what stands for each, and which were seen lately.

Unicode's own NFKD takes time that grows with the square of a row of accents
(10,000 of them: 0.3 s). So texts are folded sign by sign, by a table.
"""

import re
import unicodedata
from collections import OrderedDict
from hashlib import blake2b

TOGETHER = 3  # ids that are kept of one text

_KEPT = 16_384  # signs that are known by heart, 2 MB; one more, and they are learnt anew
_LIGATURES = {"œ": "oe", "æ": "ae"}
_QUERY = re.compile(r"((?:https?|ftp)://[^\s?#<>\"\])]*+)(?:\?[^\s#<>\"\])]*+)?", re.IGNORECASE)


class _Folds(dict[int, str]):
    """What is left of each sign: letters without case and accent, digits, nothing, or the space between words."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", chr(code)).casefold()
        folded = "".join(_LIGATURES.get(part, part) if part.isalnum() else _gap(part) for part in parts)
        if len(self) >= _KEPT:
            self.clear()
        self[code] = folded
        return folded


def _gap(sign: str) -> str:
    """Return what a `sign` that is no letter leaves: accents and invisible signs do not part a word."""
    return "" if unicodedata.category(sign) in ("Mn", "Mc", "Me", "Cf") else " "


_FOLDS = _Folds()


def folded_words(text: str) -> list[str]:
    """Return the words of `text`, without case, accents and punctuation: "L’Œuvre, à PTCE" → l oeuvre a ptce."""
    return text.translate(_FOLDS).split()


def fingerprint(text: str) -> bytes:
    """Return 8 bytes, the same for texts that only signs, spaces, accents, case and the query of a URL tell apart."""
    known = " ".join(folded_words(_QUERY.sub(r"\1", text)))
    if not known:  # nothing but signs, 👍 say, which still are not 👎
        known = " ".join(text.split())
    return blake2b(known.encode("utf-8", "surrogatepass"), digest_size=8).digest()


class Recent:
    """The texts seen lately, of which those not met for longest are forgotten: `size` of them, 3 ids each.

    For one thread. Whatever is asked takes the same time, however much it holds.
    """

    def __init__(self, size: int = 20_000) -> None:
        self._size = size
        self._ids: OrderedDict[bytes, tuple[str, ...]] = OrderedDict()
        self._fingerprints: dict[str, bytes] = {}

    def __len__(self) -> int:
        """Return how many texts are known."""
        return len(self._ids)

    def add(self, fingerprint: bytes, comment_id: str) -> None:
        """Remember the text of a comment; of many that say the same, the last three are."""
        self.forget(comment_id)
        ids = (*self._ids.get(fingerprint, ()), comment_id)
        for one in ids[:-TOGETHER]:
            del self._fingerprints[one]
        self._ids[fingerprint] = ids[-TOGETHER:]
        self._ids.move_to_end(fingerprint)
        self._fingerprints[comment_id] = fingerprint
        if len(self._ids) > self._size:
            _, gone = self._ids.popitem(last=False)
            for one in gone:
                del self._fingerprints[one]

    def find(self, fingerprint: bytes) -> tuple[str, ...]:
        """Return the ids of the comments that say the same, oldest first."""
        ids = self._ids.get(fingerprint, ())
        if ids:
            self._ids.move_to_end(fingerprint)
        return ids

    def forget(self, comment_id: str) -> None:
        """Forget a comment, of which nothing may be known."""
        fingerprint = self._fingerprints.pop(comment_id, None)
        if fingerprint is None:
            return
        left = tuple(one for one in self._ids[fingerprint] if one != comment_id)
        if left:
            self._ids[fingerprint] = left
        else:
            del self._ids[fingerprint]
