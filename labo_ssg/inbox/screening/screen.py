"""What speaks against a message: a rank and reasons, for those who decide; it refuses nothing.

Each rule yields what it found, and what that costs of the rank of 100. All of them are linear in the text.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from msgspec import Struct

from labo_ssg.formats import plain_text
from labo_ssg.formats.comment import Screen
from labo_ssg.inbox.form import Say, Submission
from labo_ssg.inbox.screening import hosts
from labo_ssg.inbox.screening.phrases import TRADE, by_first_word, found
from labo_ssg.inbox.screening.twins import folded_words
from labo_ssg.model import ScreenSettings

HASTY = 3  # seconds; nobody reads a preview in less
BUSY_SENDER, BUSY_ARTICLE = 5, 30  # messages in an hour
SHORT = 8  # words of a text that two people may well write alike: "Merci pour cet article !"
ACRONYM = 5  # letters; longer words in capitals are taken for shouting
LATIN_TO = "\u02ff"  # up to it, all letters are Latin
UNBROKEN = 50  # letters and digits of a word; anticonstitutionnellement has 25
ADVERTISED = 15, 30, 55, 70, 80  # what a phrase of advertisers costs, and two, three…
SHOWN, CUT = 5, 60  # findings that a reason names, and characters of each

_CODES = re.compile(r"[\[<](?:(?<=\[)(?:url=|url\](?!\()|link=)|(?<=<)a\s[^<>]{0,20}?href)", re.IGNORECASE)
_PIECES = re.compile(r"<((?:[^<>\"]|\"[^\"]*+\")*+)>|([^<]++)")  # what stands between < and >, or text
_ATTRIBUTE = re.compile(r"(?<![\w-])([\w-]++)=\"([^\"]*+)\"")
_NAMES_A_SITE = re.compile(
    r"://|\bwww\.|[a-z0-9-]\.(?:app|biz|bet|casino|cc|click|club|cn|co|com|dev|eu|fr|icu|info|io|link|live|net|online|"
    r"org|pro|ru|shop|site|store|tk|top|tv|uk|us|vip|win|xyz)(?![\w-])",
    re.IGNORECASE,
)
_GLUED = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z0-9])")  # CreditRapide24
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = (
    "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u02ff\u1d00-\u1dbf\u1e00-\u1eff\u2071-\u209c\u2100-\u218b\u2c60-\u2c7f\ua720-\ua7ff"
    "\uab30-\uab6f\ufb00-\ufb06\uff21-\uff5a\U0001d400-\U0001d7ff"
)
_LATIN_LETTERS = re.compile(f"[{_LATIN}]+")
_CYRILLIC = "\u0400-\u052f\u1c80-\u1c8f"
_MIXED = re.compile(f"[{_LATIN}][{_CYRILLIC}]|[{_CYRILLIC}][{_LATIN}]")
_JOINING, _TURNING = "\u200b-\u200f\u2060-\u2064\ufeff", "\u202a-\u202e\u2066-\u2069"
# Beside words, those that join or part come with what is copied from pages and telephones; emoji are made with one.
_INVISIBLE = re.compile(f"[^\\W\\d_][{_JOINING}]++(?=[^\\W\\d_])|[{_TURNING}]")
_TRICKY = re.compile(f"[{_CYRILLIC}{_JOINING}{_TURNING}]")

Finding = tuple[int, str]
"""What the rank loses, and why."""


class Circumstances(Struct, frozen=True):
    """What is known of how a message came.

    `seconds` passed between the page with the preview and its confirmation. `by_sender` and `under_article` are
    messages taken in this hour before this one, `twins` the ids of others with (nearly) the same text, `home` is
    the host name of the site itself.
    """

    seconds: float
    by_sender: int
    under_article: int
    twins: tuple[str, ...]
    home: str


class _Message(NamedTuple):
    """What several rules look at: the text without its addresses, what it says, and where its links lead.

    `linked` is the share of the visible text that is links, `strangers` the hosts of its links, one a link,
    without friends; `website` is that of the field, "" for a friend's.
    """

    submission: Submission
    bare: str
    words: list[str]
    author: list[str]
    strangers: tuple[list[str], list[str]]
    website: str
    linked: float


def screen(submission: Submission, html: str, around: Circumstances, settings: ScreenSettings, say: Say) -> Screen:
    """Return how little speaks against `submission`, of 100, and what does, the heaviest first.

    `html` is the message as it will be published. A language with a catalogue, French or English, is taken for
    that of the site: letters of another script than theirs count against a message.
    """
    message = _read(submission, html, around, settings)
    findings = [
        *_of_links(message, settings, say),
        *_of_words(message, settings, say),
        *_of_letters(message, say),
        *_of_tricks(message, say),
        *_of_circumstances(message, around, say),
    ]
    findings.sort(key=lambda finding: -finding[0])
    return Screen(max(0, 100 - sum(cost for cost, _ in findings)), tuple(reason for _, reason in findings))


def _read(submission: Submission, html: str, around: Circumstances, settings: ScreenSettings) -> _Message:
    friends = _friends(settings.friends, around.home)
    urls, linked = _links(html)
    bare, typed = hosts.typed(submission.text)
    website = hosts.host(submission.website)
    return _Message(
        submission,
        bare=bare,
        words=folded_words(submission.text),
        author=folded_words(_GLUED.sub(" ", submission.author)),
        strangers=(_strangers(urls, friends), _strangers(typed, friends)),
        website="" if hosts.is_among(website, friends) else website,
        linked=linked,
    )


@lru_cache(16)
def _friends(friends: tuple[str, ...], home: str) -> frozenset[str]:
    return hosts.domains((*friends, home))


def _strangers(urls: Iterable[str], friends: frozenset[str]) -> list[str]:
    names = map(hosts.host, urls)
    return [name for name in names if name and not hosts.is_among(name, friends)]


def _links(html: str) -> tuple[list[str], float]:
    """Return where the links of `html` lead, and what share of its visible text they are, 0 to 1."""
    urls, inside, lengths = [], False, [0, 0]
    for tag, text in _PIECES.findall(html.replace("&nbsp;", " ")):
        if text:
            addresses = 0 if inside or "://" not in text else sum(map(len, hosts.typed(text)[1]))  # left as text
            lengths[inside] += len(text.strip()) - addresses
            lengths[True] += addresses
        elif tag.startswith("/a"):
            inside = inside and tag.strip() != "/a"
        elif tag.startswith("a "):
            attributes = dict(_ATTRIBUTE.findall(tag))
            inside = "href" in attributes
            urls += [unescape(attributes["href"])] if inside else []
    return urls, lengths[True] / max(1, sum(lengths))


def _of_links(message: _Message, settings: ScreenSettings, say: Say) -> Iterator[Finding]:
    rendered, typed = message.strangers
    names = list(dict.fromkeys(rendered + typed))
    count = max(len(rendered), len(typed))  # the same links twice, but for those that only one of them makes out
    if count > settings.links:
        reason = say("{count} link, to {hosts}.") if count == 1 else say("{count} links, to {hosts}.")
        yield min(60, 15 + 10 * (count - settings.links)), reason.format(count=count, hosts=_shown(names))
    if names and message.linked > 0.6:
        yield 15, say("Links are {share}% of the text.").format(share=round(100 * message.linked))
    names += [message.website] if message.website else []
    if hidden := [name for name in names if name.removeprefix("www.") in hosts.SHORTENERS]:
        yield 25, say("A short address hides where it leads: {hosts}.").format(hosts=_shown(hidden))
    if numbers := [name for name in names if hosts.is_number(name)]:
        yield 35, say("A number instead of the name of a site: {hosts}.").format(hosts=_shown(numbers))
    codes = [" ".join(code.split()) for code in _CODES.findall(message.submission.text)]
    if codes:  # the form takes HTML: one link in it is a habit, a row of them, or forums' code, is no person's
        cost = 15 if len(codes) == 1 and codes[0].startswith("<") else 55
        yield cost, say("The code of links was typed: {codes}.").format(codes=_shown(codes))


def _of_words(message: _Message, settings: ScreenSettings, say: Say) -> Iterator[Finding]:
    website = folded_words(message.submission.website)
    everything = [*message.words, "", *message.author, "", *website]  # no phrase reaches over ""
    if listed := found(everything, by_first_word(settings.words)):
        yield min(75, 25 + 20 * len(listed)), say("From the list of words: {words}.").format(words=_shown(listed))
    trade = by_first_word(TRADE)
    if offered := found(message.author, trade):
        yield 40, say("The name is an advertisement: {words}.").format(words=_shown(offered))
    if offered := found([*message.words, "", *website], trade):
        yield (
            ADVERTISED[min(len(offered), len(ADVERTISED)) - 1],
            say("Words of advertising: {words}.").format(words=_shown(offered)),
        )
    if _NAMES_A_SITE.search(message.submission.author):
        yield (
            35,
            say("The name holds the address of a site: {author}.").format(author=_shown([message.submission.author])),
        )


def _of_letters(message: _Message, say: Say) -> Iterator[Finding]:
    words = _WORD.findall(message.bare)
    letters = "".join(words)
    in_capitals = [word for word in words if word.isupper()]
    shouted = sum(len(word) for word in in_capitals if len(word) > ACRONYM)
    other = len(letters) - sum(map(len, in_capitals))
    if shouted >= 20 and shouted > 2 * other:
        share = sum(map(str.isupper, letters)) / len(letters)
        yield 25, say("Capitals are {share}% of the letters.").format(share=round(100 * share))
    if max(letters, default="") > LATIN_TO:
        foreign = len(_LATIN_LETTERS.sub("", letters))
        if foreign >= 10 and foreign > 0.3 * len(letters):
            share = round(100 * foreign / len(letters))
            yield 60, say("Another script than Latin has {share}% of the letters.").format(share=share)
    pieces = [piece for piece in message.bare.split() if len(piece) > UNBROKEN]
    longest = max(map(len, folded_words(" ".join(pieces))), default=0)
    if longest > UNBROKEN:
        yield 25, say("There is a word of {count} characters.").format(count=longest)


def _of_tricks(message: _Message, say: Say) -> Iterator[Finding]:
    text = f"{message.submission.author} {message.submission.text}"
    if not _TRICKY.search(text):  # a quick look, which tells most
        return
    if signs := sorted({run[-1] for run in _INVISIBLE.findall(text)}):
        yield (
            30,
            say("Signs that nobody sees are inside its words: {signs}.").format(
                signs=_shown(map(plain_text.name, signs))
            ),
        )
    if _MIXED.search(text):
        mixed = [word for word in _WORD.findall(text) if _MIXED.search(word)]
        yield 55, say("Words mix Latin and Cyrillic letters: {words}.").format(words=_shown(mixed))


def _of_circumstances(message: _Message, around: Circumstances, say: Say) -> Iterator[Finding]:
    if around.seconds < HASTY:
        count = int(max(0, around.seconds))
        yield 30, say("It was sent {count} s after the preview.").format(count=count)
    if around.twins:
        cost = 10 if len(message.words) < SHORT else 40 if len(around.twins) == 1 else 55
        yield cost, say("The same text is elsewhere: {ids}.").format(ids=_shown(around.twins))
    if around.by_sender >= BUSY_SENDER:
        reason = say("{count} other messages came from the same sender in this hour.")
        yield min(40, 4 * around.by_sender), reason.format(count=around.by_sender)
    if around.under_article >= BUSY_ARTICLE:
        reason = say("{count} other messages came under the same article in this hour.")
        yield 15, reason.format(count=around.under_article)


def _shown(findings: Iterable[str]) -> str:
    """Return the first few, each once and short, of what a hostile text may hold: only signs that can be seen."""
    once = list(dict.fromkeys(findings))
    shown = ["".join(filter(str.isprintable, one[:CUT])) + ("…" if len(one) > CUT else "") for one in once[:SHOWN]]
    return ", ".join([*shown, "…"] if len(once) > SHOWN else shown)
