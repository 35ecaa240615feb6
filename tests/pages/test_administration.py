"""Administration: every role, people and their seats, invitations, settings with what they do, and the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from segment_engine.databases import Databases
from segment_engine.domain.access import Identity, OrganizationContext, Role
from segment_engine.domain.audit import AuditQuery
from segment_engine.engine import Engine
from tests.pages.conftest import Create, Visit, columns, words

ADA = Identity("https://id.example.org", "ada", "Ada *Star* [link](https://example.org)")


def button(page: AppTest, key: str) -> Any:
    """Find a button by its key."""
    return page.button(key=key)


@pytest.fixture
def ada(engine: Engine, organization_id: int) -> UUID:
    """Somebody with a seat, whose name is full of signs."""
    engine.organizations.give_seat(organization_id, ADA, Role.VIEWER)
    return engine.context_for(ADA).person_id


# Who may see what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [Role.VIEWER, Role.ANALYST, Role.CAMPAIGN_MANAGER])
def test_most_roles_do_not_get_in(visit: Visit, role: Callable[[Role], None], engine: Engine, given: Role) -> None:
    """One sentence with the reason, nothing of what is inside, no way in the sidebar; and it is in the log (C2)."""
    role(given)
    page = visit("administration")
    assert not page.exception
    assert "does not allow you to manage people" in words(page)
    assert not page.tabs
    assert "Administration" not in [link.proto.label for link in page.sidebar.get("page_link")]
    role(Role.ADMIN)
    found = engine.audit.find(engine.context_for(Identity("local", "operator")), AuditQuery(text="page."))
    assert [line.action for line in found.lines] == ["page.administration"]


def test_who_reads_the_log_sees_the_log_alone(visit: Visit, role: Callable[[Role], None], ada: UUID) -> None:
    """The first tab that is open to the role is open, and the others say why they are not."""
    role(Role.OPS_LEAD)
    page = visit("administration")
    assert not page.exception
    assert "Nothing has happened yet" in words(page)
    for tab in ("People", "Invitations", "Settings"):
        closed = visit("administration", a_tab=tab)
        assert not closed.exception
        assert "does not allow you to manage people" in words(closed), tab
        assert not closed.dataframe
        assert str(ada) not in str(closed)


# People ------------------------------------------------------------------------------------------------------------


def opened_seat(page: AppTest, person_id: UUID) -> AppTest:
    """Open the dialog of a seat."""
    page.session_state["a_person_open"] = person_id
    return page.run()


def test_people_are_listed_with_their_seats(visit: Visit, ada: UUID) -> None:
    """Names as they are written, roles, and that nobody else is here yet."""
    page = visit("administration")
    assert not page.exception
    shown = columns(page)
    assert shown["name"] == ["Local operator (you)", ADA.display_name]
    assert [list(each) for each in shown["role"]] == [["Admin"], ["Viewer"]]
    assert shown["state"] == ["Local", "Open"]
    assert "2 people with a seat, 1 administrator" in words(page)
    assert str(ada) not in words(page)


def test_alone_the_next_step_is_an_invitation(visit: Visit) -> None:
    """Whoever sets an organization up is told what comes next."""
    assert "Invite others" in words(visit("administration"))


def test_a_role_is_changed_with_what_it_means(visit: Visit, engine: Engine, ada: UUID) -> None:
    """The dialog says what is gained, the button names who becomes what, and a toast confirms it."""
    page = opened_seat(visit("administration"), ada)
    page.selectbox(key=f"a_role.{ada}.1").set_value(Role.OPS_LEAD).run()
    assert "May then also create segments" in words(page)
    change = button(page, "a_change_role")
    assert change.label.replace("\\", "").replace("\u2060", "") == f"Make {ADA.display_name} an ops lead"
    change.click().run()
    assert not page.exception
    assert engine.context_for(ADA).role is Role.OPS_LEAD
    assert "is an ops lead from the next click on" in words(page)


def test_a_seat_is_taken_after_a_second_look(
    visit: Visit, engine: Engine, context: OrganizationContext, ada: UUID
) -> None:
    """The button wakes up only when it is confirmed by name."""
    page = opened_seat(visit("administration"), ada)
    assert button(page, "a_take_seat").disabled
    page.checkbox(key=f"a_sure.{ada}.1").check().run()
    button(page, "a_take_seat").click().run()
    assert not page.exception
    assert "has no seat here any more" in words(page)
    assert [each.name for each in engine.people.find(context)] == ["Local operator"]


def test_what_somebody_else_changed_is_not_overwritten(
    visit: Visit, engine: Engine, organization_id: int, context: OrganizationContext, ada: UUID
) -> None:
    """An administrator who acts on what is no longer so is told, and nothing happens."""
    page = opened_seat(visit("administration"), ada)
    page.selectbox(key=f"a_role.{ada}.1").set_value(Role.ADMIN).run()
    engine.people.change_role(context, ada, Role.ANALYST, expected_revision=1)
    button(page, "a_change_role").click().run()
    assert "was changed after you opened it" in words(page)
    assert engine.context_for(ADA, organization_id).role is Role.ANALYST


def test_some_seats_stay_as_they_are(visit: Visit, context: OrganizationContext) -> None:
    """One's own and that of the command line say why, and offer nothing."""
    page = opened_seat(visit("administration"), context.person_id)
    assert "belongs to the command line" in words(page)
    assert not [each for each in page.button if each.key in {"a_change_role", "a_take_seat"}]


