"""Every kind of condition over rows on real PostgreSQL, about hand-made contacts whose answers can be read off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection

from segment_engine.db.session import Database
from segment_engine.domain.evaluate.records import (
    ChannelRecord,
    ConsentRecord,
    ContactRecord,
    EventRecord,
    RelatedRecord,
)
from segment_engine.postgres.local import LocalServer
from tests.integration.compiler_worlds import add_world, at, event
from tests.language_catalog import CAMPAIGN, CHILD, LIST, OTHER_CAMPAIGN, OTHER_LIST
from tests.property.hostile_tables import database_copy

Records = Mapping[int, ContactRecord]


@pytest.fixture(scope="module")
def connection(server: LocalServer, administrator: Database, template: str) -> Iterator[Connection]:
    """One database; the superuser sees past every policy, and a neighbor has whatever a contact may lack."""
    with database_copy(server, administrator, template) as database, database.transaction() as transaction:
        add_world(transaction.connection, {number: _neighbor(number) for number in range(1, 9)})
        yield transaction.connection


def _neighbor(number: int) -> ContactRecord:
    """A contact of somebody else who has done everything and is in everything."""
    mails = (event("mail_received", at(2), CAMPAIGN), event("mail_opened", at(3), CAMPAIGN))
    orders = (event("order_placed", at(4), total=100_000), event("visit", datetime(2026, 3, 5, tzinfo=UTC)))
    return ContactRecord(
        {"contact.tags": ("a", "b"), "contact.age": 50},
        (*mails, *orders, event("cart_filled", at(1))),
        related=(_order(number * 10, 9_900), _line(number * 10 + 1, number * 10, "GIFT")),
        consents=(ConsentRecord("email", None, "granted", at(1), number),),
        channels={"email": ChannelRecord("a@example.org")},
        segments=frozenset({CHILD}),
        lists=frozenset({LIST, OTHER_LIST}),
    )


def _order(number: int, total: int, day: int = 10) -> RelatedRecord:
    return RelatedRecord("orders", number, None, at(day), {"orders.total": total})


def _line(number: int, order: int, channel: str | None) -> RelatedRecord:
    return RelatedRecord("order_lines", number, order, None, {"order_lines.channel": channel})


def having(field: str, op: str, value: object) -> dict[str, Any]:
    """A group with one condition on a property."""
    return {"group": "all", "of": [{"kind": "property", "field": field, "op": op, "value": value}]}


# The first or last event -----------------------------------------------------------------------------------------

WEB = having("order_placed.channel", "equals", "web")
LAST_IS_WEB: dict[str, Any] = {"kind": "event_has", "event": "order_placed", "which": "last", "has": WEB}


def ordered(day: int, channel: str | None = None, *, month: int = 3) -> EventRecord:
    """An order."""
    return event("order_placed", at(day, month=month), channel=channel)


def test_the_row_is_chosen_before_it_is_looked_at(connection: Connection) -> None:
    """Only the last order counts: a matching one before it does not, and of equal times the later arrival is last."""
    world = add_world(
        connection,
        {
            1: ContactRecord({}, (ordered(1, "app"), ordered(2, "web"))),
            2: ContactRecord({}, (ordered(1, "web"), ordered(2, "app"))),
            3: ContactRecord({}, (ordered(3, "app"), ordered(3, "web"))),
            4: ContactRecord({}, (ordered(3, "web"), ordered(3))),
            5: ContactRecord({}),
            6: ContactRecord({}, (ordered(2, "web", month=4),)),
        },
    )
    assert world.found(LAST_IS_WEB) == [1, 3]
    assert world.found({**LAST_IS_WEB, "which": "first"}) == [2, 4]
    assert world.found({**LAST_IS_WEB, "on_missing": "include"}) == [1, 3, 5, 6]
    assert world.found({**LAST_IS_WEB, "on_missing": "include"}, group="none") == [2, 4]
    app = having("order_placed.channel", "equals", "app")
    assert world.found({**LAST_IS_WEB, "where": app, "has": app}) == [1, 2, 3]


# One thing after another -----------------------------------------------------------------------------------------


def followed(verb: str, **more: Any) -> dict[str, Any]:
    """A filled cart, then an order or none."""
    first, then = {"event": "cart_filled"}, {"event": "order_placed"}
    return {"kind": "sequence", "first": first, "verb": verb, "then": then, **more}


def test_what_follows_within_a_gap(connection: Connection) -> None:
    """The bound is included, the waiting must be over, and both verbs need the first event (§4.6)."""
    world = add_world(
        connection,
        {
            1: ContactRecord({}, (event("cart_filled", at(1)), event("order_placed", at(4)))),
            2: ContactRecord({}, (event("cart_filled", at(1)), event("order_placed", at(4, 13)))),
            3: ContactRecord({}, (event("order_placed", at(1)), event("cart_filled", at(2)))),
            4: ContactRecord({}, (event("order_placed", at(1)),)),
            5: ContactRecord({}, (event("cart_filled", at(29)),)),
            6: ContactRecord({}, (event("cart_filled", at(29, 11)),)),
            7: ContactRecord({}, (event("cart_filled", at(1)), ordered(2), event("cart_filled", at(5)))),
        },
    )
    within = {"n": 3, "unit": "day"}
    assert world.found(followed("followed_by", within=within)) == [1, 7]
    assert world.found(followed("not_followed_by", within=within)) == [2, 3, 6, 7]
    assert world.found(followed("not_followed_by", within={"n": 71, "unit": "hour"})) == [1, 2, 3, 5, 6, 7]
    assert world.found(followed("followed_by")) == [1, 2, 7]
    assert world.found(followed("not_followed_by")) == [3, 5, 6, 7]


def test_equal_times_are_ordered_by_arrival_and_nothing_follows_itself(connection: Connection) -> None:
    """§4.6: (time, id) orders rows, and a row that is both first and second is not its own successor."""
    twice = followed("followed_by", then={"event": "cart_filled"})
    world = add_world(
        connection,
        {
            1: ContactRecord({}, (event("cart_filled", at(1)), event("order_placed", at(1)))),
            2: ContactRecord({}, (event("order_placed", at(1)), event("cart_filled", at(1)))),
            3: ContactRecord({}, (event("cart_filled", at(1)), event("cart_filled", at(1)))),
        },
    )
    assert world.found(followed("followed_by")) == [1]
    assert world.found(twice) == [3]
    assert world.found({**twice, "verb": "not_followed_by"}) == [1, 2, 3]


def test_dates_are_waited_for_in_whole_days(connection: Connection) -> None:
    """§4.6: between two date-only events days are counted, and the wait is over when the date plus n lies before D."""
    world = add_world(
        connection,
        {
            day: ContactRecord({}, (event("visit", at(day, 0)),)) for day in (1, 29, 30, 31)
        }
        | {2: ContactRecord({}, (event("visit", at(1, 0)), event("visit", at(4, 0))))},
    )  # fmt: skip
    visits = {
        "kind": "sequence",
        "first": {"event": "visit"},
        "then": {"event": "visit"},
        "within": {"n": 3, "unit": "day"},
    }
    assert world.found({**visits, "verb": "followed_by"}) == [2]
    assert world.found({**visits, "verb": "not_followed_by"}) == [1, 2, 29]
    assert world.found({**visits, "verb": "not_followed_by", "within": {"n": 2, "unit": "day"}}) == [1, 2, 29, 30]


# Campaigns -------------------------------------------------------------------------------------------------------


def mail(interaction: str, verb: str = "did", **more: Any) -> dict[str, Any]:
    """What happened to messages."""
    return {"kind": "campaign", "verb": verb, "interaction": interaction, **more}


def test_campaign_history_by_campaign(connection: Connection) -> None:
    """T10: did_not holds without any row; campaigns are counted apart, and a mail of none is an interaction."""
    world = add_world(
        connection,
        {
            1: ContactRecord({}, (event("mail_opened", at(1), CAMPAIGN), event("mail_opened", at(2), CAMPAIGN))),
            2: ContactRecord({}, (event("mail_opened", at(1), CAMPAIGN), event("mail_opened", at(2), OTHER_CAMPAIGN))),
            3: ContactRecord({}, (event("mail_opened", at(1)),)),
            4: ContactRecord({}, (event("mail_received", at(1), CAMPAIGN),)),
        },
    )
    assert world.found(mail("opened")) == [1, 2, 3]
    assert world.found(mail("opened", campaigns=[CAMPAIGN, OTHER_CAMPAIGN])) == [1, 2]
    assert world.found(mail("opened", campaigns=[OTHER_CAMPAIGN])) == [2]
    assert world.found(mail("opened", "did_not", campaigns=[OTHER_CAMPAIGN])) == [1, 3, 4]
    assert world.found(mail("opened", count={"op": "gte", "n": 2})) == [1, 2]
    different = {"counted": "campaigns"}
    assert world.found(mail("opened", **different)) == [1, 2]
    assert world.found(mail("opened", **different, count={"op": "gte", "n": 2})) == [2]
    assert world.found(mail("opened", **different, count={"op": "lte", "n": 1})) == [1, 3, 4]
    assert world.found(mail("opened", **different, count={"op": "eq", "n": 0})) == [3, 4]


# Consent and reach -----------------------------------------------------------------------------------------------


def consent(*states: str, topic: str | None = None, op: str = "state_is") -> dict[str, Any]:
    """The state of consent to e-mail."""
    return {"kind": "consent", "channel": "email", "op": op, "states": list(states), "topic": topic}


def recorded(*records: tuple[str, int, str | None]) -> tuple[ConsentRecord, ...]:
    """Records of consent to e-mail: state, day of March, topic; those of one day in this order."""
    return tuple(
        ConsentRecord("email", topic, state, at(day), number) for number, (state, day, topic) in enumerate(records, 1)
    )


CONSENTS: Records = {
    1: ContactRecord({}, consents=recorded(("granted", 1, None))),
    2: ContactRecord({}, consents=recorded(("granted", 1, None), ("withdrawn", 2, None), ("granted", 3, "news"))),
    3: ContactRecord({}, consents=recorded(("granted", 5, None), ("pending", 2, "news"))),
    4: ContactRecord({}, consents=recorded(("granted", 1, "news"))),
    5: ContactRecord({}, consents=recorded(("withdrawn", 1, None), ("granted", 1, None))),
    6: ContactRecord({}, consents=(ConsentRecord("sms", None, "granted", at(1), 1),)),
    7: ContactRecord({}, consents=(ConsentRecord("email", None, "granted", at(1, month=4), 1),)),
    8: ContactRecord({}),
}  # fmt: skip


def test_everyone_has_exactly_one_state(connection: Connection) -> None:
    """§4.10: the whole channel's withdrawal wins, then the topic, then the channel; later records do not count yet."""
    world = add_world(connection, CONSENTS)
    general = {state: world.found(consent(state)) for state in ("granted", "pending", "withdrawn", "no_record")}
    assert general == {"granted": [1, 3, 5], "pending": [], "withdrawn": [2], "no_record": [4, 6, 7, 8]}
    topical = {
        state: world.found(consent(state, topic="news")) for state in ("granted", "pending", "withdrawn", "no_record")
    }
    assert topical == {"granted": [1, 4, 5], "pending": [3], "withdrawn": [2], "no_record": [6, 7, 8]}
    assert world.found(consent("granted", "no_record", topic="news")) == [1, 4, 5, 6, 7, 8]
    assert world.found(consent("granted", "no_record", topic="news", op="state_is_not")) == [2, 3]


