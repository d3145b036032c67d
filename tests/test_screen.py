"""What speaks against a message: honest ones keep their rank, spam loses it, and no text is too much."""

import re
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from labo_ssg.formats import comment
from labo_ssg.formats.comment import CommentHeader, Screen
from labo_ssg.inbox.form import Submission
from labo_ssg.inbox.screening import hosts, twins
from labo_ssg.inbox.screening.screen import Circumstances, screen
from labo_ssg.inbox.screening.twins import Recent, fingerprint, folded_words
from labo_ssg.language import translations
from labo_ssg.markup.body import render_body
from labo_ssg.model import Html, Manuscript, ScreenSettings

CALM = Circumstances(seconds=40, by_sender=0, under_article=2, twins=(), home="labo-ess.example")
PLAIN = ScreenSettings()
FRENCH, ENGLISH = translations("fr").gettext, translations("en").gettext


def rendered(text: str) -> Html:
    """Return the message as the site publishes it."""
    return render_body(
        Manuscript(
            text=text,
            markup="spip",
            kind="comment",
            language="fr",
            typography="spip",
            links={},
            words={},
            meanings={},
            anchor="c",
            engine="python-markdown",
        )
    ).html


def screened(
    text: str,
    author: str = "Jeanne Martin",
    website: str = "",
    *,
    around: Circumstances = CALM,
    settings: ScreenSettings = PLAIN,
) -> Screen:
    submission = Submission("ptce", "", author, "", website, text)
    return screen(submission, rendered(text), around, settings, ENGLISH)


QUOTE = (
    "<quote>Les pôles territoriaux de coopération économique sont constitués par le regroupement sur un même "
    "territoire d'entreprises de l'économie sociale et solidaire, qui s'associent à des entreprises, en lien avec des "
    "collectivités territoriales, des centres de recherche, des établissements d'enseignement supérieur et de "
    "recherche, des organismes de formation ou toute autre personne physique ou morale.</quote>\n\n"
)
HONEST = {
    "a word of thanks": ("Merci pour cet article !", "Colette"),
    "a question": ("Savez-vous si le rapport complet est encore disponible quelque part ?", "Aurélie Brocquemont"),
    "one useful link": (
        "Le rapport a changé d'adresse, on le trouve désormais ici : [->https://www.avise.org/ressources/ptce].",
        "Éditions du Seuil",
    ),
    "a link in the middle of an address": ("Voir aussi www.rtes.fr, qui tient la liste à jour chaque année.", "J.-P."),
    "one link, and hardly a word": ("[Le guide des PTCE, deuxième édition->https://www.rtes.fr/guide]", "Paul"),
    "two links, one with a long query": (
        "Deux lectures : https://www.legifrance.gouv.fr/loda/id/JORFTEXT000029313296/?isSuggest=true&q=0a1b2c3d4e5f6"
        "0718293a4b5c6d7e8f90a1b2c3d4e5f6a7b8c9d0e et [l'avis du CESE->https://www.lecese.fr/avis], plus court.",
        "Bibliothèque des Sources",
    ),
    "a long quotation": (
        QUOTE + "L'article 9 dit donc « ou toute autre personne » : nous en sommes.",
        "Me Lefèvre-Ünal",
    ),
    "acronyms": ("ESS, PTCE, SCIC, SCOP, CAE, RTES, ESUS : qui s'y retrouve ? Pas la DREETS !", "CRESS PACA"),
    "nothing but acronyms": ("PTCE ≠ SCIC, SCIC ≠ SCOP, CAE ≠ SIAE. ESS ⊃ ESUS.", "ANNE"),
    "an office in capitals": ("Merci à la DIRECCTE BRETAGNE et à la DREETS, qui nous ont suivis trois ans.", "M'hamed"),
    "a cry": ("SCANDALEUX ! On ferme la seule épicerie du canton, et personne ne dit rien.", "L'épicière"),
    "sums and dates": ("Budget 2021 : 12 400 € + 3 % ; 2022 : 13 050 € ; 2023 : 0 €. Cherchez l'erreur…", "0'Neill"),
    "emoji": ("Bravo 👏👏🏽 👩‍👩‍👧‍👦 ❤️ !!! On en parle samedi au jardin 🌻.", "Zoé 🌱"),
    "a casino in a town": ("Le casino de Vichy est devenu une SCIC, les joueurs n'ont rien vu.", "Jean Casanova"),
    "a money of its own": ("Notre monnaie locale n'a rien d'un bitcoin : elle fond de 2 % par an.", "La Gonette"),
    "what a word processor leaves": (
        "\ufeffBonjour,\u200b\n\nl'éco\u00adno\u00admie so\u00adciale nous concerne.",
        "E. Blüm",
    ),
    "a bit of Greek": ("L'οἰκονομία d'Aristote, c'est la maison bien tenue : μέτρον, la mesure. On y revient.", "D. Ψ"),
    "Breton names": ("À Plouguerneau, Tréguier et Île-de-Batz, même histoire ; kenavo !", "Yann-Ber ar C'hozh"),
    "HTML of the form": ("C'est <q>notre</q> affaire, <del>ou presque</del> <ins>vraiment</ins>.", "Ø. Ångström"),
    "one link typed as HTML": ('Lisez <a href="https://www.udes.fr/">l\'UDES</a> sur ce point.', "Syndicat n° 3"),
    "one link typed as Markdown": ("Lisez le [dossier](https://www.udes.fr/dossier) sur ce point.", "Mme de La Tour"),
    "code": ("Dans la page : <code>a::after { content: '.com' }</code>, c'est tout.", "St. Dupont, éd."),
    "a line of dashes": ("Premier point.\n" + "-" * 90 + "\nSecond point, plus long que le premier.", "R2D2"),
    "a very long word": (
        "Anticonstitutionnellement et Donaudampfschifffahrtsgesellschaft, mes préférés.",
        "Rindfleisch",
    ),
    "a comment in English": ("Thank you, Fiona. The travelling accountant is the real common institution.", "Hannah"),
    "a comment in Turkish": ("Çok güzel bir yazı, teşekkürler. İstanbul'dan selamlar, ığüşöç.", "Gülşah İnce"),
    "a comment in Vietnamese": ("Cảm ơn bài viết rất hay, chúng tôi cũng làm như vậy ở Huế.", "Nguyễn Thị Ánh"),
    "a guest of many names": ("Nous étions quarante à la réunion de Saint-Étienne-de-Crossey.", "Collectif du 12.03"),
    "a name in another alphabet": ("Я здесь — dit ma grand-mère, et elle a raison d'insister sur ce point.", "Мария"),
}