def test_many_people_are_searched(visit: Visit, engine: Engine, organization_id: int) -> None:
    """By name, address and role, in the address of the page; nothing found leads back."""
    for place in range(20):
        engine.organizations.give_seat(organization_id, Identity("i", str(place), f"Person {place:02}"), Role.ANALYST)
    assert len(columns(visit("administration"))["name"]) == 21
    assert columns(visit("administration", a_name="person 07"))["name"] == ["Person 07"]
    page = visit("administration", a_name="nobody like that")
    assert "Nobody by that name" in words(page)
    button(page, "a_reset_name").click().run()
    assert len(columns(page)["name"]) == 21


# Invitations -------------------------------------------------------------------------------------------------------


def test_somebody_is_invited_renewed_and_revoked(visit: Visit, engine: Engine, context: OrganizationContext) -> None:
    """From an empty page to a seat that waits, with the address in every button that matters."""
    page = visit("administration", a_tab="Invitations")
    assert "Nobody is invited" in words(page)
    assert "runs in local mode" in words(page)
    button(page, "a_invite").click().run()
    assert button(page, "a_invite_yes").disabled
    page.text_input(key="a_email").input("not an address").run()
    button(page, "a_invite_yes").click().run()
    assert "This is not an e-mail address" in words(page)
    page.text_input(key="a_email").input("cy@example.org").run()
    page.selectbox(key="a_invite_role").set_value(Role.ANALYST).run()
    button(page, "a_invite_yes").click().run()
    assert not page.exception
    (made,) = engine.people.invitations(context)
    assert (made.email, made.role) == ("cy@example.org", Role.ANALYST)
    assert columns(page)["email"] == ["cy@example.org"]
    page.session_state["a_invitation"] = made.invitation_id
    page.run()
    button(page, "a_renew").click().run()
    (renewed,) = engine.people.invitations(context)
    assert renewed.invitation_id != made.invitation_id
    page.session_state["a_invitation"] = renewed.invitation_id
    page.run()
    button(page, "a_revoke").click().run()
    assert "No seat waits for cy@example.org any more" in words(page)
    assert engine.people.invitations(context) == ()


# Settings ----------------------------------------------------------------------------------------------------------


def test_settings_are_reviewed_with_figures_before_they_are_saved(
    visit: Visit, engine: Engine, context: OrganizationContext
) -> None:
    """Nothing is stored by looking; the review says from what to what, and what it does."""
    page = visit("administration", a_tab="Settings")
    assert not page.exception
    assert button(page, "a_review").disabled
    page.number_input(key="a_set_stale.1").set_value(48).run()
    page.selectbox(key="a_set_zone.1").set_value("UTC").run()
    button(page, "a_review").click().run()
    said = words(page)
    for expected in (
        "Use with care after: 26 hours → 48 hours", "Time zone: Europe/Amsterdam → UTC", "Ready: 0 segments, now 0",
        "Saved segments keep their own calendar",
    ):  # fmt: skip
        assert expected in said, expected
    assert engine.settings.get(context).revision == 1
    button(page, "a_settings_yes").click().run()
    assert not page.exception
    assert engine.settings.get(context).settings.stale_after_hours == 48
    assert page.number_input(key="a_set_stale.2").value == 48
    assert button(page, "a_review").disabled


def test_settings_that_cannot_be_are_explained(visit: Visit, engine: Engine, context: OrganizationContext) -> None:
    """What is old must be old before it is too old; the sentence stands in the review."""
    page = visit("administration", a_tab="Settings")
    page.number_input(key="a_set_stale.1").set_value(200).run()
    button(page, "a_review").click().run()
    assert "choose fewer hours for the first" in words(page)
    assert engine.settings.get(context).revision == 1


# Audit log ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def busy(engine: Engine, context: OrganizationContext, create: Create, ada: UUID) -> UUID:
    """Some things that happened; gives the segment."""
    segment_id = create("Loyal")
    engine.people.change_role(context, ada, Role.ANALYST, expected_revision=1)
    engine.people.invite(context, "cy@example.org", Role.VIEWER)
    return segment_id


def what(page: AppTest) -> list[str]:
    """Give the sentences of the lines shown."""
    assert not page.exception
    return columns(page).get("what", [])


