"""People of an organization: seats, roles, the last administrator, invitations, and races for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.db import seats
from segment_engine.domain.access import LOCAL_IDENTITY, Identity, OrganizationContext, Role
from segment_engine.domain.people import InvitationState
from segment_engine.engine import Engine
from segment_engine.errors import (
    Conflict,
    Incident,
    InputError,
    NameTaken,
    NotFound,
    NotSignedIn,
    PermissionDenied,
    SegmentEngineError,
    StaleVersion,
)
from segment_engine.use_cases.accepting import accept_invitations
from tests.integration.racing import race

ADA, BO = Identity("https://id.example.org", "ada", "Ada"), Identity("https://id.example.org", "bo", "Bo")
CY = Identity("https://id.example.org", "cy", "Cy", email="Cy@Example.org")


@pytest.fixture
def seated(engine: Engine, organization_id: int) -> Callable[[Identity, Role], OrganizationContext]:
    """Give somebody a seat on the command line, and their context."""

    def seat(identity: Identity, role: Role) -> OrganizationContext:
        engine.organizations.give_seat(organization_id, identity, role)
        return engine.context_for(identity, organization_id)

    return seat


def actions(databases: Databases, organization_id: int) -> list[tuple[str, str | None, dict[str, object]]]:
    """Read what stands in the audit log: action, name of who acted, detail; oldest first."""
    with databases.app.transaction(organization_id, read_only=True) as transaction:
        rows = transaction.rows(
            text("SELECT action, person_name, detail FROM audit_events WHERE organization_id = :o ORDER BY 1, 2"),
            {"o": organization_id},
        )
    return [(row.action, row.person_name, row.detail) for row in rows]


def roles(engine: Engine, context: OrganizationContext) -> dict[str, Role]:
    """Give the role of everybody by name."""
    return {holder.name: holder.role for holder in engine.people.find(context)}


# Seats -------------------------------------------------------------------------------------------------------------


def test_a_role_is_changed_and_a_seat_is_taken(
    engine: Engine, databases: Databases, context: OrganizationContext,
    seated: Callable[[Identity, Role], OrganizationContext],
) -> None:  # fmt: skip
    """Both hold at the person's next call, and stand in the audit log with names."""
    admin = seated(ADA, Role.ADMIN)
    person_id = seated(BO, Role.VIEWER).person_id
    (held,) = [holder for holder in engine.people.find(admin) if holder.person_id == person_id]
    assert (held.name, held.role, held.revision, held.email, held.subject) == ("Bo", Role.VIEWER, 1, None, "bo")
    changed = engine.people.change_role(admin, person_id, Role.ANALYST, expected_revision=1)
    assert (changed.role, changed.revision) == (Role.ANALYST, 2)
    assert engine.context_for(BO).role is Role.ANALYST
    assert engine.people.change_role(admin, person_id, Role.ANALYST, expected_revision=2) == changed
    with pytest.raises(StaleVersion, match="Bo"):
        engine.people.take_seat(admin, person_id, expected_revision=1)
    assert engine.people.take_seat(admin, person_id, expected_revision=2) == changed
    with pytest.raises(NotSignedIn):
        engine.context_for(BO)
    assert sorted(roles(engine, context)) == ["Ada", "Local operator"]
    done = [line for line in actions(databases, context.organization_id) if line[1] == "Ada"]
    assert done == [
        ("seat.change_role", "Ada", {"name": "Bo", "from": "viewer", "to": "analyst"}),
        ("seat.take", "Ada", {"name": "Bo", "role": "analyst"}),
    ]


def test_who_cannot_be_changed(
    engine: Engine, context: OrganizationContext, seated: Callable[[Identity, Role], OrganizationContext]
) -> None:
    """Not oneself, not the command line's own seat, not the last administrator who can sign in, and nobody unknown."""
    admin = seated(ADA, Role.ADMIN)
    for acting, person_id, error in (
        (admin, admin.person_id, InputError),
        (admin, context.person_id, InputError),
        (context, admin.person_id, Conflict),
        (admin, uuid4(), NotFound),
    ):
        with pytest.raises(error):
            engine.people.change_role(acting, person_id, Role.VIEWER, expected_revision=1)
        with pytest.raises(error):
            engine.people.take_seat(acting, person_id, expected_revision=1)
    assert roles(engine, context) == {"Ada": Role.ADMIN, "Local operator": Role.ADMIN}
    second = seated(BO, Role.ADMIN)
    engine.people.change_role(context, admin.person_id, Role.VIEWER, expected_revision=1)
    with pytest.raises(Conflict):
        engine.people.take_seat(context, second.person_id, expected_revision=1)


