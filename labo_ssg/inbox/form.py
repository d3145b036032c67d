"""What a visitor typed into the form → a Submission, and what is wrong with it, field by field."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import asdict, replace

from labo_ssg.formats import plain_text
from labo_ssg.formats.comment import WEBSITE
from labo_ssg.model import CommentSettings
from labo_ssg.pages import forms

LARGEST = 20 * 1024  # bytes of a whole form, as SPIP has it
LIMITS = {"author": 80, "email": 254, "website": 500}  # characters; the form's own `maxlength`
EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")

Say = Callable[[str], str]
"""Returns words in the language of the site."""


class Submission(Struct, frozen=True):
    """A message as it was typed; `article` and `reply_to` are ids, "" for none."""

    article: str = ""
    reply_to: str = ""
    author: str = ""
    email: str = ""
    website: str = ""
    text: str = ""


def read(fields: Mapping[str, str]) -> Submission:
    """Return what the `fields` of a form hold, without what no page can show; what has no name here is passed over."""
    seen = {name: plain_text.visible(fields.get(name, "")) for name in Submission.__struct_fields__}
    lines = {name: " ".join(value.split()) for name, value in seen.items() if name != "text"}
    text = seen["text"].replace("\r\n", "\n").replace("\r", "\n")
    return Submission(**lines, text=re.sub(r"\A(?:[^\S\n]*\n)+", "", text).rstrip())


def asked(submission: Submission, settings: CommentSettings) -> Submission:
    """Return `submission` with what the form of the site asks for, and nothing else."""
    email = submission.email if forms.asks_email(settings) else ""
    return replace(submission, email=email, website=submission.website if settings.website == "shown" else "")


def check(submission: Submission, settings: CommentSettings, say: Say) -> dict[str, str]:
    """Return what is wrong with `submission`, by the name of the field, in the order of the form."""
    errors = {}
    if not submission.author and settings.name == "required":
        errors["author"] = say("Please give a name; a pseudonym will do.")
    if _bare(submission.author) in set(map(_bare, settings.editors)):
        errors["author"] = say("This name is kept for the editors of the site: please take another one.")
    if submission.email and not EMAIL.fullmatch(submission.email):
        errors["email"] = say("This is not an e-mail address: it is written like name@example.org.")
    if submission.website and not WEBSITE.fullmatch(submission.website):
        errors["website"] = say("This is not the address of a site: it starts with https://")
    for name, longest in LIMITS.items():
        if len(getattr(submission, name)) > longest:
            errors[name] = say("This is too long: {count} characters at most.").format(count=longest)
    length = len(submission.text)
    if not length:
        errors["text"] = say("Your message is empty.")
    elif length < settings.shortest:
        errors["text"] = say("Your message is too short: {count} characters at least.").format(count=settings.shortest)
    elif length > settings.longest:
        errors["text"] = say("Your message is too long: {count} characters at most.").format(count=settings.longest)
    elif sum(len(value.encode()) for value in asdict(submission).values()) > LARGEST:
        errors["text"] = say("Your message is too long: all that you typed must fit in 20 KB.")
    return errors


def _bare(name: str) -> str:
    """Return the letters and digits of a name, to tell whether readers would take it for another."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))
