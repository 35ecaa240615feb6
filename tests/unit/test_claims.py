"""What is believed of a token's claims, at their edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from auth.claims import Doubt, Session, read_claims
from auth.ended import EndedSessions
from segment_engine.settings import load_settings
from segment_engine.settings.sign_in import SignInSettings
from tests.unit.test_sign_in_settings import GOOD

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
ISSUER = "https://login.company.com/realm"
CLAIMS: dict[str, object] = {
    "provider": "company", "iss": ISSUER, "sub": "ada", "iat": NOW.timestamp() - 60, "name": "Ada",
    "email": "ada@example.org", "email_verified": True, "nonce": "n",
}  # fmt: skip


@pytest.fixture
def settings() -> SignInSettings:
    """A sign-in of twelve hours with one provider."""
    found = load_settings(GOOD).sign_in
    assert found is not None
    return found


def test_a_good_token_is_a_session(settings: SignInSettings) -> None:
    """Issuer and subject, the name, the verified address, and the end."""
    session = read_claims(CLAIMS | {"iss": f"{ISSUER}/"}, settings, now=NOW)
    assert isinstance(session, Session)
    identity = session.identity
    assert (identity.issuer, identity.subject, identity.name, identity.email) == (
        ISSUER,
        "ada",
        "Ada",
        "ada@example.org",
    )
    assert session.ends_at == NOW + timedelta(hours=12, seconds=-60)


@pytest.mark.parametrize(
    "changes",
    [
        {"provider": "other"}, {"provider": None}, {"iss": "https://elsewhere.test"}, {"iss": None}, {"iss": [ISSUER]},
        {"sub": ""}, {"sub": " "}, {"sub": 7}, {"sub": "x" * 256}, {"sub": "a\nb"}, {"sub": "a\x00"}, {"sub": "\ud800"},
        {"iat": None}, {"iat": True}, {"iat": "1"}, {"iat": 1e300}, {"iat": float("nan")},
        {"iat": NOW.timestamp() + 301},
    ],
)  # fmt: skip
def test_what_cannot_be_believed_is_not(settings: SignInSettings, changes: dict[str, object]) -> None:
    """Another issuer, no usable subject, no time, or a time ahead of the clock: nobody (C7)."""
    assert read_claims(CLAIMS | changes, settings, now=NOW) is Doubt.UNUSABLE


def test_the_end_is_to_the_second(settings: SignInSettings) -> None:
    """Twelve hours after the token was issued the session is over, and not before (C5)."""
    issued = NOW - timedelta(hours=12)
    assert read_claims(CLAIMS | {"iat": issued.timestamp()}, settings, now=NOW) is Doubt.ENDED
    assert isinstance(read_claims(CLAIMS | {"iat": issued.timestamp() + 1}, settings, now=NOW), Session)


@pytest.mark.parametrize(
    ("changes", "name", "email"),
    [
        ({"email_verified": False}, "Ada", None), ({"email_verified": "true"}, "Ada", None),
        ({"email_verified": 1}, "Ada", None), ({"email": "nonsense"}, "Ada", None), ({"email": ["a@b"]}, "Ada", None),
        ({"name": None}, None, "ada@example.org"), ({"name": "A\r\n\u202eB"}, "A B", "ada@example.org"),
        ({"name": "x" * 5000}, "x" * 200, "ada@example.org"), ({"name": {"first": "A"}}, None, "ada@example.org"),
    ],
)  # fmt: skip
def test_names_and_addresses_are_cleaned(
    settings: SignInSettings, changes: dict[str, object], name: str | None, email: str | None
) -> None:
    """An address only when verified in so many words; a name of one line and of a length (C8)."""
    session = read_claims(CLAIMS | changes, settings, now=NOW)
    assert isinstance(session, Session)
    assert (session.identity.display_name, session.identity.email) == (name, email)


def test_ended_sign_ins_are_remembered_until_they_end_by_themselves(settings: SignInSettings) -> None:
    """One sign-in is ended and another one of the same person is not; nothing is kept for ever."""
    ended = EndedSessions()
    first, second = (read_claims(CLAIMS | {"nonce": nonce}, settings, now=NOW) for nonce in ("a", "b"))
    assert isinstance(first, Session)
    assert isinstance(second, Session)
    ended.end(first, now=NOW)
    assert first in ended
    assert second not in ended
    ended.end(second, now=NOW + timedelta(hours=13))
    assert first not in ended