def test_the_log_is_searched_in_the_address(visit: Visit, busy: UUID) -> None:
    """By text, person, action, result, thing and period; what is set can be taken off."""
    created = "Local operator created the segment “Loyal”"
    invited = "Local operator invited cy@example.org as viewer"
    assert what(visit("administration", a_tab="Audit log")) == [
        invited, f"Local operator changed the role of {ADA.display_name} from viewer to analyst", created,
    ]  # fmt: skip
    for query, expected in (
        ({"a_q": "CY@"}, [invited]), ({"a_what": "created the segment"}, [created]),
        ({"a_about": str(busy)}, [created]), ({"a_result": "Refused"}, []),
        ({"a_period": "Today", "a_q": "loyal"}, [created]),
        ({"a_period": "Between two days", "a_until": "2020-01-01"}, []),
        ({"a_who": "Somebody unknown", "a_q": "CY@"}, [invited]),
    ):  # fmt: skip
        assert what(visit("administration", a_tab="Audit log", **query)) == expected, query
    page = visit("administration", a_tab="Audit log", a_what="created the segment", a_about=str(busy))
    button(page, "a_chip.a_what").click().run()
    button(page, "a_about_off").click().run()
    assert len(what(page)) == 3
    page = visit("administration", a_tab="Audit log", a_q="nothing like that")
    assert "No line matches" in words(page)
    button(page, "a_reset_audit").click().run()
    assert len(what(page)) == 3
    page = visit(
        "administration", a_tab="Audit log", a_period="Between two days", a_since="2020-01-02", a_until="2020-01-01"
    )
    assert "ends before it begins" in words(page)


def test_a_line_is_looked_at_in_a_drawer(
    visit: Visit, engine: Engine, context: OrganizationContext, busy: UUID
) -> None:
    """Everything in it as text, with the way to the thing; the address leads to it, and to nothing of others."""
    lines = {line.action: line for line in engine.audit.find(context, AuditQuery()).lines}
    page = visit("administration", a_tab="Audit log", a_line=str(lines["seat.change_role"].number))
    assert f"changed the role of {ADA.display_name}" in words(page)
    detail = columns(page)
    assert dict(zip(detail["what"], detail["value"], strict=True))["From"] == "viewer"
    page = visit("administration", a_tab="Audit log", a_line=str(lines["segment.create"].number))
    assert "Loyal" in [link.proto.label for link in page.get("page_link")]
    assert str(busy) in columns(page)["value"]
    for wrong in ("0", "999999", "-1", "x", "9" * 40):
        assert "no such line" in words(visit("administration", a_tab="Audit log", a_line=wrong)), wrong


def test_a_segment_leads_to_its_own_lines(visit: Visit, role: Callable[[Role], None], busy: UUID) -> None:
    """For whoever may read the log, and for nobody else."""
    found = {
        given: [link.proto.label for link in visit("segment", id=str(busy), tab="About").main.get("page_link")]
        for given in (Role.ADMIN, Role.ANALYST)
        if role(given) is None
    }
    assert ["Who changed what" in found[given] for given in found] == [True, False]


def test_older_lines_are_a_page_away(
    visit: Visit, engine: Engine, context: OrganizationContext, databases: Databases
) -> None:
    """Newest first, fifty at a time, and back."""
    with databases.app.transaction(context.organization_id) as transaction:
        transaction.run(
            text(
                "INSERT INTO audit_events (organization_id, action, object_kind, object_id, detail) "
                "SELECT :o, 'list.create', 'list', number, jsonb_build_object('name', number) "
                "FROM generate_series(1, 60) AS number"
            ),
            {"o": context.organization_id},
        )
    assert len(engine.audit.find(context, AuditQuery()).lines) == 50
    page = visit("administration", a_tab="Audit log")
    assert what(page)[0] == "The program made the list “60”"
    button(page, "a_older").click().run()
    assert (what(page)[0], len(what(page))) == ("The program made the list “10”", 10)
    assert button(page, "a_older").disabled
    button(page, "a_newer").click().run()
    assert what(page)[0] == "The program made the list “60”"


def test_the_log_is_offered_as_a_file(visit: Visit, busy: UUID) -> None:
    """Under a name nobody can guess; nothing is made before the click."""
    assert busy
    page = visit("administration", a_tab="Audit log")
    (offered,) = page.get("download_button")
    assert offered.proto.label == "Export"
    assert not [each for each in what(page) if "exported" in each]


def test_an_unforeseen_error_keeps_the_rest_of_the_page(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tab that fails says so with a number; its text is nowhere (D8)."""

    def fail(*_given: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("segment_engine.use_cases.people.People.find", fail)
    page = visit("administration")
    assert not page.exception
    assert "Tell an administrator the number" in words(page)
    assert "hunter2" not in str(page)
    assert [title.value for title in page.title] == ["Administration"]
