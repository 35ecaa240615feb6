"""Who is told of alerts: rules, what makes one usable, and the hours in which nobody wants to hear anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NewType
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from segment_engine.domain.alerts import OF_THE_ORGANIZATION, AlertKind
from segment_engine.domain.segment import SegmentId
from segment_engine.domain.stored import StoredWord
from segment_engine.errors import InputError

RuleId = NewType("RuleId", UUID)
LONGEST_TARGET = 500
LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?)+")


class Channel(StoredWord):
    """How somebody is told."""

    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of every day, in the organization's time zone, in which nothing is sent; they may pass midnight."""

    start: time
    end: time

    def over_at(self, moment: datetime, zone: str) -> datetime | None:
        """Say when the quiet hours end in which a moment lies; None when it lies in none. Units: UTC."""
        local = moment.astimezone(ZoneInfo(zone))
        clock = local.time().replace(tzinfo=None)
        after, before = clock >= self.start, clock < self.end
        if not (after and before if self.start < self.end else after or before):
            return None
        day = local.date() if clock < self.end else local.date() + timedelta(days=1)
        # Where the clocks go back, the hour of the end comes twice: the end is the first of the two that lies ahead.
        ends = (datetime.combine(day, self.end.replace(fold=fold), ZoneInfo(zone)).astimezone(UTC) for fold in (0, 1))
        return next(end for end in ends if end > moment)


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as somebody writes it: about which kinds, through which channel, to whom; without a segment, about all."""

    kinds: frozenset[AlertKind]
    channel: Channel
    target: str
    segment_id: SegmentId | None = None
    quiet: QuietHours | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A rule as it is stored. The secret of a webhook is never part of it. Units: `created_at` in UTC."""

    rule_id: RuleId
    revision: int
    draft: RuleDraft
    segment_name: str | None
    created_at: datetime
    created_by: str | None
    last_delivered_at: datetime | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule that was just made, with the secret of its webhook: the only time that it is shown."""

    rule: AlertRule
    secret: str | None


def checked_rule(draft: RuleDraft) -> RuleDraft:
    """Check a rule and give it with its target trimmed. Raises: InputError with a next step."""
    if not draft.kinds:
        raise InputError("Choose at least one kind of alert to be told of.")
    if draft.segment_id is not None and draft.kinds & OF_THE_ORGANIZATION:
        raise InputError("Alerts about workers and the queue concern the whole organization; leave them out here.")
    if draft.quiet is not None and draft.quiet.start == draft.quiet.end:
        raise InputError("Quiet hours begin and end at the same time. Choose different times, or none.")
    target = draft.target.strip()
    check = checked_address if draft.channel is Channel.EMAIL else checked_url
    return RuleDraft(draft.kinds, draft.channel, check(target), draft.segment_id, draft.quiet, draft.enabled)


def checked_address(text: str) -> str:
    """Check that a text is one e-mail address and nothing else. Raises: InputError."""
    if len(text) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(text):
        raise InputError("This is not an e-mail address. Write one address, such as team@example.org.")
    return text


def checked_url(text: str) -> str:
    """Check the form of a webhook's address; where it may lead is decided when something is sent.

    Raises: InputError.
    """
    advice = "Write an address such as https://hooks.example.org/segments."
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise InputError(f"This is not an address of a webhook. {advice}") from error
    if parts.scheme not in {"https", "http"} or not parts.hostname or len(text) > LONGEST_TARGET:
        raise InputError(f"This is not an address of a webhook. {advice}")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise InputError(f"An address holds no blanks and no special characters. {advice}")
    if parts.username or parts.password:
        raise InputError(f"An address with a name and a password in it cannot be used: others would see it. {advice}")
    return text


def all_kinds(*, of_a_segment: bool = False) -> frozenset[AlertKind]:
    """Give every kind that a rule can ask for."""
    return frozenset(AlertKind) - (OF_THE_ORGANIZATION if of_a_segment else frozenset())


def in_their_order(kinds: Iterable[AlertKind]) -> tuple[AlertKind, ...]:
    """Put kinds into the order in which they are listed everywhere."""
    chosen = set(kinds)
    return tuple(kind for kind in AlertKind if kind in chosen)
