"""A believable contacts file of any size, always the same for the same seed: to try the import, not to prove figures.

seed_contacts(10_000, seed=7)      # → Path(".../contacts-10000-7.csv")

French and English names with accents and apostrophes, IDN domains, plus-addresses, doubles, and rows that are wrong in
the ways of real exports. Addresses lie under example.org and friends (RFC 2606): nobody's.
"""

from __future__ import annotations

import csv
import random
import unicodedata
from pathlib import Path

from django.conf import settings

HEADERS = ["Adresse e-mail", "Prénom", "Nom", "Langue", "Ville", "Points", "Carte de fidélité", "Étiquettes", "Accepte"]
FIRST = {
    "fr": [
        "Zoé",
        "Chloé",
        "Léa",
        "Inès",
        "Maëlle",
        "Élodie",
        "Aïcha",
        "Hélène",
        "Jean-Noël",
        "François",
        "Loïc",
        "Gaël",
        "Théo",
        "Noé",
        "Rémi",
        "Anne-Laure",
    ],
    "en": [
        "Ann",
        "Ben",
        "Cara",
        "Dan",
        "Emily",
        "Oliver",
        "Grace",
        "Siân",
        "Seán",
        "Zoë",
        "Harry",
        "Ruby",
        "Callum",
        "Niamh",
        "George",
        "Poppy",
    ],
}
LAST = {
    "fr": ["Lefèvre", "D'Angelo", "L'Hostis", "de La Tour", "Béranger", "Garçon", "Müller", "N'Diaye", "Nguyễn"],
    "en": ["O'Neil", "O'Brien", "Smith", "Brontë", "McDonald", "St. John", "Jones-Évans", "Walsh", "Hughes", "Taylor"],
}  # fmt: skip
CITIES = ["Lyon", "Saint-Étienne", "Évreux", "L'Haÿ-les-Roses", "Bath", "York", "Stoke-on-Trent", "Nîmes", ""]
DOMAINS = [
    "example.org",
    "example.com",
    "example.net",
    "mail.example.org",
    "exämple.org",
    "bücher.example",
    "café.example",
]
WRONG = ["", "no address", "ann@", "@example.org", "two@@example.org", "a b@example.org", "ann@example", "ann@-x.org"]


def seed_contacts(n: int, seed: int = 1, folder: Path | None = None) -> Path:
    """Write a CSV of n lines after its header and return its path; one in fifty is wrong, one in forty a double."""
    dice = random.Random(seed)  # noqa: S311 - a story, not a secret
    path = (folder or Path(settings.VAR_DIR)) / f"contacts-{n}-{seed}.csv"
    past: list[list[str]] = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADERS)
        for number in range(n):
            row = _row(dice, number, past)
            past = [*past[-200:], row]
            writer.writerow(row)
    return path


def _row(dice: random.Random, number: int, past: list[list[str]]) -> list[str]:
    chance = dice.random()
    if past and chance < 0.025:
        double = [*dice.choice(past)]
        double[0] = double[0].upper()
        return double
    row = _person(dice, number)
    if chance > 0.98:
        row[0] = dice.choice(WRONG)
        row[6] = ""
    return row


def _person(dice: random.Random, number: int) -> list[str]:
    language = dice.choice(["fr", "fr", "en"])
    first, last = dice.choice(FIRST[language]), dice.choice(LAST[language])
    plus = dice.choice(["", "", "", "+news", "+boutique"])
    local = f"{_ascii(first)}.{_ascii(last)}.{number}{plus}".lower()
    if number % 997 == 0:
        local = f"{first.lower()}.{number}"  # letters outside ASCII before the @: kept, but not written to
    return [
        f"{local}@{dice.choice(DOMAINS)}",
        first,
        last,
        {"fr": "Français", "en": "English"}[language],
        dice.choice(CITIES),
        str(dice.randrange(0, 900)),
        f"{7_000_000 + number}" if dice.random() < 0.3 else "",
        dice.choice(["", "", "VIP", "VIP, boutique", "salon 2025"]),
        dice.choice(["oui", "oui", "oui", "non"]),
    ]


def _ascii(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in letters if letter.isalnum() or letter in "'-")