def test_a_channel_reaches_whom_nothing_stops(connection: Connection) -> None:
    """§4.11 T16: address, valid, granted for the channel, not suppressed before `as_of`; the rest is the complement."""
    granted = recorded(("granted", 1, None))
    fine = ChannelRecord("a@example.org")
    world = add_world(
        connection,
        {
            1: ContactRecord({}, consents=granted, channels={"email": fine}),
            2: ContactRecord({}, consents=granted, channels={"email": replace(fine, address=None)}),
            3: ContactRecord({}, consents=granted, channels={"email": replace(fine, valid=False)}),
            4: ContactRecord({}, consents=granted, channels={"email": replace(fine, suppressed_at=at(31))}),
            5: ContactRecord({}, consents=granted, channels={"email": replace(fine, suppressed_at=at(1, month=4))}),
            6: ContactRecord({}, consents=recorded(("granted", 1, "news")), channels={"email": fine}),
            7: ContactRecord({}, consents=granted, channels={"sms": fine}),
            8: ContactRecord({}, consents=granted),
        },
    )
    reach = {"kind": "reachable", "channel": "email", "op": "is_reachable"}
    assert world.found(reach) == [1, 5]
    assert world.found({**reach, "op": "is_not_reachable"}) == [2, 3, 4, 6, 7, 8]