@pytest.mark.parametrize(("text", "author"), HONEST.values(), ids=HONEST)
def test_an_honest_message_keeps_its_rank(text: str, author: str) -> None:
    assert screened(text, author, "https://collectif.example.org/").rank >= 80


def test_what_the_demo_publishes_was_honest() -> None:
    ranks = {}
    for path in sorted((ROOT / "comments/approved").rglob("*.md")):
        one, problems = comment.parse(path.read_bytes(), PurePosixPath(path))
        assert problems == []
        ranks[path.name] = screened(one.text, one.author, one.website).rank
    assert len(ranks) > 50
    assert {name: rank for name, rank in ranks.items() if rank < 80} == {}


SPAM = {
    "a loan": (
        "Bonjour, besoin d'un {{prêt entre particuliers}} rapide et sans justificatif ? Prêteur sérieux et honnête, "
        "offre de prêt en 48 h : [ici->https://credit-24.example/offre]",
        "CreditRapide24",
        "https://credit-24.example",
    ),
    "a casino, in French": (
        "Le meilleur casino en ligne : bonus de bienvenue et tours gratuits https://jackpot.example/",
        "Julie",
        "",
    ),
    "a casino, in English": (
        "Great post! Play the best slots, free spins and jackpot here https://casino.example",
        "Online Casino",
        "https://casino.example",
    ),
    "a casino whose letters are of another shape": (
        "Тhe bеst саsino bonus, frее spins https://a.example/",
        "Anna",
        "http://bit.ly/x1",
    ),
    "a casino with invisible signs": ("Ca\u200bsi\u200bno, jack\u200bpot, free sp\u200bins: www.a.example", "Anna", ""),
    "a casino in mathematical letters": ("𝐂𝐚𝐬𝐢𝐧𝐨 𝐨𝐧𝐥𝐢𝐧𝐞, 𝐟𝐫𝐞𝐞 𝐬𝐩𝐢𝐧𝐬, 𝐣𝐚𝐜𝐤𝐩𝐨𝐭, 𝐬𝐥𝐨𝐭𝐬 !", "𝐂𝐚𝐬𝐢𝐧𝐨", ""),
    "search engines": (
        "Hi, we offer SEO services, high quality backlinks and link building to boost your ranking. Click here.",
        "SEO Expert",
        "https://rank.example",
    ),
    "search engines, in French": (
        "Soyez en première page de Google ! Backlinks, SEO, cliquez ici : https://agence.example",
        "agence-web.example.com",
        "",
    ),
    "crypto": (
        "I make 5000 USDT a day with crypto trading, guaranteed profit, DM my Telegram channel!!!",
        "Forex Trading Pro",
        "",
    ),
    "crypto, in French": (
        "Grâce au trading de Bitcoin, gagnez un revenu passif : argent facile, essayez.",
        "Paul",
        "http://185.12.3.4/",
    ),
    "a healer": ("Retour d'affection en 24 h avec le grand marabout, médium voyant sérieux.", "Maître Kossi", ""),
    "Cyrillic": ("Лучшее казино онлайн, играйте бесплатно и выигрывайте деньги https://kazino.example", "Иван", "http://u.to/a"),
    "links of forums": (
        "[url=http://a.example]pills[/url] [url=http://b.example]pills[/url] <a href=http://c.example>pills</a>",
        "Robertmop",
        "",
    ),
    "a soup of links": (
        " ".join(f"[x{n}->https://shop{n}.example/]" for n in range(8)),
        "Kevin",
        "",
    ),
    "the same again and again": ("Visit https://a.example now, " * 12, "www.a.example", ""),
    "in capitals": (
        "URGENT! BUY VIAGRA AND CIALIS TODAY, CHEAP GENERIC PILLS WITHOUT PRESCRIPTION, SHIPPING WORLDWIDE",
        "Pharma",
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "author", "website"), SPAM.values(), ids=SPAM)
def test_spam_falls_below_half(text: str, author: str, website: str) -> None:
    assert screened(text, author, website).rank < 50


