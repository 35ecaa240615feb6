"""Forged, stale and foreign tokens: nobody comes in by one, and the same harness lets an honest one in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import httpx
import pytest

from segment_engine.domain.access import Identity
from tests.scoreboard import Scored
from tests.sign_in.asking import SignInSite, begin, callback_of, is_in, shown, sign_in
from tests.sign_in.hostile import Claims, Forge, Hostile, encoded, honest, signed


def unsigned(_provider: Hostile, claims: Claims) -> str:
    """Say that no signature is needed."""
    return f"{encoded({'alg': 'none'})}.{encoded(claims)}."


def signed_by_another(provider: Hostile, claims: Claims) -> str:
    """Sign with a key the provider never published, under the name of one it did."""
    return signed(claims, provider.other_key, {"alg": "RS256", "kid": "known"})


def with_the_key_in_the_header(provider: Hostile, claims: Claims) -> str:
    """Bring the key along in the token."""
    public = provider.other_key.as_dict(private=False)
    return signed(claims, provider.other_key, {"alg": "RS256", "kid": "known", "jwk": public})


def with_an_unknown_demand(provider: Hostile, claims: Claims) -> str:
    """Demand that the reader understands something nobody does."""
    return signed(claims, provider.key, {"alg": "RS256", "kid": "known", "crit": ["x-unknown"], "x-unknown": 1})


def keyed_by_what_is_public(provider: Hostile, claims: Claims) -> str:
    """Use the public key as if it were a shared secret."""
    message = f"{encoded({'alg': 'HS256', 'kid': 'known'})}.{encoded(claims)}"
    proof = hmac.new(provider.key.as_pem(private=False), message.encode(), hashlib.sha256).digest()
    return f"{message}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"


def tampered(provider: Hostile, claims: Claims) -> str:
    """Put other claims under an honest signature."""
    header, _, signature = honest(provider, claims).split(".")
    return f"{header}.{encoded(claims | {'sub': 'ada'})}.{signature}"


FORGERIES: dict[str, tuple[Forge, Claims]] = {
    "none": (unsigned, {}),
    "wrong key": (signed_by_another, {}),
    "key in the header": (with_the_key_in_the_header, {}),
    "unknown crit": (with_an_unknown_demand, {}),
    "public key as secret": (keyed_by_what_is_public, {}),
    "other claims": (tampered, {}),
    "not a token": (lambda _provider, _claims: "not.a.token", {}),
    "wrong audience": (honest, {"aud": "somebody-else"}),
    "wrong issuer": (honest, {"iss": "https://elsewhere.test"}),
    "wrong nonce": (honest, {"nonce": "of-another-sign-in"}),
    "no nonce": (honest, {"nonce": None}),
    "expired": (honest, {"exp": 1_600_000_000}),
    "no expiry": (honest, {"exp": None}),
    "no subject": (honest, {"sub": None}),
    "no time of issue": (honest, {"iat": None}),
}


@pytest.mark.usefixtures("hostile")
def test_an_honest_token_comes_in(sign_in_site: SignInSite, visitor: httpx.Client) -> None:
    """The harness below refuses because of the forgery, and for no other reason: without one it lets in (C7)."""
    answer = sign_in(visitor, sign_in_site, "hostile")
    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    assert is_in(visitor)
    page = shown(sign_in_site.address, "segments", visitor.cookies)
    assert "No seat yet" in page
    assert "Eve" in page


@pytest.mark.parametrize("algorithms", [["RS256"], ["RS256", "HS256", "none"]], ids=["strict", "lax"])
def test_no_forged_token_comes_in(
    sign_in_site: SignInSite, hostile: Hostile, visitor: httpx.Client, algorithms: list[str], scored: Scored
) -> None:
    """No forgery signs anybody in, also where the provider says it may use any algorithm (C7)."""
    hostile.algorithms = algorithms
    for name, (forge, changes) in FORGERIES.items():
        hostile.forge, hostile.changes = forge, changes
        answer = sign_in(visitor, sign_in_site, "hostile")
        assert not is_in(visitor), name
        assert answer.headers["location"] == "/?sign_in=refused", name
    scored("forged tokens", len(FORGERIES), accepted=0)
    hostile.forge, hostile.changes = honest, {}
    sign_in(visitor, sign_in_site, "hostile")
    assert is_in(visitor)


def test_a_provider_cannot_speak_for_another(sign_in_site: SignInSite, hostile: Hostile, visitor: httpx.Client) -> None:
    """A provider that takes another one's name, in its description and its tokens, vouches for nobody (C7)."""
    hostile.issuer, hostile.changes = sign_in_site.company, {"iss": sign_in_site.company, "sub": "ada"}
    sign_in(visitor, sign_in_site, "hostile")
    page = shown(sign_in_site.address, "segments", visitor.cookies)
    assert "cannot be used here" in page
    assert "House of Ada" not in page
    assert visitor.get("/media/anything").status_code == 401
    sign_in(visitor, sign_in_site, "company", "ada")
    assert "House of Ada" in shown(sign_in_site.address, "segments", visitor.cookies)


