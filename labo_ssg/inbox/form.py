"""What a visitor typed into the form → a Submission, and what is wrong with it, field by field."""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

SHORTEST, LONGEST = 10, 20_000  # characters of a message, as the form says
LIMITS = {"author": 80, "email": 254, "website": 500}  # characters; the form's own `maxlength`
EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")
WEBSITE = re.compile(r"https?://[^\s\"'<>\\]+")

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
    """Return what the `fields` of a form hold; what has no name here is passed over."""
    lines = {name: " ".join(fields.get(name, "").split()) for name in Submission.__struct_fields__ if name != "text"}
    return Submission(**lines, text=fields.get("text", "").replace("\r\n", "\n").replace("\r", "\n"))


def check(submission: Submission, say: Say) -> dict[str, str]:
    """Return what is wrong with `submission`, by the name of the field, in the order of the form."""
    errors = {}
    if not submission.author:
        errors["author"] = say("Please give a name; a pseudonym will do.")
    if submission.email and not EMAIL.fullmatch(submission.email):
        errors["email"] = say("This is not an e-mail address: it is written like name@example.org.")
    if submission.website and not WEBSITE.fullmatch(submission.website):
        errors["website"] = say("This is not the address of a site: it starts with https://")
    for name, longest in LIMITS.items():
        if len(getattr(submission, name)) > longest:
            errors[name] = say("This is too long: {count} characters at most.").format(count=longest)
    length = len(submission.text.strip())
    if not length:
        errors["text"] = say("Your message is empty.")
    elif length < SHORTEST:
        errors["text"] = say("Your message is too short: {count} characters at least.").format(count=SHORTEST)
    elif length > LONGEST:
        errors["text"] = say("Your message is too long: {count} characters at most.").format(count=LONGEST)
    return errors