LONG = "Une phrase qui dit posément ce que deux personnes n'écriraient pas pareil."
REASONS = {
    "more links than allowed": (
        {"text": f"{LONG} http://b.example/1 https://a.example:8080/2 [x->https://u@b.example/3]."},
        "3 links, to b.example, a.example.",
    ),
    "a text that is links": ({"text": "là : [Une longue page->https://a.example/]"}, "Links are 79% of the text."),
    "a text that is addresses": ({"text": "là : https://a.example/une/longue/page"}, "Links are 87% of the text."),
    "a short address": ({"website": "https://Bit.ly/abc"}, "A short address hides where it leads: bit.ly."),
    "a number for a name": (
        {"text": f"{LONG} http://[2001:db8::1]/ http://127.1/ http://0x7f000001"},
        re.escape("A number instead of the name of a site: [2001:db8::1], 127.1, 0x7f000001."),
    ),
    "code of forums": ({"text": f"{LONG} [URL=x]y[/URL]"}, re.escape("The code of links was typed: [URL=.")),
    "words of the list": (
        {"text": "Vive l’ÉCOLE libre, disait Émile"},
        "From the list of words: école libre, Emile.",
    ),
    "a word of the list in the name": ({"author": "EMILE Z."}, "From the list of words: Emile."),
    "a word of the list in the website": ({"website": "https://emile.example"}, "From the list of words: Emile."),
    "a name that sells": ({"author": "Crédit-Rapide"}, "The name is an advertisement: crédit rapide."),
    "words that sell": ({"text": "Le forex ? Non."}, "Words of advertising: forex."),
    "a name that is an address": ({"author": "http://x"}, "The name holds the address of a site: http://x."),
    "a name that holds a domain": ({"author": "top-10.info"}, "The name holds the address of a site: top-10.info."),
    "capitals": ({"text": "ARRÊTEZ, C'EST INADMISSIBLE, VRAIMENT"}, "Capitals are 100% of the letters."),
    "another script": ({"text": "Лучшее казино, Paul."}, "Another script than Latin has 75% of the letters."),
    "a word without end": ({"text": f"{LONG} {'Ab1' * 20}"}, "There is a word of 60 characters."),
    "invisible signs": (
        {"text": f"{LONG} f\u200bin\u202e"},
        re.escape("Signs that nobody sees are inside its words: U+200B, U+202E."),
    ),
    "mixed letters": ({"author": "Jеan"}, "Words mix Latin and Cyrillic letters: Jеan."),
    "haste": ({"seconds": 1.9}, "It was sent 1 s after the preview."),
    "the same elsewhere": ({"twins": ("a1", "b2")}, "The same text is elsewhere: a1, b2."),
    "a busy sender": ({"by_sender": 5}, "5 other messages came from the same sender in this hour."),
    "a busy article": ({"under_article": 30}, "30 other messages came under the same article in this hour."),
}  # fmt: skip