# Related rows ----------------------------------------------------------------------------------------------------


def related(quantifier: str, *path: str, **more: Any) -> dict[str, Any]:
    """How many related rows satisfy something."""
    return {"kind": "related", "path": list(path or ("orders",)), "quantifier": quantifier, **more}


DEAR = having("orders.total", "gte", "50.00")
RELATED: Records = {
    1: ContactRecord({}, related=(_order(1, 9_900), _order(2, 9_900), _line(3, 1, "GIFT"), _line(4, 1, None))),
    2: ContactRecord({}, related=(_order(5, 9_900), _order(6, 100), _line(7, 6, "gift"))),
    3: ContactRecord({}, related=(_order(8, 100),)),
    4: ContactRecord({}),
    5: ContactRecord({}, related=(RelatedRecord("orders", 9, None, at(1), {}),)),
    6: ContactRecord({}, related=(_order(10, 9_900), RelatedRecord("orders", 11, None, at(2, month=4), {}))),
}


def test_quantifiers_over_related_rows(connection: Connection) -> None:
    """T02: no rows are empty, not missing; `all` without rows is `when_empty`; a missing value satisfies nothing."""
    world = add_world(connection, RELATED)
    assert world.found(related("any", where=DEAR)) == [1, 2, 6]
    assert world.found(related("none", where=DEAR)) == [3, 4, 5]
    assert world.found(related("all", where=DEAR)) == [1, 6]
    assert world.found(related("all", where=DEAR, when_empty=True)) == [1, 4, 6]
    assert world.found(related("all", where=DEAR, include_future=True)) == [1]
    assert world.found(related("at_least", k=2, where=DEAR)) == [1]
    assert world.found(related("at_least", k=2)) == [1, 2]
    assert world.found(related("none")) == [4]
    assert world.found(related("any", window={"in_last": {"n": 23, "unit": "day"}})) == [1, 2, 3, 6]