def test_a_disabled_administrator_does_not_count(
    engine: Engine, databases: Databases, context: OrganizationContext,
    seated: Callable[[Identity, Role], OrganizationContext],
) -> None:  # fmt: skip
    """Who cannot sign in cannot administer either."""
    first = seated(ADA, Role.ADMIN)
    seated(BO, Role.ADMIN)
    with databases.owner.transaction() as transaction:
        transaction.run(text("UPDATE people SET disabled_at = now() WHERE subject = 'bo'"))
    with pytest.raises(Conflict):
        engine.people.take_seat(context, first.person_id, expected_revision=1)


RACES = 50


def duels(engine: Engine, pairs: Sequence[tuple[OrganizationContext, OrganizationContext]]) -> list[int]:
    """Let the two of each pair demote each other at the same moment; gives how many of each pair succeeded."""
    won: list[int] = []
    for first, second in pairs:
        outcomes = race(
            lambda a=first, b=second: engine.people.change_role(a, b.person_id, Role.VIEWER, expected_revision=1),
            lambda a=first, b=second: engine.people.change_role(b, a.person_id, Role.VIEWER, expected_revision=1),
        )
        refused = [each for each in outcomes if isinstance(each, Exception)]
        assert all(isinstance(each, PermissionDenied) for each in refused), refused
        won.append(2 - len(refused))
    return won


def test_two_administrators_who_demote_each_other(
    engine: Engine, seated: Callable[[Identity, Role], OrganizationContext]
) -> None:
    """In 50 races exactly one succeeds, and the other is told so: nobody is left alone without an administrator."""
    one, two = seated(ADA, Role.ADMIN), seated(BO, Role.ADMIN)
    for _ in range(RACES):
        assert duels(engine, [(one, two)]) == [1]
        found = {holder.person_id: holder for holder in engine.people.find(one if _role(engine, ADA) else two)}
        assert sorted(found[each.person_id].role for each in (one, two)) == [Role.ADMIN, Role.VIEWER]
        one, two = _again(engine, one.organization_id)


def test_two_administrators_who_change_the_same_seat(
    engine: Engine, seated: Callable[[Identity, Role], OrganizationContext]
) -> None:
    """In 20 races one role is kept, and the other administrator is told that the seat was changed (E24)."""
    one, two, third = seated(ADA, Role.ADMIN), seated(BO, Role.ADMIN), seated(CY, Role.VIEWER)
    for place in range(20):
        revision = 1 + place
        before = engine.context_for(CY).role
        wanted = [role for role in (Role.VIEWER, Role.ANALYST, Role.OPS_LEAD) if role is not before]
        outcomes = race(
            *(
                partial(engine.people.change_role, acting, third.person_id, role, expected_revision=revision)
                for acting, role in zip((one, two), wanted, strict=True)
            )
        )
        assert sorted(type(each).__name__ for each in outcomes) == ["SeatHolder", "StaleVersion"]
        assert engine.context_for(CY).role in wanted


def _role(engine: Engine, identity: Identity) -> bool:
    return engine.context_for(identity).role is Role.ADMIN


def _again(engine: Engine, organization_id: int) -> tuple[OrganizationContext, OrganizationContext]:
    """Make both administrators again, in new seats."""
    operator = engine.context_for(LOCAL_IDENTITY, organization_id)
    for holder in engine.people.find(operator):
        if holder.role is Role.VIEWER:
            engine.people.take_seat(operator, holder.person_id, expected_revision=holder.revision)
    for identity in (ADA, BO):
        engine.organizations.give_seat(organization_id, identity, Role.ADMIN)
    return engine.context_for(ADA), engine.context_for(BO)