@pytest.mark.parametrize(("given", "reason"), REASONS.values(), ids=REASONS)
def test_a_reason_names_what_was_found(given: dict[str, object], reason: str) -> None:
    known = {name: value for name, value in given.items() if name in Circumstances.__struct_fields__}
    typed = {name: str(value) for name, value in given.items() if name not in known}
    settings = ScreenSettings(words=("école libre", "Emile", "mile", "?"))
    found = screened(typed.pop("text", LONG), **typed, around=replace(CALM, **known), settings=settings)
    assert any(re.fullmatch(reason, one) for one in found.reasons), found.reasons
    assert found.rank < 100


NOTHING = {
    "links to friends": ("https://rtes.fr/ https://www.rtes.fr/1 https://a.b.rtes.fr:443/ http://RTES.fr. " + LONG, ""),
    "links to the site": ("https://labo-ess.example/1 www.labo-ess.example/2 [x->/3] [y->art4] " + LONG, ""),
    "a friend that shortens": ("", "https://s.id/x"),
    "a friend of accents": ("https://coopération.example/ " * 2 + "http://xn--coopration-e7a.example " + LONG, ""),
    "an address of e-mail": ("Écrivez à moi@a.example, à [moi->mailto:b@b.example], à c@c.example " + LONG, ""),
}


@pytest.mark.parametrize(("text", "website"), NOTHING.values(), ids=NOTHING)
def test_nothing_speaks_against_friends(text: str, website: str) -> None:
    settings = ScreenSettings(links=0, friends=("rtes.fr", "s.id", "coopération.example"))
    assert screened(text or LONG, website=website, settings=settings) == Screen(100)


def test_a_name_that_ends_like_a_friends_is_a_strangers() -> None:
    found = screened(f"{LONG} https://notrtes.fr/", settings=ScreenSettings(links=0, friends=("rtes.fr",)))
    assert found.reasons == ("1 link, to notrtes.fr.",)


def test_a_rank_never_falls_below_nothing_and_the_heaviest_comes_first() -> None:
    text, author, website = SPAM["a casino whose letters are of another shape"]
    around = Circumstances(0.2, 50, 500, ("a", "b", "c"), "labo-ess.example")
    found = screened(text, author, website, around=around)
    assert found.rank == 0
    assert found.reasons[0].startswith(("Words mix", "The same text"))


def test_reasons_are_told_in_the_language_of_the_site() -> None:
    submission = Submission(author="Paul", text=LONG)
    found = screen(submission, "", replace(CALM, seconds=2, twins=("a1",)), PLAIN, FRENCH)
    assert found == Screen(30, ("Le même texte se trouve ailleurs\u00a0: a1.", "Envoyé 2\u00a0s après l’aperçu."))


def test_a_short_text_may_well_be_written_twice() -> None:
    assert screened("Merci, bel article !", around=replace(CALM, twins=("a", "b"))).rank == 90


