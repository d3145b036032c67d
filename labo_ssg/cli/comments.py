"""`labo comments …`: the messages of visitors."""

import click

from labo_ssg.cli import erasing, letters, moderation, proposing, reviewing


@click.group()
def comments() -> None:
    """Take in the messages of visitors, and decide."""


for command in (
    moderation.list_waiting,
    moderation.show,
    reviewing.review,
    moderation.approve,
    moderation.reject,
    moderation.spam,
    moderation.log,
    proposing.propose,
    proposing.tidy,
    erasing.erase,
    erasing.unseal,
    letters.import_letters,
):
    comments.add_command(command)
