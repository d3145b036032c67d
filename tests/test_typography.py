"""Typography on bare text: golden cases of both French styles, English quotes, and what must always hold."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labo_ssg.markup.typography import typeset, typeset_all
from labo_ssg.model import Typography
from tests.cases import Case, cases

SIGNS = st.text(st.sampled_from(" !?;:.,«»'-—%°~MnNe.\u00a0\u202f\u2009&#htps/:(é\n"), max_size=30)
SHOWN = str.maketrans({"\u00a0": "⍽", "\u202f": "⌇"})


@pytest.mark.parametrize("case", cases("typography"), ids=lambda case: case.id)
def test_case(case: Case) -> None:
    style: Typography = "fine" if case.family == "fine" else "spip"
    source = case.source.replace("⍽", "\u00a0").replace("⌇", "\u202f")
    assert typeset(source, language="fr", typography=style).translate(SHOWN) == case.expected


@pytest.mark.parametrize("style", get_args(Typography))
@pytest.mark.parametrize("language", ["fr", "en", "pt"])
@given(texts=st.lists(SIGNS | st.just("\x1e"), min_size=1, max_size=6))
def test_texts_that_are_typeset_together_know_nothing_of_each_other(
    language: str, style: Typography, texts: list[str]
) -> None:
    apart = [typeset(text, language=language, typography=style) for text in texts]
    assert typeset_all(texts, language=language, typography=style) == apart


@pytest.mark.parametrize("style", get_args(Typography))
@given(text=SIGNS)
def test_what_was_typeset_once_is_left_as_it_is(style: Typography, text: str) -> None:
    once = typeset(text, language="fr", typography=style)
    assert typeset(once, language="fr", typography=style) == once


@pytest.mark.parametrize("style", get_args(Typography))
@given(text=SIGNS)
def test_only_spaces_apostrophes_and_dashes_change(style: Typography, text: str) -> None:
    def rest(text: str) -> str:
        kept = text.replace("--", "—").replace("'", "’")
        return "".join(sign for sign in kept if sign not in " \u00a0\u202f\u2009")

    assert rest(typeset(text, language="fr", typography=style)) == rest(text)


@pytest.mark.parametrize("language", ["de", "", "fro", "eng"])
def test_other_languages_are_left_alone(language: str) -> None:
    assert typeset("L'eau : « oui » !", language=language, typography="spip") == "L'eau : « oui » !"


ENGLISH = {
    "double quotes": ('"Hello," she said, "world"', "“Hello,” she said, “world”"),
    "quotes inside quotes": ("\"it's 'fine'\"", "“it’s ‘fine’”"),
    "an apostrophe at the start": ("the '90s and 'tis rock 'n' roll", "the ’90s and ’tis rock ’n’ roll"),
    "a possessive": ("the boys' club, O'Brien's", "the boys’ club, O’Brien’s"),
    "after a bracket or a dash": ('("yes") -- "no"', "(“yes”) — “no”"),
    "the end of a piece before a tag": ('he said: "', "he said: “"),
    "the start of a piece after a tag": ('" and left', "” and left"),
    "a mark alone between two tags": ('"', '"'),
    "no French spaces": ("What? Yes: now!", "What? Yes: now!"),
}


@pytest.mark.parametrize(("source", "expected"), ENGLISH.values(), ids=ENGLISH)
@pytest.mark.parametrize("language", ["en", "en-GB"])
def test_english(language: str, source: str, expected: str) -> None:
    assert typeset(source, language=language, typography="spip") == expected
    assert typeset(expected, language=language, typography="fine") == expected


@pytest.mark.parametrize("language", ["fr", "fr-CA", "FR"])
def test_all_kinds_of_french_are_french(language: str) -> None:
    assert typeset("Oui !", language=language, typography="spip") == "Oui\u00a0!"