PIECES = [
    *"<>[]\"'=/:.@#?&!-_ \n\t\\aAéЖж0%{}()",
    "http://", "https://", "ftp://", "www.", "//", "[url=", "[/url]", '<a href="', "</a>", "<a ", "&nbsp;", "&#x0;",
    "xn--", "\u200b", "\u200d", "\u202e", "\u0301", "\u00ad", "\ufeff", "\ufdd0", "\ud800", "\x00", "\x85", "👍", "漢",
    "ﬁ", "𝐀", "casino", "free spins", "mot " * 9, "A" * 60, "1.2.3.4", "[::1]", ".com", "é" * 70, "{count}", "%(x)s",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=60)
COUNTS = st.integers(0, 10**9)
AROUND = st.builds(
    Circumstances,
    st.floats(),
    COUNTS,
    COUNTS,
    st.lists(HOSTILE, max_size=4).map(tuple),
    st.sampled_from(["", "a.b", "[", "é"]),
)
SETTINGS = st.builds(
    ScreenSettings,
    st.integers(0, 5),
    st.lists(HOSTILE, max_size=3).map(tuple),
    st.lists(HOSTILE, max_size=3).map(tuple),
)


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE, AROUND, SETTINGS)
def test_any_text_has_a_rank_and_its_reasons_can_be_written(
    text: str, author: str, website: str, html: str, around: Circumstances, settings: ScreenSettings
) -> None:
    submission = Submission("a", "", author, "", website, text)
    found = screen(submission, html, around, settings, FRENCH)
    assert found == screen(submission, html, around, settings, FRENCH)
    assert 0 <= found.rank <= 100
    assert (found.rank == 100) == (not found.reasons)
    assert all(one.isprintable() or one.replace("\u00a0", " ").isprintable() for one in found.reasons)
    assert all(len(one) < 500 for one in found.reasons)
    header = CommentHeader("a", "Jeanne", datetime(2021, 1, 1, tzinfo=UTC), screen=found)
    assert comment.read_header(comment.text(header, "Un message."), PurePosixPath("a/b.md")) == header


