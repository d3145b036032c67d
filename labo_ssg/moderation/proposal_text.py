"""Messages that are proposed → the title and the text of their pull request, in the site's language.

The text is Markdown for any forge; nothing that a visitor has written works in it (`markup/harmless`). The title
becomes a line of the commit that merges it, where no sign could be made harmless: of a visitor it has letters only.
"""

import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from labo_ssg import language
from labo_ssg.disk.messages import path_of
from labo_ssg.markup import harmless, quoted
from labo_ssg.model import Site
from labo_ssg.moderation.queue import Pending
from labo_ssg.moderation.showing import Shown
from labo_ssg.places import APPROVED

LONGEST = 60_000  # characters of a text: GitHub takes 65,536
MOST = 150  # messages that a text tells of
ROOMS = (20_000, 5_000, 1_500, 400)  # characters that are shown of each message, as far as all of them fit
NAME = 60  # characters of a name, or a title, in a title
DRAFT = "Draft: "  # GitLab merges nothing that is called so
_NOT_IN_NAMES = re.compile(r"[^\w\s'’.-]|[\d_]")
_NOT_IN_TITLES = re.compile(r"[@<>`$\\]|#(?=\d)")


class Entry(Struct, frozen=True):
    """A message that is proposed; `shown` is None where it cannot be shown as on the site."""

    message: Pending
    shown: Shown | None = None


def title(entries: Sequence[Entry], site: Site) -> str:
    """Return the title of the pull request that proposes `entries`."""
    say = language.translations(site.language).gettext
    if not entries:
        return DRAFT + say("Withdrawn, not to be merged")
    if len(entries) > 1:
        return say("{count} messages wait for a decision").format(count=len(entries))
    [one] = entries
    about = one.shown.title if one.shown else one.message.article
    about = _short(_NOT_IN_TITLES.sub("", harmless.visible(about)).replace("\ufffd", ""))
    author = _short(_NOT_IN_NAMES.sub(" ", harmless.visible(one.message.author)))
    return say("Message of {author} on “{title}”").format(author=author or "…", title=about)


def text(entries: Sequence[Entry], site: Site, *, together: bool, folder: str = "") -> str:
    """Return what the pull request says of `entries`; `folder` is the site's in its repository, with a slash, or ""."""
    shown = min(len(entries), MOST)
    rooms = [one for one in ROOMS[:-1] if one * shown <= ROOMS[0] * 10]  # others would be too much of any message
    for room in [*rooms, *[ROOMS[-1]] * (shown + 1)]:
        more = len(entries) - shown
        made = _whole(entries[:shown], site, room, folder, together=together, more=more)
        if len(made) <= LONGEST:
            break
        if room == ROOMS[-1]:
            shown = min(shown - 1, shown * LONGEST // len(made))
    return made


def _whole(entries: Sequence[Entry], site: Site, room: int, folder: str, *, together: bool, more: int = 0) -> str:
    say = language.translations(site.language).gettext
    if not entries:
        return say("What was proposed here was withdrawn by its author, or decided: close this, do not merge it.")
    parts = list[str]()
    for one in entries:
        parts += _about(one, site, room, folder)
        parts.append("* * *")
    if more:
        words = say("And {count} more: they are too many for this page, read them in their files.")
        parts += [words.format(count=more), "* * *"]
    return "\n\n".join([*parts, *_decide(site, together=together)]) + "\n"


def _about(one: Entry, site: Site, room: int, folder: str) -> list[str]:
    """Return what is said of a message, paragraph by paragraph."""
    say = language.translations(site.language).gettext
    message, shown = one.message, one.shown
    when = language.long_moment(message.date.astimezone(ZoneInfo(site.timezone)), site.language)
    parts = [f"**{harmless.words(message.author)}** · {when}"]
    parts.append(f"[{harmless.words(shown.title)}](<{_url(shown.url)}>)" if shown else harmless.code(message.article))
    if shown and shown.reply_to:
        parts.append(say("In answer to: {excerpt}").format(excerpt=harmless.words(shown.reply_to)))
    quote = quoted.quote(shown.html, room) if shown else quoted.quote_text(message.text, room)
    parts.append(quote.text)
    if not quote.is_whole:
        parts.append(say("The message goes on: read the rest in its file."))
    if links := shown.links if shown else message.links:
        parts += [say("It leads to:"), _items(links[: max(room // 200, 5)])]
    if message.screen:
        parts.append(say("Rank {rank} of 100").format(rank=message.screen.rank))
        parts.append("\n".join(f"- {harmless.words(reason)}" for reason in message.screen.reasons))
    path = folder + path_of(APPROVED, message.article, message.id)
    parts.append(say("Its file: {path}").format(path=harmless.code(path)))
    return [part for part in parts if part]


def _decide(site: Site, *, together: bool) -> list[str]:
    say = language.translations(site.language).gettext
    if not together:
        return [say("**To publish it**, merge this. **To refuse it**, close this without merging.")]
    alone = say("**To refuse one alone**, delete its file from the branch, and those of its answers, before you merge.")
    return [
        say("**To publish them**, merge this. **To refuse them all**, close this without merging."),
        alone,
    ]


def _items(lines: Sequence[str]) -> str:
    return "\n".join(f"- {harmless.code(line, 500)}" for line in lines)


def _url(url: str) -> str:
    return "".join(one for one in url if one.isprintable() and one not in "<> \\")


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= NAME else f"{line[: NAME - 1]}…"
