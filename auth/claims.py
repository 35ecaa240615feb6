"""What a provider says about a person, and what of it is believed: only what agrees with the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from segment_engine import Identity, Provider, SignInSettings

LONGEST_SUBJECT, LONGEST_NAME, LONGEST_EMAIL = 255, 200, 254
# Clocks differ a little; a token from further ahead would outlive its session.
CLOCK_DIFFERENCE = timedelta(minutes=5)

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class Doubt(StrEnum):
    """Why claims are not believed."""

    UNUSABLE = "unusable"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one person, believed. Units: `ends_at` is UTC."""

    identity: Identity
    provider: Provider
    ends_at: datetime
    nonce: str

    @property
    def key(self) -> tuple[str, str, datetime | None, str]:
        """What tells this sign-in from every other one, of the same person too."""
        return self.identity.issuer, self.identity.subject, self.identity.issued_at, self.nonce


def read_claims(claims: Mapping[str, object], settings: SignInSettings, *, now: datetime) -> Session | Doubt:
    """Believe what a signed cookie keeps of a token, or say why not.

    Shape: the issuer must be that of the provider which was asked, whatever the token says about itself. An address
        counts only when the provider calls it verified, in so many words.
    """
    provider = settings.provider(claims.get("provider"))
    issuer, subject, issued = claims.get("iss"), claims.get("sub"), _instant(claims.get("iat"))
    if provider is None or not isinstance(issuer, str) or issuer.rstrip("/") != provider.issuer:
        return Doubt.UNUSABLE
    if not isinstance(subject, str) or not subject.strip() or len(subject) > LONGEST_SUBJECT:
        return Doubt.UNUSABLE
    if _CONTROLS.search(subject) or issued is None or issued > now + CLOCK_DIFFERENCE:
        return Doubt.UNUSABLE
    ends_at = issued + timedelta(hours=settings.session_hours)
    if now >= ends_at:
        return Doubt.ENDED
    email = _text(claims.get("email"), LONGEST_EMAIL) if claims.get("email_verified") is True else None
    identity = Identity(
        provider.issuer, subject, _text(claims.get("name"), LONGEST_NAME),
        email if email and _ADDRESS.fullmatch(email) else None, issued,
    )  # fmt: skip
    return Session(identity, provider, ends_at, str(claims.get("nonce", "")))


def _instant(value: object) -> datetime | None:
    """Read seconds since 1970 as a time; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _text(value: object, longest: int) -> str | None:
    """Clean a text that somebody else wrote: one line, of a length that can be shown and stored."""
    if not isinstance(value, str):
        return None
    return _CONTROLS.sub(" ", value[: 4 * longest]).strip()[:longest].strip() or None
