"""An invitation from the first click to the last, on the real server with a real provider."""

from __future__ import annotations

from segment_engine.domain.access import LOCAL_IDENTITY, Role
from tests.sign_in.asking import SignInSite, shown, sign_in
from tests.sign_in.conftest import SEGMENT
from tests.sign_in.hostile import Hostile

ADDRESS = "Invited@Example.org"


def seen(site: SignInSite, hostile: Hostile, subject: str, *, verified: bool) -> str:
    """Sign in as somebody of whom the provider says that the address is theirs, and give what the list shows."""
    hostile.changes = {"sub": subject, "name": "Invited", "email": ADDRESS.lower(), "email_verified": verified}
    with site.visitor() as visitor:
        sign_in(visitor, site, "hostile")
        return shown(site.address, "segments", visitor.cookies)


def test_an_invitation_opens_the_pages_once(sign_in_site: SignInSite, hostile: Hostile) -> None:
    """Verified, once, for issuer and subject: not before, not for who gets the address next, and not after (C3, C8)."""
    engine, organization_id = sign_in_site.engine, sign_in_site.organization_id
    operator = engine.context_for(LOCAL_IDENTITY, organization_id)
    invitation = engine.people.invite(operator, ADDRESS, Role.VIEWER)
    assert SEGMENT not in seen(sign_in_site, hostile, "invited", verified=False)
    assert engine.people.invitations(operator) == (invitation,)

    hostile.changes = {"sub": "invited", "name": "Invited", "email": ADDRESS.lower(), "email_verified": True}
    with sign_in_site.visitor() as visitor:
        sign_in(visitor, sign_in_site, "hostile")
        assert SEGMENT in shown(sign_in_site.address, "segments", visitor.cookies)
        closed = shown(sign_in_site.address, "administration", visitor.cookies)
        assert "does not allow you to manage people" in closed
        assert ADDRESS not in closed
        (seat,) = [holder for holder in engine.people.find(operator) if holder.subject == "invited"]
        assert (seat.role, seat.email, seat.given_by) == (Role.VIEWER, ADDRESS.lower(), "Local operator")
        assert seat.last_signed_in_at is not None
        assert engine.people.invitations(operator) == ()

        assert SEGMENT not in seen(sign_in_site, hostile, "next", verified=True)

        engine.people.take_seat(operator, seat.person_id, expected_revision=seat.revision)
        assert SEGMENT not in shown(sign_in_site.address, "segments", visitor.cookies)
    assert SEGMENT not in seen(sign_in_site, hostile, "invited", verified=True)
