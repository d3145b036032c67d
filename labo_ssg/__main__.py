"""`python -m labo_ssg`."""

from labo_ssg.cli import main

main()
