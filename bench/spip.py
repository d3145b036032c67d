"""How fast the SPIP engine is, and that no text makes it slow.

First the speed: comments per second in one process, sanitising included, and the share of each stage; the best of many
rounds counts, for a machine has other work too. Then the growth: the time of each hostile shape at four sizes; a linear
one doubles from column to column. The last line sums up. Run it from the root of the repository, on a quiet machine:

    python bench/spip.py
    python bench/spip.py --speed comments.jsonl
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

from labo_ssg.markup import sanitize, typography
from labo_ssg.markup.spip import engine

SIZES = (10_000, 20_000, 40_000, 80_000)
ROUNDS = 30  # of each stage
TRIES = 5  # of each hostile text

PARAGRAPHS = (
    "Bonjour,\n\nmerci pour cet article : il dit {enfin} ce que beaucoup pensent tout bas ! D'après "
    "[le rapport annuel->https://exemple.org/rapports/2023.pdf], 84 000 unités circulent, soit moins de 300 € chacun.",
    "<quote>Nous n'avons jamais cherché à grandir.</quote>\n\nCette phrase m'a frappée ; elle dit tout.",
    "{{Première question :}} qui garantit le fonds ?\n{{Deuxième question :}} que se passe-t-il « après » ?",
    "Trois remarques :\n\n- la photo n'est pas créditée ;\n- le lien https://exemple.org/statuts est cassé ;\n"
    "- il manque un « s » à « coopératives » dans le chapô.",
    "Pour mémoire :\n-* 45 % des structures ont moins de 10 salariés ;\n-* 12 % en ont plus de 50.\n\nÀ vérifier[[Voir "
    ": Insee, 2021.]], donc. Le vocabulaire aide : <q>empowerment</q> se dit « pouvoir d'agir », tout simplement.",
)

SHAPES: dict[str, Callable[[int], str]] = {
    "{": lambda n: "{" * n,
    "{{": lambda n: "{{" * n,
    "{a} ": lambda n: "{a} " * n,
    "[": lambda n: "[" * n,
    "[[": lambda n: "[[" * n,
    "[[a]] ": lambda n: "[[a]] " * n,
    "[[<a> b]] ": lambda n: "[[<a> b]] " * n,
    "[?x] ": lambda n: "[?x] " * n,
    "[?": lambda n: "[?" * n,
    "[a->b] ": lambda n: "[a->b] " * n,
    "[a->": lambda n: "[a->" * n,
    "[a [b] ": lambda n: "[a [b] " * n,
    "[a|": lambda n: "[a|" * n,
    "<code>": lambda n: "<code>" * n,
    "<script>": lambda n: "<script>" * n,
    "<multi>": lambda n: "<multi>[fr]" * n,
    "<quote>": lambda n: "<quote>" * n,
    "<quote></quote>": lambda n: "<quote>" * n + "</quote>" * n,
    "<b>": lambda n: "<b>" * n,
    "<b></i>": lambda n: "<b>" * n + "</i>" * n,
    "<!--": lambda n: "<!--" * n,
    "comments in raw HTML": lambda n: "<html>" + "<!--" * n + "</html>",
    "spaces in a reference": lambda n: "[a->art" + " " * n + "x]",
    "<a ": lambda n: "<a " * n,
    "&#&#": lambda n: "&#" * n,
    "-*": lambda n: "\n".join("-" + "*" * (k % 200 + 1) + " a" for k in range(n)),
    "-***": lambda n: "-" + "*" * n + " a",
    "|a": lambda n: "|a" * n + "|",
    "|a|b|": lambda n: "|a|b|\n" * n,
    "|a newline": lambda n: "|a\n" * n,
    "||": lambda n: "|^|<|\n" * n,
    "http://": lambda n: "http://" * n,
    "ftp://": lambda n: "ftp://" * n,
    "spaces": lambda n: " " * n + "x",
    "spaces !": lambda n: (" " * 50 + "!") * (n // 50),
    "« ": lambda n: "« " * n,
    " !": lambda n: "a !" * n,
    " & ": lambda n: " & " * n,
    "&amp;": lambda n: "&amp;" * n,
    "newlines": lambda n: "x" + "\n" * n + "x",
    "_ ": lambda n: "\n_ " * n,
    "- ": lambda n: "\n- " * n,
    "\\": lambda n: "\\" * n,
    "'": lambda n: "'" * n,
    "poem": lambda n: "<poesie>" + "a\n\n" * n + "</poesie>",
    "words": lambda n: "mot " * n,
}


def clean(text: str) -> str:
    rendered = engine.render(text, kind="forum", links={})
    return sanitize.comment(rendered.html) + sanitize.comment(rendered.notes)


def seconds(work: Callable[[], object], rounds: int = 1) -> float:
    """Return the best time of `rounds` runs of `work`."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def speed(texts: list[str]) -> str:
    """Print what a comment costs; return the figure that counts."""
    size = sum(map(len, texts)) // len(texts)
    rendered = [engine.render(text, kind="forum", links={}).html for text in texts]
    whole = seconds(lambda: [clean(text) for text in texts], ROUNDS)
    doors = seconds(lambda: [sanitize.comment(html) for html in rendered], ROUNDS)
    spaces = seconds(
        lambda: [typography.typeset(text, language="fr", typography="spip") for text in texts],
        ROUNDS,
    )
    print(f"{len(texts)} comments of {size} characters: {whole / len(texts) * 1e6:.0f} µs a comment")
    for name, share in (("parser", whole - doors - spaces), ("typography", spaces), ("nh3", doors)):
        print(f"  {name:<11}{share / whole:5.0%}   {share / len(texts) * 1e6:5.0f} µs")
    return f"{len(texts) / whole:,.0f} comments/s"


def growth() -> str:
    """Print what the hostile shapes cost; return the figures that count."""
    print(f"{'milliseconds for':<22}" + "".join(f"{size:>9,}" for size in SIZES) + "   worst doubling")
    slowest = steepest = 0.0
    for name, shape in SHAPES.items():
        works = [partial(clean, shape(size)) for size in SIZES]
        times = [min(tries) for tries in zip(*([seconds(work) for work in works] for _ in range(TRIES)), strict=True)]
        worst = max(after / before for before, after in pairwise(times))
        print(f"{name:<22}" + "".join(f"{time * 1000:>9.1f}" for time in times) + f"{worst:>11.2f}x", flush=True)
        slowest, steepest = max(slowest, *times), max(steepest, worst)
    return f"the slowest hostile text takes {slowest:.2f} s, the steepest doubling {steepest:.2f}x"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", help='JSON lines with a "text" each, instead of our own comments')
    parser.add_argument("--speed", action="store_true", help="measure the speed alone, which takes seconds")
    options = parser.parse_args()
    if options.file:
        texts = [json.loads(line)["text"] for line in options.file.read_text(encoding="utf-8").splitlines()]
    else:
        texts = ["\n\n".join(PARAGRAPHS[(at + k) % len(PARAGRAPHS)] for k in range(4)) for at in range(100)]
    figures = [speed(texts)]
    if not options.speed:
        figures.append(growth())
    print("; ".join(figures))


if __name__ == "__main__":
    main()
