"""The texts of `bench/build.py`: articles with comments, made from nothing but their numbers.

They are made one by one, so that a corpus of any size takes little memory.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

WORDS = """
accord accueil acte action agriculture aide alliance année appel archive association atelier avenir avis banque besoin
bien bilan budget cadre café campagne capital carte centre chantier chaîne chemin chiffre choix circuit citoyen coeur
collectif collège commerce commune compte conseil contrat coopérative culture débat décision déchet défi démarche dette
développement dialogue don droit durée échange école écoute économie effet élu emploi énergie énoncé enjeu enquête
entreprise épargne équipe espace étape État étude expérience fabrique famille ferme fête filière finance fonds forêt
formation friche gare geste gouvernance groupe habitat héritage histoire idée impact industrie initiative intérêt jardin
journée langue lien lieu local logement loi lutte maison mandat marché matière mémoire mesure métier milieu mission mode
monde monnaie mouvement mutuelle nature nombre normes objet outil parcours parole part partage partenaire pays paysage
pensée peuple pilote place plan pôle politique pouvoir pratique preuve principe prix production projet public quartier
question récit recherche récolte région règle rencontre réponse réseau ressource réussite revenu richesse rivière rôle
salaire santé savoir scène scrutin secteur semaine service société solidarité soutien statut stratégie structure
syndicat système tâche temps terrain territoire théâtre tissu toit transition transport travail université usage usine
valeur vallée village ville voie voisin voix vote
""".split()
JOINTS = "de du des pour par avec sans sur entre dans et ou vers selon contre".split()
FIRST_NAMES = (
    "Aïcha Bernard Chloé Damien Élodie Fatou Gérard Hélène Ismaël Joëlle Léo Maëlle Noé Odile Rémi Zoé".split()
)
LAST_NAMES = (
    "Aubry Besson Chevalier Diallo Évrard Ferrand Guérin Hamel Jourdan Lambert Mercier Noël Pascal Roux".split()
)
TAGS = 120
SENTENCES = 4_000  # of which every text is made
FIRST_DAY, DAYS = datetime(2014, 1, 6, 8, tzinfo=UTC), 3_650
MOST_COMMENTS = 400  # of one article


class Comment(NamedTuple):
    id: str
    author: str
    date: datetime
    answers: str | None  # the id of an earlier one
    text: str  # in SPIP's markup


class Article(NamedTuple):
    slug: str
    sections: tuple[str, str]
    title: str
    date: datetime
    author: str | None
    tags: list[str]
    lead: str
    body: str  # in Markdown
    comments: list[Comment]

    @property
    def address(self) -> str:
        return "/".join((*self.sections, self.slug))


class Corpus:
    """As many articles as asked for, with about so many comments each; an article is the same each time it is made."""

    def __init__(self, articles: int, comments: int) -> None:
        chance = Random(f"{articles} x {comments}")
        self.sentences = [_sentence(chance) for _ in range(SENTENCES)]
        self.counts = _skewed(chance, articles, comments)
        self.leaves = max(4, articles // 40)
        self.tops = min(12, self.leaves // 2)

    def __iter__(self) -> Iterator[Article]:
        return map(self.article, range(len(self.counts)))

    def sections(self) -> list[tuple[str, str]]:
        return [self._section(leaf) for leaf in range(self.leaves)]

    def usual(self) -> int:
        """Return the number of an article that has as many comments as most commented ones."""
        commented = sorted((count, number) for number, count in enumerate(self.counts) if count)
        return commented[len(commented) // 2][1] if commented else 0

    def article(self, number: int) -> Article:
        chance = Random(number)
        title = f"{chance.choice(WORDS)} {chance.choice(JOINTS)} {chance.choice(WORDS)} {chance.choice(WORDS)}"
        date = FIRST_DAY + timedelta(days=chance.randrange(DAYS), minutes=chance.randrange(600))
        return Article(
            slug=f"{slug(title)}-{number + 1}",
            sections=self._section(number % self.leaves),
            title=title.capitalize(),
            date=date,
            author=_name(chance) if chance.random() < 0.6 else None,
            tags=[slug(word) for word in chance.sample(WORDS[:TAGS], chance.randint(1, 4))],
            lead=" ".join(chance.choices(self.sentences, k=2)),
            body=self._body(chance, chance.randint(580, 830)),
            comments=list(self._comments(chance, number, date)),
        )

    def _section(self, leaf: int) -> tuple[str, str]:
        return slug(WORDS[leaf % self.tops]), f"{slug(WORDS[-1 - leaf % 90])}-{leaf + 1}"

    def _body(self, chance: Random, words: int) -> str:
        blocks: list[str] = []
        while words > 0:
            sentences = chance.choices(self.sentences, k=chance.randint(3, 7))
            words -= sum(sentence.count(" ") + 1 for sentence in sentences)
            if len(blocks) % 5 == 3:
                level = chance.choice(("##", "##", "###"))
                blocks.append(f"{level} {chance.choice(WORDS).capitalize()} {' '.join(chance.sample(WORDS, 2))}")
            blocks.append(_block(chance, sentences))
        return "\n\n".join(blocks) + "\n"

    def _comments(self, chance: Random, number: int, date: datetime) -> Iterator[Comment]:
        for count in range(1, self.counts[number] + 1):
            date += timedelta(minutes=chance.randint(3, 3_000))
            answers = f"{number + 1}-{chance.randrange(1, count)}" if count > 1 and chance.random() < 0.3 else None
            yield Comment(f"{number + 1}-{count}", _name(chance), date, answers, self._message(chance))

    def _message(self, chance: Random) -> str:
        words = int(chance.triangular(20, 200, 40))  # a hundred in the mean, as the last sentence is whole
        paragraphs: list[str] = []
        while words > 0:
            sentences = chance.choices(self.sentences, k=chance.randint(1, 4))
            words -= sum(sentence.count(" ") + 1 for sentence in sentences)
            paragraphs.append(" ".join(sentences))
        if chance.random() < 0.15:
            paragraphs[0] = f"<quote>{paragraphs[0]}</quote>"
        elif chance.random() < 0.6:
            link = f"[{{}}->https://exemple.org/a/{chance.randrange(9_999)}]"
            style = chance.choice(("{{{{{}}}}}", "{{{}}}", link))
            paragraphs[-1] = _styled(paragraphs[-1], style)
        return "\n\n".join(paragraphs) + "\n"


def slug(text: str) -> str:
    ascii_letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_letters)


def _name(chance: Random) -> str:
    return f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"


def _sentence(chance: Random) -> str:
    words = [chance.choice(WORDS)]
    for _ in range(chance.randint(3, 8)):
        words += [chance.choice(JOINTS), chance.choice(WORDS)]
    if len(words) > 9:
        words[4] += ","
    return " ".join(words).capitalize() + chance.choice((".", ".", ".", ".", " !", " ?"))


def _skewed(chance: Random, articles: int, mean: int) -> list[int]:
    """Return how many comments each article has: many have none, some have hundreds."""
    weights = [0.0 if chance.random() < 0.4 else min(chance.paretovariate(1.2), 60) for _ in range(articles)]
    scale = articles * mean / (sum(weights) or 1)
    return [min(round(weight * scale), MOST_COMMENTS) for weight in weights]


def _styled(text: str, style: str) -> str:
    """Return `text` with its second word in `style`."""
    first, second, rest = text.split(" ", 2)
    return f"{first} {style.format(second)} {rest}"


def _block(chance: Random, sentences: list[str]) -> str:
    kind = chance.random()
    if kind < 0.08:
        return "\n".join(f"- {sentence}" for sentence in sentences)
    if kind < 0.13:
        return "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(sentences, 1))
    if kind < 0.18:
        return "> " + " ".join(sentences)
    if kind < 0.21:
        rows = [f"| {' | '.join(chance.sample(WORDS, 3))} |" for _ in sentences]
        return "\n".join([rows[0], "|---|---|---|", *rows[1:], "", sentences[0]])
    if kind < 0.23:
        return "\n".join(["```", *(f"{word} = {number}" for number, word in enumerate(sentences[0].split())), "```"])
    styles = ("*{}*", "**{}**", f"[{{}}](https://exemple.org/b/{chance.randrange(9_999)})")
    return " ".join(
        _styled(sentence, chance.choice(styles)) if chance.random() < 0.3 else sentence for sentence in sentences
    )
