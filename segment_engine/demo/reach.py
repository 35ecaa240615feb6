"""How contacts may be reached: what they allowed on which channel and about which topic, and which addresses work."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from segment_engine.demo import columns
from segment_engine.demo.columns import Flags, Whole
from segment_engine.demo.people import Population, chance
from segment_engine.demo.seasons import DAY, MICROSECONDS
from segment_engine.imports.arrow import Array

TOPIC = "offers"
_STATES = ("granted", "pending", "withdrawn")
_GRANTED, _PENDING, _WITHDRAWN = range(len(_STATES))
_SUPPRESSIONS = ("hard_bounce", "complaint")


class _Records:
    """Records of consent, one kind after the other."""

    def __init__(self) -> None:
        self.contacts: list[Whole] = []
        self.channels: list[str] = []
        self.topics: list[str | None] = []
        self.states: list[Whole] = []
        self.moments: list[Whole] = []

    def add(self, whose: Flags, when: Whole, *, channel: str, state: int, topic: str | None = None) -> None:
        places = np.flatnonzero(whose)
        self.contacts.append(places)
        self.channels += [channel] * len(places)
        self.topics += [topic] * len(places)
        self.states.append(np.full(len(places), state, dtype=np.int64))
        self.moments.append(when[places])


def consent_columns(people: Population, *, today: int, random: Generator) -> dict[str, Array]:
    """Lay out the file of consents: who allowed messages when joining, who took it back, and who said no to offers.

    Units: `today` microseconds since 1970.
    """
    count, records = len(people.keys), _Records()
    for channel, granted, withdrawn in (("email", 0.81, 0.08), ("sms", 0.24, 0.05)):
        drawn = random.random(count)
        when = np.minimum(people.joined + MICROSECONDS * random.integers(20, 900, count), today - 1)
        later = when + (random.random(count) * (today - when)).astype(np.int64)
        records.add(drawn < granted, when, channel=channel, state=_GRANTED)
        records.add(drawn < granted * withdrawn, later, channel=channel, state=_WITHDRAWN)
        if channel == "email":
            # Some never confirmed; some of those who allowed mail decided about offers on their own.
            records.add(drawn > 1 - 0.04, when, channel=channel, state=_PENDING)
            offers = (drawn < granted) & chance(0.3, count, random)
            against = chance(0.35, count, random)
            records.add(offers & ~against, later, channel=channel, state=_GRANTED, topic=TOPIC)
            records.add(offers & against, later, channel=channel, state=_WITHDRAWN, topic=TOPIC)
    return {
        "customer_number": columns.words(people.keys, np.concatenate(records.contacts)),
        "channel": columns.texts(records.channels),
        "topic": columns.texts([topic or "" for topic in records.topics]),
        "state": columns.words(_STATES, np.concatenate(records.states)),
        "recorded_at": columns.instants(np.concatenate(records.moments)),
    }


def mail_columns(people: Population, *, has_email: Flags, today: int) -> dict[str, Array]:
    """Lay out the file of mail addresses that do not work any more, and of contacts who complained."""
    number = np.arange(1, len(people.keys) + 1, dtype=np.int64)
    bounced, complained = number % 97 == 0, number % 211 == 0
    listed = np.flatnonzero(has_email & ((number % 61 == 0) | bounced | complained))
    stopped = (bounced | complained)[listed]
    return {
        "customer_number": columns.words(people.keys, listed),
        "channel": columns.texts(["email"] * len(listed)),
        "valid": columns.flags(number[listed] % 61 != 0),
        "suppressed_at": columns.instants(today - (number[listed] % 300 + 1) * DAY, stopped),
        "suppression": columns.words(_SUPPRESSIONS, np.where(bounced[listed], 0, 1), stopped),
    }


def phone_columns(people: Population, *, has_phone: Flags) -> dict[str, Array]:
    """Lay out the file of numbers for text messages: every other contact with a telephone has a mobile one."""
    listed = np.flatnonzero(has_phone & (np.arange(len(people.keys)) % 2 == 0))
    return {
        "customer_number": columns.words(people.keys, listed),
        "channel": columns.texts(["sms"] * len(listed)),
        "address": columns.texts([f"+999 55 {people.keys[place]}" for place in columns.plain(listed)]),
    }