@pytest.mark.parametrize("verified", [False, None, "true", 1], ids=["no", "silent", "text", "number"])
def test_an_address_counts_only_when_it_is_verified(
    sign_in_site: SignInSite, hostile: Hostile, visitor: httpx.Client, verified: object
) -> None:
    """Whoever merely claims an address gets neither the address nor the seat that waits for it (C8)."""
    hostile.changes = {"email": "ada@example.org", "email_verified": verified}
    sign_in(visitor, sign_in_site, "hostile")
    page = shown(sign_in_site.address, "segments", visitor.cookies)
    assert "confirms no e-mail address" in page
    assert "ada@example.org" not in page


def test_a_session_is_no_older_than_agreed(sign_in_site: SignInSite, hostile: Hostile, visitor: httpx.Client) -> None:
    """A cookie that would last for weeks lets nobody in twelve hours after the token was issued (C5)."""
    hostile.changes = {"iat": int(time.time()) - 12 * 3600 + 60}
    sign_in(visitor, sign_in_site, "hostile")
    assert "No seat yet" in shown(sign_in_site.address, "segments", visitor.cookies)
    hostile.changes = {"iat": int(time.time()) - 12 * 3600 - 1}
    sign_in(visitor, sign_in_site, "hostile")
    assert "Your session has ended" in shown(sign_in_site.address, "segments", visitor.cookies)
    assert visitor.get("/media/anything").status_code == 401


def test_an_old_cookie_is_worth_nothing_after_signing_out_everywhere(
    sign_in_site: SignInSite, hostile: Hostile, visitor: httpx.Client
) -> None:
    """A cookie kept from before is refused, and a sign-in after it is not (C5)."""
    hostile.changes = {"iat": int(time.time()) - 60, "sub": "kept"}
    sign_in(visitor, sign_in_site, "hostile")
    old = httpx.Cookies(visitor.cookies)
    assert "No seat yet" in shown(sign_in_site.address, "segments", old)
    sign_in_site.engine.sign_out_everywhere(Identity(hostile.address, "kept"))
    assert "You have signed out everywhere" in shown(sign_in_site.address, "segments", old)
    hostile.changes = {"iat": int(time.time()) + 2, "sub": "kept"}
    sign_in(visitor, sign_in_site, "hostile")
    assert "No seat yet" in shown(sign_in_site.address, "segments", visitor.cookies)


def test_a_callback_belongs_to_the_browser_that_began(sign_in_site: SignInSite, visitor: httpx.Client) -> None:
    """What one browser began cannot be finished in another, which would then act in a stranger's name (C6)."""
    callback = callback_of(begin(visitor, sign_in_site, "company"), "ada")
    with sign_in_site.visitor() as other:
        answer = other.get(callback)
        assert answer.headers["location"] == "/?sign_in=stale"
        assert not is_in(other)
        begin(other, sign_in_site, "company")
        assert other.get(callback).headers["location"] == "/?sign_in=stale"
        assert not is_in(other)
    assert visitor.get(callback).headers["location"] == "/"
    assert is_in(visitor)


def test_two_providers_are_two_people(sign_in_site: SignInSite, visitor: httpx.Client) -> None:
    """The same subject at another provider is somebody else: an identity is issuer and subject."""
    sign_in(visitor, sign_in_site, "partner", "ada")
    assert "House of Ada" not in shown(sign_in_site.address, "segments", visitor.cookies)
    sign_in(visitor, sign_in_site, "company", "ada")
    assert "House of Ada" in shown(sign_in_site.address, "segments", visitor.cookies)