SHAPES: dict[str, Callable[[int], str]] = {
    "words": lambda n: "mot " * (n // 4),
    "one word": lambda n: "a" * n,
    "accents": lambda n: "a" + "\u0301\u0323" * (n // 2),
    "spaces": lambda n: "x" + " " * n + "x",
    "schemes": lambda n: "http://" * (n // 7),
    "addresses": lambda n: "http://a.b.c.d.e/?q " * (n // 20),
    "hosts of accents": lambda n: "http://é.è.à/ " * (n // 14),
    "dots": lambda n: "http://" + "." * n,
    "at signs": lambda n: "http://" + "@" * n,
    "www": lambda n: "www." * (n // 4),
    "anchors": lambda n: '<a href="x">' * (n // 12),
    "anchors without end": lambda n: "<a " * (n // 3),
    "attributes": lambda n: "<a " + 'b="c" ' * (n // 6) + ">",
    "names of attributes": lambda n: "<a " + "b" * n + ">",
    "quotes": lambda n: "<" + '"<"' * (n // 3),
    "quotes without end": lambda n: '<"' + "<" * n,
    "brackets": lambda n: "[url" * (n // 4),
    "spaces in code": lambda n: ("<a" + " " * 30) * (n // 32),
    "invisible signs": lambda n: "a" + "\u200b" * n,
    "mixed letters": lambda n: "aж" * (n // 2),
    "a row of phrases": lambda n: "seo seo services free " * (n // 22),
    "ideographs": lambda n: "漢" * n,
}


def seconds(work: Callable[[], object]) -> float:
    """Return the time that `work` takes of the processor, the best of five."""
    times = []
    for _ in range(5):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_twice_the_text_takes_no_more_than_about_twice_the_time(shape: Callable[[int], str]) -> None:
    def work(size: int) -> Callable[[], object]:
        text = shape(size)
        submission = Submission("a", "", text, "", text, text)
        return lambda: (screen(submission, text, CALM, PLAIN, ENGLISH), fingerprint(text))

    small, large = seconds(work(10_000)), seconds(work(80_000))  # doubled three times: 8, or 64 where it is squared
    assert large < 24 * max(small, 0.0005)


TWINS = {
    "signs, spaces and case": ("Vive l'ESS !!\n\n  {{Oui}}.", "vive l’ess – OUI"),
    "accents": ("Œuvre déjà faite à Saint-Étienne", "Oeuvre deja faite a Saint Etienne"),
    "accents apart": ("déjà", "de\u0301ja\u0300"),
    "invisible signs": ("ca\u200bsi\u00adno", "casino"),
    "the query of an address": ("Voir https://a.example/b?utm=1&x=2 ici", "Voir https://a.example/b?y=3 ici"),
    "ligatures and wide letters": ("ﬁn ＡＢ", "fin ab"),
}


@pytest.mark.parametrize(("one", "other"), TWINS.values(), ids=TWINS)
def test_texts_that_differ_in_little_are_twins(one: str, other: str) -> None:
    assert len(fingerprint(one)) == 8
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oui.", "Non."),
        ("Voir https://a.example/b", "Voir https://a.example/c"),
        ("👍", "👎"),
        ("!", "?"),
        ("un mot", "unmot"),
        ("[a->https://a.example/?q] suite", "[a->https://a.example/?q] fin"),
    ],
)
def test_others_are_not(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


@given(HOSTILE)
def test_folded_words_are_letters_and_digits(text: str) -> None:
    assert all(word.isalnum() for word in folded_words(text))
    assert len(fingerprint(text)) == 8


def test_more_signs_than_are_kept_in_mind_are_folded_alike() -> None:
    text = "".join(map(chr, range(0x4E00, 0x9FFF))) + "É"
    first = folded_words(text)
    assert folded_words(text) == first
    assert len(twins._FOLDS) <= twins._KEPT


def test_the_last_three_of_a_text_are_known_until_they_are_forgotten() -> None:
    recent = Recent()
    one, other = fingerprint("un"), fingerprint("deux")
    assert recent.find(one) == ()
    for comment_id in "abcd":
        recent.add(one, comment_id)
    assert recent.find(one) == ("b", "c", "d")
    recent.add(one, "c")
    assert recent.find(one) == ("b", "d", "c")
    recent.add(other, "d")  # a message that was written anew
    assert (recent.find(one), recent.find(other)) == (("b", "c"), ("d",))
    for comment_id in ("a", "b", "c", "d", "d", "nobody"):
        recent.forget(comment_id)
    assert (recent.find(one), recent.find(other), len(recent)) == ((), (), 0)


def test_the_text_that_was_not_met_for_longest_is_forgotten() -> None:
    recent = Recent(size=2)
    first, second, third = map(fingerprint, ("un", "deux", "trois"))
    recent.add(first, "a")
    recent.add(second, "b")
    assert recent.find(first) == ("a",)
    recent.add(third, "c")
    assert [recent.find(one) for one in (first, second, third)] == [("a",), (), ("c",)]
    recent.forget("b")
    recent.add(second, "b")
    assert recent.find(first) == ()


def test_the_memory_of_texts_is_flat() -> None:
    recent = Recent(size=500)

    def fill(start: int) -> None:
        for number in range(start, start + 3_000):
            recent.add(fingerprint(str(number // 5)), f"{number:020}")

    tracemalloc.start()
    fill(0)
    fill(5_000)
    before, _ = tracemalloc.get_traced_memory()
    fill(10_000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(recent) == 500
    assert after < before * 1.2


HOSTS = {
    "https://A.Example:80/b?c": "a.example",
    "http://u:p@a.example#x": "a.example",
    "http://b.example@a.example": "a.example",
    "//a.example/b": "a.example",
    "\\\\a.example": "a.example",
    "https:\\a.example": "a.example",
    "ht\ntp://a.ex\tample": "a.example",
    "www.a.example,": "www.a.example",
    "https://a.example.": "a.example",
    "http://[::1]:80/": "[::1]",
    "/b": "",
    "#note": "",
    "b.html": "",
    "mailto:a@b.example": "",
    "javascript://a.example": "",
    "": "",
}


@pytest.mark.parametrize(("url", "host"), HOSTS.items())
def test_the_host_is_the_one_that_a_browser_asks(url: str, host: str) -> None:
    assert hosts.host(url) == host
