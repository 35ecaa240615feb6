"""On a segment's page: counts of every condition, why one contact is in it, and members by hand."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from segment_engine.domain.access import OrganizationContext, Role
from segment_engine.domain.overrides import Decision
from segment_engine.engine import Engine
from tests.pages.conftest import IN_UTRECHT, Create, Visit, columns, document, words

pytestmark = pytest.mark.usefixtures("contacts")
GOLD = {"kind": "attribute", "field": "contact.tier", "op": "is_any_of", "value": ["gold"]}
ORDERED = {"kind": "event", "event": "order_placed", "verb": "did", "count": {"op": "gte", "n": 2}}


@pytest.fixture
def gold(create: Create, work: Callable[[], None]) -> UUID:
    """A calculated segment: gold, and two orders."""
    segment_id = create("Gold", document(GOLD, ORDERED))  # pyright: ignore[reportArgumentType] -- any JSON
    work()
    return segment_id


def _ask(page: AppTest, key: str) -> str:
    page.text_input(key="why.key").set_value(key).run()
    assert not page.exception
    return words(page)


def test_counts_are_taken_when_somebody_opens_them(visit: Visit, gold: UUID) -> None:
    """Opening a page counts nothing (T72); opened, every condition has its three counts and what is left after it."""
    page = visit("segment", id=str(gold), tab="Criteria")
    assert "Not true" not in columns(page)
    page.session_state["counts"] = True
    page.run()
    shown = columns(page)
    assert str(shown["Condition"][0]).strip() == "All of these hold"
    assert "tier" in str(shown["Condition"][1])
    assert (shown["Holds"], shown["True"], shown["Not true"], shown["No value"]) == (
        [1, 2, 1], [1, 2, 1], [3, 2, 3], [0, 0, 0],
    )  # fmt: skip
    assert shown["Left after it"][1:] == [2, 1]


def test_why_a_contact_is_in_it(visit: Visit, gold: UUID) -> None:
    """The answer, every condition with its value and rows, and what would change it (§9.2)."""
    seen = _ask(visit("segment", id=str(gold), tab="Members"), "0001")
    assert "A member" in seen
    assert "tier: “gold”" in seen
    assert "order placed" in seen


def test_why_a_contact_is_not_in_it_now_and_at_a_past_run(
    visit: Visit, gold: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """One order short is said as such; a past run is asked by its own criteria and time."""
    page = visit("segment", id=str(gold), tab="Members")
    seen = _ask(page, "0003")
    assert "Not a member" in seen
    assert "1 more" in seen
    (run,) = engine.runs.find(context, gold)
    page.selectbox(key="why.moment").set_value(str(run.run_id)).run()
    assert not page.exception
    assert "Not a member" in words(page)


def test_an_unknown_contact_is_said_calmly(visit: Visit, gold: UUID) -> None:
    """A key is exact, and the rest of the page stays."""
    page = visit("segment", id=str(gold), tab="Members")
    assert "There is no contact with this key" in _ask(page, "nobody")
    assert "Members by hand" in words(page)


def test_a_contact_is_put_in_by_hand_listed_and_the_decision_ended(
    visit: Visit, gold: UUID, work: Callable[[], None], engine: Engine, context: OrganizationContext
) -> None:
    """Who, when and why stand beside the contact; the explanation says it too (T84)."""
    page = visit("segment", id=str(gold), tab="Members")
    assert "Nobody was put in or taken out by hand" in words(page)
    page.text_input(key="by_hand.contact").set_value("0002")
    page.text_input(key="by_hand.reason").set_value("A friend of the house")
    page.button(key="by_hand.save").click().run()
    assert not page.exception
    seen = words(page)
    assert "A friend of the house" in seen
    work()
    assert engine.segments.get(context, gold).member_count == 2
    assert "by hand" in _ask(visit("segment", id=str(gold), tab="Members"), "0002")
    page = visit("segment", id=str(gold), tab="Members")
    (override,) = engine.overrides.find(context, gold)
    assert override.decision is Decision.PUT_IN
    page.button(key=f"by_hand.end.{override.override_id}").click().run()
    assert "The decision is ended" in words(page)
    assert engine.overrides.find(context, gold) == ()


def test_a_decision_without_a_reason_is_refused(
    visit: Visit, gold: UUID, engine: Engine, context: OrganizationContext
) -> None:
    """The engine says what is missing, and nothing is decided."""
    page = visit("segment", id=str(gold), tab="Members")
    page.text_input(key="by_hand.contact").set_value("0002")
    page.button(key="by_hand.save").click().run()
    assert "Say why" in words(page)
    assert engine.overrides.find(context, gold) == ()


def test_who_may_not_see_contacts_sees_neither_reasons_nor_names(
    visit: Visit, create: Create, role: Callable[[Role], None]
) -> None:
    """The permission is asked for before anything is read."""
    segment_id = create("In Utrecht", IN_UTRECHT)
    role(Role.VIEWER)
    page = visit("segment", id=str(segment_id), tab="Members")
    assert "does not allow you" in words(page)
    assert not [each for each in page.text_input if each.key == "why.key"]
