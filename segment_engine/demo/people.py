"""The contacts: who there is, how lively each one is, and what a customer file would know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.random import Generator

from segment_engine.demo import columns
from segment_engine.demo.columns import Flags, Share, Whole, plain
from segment_engine.demo.names import COUNTRIES, mailbox
from segment_engine.demo.seasons import DAY, DAYS, Year
from segment_engine.imports.arrow import Array

TIERS = ("bronze", "silver", "gold", "platinum")
STORES = ("Utrecht", "Antwerpen", "Köln", "Lyon")
INTERESTS = ("garden", "kitchen", "sport", "travel", "books", "toys")
TAGS = ("webshop", "store", "fair", "vip", "wholesale", "press")
_LANGUAGES = ("nl", "de", "fr", "es", "en")
_TIERS_BELOW = (0.60, 0.85, 0.96)
_CITY_SHARES = (0.34, 0.22, 0.16, 0.12, 0.09, 0.07)
_JOINED_LAST_YEAR = 0.28
_YEARS_BEFORE = 1.3
_OLDEST_YEARS = 6.0
_LIVELIEST = 12.0
_SILENT = 0.45
_NEVER_LIVELY = 0.12
_INTEREST_SHARES = (0.34, 0.42, 0.25, 0.28, 0.31, 0.16)
_TAG_SHARES = (0.62, 0.3, 0.12, 0.04, 0.03, 0.01)


@dataclass(frozen=True, slots=True)
class Population:
    """Everyone, before anything is known of them.

    Shape: one entry a contact, in the order they joined. A contact acts between the shares `begins` and `ends` of the
        year's trade, and `liveliness` times as often as others.
    Units: `joined` microseconds since 1970 in UTC.
    """

    keys: tuple[str, ...]
    joined: Whole
    begins: Share
    ends: Share
    liveliness: Share


def populate(count: int, year: Year, random: Generator) -> Population:
    """Draw who joined when; nearly half fall silent some time afterwards, and some never do anything."""
    fresh = round(count * _JOINED_LAST_YEAR)
    first = int(year.edges[0])
    # An exponential cut off at the age of the shop, drawn through its inverse.
    oldest = 1 - np.exp(-_OLDEST_YEARS / _YEARS_BEFORE)
    years = -_YEARS_BEFORE * np.log1p(-oldest * random.random(count - fresh))
    joined = np.sort(
        np.concatenate((first - (years * DAYS * DAY).astype(np.int64), year.moments(random.random(fresh))))
    )
    begins = year.share_before(joined)
    silent = random.random(count) < _SILENT
    ends = np.where(silent, begins + (1 - begins) * random.random(count), 1.0)
    lively = random.random(count) >= _NEVER_LIVELY
    liveliness = np.minimum(random.lognormal(0.0, 1.1, count), _LIVELIEST) * lively
    keys = tuple(f"{number:06d}" for number in range(1, count + 1))
    return Population(keys, joined, begins, ends, liveliness)


def chance(share: float, count: int, random: Generator) -> Flags:
    """Say yes to about this share of `count` questions."""
    return random.random(count) < share


def contact_columns(
    people: Population, *, spent: Whole, visits: Whole, today: int, random: Generator
) -> dict[str, Array]:
    """Lay out the file of contacts.

    Units: `spent` cents in the last year, `visits` pages viewed in it, `today` microseconds since 1970.
    """
    count = len(people.keys)
    country = _drawn([country.share for country in COUNTRIES], count, random)
    worth = spent + (people.liveliness * _years_before(people, today) * random.gamma(2.0, 4_000.0, count)).astype(
        np.int64
    )
    known = _Known(count, random)
    return {
        "customer_number": columns.texts(people.keys),
        **_person(people, country, known, random),
        **_place(country, known, random),
        "birthday": columns.dates(_birthdays(today, count, random), known.all_but(0.28)),
        "signed_up_at": columns.instants(people.joined, known.all_but(0.05)),
        "loyalty_tier": columns.words(TIERS, _tiers(worth), known.all_but(0.10)),
        "lifetime_value": columns.money(worth, known.all_but(0.07)),
        "newsletter": columns.flags(chance(0.62, count, random), known.all_but(0.06)),
        "lead_score": columns.whole(_scores(visits, random), known.all_but(0.18)),
        "preferred_store": columns.words(STORES, random.integers(0, len(STORES), count), known.all_but(0.30)),
        "interests": columns.sets(INTERESTS, _picks(_INTEREST_SHARES, count, random), known.all_but(0.18)),
        "tags": columns.sets(TAGS, _picks(_TAG_SHARES, count, random), known.all_but(0.26)),
    }


def _picks(shares: Sequence[float], count: int, random: Generator) -> Flags:
    """Draw which choices each contact has; whoever would have none has the first one."""
    picked: Flags = random.random((count, len(shares))) < np.array(shares)
    picked[~picked.any(axis=1), 0] = True
    return picked


@dataclass(frozen=True, slots=True)
class _Known:
    """Draws which values a file has: no real one is complete."""

    count: int
    random: Generator

    def all_but(self, missing: float) -> Flags:
        return chance(1 - missing, self.count, self.random)


def _drawn(shares: list[float] | tuple[float, ...], count: int, random: Generator) -> Whole:
    bounds = np.array(list(accumulate(shares))) / sum(shares)
    return np.minimum(np.searchsorted(bounds, random.random(count), side="right"), len(shares) - 1).astype(np.int64)


def _person(people: Population, country: Whole, known: _Known, random: Generator) -> dict[str, Array]:
    first_names = _names(country, [each.first_names for each in COUNTRIES], random)
    last_names = _names(country, [each.last_names for each in COUNTRIES], random)
    boxes = {name: mailbox(name) for name in {*first_names, *last_names}}
    emails = [
        f"{boxes[first]}.{boxes[last]}.{key}@example.{'org' if key[-1] in '37' else 'com'}"
        for first, last, key in zip(first_names, last_names, people.keys, strict=True)
    ]
    return {
        "email": columns.texts(emails, known.all_but(0.06)),
        # No country has the code 999, so none of these numbers can ring anywhere.
        "phone": columns.texts([f"+999 55 {key}" for key in people.keys], known.all_but(0.30)),
        "first_name": columns.texts(first_names, known.all_but(0.05)),
        "last_name": columns.texts(last_names, known.all_but(0.05)),
    }


def _names(country: Whole, pools: Sequence[tuple[str, ...]], random: Generator) -> list[str]:
    picks = random.integers(0, 1 << 30, len(country))
    return [pools[place][pick % len(pools[place])] for place, pick in zip(plain(country), plain(picks), strict=True)]


def _place(country: Whole, known: _Known, random: Generator) -> dict[str, Array]:
    count = len(country)
    cities = tuple(city for each in COUNTRIES for city in each.cities)
    city = country * len(_CITY_SHARES) + _drawn(_CITY_SHARES, count, random)
    spoken = np.array([_LANGUAGES.index(each.language) for each in COUNTRIES])[country]
    language = np.where(chance(0.09, count, random), _LANGUAGES.index("en"), spoken)
    return {
        "country": columns.words([each.name for each in COUNTRIES], country, known.all_but(0.05)),
        "city": columns.words(cities, city, known.all_but(0.12)),
        "postal_code": columns.texts(
            [f"{code:05d}" for code in random.integers(1_000, 99_999, count)], known.all_but(0.15)
        ),
        "language": columns.words(_LANGUAGES, language, known.all_but(0.08)),
    }


def _birthdays(today: int, count: int, random: Generator) -> Whole:
    ages = np.clip(random.normal(43.0, 15.0, count), 18.0, 92.0)
    return today // DAY - (ages * 365.25).astype(np.int64)


def _years_before(people: Population, today: int) -> Share:
    return np.maximum(today - people.joined - DAYS * DAY, 0) / (DAYS * DAY)


def _tiers(worth: Whole) -> Whole:
    bounds = np.quantile(worth, _TIERS_BELOW)
    return np.searchsorted(bounds, worth, side="right").astype(np.int64)


def _scores(visits: Whole, random: Generator) -> Whole:
    noisy = 18 * np.log1p(visits) + random.normal(12.0, 9.0, len(visits))
    return np.clip(noisy, 0, 100).astype(np.int64)
