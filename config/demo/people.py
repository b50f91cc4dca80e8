"""The demo's contacts as the CSV file that an organisation would bring: believable, invented, always the same.

csv_file(1000)      # → 'Email Address,First Name,…\nyann.le.goff.1@example.org,Yann,Le Goff,…'

About one line in fifty is wrong on purpose (no address, a typo, somebody twice), as in any real export: the import
shows what it does with them.
"""

from __future__ import annotations

import csv
import io
import random
import unicodedata

from config.demo import SEED

HEADERS = [
    "Email Address",
    "First Name",
    "Last Name",
    "Language",
    "Loyalty Card",
    "Favourite shop",
    "Brews with",
    "Birthday",
    "Tags",
    "Opt-in Time",
]
FIRST_NAMES = {
    "fr": "Yann Maëlle Erwan Solène Loïc Gwenaëlle Armel Nolwenn Tanguy Aude Ronan Anaïs Mathieu Inès Rémi Zoé Hugo Léa"
    " François Chloé Étienne Manon Gaël Élodie Clément Océane Benoît Margaux Thibault Noémie",
    "en": "Alice Oliver Grace Harry Ruby George Ella Jack Freya Oscar Ivy Archie Poppy Theo Isla Alfie Maya Finlay Orla"
    " Rhys Megan Callum Niamh Ewan Bronwen",
}
FAMILIES = (
    "Le Goff,Kerbrat,Le Bihan,Guéguen,Morvan,Rolland,Prigent,Tanguy,Cadiou,L'Hostis,Martin,Bernard,Dubois,Moreau"
    ",Lefèvre,Girard,Rousseau,Blanchard,Gauthier,Perrin,O'Brien,Walsh,Hughes,Clarke,Evans,Reid,Kelly,Shaw,Murphy,Bennett,Núñez"
)
HOSTS = ["example.org", "example.com", "example.net", "mail.example.org", "bücher.example", "ecole.example"]
SHOPS = ["Le Port", "Les Lices", "Bouffay", ""]
BREWS = ["filter", "espresso", "moka", "french press", ""]
TAGS = ["", "", "", "subscriber box", "wholesale", "tasting club"]


def csv_file(n: int) -> str:
    """Return a CSV of `n` lines after its header."""
    told = random.Random(SEED)  # noqa: S311 - a story, not a secret
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADERS)
    rows: list[list[str]] = []
    for number in range(1, n + 1):
        rows.append(_spoilt(_person(told, number), rows, told))
    writer.writerows(rows)
    return out.getvalue()


def _person(told: random.Random, number: int) -> list[str]:
    language = "fr" if told.random() < 0.6 else "en"
    first, last = told.choice(FIRST_NAMES[language].split()), told.choice(FAMILIES.split(","))
    birthday = f"{told.randint(1950, 2005)}-{told.randint(1, 12):02}-{told.randint(1, 28):02}"
    return [
        f"{_plain(first)}.{_plain(last)}.{number}@{told.choice(HOSTS)}",
        first,
        last,
        language,
        f"BP{700_000 + number}" if told.random() < 0.5 else "",
        told.choice(SHOPS),
        told.choice(BREWS),
        birthday if told.random() < 0.4 else "",
        told.choice(TAGS),
        f"{told.choice((2024, 2025))}-{told.randint(1, 12):02}-{told.randint(1, 28):02}",
    ]


def _spoilt(person: list[str], before: list[list[str]], told: random.Random) -> list[str]:
    """Return the person, or one of the mistakes that every real file holds."""
    luck = told.random()
    if luck < 0.005:
        return ["", *person[1:]]
    if luck < 0.010:
        return [person[0].replace("@", " at "), *person[1:]]
    if luck < 0.020 and before:
        return [before[-1][0].upper(), *before[-1][1:]]
    return person


def _plain(name: str) -> str:
    """Return a name as it stands in an address: no accents, no spaces, no apostrophes."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return ascii_name.lower().replace(" ", "").replace("'", "")
