"""Messages and proposals, for the tests of forges."""

from depots import Depot

from labo_ssg.forge.proposal import Change, Proposal

BOT = "Boîte du site <bot@asso.example>"
BRANCH = "labo/20210113T101500Z-7f3k9q"


def pending(name: str) -> str:
    return f"comments/pending/ptce/{name}.md"


def approved(name: str) -> str:
    return f"comments/approved/ptce/{name}.md"


def text(name: str) -> bytes:
    return f"---\narticle: ptce\nauthor: Éloïse\n---\nLe message {name}.\n".encode()


def change(name: str) -> Change:
    return Change(approved(name), text(name), pending(name))


def proposal(
    *names: str, branch: str = BRANCH, title: str = "Un message", words: str = "Le texte.\n\nFin."
) -> Proposal:
    message = f"Propose {len(names)} messages\n\nComment: {', '.join(names[:3])}\n"
    return Proposal(branch, title, words, message, BOT, tuple(change(name) for name in names))


def depot(*waiting: str) -> Depot:
    """Return a repository with an article, and the messages `waiting` in comments/pending."""
    made = Depot()
    article = {"content/ptce.md": b"---\ntitle: PTCE\n---\nUn texte.\n"}
    made.change("main", {**article, **{pending(name): text(name) for name in waiting}})
    return made