def test_two_hops(connection: Connection) -> None:
    """T81: the rows are those of the last hop, each once; `where` may ask both hops about the same row."""
    world = add_world(connection, RELATED)
    lines = ("orders", "order_lines")
    gift = {"kind": "property", "field": "order_lines.channel", "op": "equals", "value": "gift"}
    dear = {"kind": "property", "field": "orders.total", "op": "gte", "value": "50.00"}
    assert world.found(related("any", *lines, where={"group": "all", "of": [gift]})) == [1, 2]
    assert world.found(related("any", *lines, where={"group": "all", "of": [gift, dear]})) == [1]
    assert world.found(related("all", *lines, where={"group": "all", "of": [dear]})) == [1]
    assert world.found(related("at_least", *lines, k=2)) == [1]
    assert world.found(related("none", *lines)) == [3, 4, 5, 6]


def test_figures_over_related_rows(connection: Connection) -> None:
    """T10 T81: counts and sums of paths; without rows they are 0, and a parent with two lines counts once."""
    world = add_world(connection, RELATED)
    orders: dict[str, Any] = {"kind": "aggregate", "from": {"path": ["orders"]}, "of": "orders.total"}
    assert world.found({**orders, "function": "sum", "op": "equals", "value": "198.00"}) == [1]
    assert world.found({**orders, "function": "sum", "op": "lt", "value": "1.00"}) == [4, 5]
    assert world.found({**orders, "function": "max", "op": "lt", "value": "50.00", "on_missing": "include"}) == [
        3,
        4,
        5,
    ]
    assert world.found({**orders, "function": "avg", "op": "equals", "value": "50.00"}) == [2]
    lines = {"kind": "aggregate", "from": {"path": ["orders", "order_lines"]}, "function": "count"}
    assert world.found({**lines, "op": "lte", "value": 1}) == [2, 3, 4, 5, 6]


# Sets ------------------------------------------------------------------------------------------------------------


def test_sets(connection: Connection) -> None:
    """T03 T18 T35: membership of a set is never a pattern; any, all and size are apart; a missing set has size 0."""
    tags = [("First (1)", "b"), ("first (1)",), ("first",), ("B", "c", "C"), None]
    world = add_world(connection, {n: ContactRecord({"contact.tags": tag}) for n, tag in enumerate(tags, start=1)})

    def asked(op: str, value: object, **more: Any) -> list[int]:
        return world.found({"kind": "attribute", "field": "contact.tags", "op": op, "value": value, **more})

    assert asked("includes_any", ["FIRST (1)"]) == [1, 2]
    assert asked("includes_any", ["First (1)"], case="exact") == [1]
    assert asked("includes_none", ["first (1)", "c"]) == [3, 5]
    assert asked("includes_none", ["first (1)"], on_missing="exclude") == [3, 4]
    assert asked("includes_all", ["b", "c"]) == [4]
    assert asked("not_includes_all", ["b", "c"]) == [1, 2, 3, 5]
    assert asked("size", {"op": "eq", "n": 0}) == [5]
    assert asked("size", {"op": "between", "from": 2, "to": 3}) == [1, 4]
    assert asked("size", {"op": "not_between", "from": 2, "to": 3}) == [2, 3, 5]
    assert asked("size", {"op": "lt", "n": 2}) == [2, 3, 5]
