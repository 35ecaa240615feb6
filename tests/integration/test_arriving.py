"""Coming and going: what a sign-in leaves in the database, who may write it, and how it ends everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import LOCAL_IDENTITY, PERMISSIONS, Identity, OrganizationContext, Role
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine
from segment_engine.errors import NotSignedIn, SegmentEngineError, SignedOut
from tests.pages.conftest import EVERYONE

NOW = datetime.now(UTC).replace(microsecond=0)
ADA = Identity("https://login.test", "ada", "Ada", "ada@example.org", NOW - timedelta(minutes=5))


def kept(databases: Databases, subject: str = "ada") -> tuple[object, ...]:
    """Read what is kept of a person: name, address, last sign-in, and which version of the row it is."""
    with databases.owner.transaction(read_only=True) as transaction:
        return tuple(
            transaction.the(
                text("SELECT display_name, email, last_signed_in_at, xmin::text FROM people WHERE subject = :s"),
                {"s": subject},
            )
        )


def test_a_sign_in_is_noted_once(engine: Engine, databases: Databases, organization_id: int) -> None:
    """Name, verified address and time are kept; a reload writes nothing; what is verified no more is forgotten."""
    assert engine.arrive(ADA) == ()
    first = kept(databases)
    assert first[:3] == ("Ada", "ada@example.org", ADA.issued_at)
    assert engine.arrive(ADA) == ()
    assert kept(databases) == first
    engine.organizations.give_seat(organization_id, ADA, Role.ANALYST)
    later = Identity(ADA.issuer, ADA.subject, None, None, NOW)
    assert [choice.role for choice in engine.arrive(later)] == [Role.ANALYST]
    assert kept(databases)[:3] == ("Ada", None, NOW)
    assert engine.context_for(later).person_name == "Ada"


def test_nobody_writes_the_row_of_another(engine: Engine, databases: Databases) -> None:
    """The application adds and corrects the row of who signs in, and no other, whatever is asked of it (RT2)."""
    engine.arrive(ADA)
    eve = ("https://login.test", "eve")
    with databases.app.transaction(identity=eve) as transaction:
        assert transaction.run(text("UPDATE people SET email = 'eve@example.org'")) == 0
        assert transaction.rows(text("SELECT * FROM people")) == []
    for statement in (
        "INSERT INTO people (issuer, subject) VALUES ('https://login.test', 'made up')",
        "UPDATE people SET disabled_at = NULL",
        "UPDATE people SET issuer = 'https://elsewhere.test'",
        "DELETE FROM people",
    ):
        with pytest.raises(SegmentEngineError), databases.app.transaction(identity=eve) as transaction:
            transaction.run(text(statement))
    assert kept(databases)[1] == "ada@example.org"
    # The owner, whom no policy stops, does change it: the probe would notice.
    with databases.owner.transaction() as transaction:
        assert transaction.run(text("UPDATE people SET email = 'x@example.org' WHERE subject = 'ada'")) == 1


def test_signing_out_everywhere_ends_what_was_issued_before(engine: Engine, organization_id: int) -> None:
    """Every older token is refused at the next step; one issued afterwards works (C5)."""
    engine.organizations.give_seat(organization_id, ADA, Role.VIEWER)
    assert engine.context_for(ADA).role is Role.VIEWER
    engine.sign_out_everywhere(ADA)
    for ask in (engine.context_for, engine.organizations_of, engine.arrive):
        with pytest.raises(SignedOut):
            ask(ADA)
    with pytest.raises(SignedOut):
        engine.context_for(Identity(ADA.issuer, ADA.subject))
    anew = Identity(ADA.issuer, ADA.subject, "Ada", None, datetime.now(UTC) + timedelta(seconds=2))
    assert engine.context_for(anew).role is Role.VIEWER


def test_what_is_done_while_trying_a_role_is_on_record_so(
    engine: Engine, databases: Databases, organization_id: int
) -> None:
    """The audit log names the role tried, and whoever signs in can try none."""
    trying = engine.context_for(LOCAL_IDENTITY, organization_id, role=Role.ANALYST)
    assert trying.permissions == PERMISSIONS[Role.ANALYST]
    engine.segments.create(trying, SegmentDraft("Tried", "", EVERYONE))
    with databases.app.transaction(organization_id, read_only=True) as transaction:
        names = transaction.rows(text("SELECT DISTINCT person_name FROM audit_events"))
    assert [row.person_name for row in names] == ["Local operator (trying analyst)"]
    engine.organizations.give_seat(organization_id, ADA, Role.VIEWER)
    with pytest.raises(NotSignedIn):
        engine.context_for(ADA, role=Role.ADMIN)


def test_a_disabled_person_stays_out(engine: Engine, databases: Databases, organization_id: int) -> None:
    """Signing in again changes nothing for somebody the operator has shut out, nor the row (C3)."""
    engine.organizations.give_seat(organization_id, ADA, Role.ADMIN)
    engine.arrive(ADA)
    with databases.owner.transaction() as transaction:
        transaction.run(text("UPDATE people SET disabled_at = clock_timestamp() WHERE subject = 'ada'"))
    before = kept(databases)
    assert engine.arrive(Identity(ADA.issuer, ADA.subject, "Other", "other@example.org", NOW)) == ()
    assert kept(databases) == before
    with pytest.raises(NotSignedIn):
        engine.context_for(ADA)


def test_an_invitation_waits_for_the_verified_address(engine: Engine, context: OrganizationContext) -> None:
    """Who merely claims the address gets nothing; who has it verified gets the seat, and nobody after them (C8)."""
    engine.people.invite(context, "Ada@Example.org", Role.ANALYST)
    claimed = Identity("https://login.test", "eve", "Eve", None, NOW)
    assert engine.arrive(claimed) == ()
    assert [choice.role for choice in engine.arrive(ADA)] == [Role.ANALYST]
    reassigned = Identity("https://login.test", "successor", "Ada II", "ada@example.org", NOW)
    assert engine.arrive(reassigned) == ()
    assert [choice.role for choice in engine.arrive(ADA)] == [Role.ANALYST]
