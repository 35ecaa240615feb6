"""Common first and last names by country, to be joined at random; nobody in particular is meant."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """A country of the demo: its share of all contacts, its main language, its names and its cities, largest first."""

    name: str
    share: float
    language: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    cities: tuple[str, ...]


_DUTCH = (
    "Anna Bram Daan Emma Eva Fleur Hanna Jan Julia Lars Lotte Lucas Maud Mees Milan Nina Noah Roos Sem Sofie Tess Zoë",
    (
        "Bakker,Bos,de Boer,de Graaf,de Groot,de Jong,de Vries,Dekker,Dijkstra,Hendriks,Janssen,Maes,Meijer,Mulder,"
        "Peeters,Smit,van Dijk,van den Berg,Vermeer,Visser,Vos,Willems"
    ),
)
_GERMAN = (
    "Anna Ben Clara Emil Emma Felix Finn Greta Ida Jonas Jürgen Klara Laura Lena Leon Lukas Maria Mia Moritz Paul Theo",
    (
        "Bauer,Becker,Fischer,Gruber,Hoffmann,Huber,Klein,Koch,Krüger,Meyer,Müller,Richter,Schäfer,Schmidt,Schneider,"
        "Schulz,Wagner,Weber,Wolf,Zimmermann"
    ),
)
_FRENCH = (
    "Adèle Alice Arthur Camille Chloé Emma François Gabriel Hugo Inès Jade Jules Louis Louise Lucas Léa Léo Manon Rose",
    (
        "Bernard,Bertrand,Blanc,Bonnet,Dubois,Dupont,Durand,Fournier,Garnier,Lambert,Laurent,Lefebvre,Leroy,Martin,Mercier,"
        "Moreau,Petit,Richard,Robert,Rousseau,Simon"
    ),
)
_SPANISH = (
    "Alba Alejandro Ana Carla Carmen Daniel David Elena Hugo Irene Javier Julia Lucía Manuel Marcos Marta María Mateo",
    (
        "Díaz,Fernández,García,González,Gómez,Hernández,Jiménez,López,Martín,Martínez,Moreno,Muñoz,Pérez,Rodríguez,Romero,"
        "Ruiz,Sánchez,Torres,Álvarez"
    ),
)


def _country(name: str, share: float, language: str, names: tuple[str, str], cities: str) -> Country:
    return Country(name, share, language, tuple(names[0].split()), tuple(names[1].split(",")), tuple(cities.split(",")))


COUNTRIES = (
    _country("Netherlands", 0.36, "nl", _DUTCH, "Amsterdam,Rotterdam,Den Haag,Utrecht,Eindhoven,Groningen"),
    _country("Belgium", 0.17, "nl", _DUTCH, "Antwerpen,Gent,Brussel,Liège,Brugge,Leuven"),
    _country("Germany", 0.21, "de", _GERMAN, "Berlin,Hamburg,München,Köln,Düsseldorf,Leipzig"),
    _country("France", 0.13, "fr", _FRENCH, "Paris,Lyon,Lille,Nantes,Bordeaux,Rennes"),
    _country("Austria", 0.06, "de", _GERMAN, "Wien,Graz,Linz,Salzburg,Innsbruck,Klagenfurt"),
    _country("Spain", 0.05, "es", _SPANISH, "Madrid,Barcelona,Valencia,Sevilla,Bilbao,Málaga"),
    _country("Luxembourg", 0.02, "fr", _FRENCH, "Luxembourg,Esch-sur-Alzette,Differdange,Dudelange,Mersch,Wiltz"),
)


def mailbox(name: str) -> str:
    """Write a name as it stands in an address: small ASCII letters, no blanks."""
    plain = unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode()
    return plain.replace(" ", "").lower()
