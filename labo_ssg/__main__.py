"""`python -m labo_ssg`."""

from labo_ssg.cli.commands import main

main()