def test_without_the_lock_both_would_be_demoted(
    engine: Engine, context: OrganizationContext, seated: Callable[[Identity, Role], OrganizationContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The race can be seen: with acts on seats that do not wait for each other, both demotions succeed."""
    both_have_looked = threading.Barrier(2)
    looking = seats.other_admins

    def met(*given: object) -> int:
        found = looking(*given)  # pyright: ignore[reportArgumentType] -- handed on as it came
        both_have_looked.wait(timeout=20)
        return found

    def at_once(*_given: object) -> None: ...

    monkeypatch.setattr(seats, "one_at_a_time", at_once)
    monkeypatch.setattr(seats, "other_admins", met)
    assert duels(engine, [(seated(ADA, Role.ADMIN), seated(BO, Role.ADMIN))]) == [2]
    assert set(roles(engine, context).values()) == {Role.VIEWER, Role.ADMIN}
    assert [holder.name for holder in engine.people.find(context) if holder.role is Role.ADMIN] == ["Local operator"]


# Invitations -------------------------------------------------------------------------------------------------------


def test_an_invitation_is_accepted_once_by_a_verified_address(
    engine: Engine, databases: Databases, context: OrganizationContext
) -> None:
    """The seat belongs to issuer and subject from then on; an address given to somebody else gets nothing (C8)."""
    invitation = engine.people.invite(context, "  cy@example.ORG ", Role.ANALYST, days=3)
    assert (invitation.email, invitation.role, invitation.state) == ("cy@example.ORG", Role.ANALYST, "open")
    assert invitation.invited_by == "Local operator"
    unverified = Identity(CY.issuer, CY.subject, "Cy")
    assert accept_invitations(databases.app, unverified) == 0
    assert accept_invitations(databases.app, Identity(BO.issuer, BO.subject, "Bo", email="bo@example.org")) == 0
    with pytest.raises(NotSignedIn):
        engine.context_for(CY)
    assert accept_invitations(databases.app, CY) == 1
    assert engine.context_for(CY).role is Role.ANALYST
    (seat,) = [holder for holder in engine.people.find(context) if holder.subject == "cy"]
    assert (seat.email, seat.given_by, seat.name) == ("Cy@Example.org", "Local operator", "Cy")
    assert engine.people.invitations(context) == ()
    reassigned = Identity(CY.issuer, "somebody else", "Di", email="cy@example.org")
    assert accept_invitations(databases.app, reassigned) == 0
    with pytest.raises(NotSignedIn):
        engine.context_for(reassigned)
    assert [line for line in actions(databases, context.organization_id) if line[0].startswith("invitation")] == [
        ("invitation.accept", "Cy", {"email": "Cy@Example.org", "role": "analyst", "seat_given": True}),
        ("invitation.create", "Local operator", {"email": "cy@example.ORG", "role": "analyst", "days": 3}),
    ]


def test_what_cannot_be_accepted(engine: Engine, databases: Databases, context: OrganizationContext) -> None:
    """Not after it expired, not after it was revoked, and not by whom the operator has shut out."""
    first = engine.people.invite(context, "cy@example.org", Role.ADMIN)
    with pytest.raises(NameTaken, match="invited already"):
        engine.people.invite(context, "CY@example.org", Role.VIEWER)
    engine.people.revoke(context, first.invitation_id)
    assert accept_invitations(databases.app, CY) == 0
    with pytest.raises(NotFound):
        engine.people.revoke(context, first.invitation_id)
    second = engine.people.invite(context, "cy@example.org", Role.VIEWER)
    expire(databases)
    (found,) = engine.people.invitations(context)
    assert (found.invitation_id, found.state) == (second.invitation_id, InvitationState.EXPIRED)
    assert accept_invitations(databases.app, CY) == 0
    third = engine.people.invite_again(context, second.invitation_id, days=1)
    assert (third.role, third.state) == (Role.VIEWER, InvitationState.OPEN)
    with pytest.raises(NotFound):
        engine.people.invite_again(context, second.invitation_id)
    with databases.owner.transaction() as transaction:
        transaction.run(
            text("INSERT INTO people (issuer, subject, disabled_at) VALUES (:issuer, :subject, now())"),
            {"issuer": CY.issuer, "subject": CY.subject},
        )
    assert accept_invitations(databases.app, CY) == 0
    assert engine.people.invitations(context) == (third,)
    expire(databases)
    replaced = engine.people.invite(context, "cy@example.org", Role.ANALYST)
    assert engine.people.invitations(context) == (replaced,)


def expire(databases: Databases) -> None:
    """Let every invitation have been open for long enough."""
    with databases.owner.transaction() as transaction:
        transaction.run(text("UPDATE invitations SET created_at = now() - interval '2 days', expires_at = now()"))


def test_whoever_is_seated_cannot_be_invited(
    engine: Engine, databases: Databases, context: OrganizationContext
) -> None:
    """A seat is changed, not given twice; and a seat that came in another way keeps its role."""
    engine.people.invite(context, "cy@example.org", Role.ADMIN)
    engine.organizations.give_seat(context.organization_id, CY, Role.VIEWER)
    assert accept_invitations(databases.app, CY) == 0
    assert engine.context_for(CY).role is Role.VIEWER
    assert engine.people.invitations(context) == ()
    with databases.owner.transaction() as transaction:
        transaction.run(text("UPDATE people SET email = 'CY@example.org' WHERE subject = 'cy'"))
    with pytest.raises(NameTaken, match="holds a seat already"):
        engine.people.invite(context, "cy@example.org", Role.ADMIN)


@pytest.mark.parametrize(
    "address", ["", "cy", "cy@", "@example.org", "a b@example.org", "cy@example", f"{'c' * 260}@e.org"]
)
def test_what_is_not_an_address(engine: Engine, context: OrganizationContext, address: str) -> None:
    """Refused with an example; so is an invitation without an end."""
    with pytest.raises(InputError):
        engine.people.invite(context, address, Role.VIEWER)
    with pytest.raises(InputError):
        engine.people.invite(context, "cy@example.org", Role.VIEWER, days=0)


def test_an_invitation_accepted_by_two_at_once(
    engine: Engine, databases: Databases, context: OrganizationContext
) -> None:
    """Two people who both have the address, at the same moment: one seat, given once; in 20 races."""
    twin = Identity("https://other.example.org", "cy", "Cy", email="cy@example.org")
    for _ in range(20):
        engine.people.invite(context, "cy@example.org", Role.VIEWER)
        outcomes = race(lambda: accept_invitations(databases.app, CY), lambda: accept_invitations(databases.app, twin))
        assert sorted(outcomes, key=str) == [0, 1]
        given = [holder for holder in engine.people.find(context) if holder.subject == "cy"]
        assert len(given) == 1
        engine.people.take_seat(context, given[0].person_id, expected_revision=given[0].revision)


def test_the_same_person_in_two_tabs(engine: Engine, databases: Databases, context: OrganizationContext) -> None:
    """Somebody who signs in twice at once for the first time is one person with one seat."""
    engine.people.invite(context, "cy@example.org", Role.VIEWER)
    outcomes = race(lambda: accept_invitations(databases.app, CY), lambda: accept_invitations(databases.app, CY))
    assert sorted(outcomes, key=str) == [0, 1]
    assert [holder.subject for holder in engine.people.find(context)].count("cy") == 1


# Two organizations -------------------------------------------------------------------------------------------------


def test_people_of_another_organization_stay_there(
    engine: Engine, databases: Databases, context: OrganizationContext
) -> None:
    """Neither listed, nor changed, nor told apart from nobody; an address can be invited by both, each for itself."""
    other = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other"))
    engine.organizations.give_seat(other.organization_id, ADA, Role.VIEWER)
    theirs = next(holder for holder in engine.people.find(other) if holder.subject == "ada")
    invitation = engine.people.invite(other, "cy@example.org", Role.VIEWER)
    answers = [
        _answer(lambda given=unknown: engine.people.take_seat(context, given, expected_revision=1))
        for unknown in (theirs.person_id, uuid4())
    ] + [
        _answer(lambda given=unknown: engine.people.revoke(context, given))
        for unknown in (invitation.invitation_id, uuid4())
    ]
    assert answers[0] == answers[1]
    assert answers[2] == answers[3]
    assert [holder.name for holder in engine.people.find(context)] == ["Local operator"]
    assert engine.people.invitations(context) == ()
    engine.people.invite(context, "cy@example.org", Role.ANALYST)
    assert accept_invitations(databases.app, CY) == 2
    assert [engine.context_for(CY, each.organization_id).role for each in (context, other)] == [
        Role.ANALYST, Role.VIEWER,
    ]  # fmt: skip


def _answer(act: Callable[[], object]) -> tuple[type[SegmentEngineError], str]:
    with pytest.raises(SegmentEngineError) as refused:
        act()
    return type(refused.value), str(refused.value)


def test_the_application_cannot_write_more_than_its_part(
    engine: Engine, databases: Databases, organization_id: int
) -> None:
    """Row-level security: no foreign seat, no foreign person's row, no way back in for who was shut out."""
    other = engine.organizations.create("Other")
    engine.organizations.give_seat(organization_id, ADA, Role.VIEWER)
    ada: UUID = engine.context_for(ADA).person_id
    seat = "INSERT INTO seats (organization_id, person_id, role) VALUES (:o, :p, 'admin')"
    person = "INSERT INTO people (issuer, subject) VALUES ('https://id.example.org', 'forged')"
    for statement, allowed in (
        (seat, False), (person, False), ("UPDATE people SET disabled_at = NULL", False),
        ("UPDATE people SET email = 'x@example.org'", True), ("DELETE FROM people", False),
        ("DELETE FROM invitations", False),
    ):  # fmt: skip
        try:
            with databases.app.transaction(organization_id, identity=("a", "b")) as transaction:
                touched = transaction.run(text(statement), {"o": other, "p": ada})
        except (SegmentEngineError, Incident):
            assert not allowed, statement
        else:
            assert (allowed, touched) == (True, 0), statement
