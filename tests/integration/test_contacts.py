"""Looking contacts up on real PostgreSQL: finding one, everything known about it, and its segments over time."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from segment_engine.databases import Databases
from segment_engine.domain.access import OrganizationContext
from segment_engine.domain.contact import FoundBy, difference
from segment_engine.domain.overrides import Decision
from segment_engine.domain.readiness import Readiness
from segment_engine.domain.run import RunStatus
from segment_engine.engine import Engine
from segment_engine.errors import InputError, NotFound
from segment_engine.use_cases.contact_finding import name_words, phone_spellings
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.integration.importing import Importer
from tests.integration.reference_worlds import calculate, city, document, save

CONTACTS = """id,first_name,last_name,city,email,phone,tier,spent,tags
0001,Ada,van der Berg,Utrecht,Ada@Example.org,+31 6 1234 5678,gold,12.50,vip;store
0002,Bo,Jansen,Gent,bo@example.org,0031612345679,silver,,
0003,Élodie,Jansen-Bos,Utrecht,ada@example.org,,,,
A-7,Ada,Bakker,,ÉLODIE@example.org,+31612345678,,,
"""
CONSENTS = """id,channel,topic,state,recorded_at
0001,email,,granted,2020-01-01T00:00:00Z
0001,email,,withdrawn,2020-03-01T00:00:00Z
0001,email,offers,granted,2020-02-01T00:00:00Z
"""
CHANNELS = """id,channel,address,valid,suppressed_at,suppression
0001,post,Street 1,no,2021-01-01T00:00:00Z,global_stop
"""
ORDERS = """id,at,total
0001,2026-01-05T10:00:00Z,12.50
0001,2026-02-05T10:00:00Z,99.00
"""


@pytest.fixture
def importer(databases: Databases, organization_id: int, tmp_path: Path) -> Importer:
    """Four contacts, of whom two share an address, with channels, consents and orders."""
    made = Importer(databases.app, organization_id, tmp_path)
    made.contacts(CONTACTS, types={"tier": "choice:gold|silver", "spent": "money:EUR:2", "tags": "set"})
    made.consents(CONSENTS)
    made.channels(CHANNELS)
    made.events(ORDERS, types={"total": "money:EUR:2"})
    return made


def found(engine: Engine, context: OrganizationContext, search: str) -> list[tuple[str, FoundBy]]:
    """Give the keys that a search found, and by what."""
    return [(each.external_key, each.found_by) for each in engine.contacts.find(context, search).contacts]


# Finding one -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("0001", [("0001", FoundBy.KEY)]),
        (" 0001\u00a0", [("0001", FoundBy.KEY)]),
        ("000", [("0001", FoundBy.KEY_START), ("0002", FoundBy.KEY_START), ("0003", FoundBy.KEY_START)]),
        ("a-7", []),
        ("ADA@example.ORG", [("0001", FoundBy.EMAIL)]),
        ("élodie@EXAMPLE", [("A-7", FoundBy.EMAIL_START)]),
        ("+31 6 1234 5678", [("A-7", FoundBy.PHONE), ("0001", FoundBy.PHONE)]),
        ("0031612345678", [("A-7", FoundBy.PHONE)]),
        ("jansen", [("0002", FoundBy.NAME), ("0003", FoundBy.NAME)]),
        ("BERG", [("0001", FoundBy.NAME)]),
        ("bos", [("0003", FoundBy.NAME)]),
        ("Bakker ada", [("A-7", FoundBy.NAME)]),
        ("élo jan", [("0003", FoundBy.NAME)]),
        ("erg", []),
        ("%", []),
        ("_", []),
        ("'; DROP TABLE contacts; --", []),
    ],
    ids=[
        "key", "blanks around", "beginning of keys", "keys are exact", "first holder of an address", "any script",
        "as delivered and bare", "00 for +", "last name", "later word", "behind a hyphen", "both names",
        "beginnings of both", "middle of a word", "percent", "underscore", "nothing is executed",
    ],
)  # fmt: skip
def test_a_contact_is_found_by_what_people_know_of_it(
    engine: Engine, context: OrganizationContext, importer: Importer, search: str, expected: list[tuple[str, FoundBy]]
) -> None:
    """By key, address, phone and names; wildcards are letters like others (T36)."""
    assert importer.organization_id == context.organization_id
    assert sorted(found(engine, context, search)) == sorted(expected)


def test_what_was_searched_is_said(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """Once a key fits wholly nothing else is read; an address is no name; one letter is not looked for in names."""
    assert importer
    key, start, phone = FoundBy.KEY, FoundBy.KEY_START, FoundBy.PHONE
    assert engine.contacts.find(context, "0001").searched == (key, start)
    assert engine.contacts.find(context, "x@y").searched == (key, start, FoundBy.EMAIL, FoundBy.EMAIL_START)
    assert engine.contacts.find(context, "77777").searched == (key, start, phone)
    assert engine.contacts.find(context, "zz").searched == (key, start, FoundBy.NAME)
    assert engine.contacts.find(context, "z").searched == (key, start)
    assert engine.contacts.find(context, "  ").searched == ()
    assert engine.contacts.find(context, "0001\x00").searched == ()


def test_at_most_twenty_are_shown_and_more_are_announced(
    engine: Engine, context: OrganizationContext, databases: Databases, organization_id: int, tmp_path: Path
) -> None:
    """Twenty exactly are all; the twenty-first makes “there are more”."""
    importer = Importer(databases.app, organization_id, tmp_path)
    importer.contacts("id\n" + "".join(f"k{number:02}\n" for number in range(20)))
    whole = engine.contacts.find(context, "k")
    assert (len(whole.contacts), whole.has_more) == (20, False)
    importer.contacts("id\nk99\n")
    cut = engine.contacts.find(context, "k")
    assert (len(cut.contacts), cut.has_more) == (20, True)
    assert [each.external_key for each in cut.contacts] == [f"k{number:02}" for number in range(20)]


def test_deleted_contacts_are_not_found(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """By no way at all, and their own page says that there is none."""
    importer.delete("0001")
    for search in ("0001", "ada@example.org", "+31 6 1234 5678 ", "berg"):
        assert ("0001", FoundBy.KEY) not in found(engine, context, search)
        assert not [each for each, _ in found(engine, context, search) if each == "0001"]
    for ask in (engine.contacts.get, engine.contacts.memberships, engine.contacts.campaigns):
        with pytest.raises(NotFound, match="There is no contact with this key"):
            ask(context, "0001")


def test_another_organizations_contacts_are_not_found(
    engine: Engine, context: OrganizationContext, importer: Importer
) -> None:
    """Its keys, addresses, names and numbers lead nowhere from here (B11)."""
    assert importer
    other = engine.context_for(LOCAL_IDENTITY, engine.organizations.create("Other"))
    for search in ("0001", "ada@example.org", "jansen", "+31 6 1234 5678", "000"):
        assert found(engine, context, search)
        assert found(engine, other, search) == []
    for contact in ("0001", 1):
        with pytest.raises(NotFound):
            engine.contacts.get(other, contact)


def test_a_search_text_has_an_end(engine: Engine, context: OrganizationContext) -> None:
    """Nobody types 201 characters."""
    with pytest.raises(InputError, match="at most 200"):
        engine.contacts.find(context, "x" * 201)


def test_texts_are_read_as_phone_numbers_or_names() -> None:
    """What is not one is not looked for."""
    assert phone_spellings("(030) 12-34.5") == ["(030) 12-34.5", "03012345"]
    assert phone_spellings("0031 612") == ["0031 612", "0031612", "+31612"]
    assert phone_spellings("1234") == []
    assert phone_spellings("agent 007007") == []
    assert name_words("Ada van der Berg-Bos junior") == ["berg-bos", "junior", "ada", "der"]
    assert name_words("a") == []
    assert name_words("李") == ["李"]
    assert name_words("- 12345 -") == []


# What is known -----------------------------------------------------------------------------------------------------


def test_everything_known_is_told(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """Fields in words with their labels, channels, every record of consent, and what happened how often."""
    assert importer
    card = engine.contacts.get(context, "0001")
    assert (card.number, card.external_key, card.name, card.email) == (1, "0001", "Ada van der Berg", "Ada@Example.org")
    told = {each.label: each.text for each in card.fields}
    assert {key: told[key] for key in ("City", "spent", "tags", "tier")} == {
        "City": "Utrecht", "spent": "12.50 EUR", "tags": "store, vip", "tier": "gold",
    }  # fmt: skip
    assert [(each.channel, each.is_valid, each.suppression) for each in card.channels] == [
        ("email", True, None), ("phone", True, None), ("post", False, "global_stop"),
    ]  # fmt: skip
    assert [(each.topic, each.state) for each in card.consents] == [
        (None, "withdrawn"), (None, "granted"), ("offers", "granted"),
    ]  # fmt: skip
    assert [(each.key, each.rows, each.last_at and each.last_at.date().isoformat()) for each in card.events] == [
        ("order_placed", 2, "2026-02-05")
    ]
    assert engine.contacts.get(context, 1) == card


def test_missing_values_are_missing(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """A field without a value is there, without one; a contact without a name has none."""
    importer.contacts("id\nbare\n")
    card = engine.contacts.get(context, "bare")
    assert {each.text for each in card.fields} == {None}
    assert (card.name, card.email, card.channels, card.consents, card.events, card.lists) == ("", None, (), (), (), ())


def test_static_lists_are_named(engine: Engine, context: OrganizationContext, importer: Importer) -> None:
    """The lists that hold the contact, and no others."""
    assert importer
    engine.lists.create(context, "Guests", ["0001", "0002"])
    engine.lists.create(context, "Others", ["0002"])
    assert engine.contacts.get(context, "0001").lists == ("Guests",)


# Which segments ----------------------------------------------------------------------------------------------------


def move(importer: Importer, name: str) -> None:
    """Let contact 0001 live elsewhere."""
    importer.contacts(f"id,city\n0001,{name}\n")


def run_again(engine: Engine, context: OrganizationContext, databases: Databases, segment_id: UUID) -> UUID:
    """Recalculate a segment and name the run."""
    run = engine.runs.request(context, segment_id)
    calculate(databases)
    assert engine.runs.get(context, run.run_id).status is RunStatus.SUCCESS
    return run.run_id


def test_returning_is_a_new_stretch_and_both_stay_visible(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """Joined with one run, left with another, back with a third, each named with its time (T92)."""
    segment_id = save(engine, context, "Utrecht", document(city("Utrecht")))
    calculate(databases)
    first = engine.runs.find(context, segment_id)[0].run_id
    move(importer, "Lyon")
    second = run_again(engine, context, databases, segment_id)
    (was,) = engine.contacts.memberships(context, "0001")
    assert (was.name, was.is_member, len(was.intervals)) == ("Utrecht", False, 1)
    move(importer, "Utrecht")
    third = run_again(engine, context, databases, segment_id)
    (now,) = engine.contacts.memberships(context, "0001")
    assert now.is_member
    assert [(each.joined and each.joined.run_id, each.left and each.left.run_id) for each in now.intervals] == [
        (third, None), (first, second),
    ]  # fmt: skip
    latest = now.intervals[0].joined
    assert latest is not None
    assert latest.at == engine.runs.get(context, third).finished_at


def test_a_beginning_that_is_not_on_record_is_not_invented(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """Where the change of the first publishing is gone, the stretch has no beginning; it is still there."""
    assert importer
    segment_id = save(engine, context, "Utrecht", document(city("Utrecht")))
    calculate(databases)
    with databases.owner.transaction(context.organization_id) as transaction:
        transaction.run(text("ALTER TABLE membership_changes NO FORCE ROW LEVEL SECURITY"))
        transaction.run(text("DELETE FROM membership_changes"))
    (now,) = engine.contacts.memberships(context, "0001")
    assert (now.segment_id, now.is_member) == (segment_id, True)
    assert [(each.joined, each.is_open) for each in now.intervals] == [(None, True)]


def test_decisions_by_hand_and_the_standing_stand_beside(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """A segment in which the contact never was is listed when a person decided something about it there."""
    assert importer
    gent = save(engine, context, "Gent", document(city("Gent")))
    save(engine, context, "Utrecht", document(city("Utrecht")))
    calculate(databases)
    made = engine.overrides.put_in(context, gent, "0001", reason="Asked")
    engine.overrides.end(context, gent, made.override_id)
    utrecht, other = engine.contacts.memberships(context, "0001")
    assert (utrecht.name, utrecht.is_member, other.name, other.is_member) == ("Utrecht", True, "Gent", False)
    (hand,) = other.by_hand
    assert (hand.decision, hand.reason, hand.decided_by, hand.ended_by) == (
        Decision.PUT_IN, "Asked", "Local operator", "Local operator",
    )  # fmt: skip
    assert utrecht.standing is not None
    assert utrecht.standing.readiness is Readiness.READY
    assert [each.name for each in engine.contacts.memberships(context, "0002")] == ["Gent"]


def test_one_segment_is_told_whether_or_not_it_ever_held_the_contact(
    engine: Engine, context: OrganizationContext, databases: Databases, importer: Importer
) -> None:
    """Also where it never did; a segment that does not exist is not found (B1)."""
    gent = save(engine, context, "Gent", document(city("Gent")))
    never = engine.contacts.membership(context, "0001", gent)
    assert (never.is_member, never.calculated_at, never.intervals) == (False, None, ())
    assert never.standing is not None
    calculate(databases)
    move(importer, "Gent")
    before = engine.contacts.membership(context, "0001", gent)
    told = difference(before, now=engine.analysis.explain(context, "0001", segment_id=gent).member)
    assert told.startswith("By the last run the contact is not a member yet; with the next one it would join.")
    assert "“CRM” was imported after the members were calculated." in told
    run_again(engine, context, databases, gent)
    after = engine.contacts.membership(context, "0001", gent)
    assert after.is_member
    assert difference(after, now=True) == ""
    assert "would leave" in difference(after, now=False)
    assert "no run has succeeded" in difference(never, now=True)
    with pytest.raises(NotFound):
        engine.contacts.membership(context, "0001", UUID(int=7))
