"""Phrases found in a text as whole words, whatever their case and accents; those of advertisers among them."""

from functools import lru_cache

from labo_ssg.inbox.screening.twins import folded_words

# Any one may stand in an honest message, several seldom do; none of them may name a person.
TRADE = tuple(
    phrase.strip()
    for phrase in """
    argent facile, argent rapide, backlink, backlinks, best price, bitcoin, bonus de bienvenue, boost your ranking,
    buy now, buy online, buy viagra, casino, casino en ligne, casinos, cash advance, check out my site,
    check out my website, cheap, cialis, click here, cliquez ici, code promo, crédit rapide, crypto, crypto-monnaie,
    cryptocurrency, dofollow, domain authority, double your, earn money, escort, escort girl, first page of google,
    forex, free spins, gagner de l’argent, guaranteed profit, guest post, high quality backlinks,
    investissement rentable, jackpot, link building, loan offer, loans, make money, marabout, médium voyant,
    offre de prêt, onlyfans, page 1 of google, pariez, paris sportifs, passive income, payday, perdre du poids,
    poker en ligne, porn, première page de google, prêt d’argent, prêt entre particuliers, prêt rapide,
    prêteur sérieux, promo code, rank your website, replica, retour affectif, retour d’affection, revenu passif,
    revenus passifs, sans justificatif, seo, seo expert, seo services, sex cam, slots, sports betting, telegram channel,
    tours gratuits, trading, usdt, viagra, weight loss, xxx
    """.split(",")
)

Index = dict[str, list[tuple[list[str], str]]]
"""The words of each phrase, and how it was written, by the first of them."""


@lru_cache(16)
def by_first_word(phrases: tuple[str, ...]) -> Index:
    """Return what `found` looks up; a phrase without letters and digits is never found."""
    index: Index = {}
    for phrase in phrases:
        if words := folded_words(phrase):
            index.setdefault(words[0], []).append((words, phrase))
    return index


def found(words: list[str], index: Index) -> list[str]:
    """Return each phrase that stands in folded `words`, once, as it was written, in the order of the text."""
    if index.keys().isdisjoint(words):  # as most are
        return []
    once: dict[str, None] = {}
    for at, word in enumerate(words):
        for phrase, written in index.get(word, ()):
            if words[at : at + len(phrase)] == phrase:
                once[written] = None
    return list(once)
