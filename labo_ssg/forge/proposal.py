"""What a forge is asked for: a branch whose merge publishes messages, and what became of it."""

from collections.abc import Collection
from typing import Literal, Protocol

from msgspec import Struct

State = Literal["none", "open", "merged", "closed"]
"""What became of a proposal; "none": it was never made, or its branch alone is there."""


class Change(Struct, frozen=True):
    """A file that a proposal puts at `path`, with its bytes; if it lies at `old` on the main branch, it moves."""

    path: str
    data: bytes
    old: str


class Proposal(Struct, frozen=True):
    """A branch with one commit, and the pull request that it is shown by.

    `message` is the commit's, `author` ("Name <address>") its author; `text` is Markdown. Paths begin at the top of
    the repository. Files that are `gone` are not proposed any more: a further commit, with the message `farewell`,
    takes them off the branch.
    """

    branch: str
    title: str
    text: str
    message: str
    author: str
    changes: tuple[Change, ...]
    gone: tuple[str, ...] = ()
    farewell: str = ""


class Standing(Struct, frozen=True):
    """A pull request as it stands: its page, its number, and who has decided, where that is known.

    `paths` are the files that its branch puts into comments/approved of the site, while it is open.
    """

    state: State
    url: str = ""
    number: int = 0
    by: str = ""
    paths: tuple[str, ...] = ()


class ForgeFailed(Exception):  # noqa: N818 - it is no mistake of a programmer: one tries again
    """A forge did not do what it was asked; the text says what it answered, and `hint` what to do."""

    def __init__(self, words: str, hint: str = "") -> None:
        super().__init__(words)
        self.hint = hint


class Forge(Protocol):
    """A repository on a forge. Each method may wait for the network, and raises ForgeFailed."""

    def propose(self, proposal: Proposal) -> Standing:
        """Have one branch and one open pull request that say what `proposal` does, however often this is asked.

        Where its branch is open already, it is brought to these changes, title and text; where it was merged or closed
        before, a new one of the same name is opened. What lies on the main branch as it is proposed is left out.
        """
        ...

    def standing(self, branch: str) -> Standing:
        """Return what became of the last proposal by the name of `branch`."""
        ...

    def withdraw(self, branch: str) -> None:
        """Have no pull request open, and no branch, by the name of `branch`: what it says is not wanted any more."""
        ...

    def holds(self, paths: Collection[str]) -> set[str]:
        """Return those of `paths` that lie on the main branch."""
        ...
