"""Conditions on rows beyond counts and figures, each beside the best SQL by hand; variants as in `kinds`."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.data import AS_OF
from benchmarks.data_language import CAMPAIGNS
from benchmarks.kinds import BASE, EVENTS, Kind, last, purchases, since

TARGET = 1.3

_NOW = AS_OF.isoformat()
_DAYS_3 = timedelta(days=3)


def _kind(name: str, condition: dict[str, object], *by_hand: str) -> Kind:
    return Kind(name, condition, by_hand, target=TARGET)


# Events: one of several, one after another --------------------------------------------------------
_CLICKED_THEN_BOUGHT = {
    "first": {"event": "clicked", "window": last(90)}, "then": {"event": "purchased"},
    "within": {"n": 3, "unit": "day"},
}  # fmt: skip
_LATER = (
    "SELECT FROM events b WHERE b.organization_id = :o AND b.event_type = 3 AND b.contact_number = e.contact_number "
    "AND (b.occurred_at, b.event_number) > (e.occurred_at, e.event_number) "
    f"AND b.occurred_at <= e.occurred_at + interval '72 hours' AND b.occurred_at < '{_NOW}'"
)
_CLICKS = f"SELECT e.contact_number {EVENTS} 2 AND {since(90)}"
_OVER = f"e.occurred_at < '{(AS_OF - _DAYS_3).isoformat()}'"
# The same by one walk along each history: better where contacts have very many rows.
_WALK = (
    "SELECT count(*) FROM contacts c WHERE c.organization_id = :o AND c.deleted_at IS NULL AND c.number IN ("
    "SELECT e.contact_number FROM (SELECT e.contact_number, e.event_type, e.occurred_at, "
    "min(e.occurred_at) FILTER (WHERE e.event_type = 3) OVER (PARTITION BY e.contact_number "
    "ORDER BY e.occurred_at DESC, e.event_number DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS next "
    f"FROM events e WHERE e.organization_id = :o AND e.event_type IN (2, 3) AND {since(90)}) e "
    "WHERE e.event_type = 2 AND {test})"
)

# Related tables -----------------------------------------------------------------------------------
_ORDERS = f"FROM related_rows r WHERE r.organization_id = :o AND r.relation = 1 AND r.occurred_at < '{_NOW}' "
RETURNED = f"SELECT r.contact_number {_ORDERS} AND r.text_1 = 'returned'"
_LINES = (
    "FROM related_rows l JOIN related_rows r ON r.organization_id = :o AND r.contact_number = l.contact_number "
    "AND r.row_number = l.parent_number AND r.relation = 1 "
    "WHERE l.organization_id = :o AND l.relation = 2 "
)
_SENT_BACK = f"SELECT l.contact_number {_LINES} AND r.text_1 = 'returned' AND l.number_1 >= 8"


def related(path: list[str], quantifier: str, *where: tuple[str, str, object]) -> dict[str, object]:
    """Write a condition on related rows."""
    tests = [{"kind": "property", "field": field, "op": op, "value": value} for field, op, value in where]
    return {"kind": "related", "path": path, "quantifier": quantifier, "where": {"group": "all", "of": tests}}


IS_RETURNED = ("orders.status", "equals", "returned")
_MANY = ("order_lines.quantity", "gte", 8)

# Campaigns, comparisons, ranks ---------------------------------------------------------------------
_FIVE_CAMPAIGNS = "e.campaign_id IN (" + ", ".join(f"'{campaign}'" for campaign in CAMPAIGNS[:5]) + ")"
_FIRST_PURCHASE = (
    f"SELECT e.contact_number, min(e.occurred_at) AS first {EVENTS} 3 AND e.occurred_at < '{_NOW}' GROUP BY 1"
)
_SPENT = f"SELECT e.contact_number, sum(e.number_1) AS spent {purchases(30)} GROUP BY 1"
_RANKED = (
    f"SELECT count(*) FROM (SELECT c.number FROM contacts c LEFT JOIN ({_SPENT}) f ON f.contact_number = c.number "
    "WHERE c.organization_id = :o AND c.deleted_at IS NULL AND c.number_1 < 500 "
    'ORDER BY coalesce(f.spent, 0) DESC, c.external_key COLLATE "C" LIMIT 1000) c'
)
TOP: dict[str, object] = {
    "top_n": 1000, "ties": "cut",
    "order_by": [{
        "value": {"aggregate": {
            "from": {"event": "purchased"}, "function": "sum", "of": "purchased.amount", "window": last(30),
        }},
        "direction": "desc",
    }],
}  # fmt: skip

ROW_KINDS: tuple[Kind, ...] = (
    _kind(
        "last purchase was above 100",
        {"kind": "event_has", "event": "purchased", "which": "last", "has": {"group": "all", "of": [
            {"kind": "property", "field": "purchased.amount", "op": "gt", "value": "100.00"}]}},
        BASE + "c.number IN (SELECT e.contact_number FROM (SELECT DISTINCT ON (e.contact_number) e.contact_number, "
        f"e.number_1 {EVENTS} 3 AND e.occurred_at < '{_NOW}' "
        "ORDER BY e.contact_number, e.occurred_at DESC, e.event_number DESC) e WHERE e.number_1 > 10000)",
        BASE + "c.number IN (SELECT e.contact_number "
        f"{EVENTS} 3 AND e.occurred_at < '{_NOW}' GROUP BY 1 "
        "HAVING (array_agg(e.number_1 ORDER BY e.occurred_at DESC, e.event_number DESC))[1] > 10000)",
        BASE + "(SELECT e.number_1 "
        f"{EVENTS} 3 AND e.occurred_at < '{_NOW}' AND e.contact_number = c.number "
        "ORDER BY e.occurred_at DESC, e.event_number DESC LIMIT 1) > 10000",
        BASE + "c.number IN (SELECT e.contact_number "
        f"{EVENTS} 3 AND e.occurred_at < '{_NOW}' AND e.number_1 > 10000 AND NOT EXISTS (SELECT FROM events b "
        "WHERE b.organization_id = :o AND b.event_type = 3 AND b.contact_number = e.contact_number "
        f"AND b.occurred_at < '{_NOW}' "
        "AND (b.occurred_at, b.event_number) > (e.occurred_at, e.event_number)))",
    ),
    _kind(
        "clicked, then bought in 3 days",
        {"kind": "sequence", "verb": "followed_by", **_CLICKED_THEN_BOUGHT},
        BASE + f"c.number IN ({_CLICKS} AND EXISTS ({_LATER}))",
        BASE + f"c.number IN (SELECT e.contact_number {EVENTS} 2 AND {since(90)} AND EXISTS ({_LATER}) GROUP BY 1)",
        _WALK.format(test="e.next <= e.occurred_at + interval '72 hours'"),
    ),
    _kind(
        "clicked, not bought in 3 days",
        {"kind": "sequence", "verb": "not_followed_by", **_CLICKED_THEN_BOUGHT},
        BASE + f"c.number IN ({_CLICKS} AND {_OVER} AND NOT EXISTS ({_LATER}))",
        _WALK.format(test=f"{_OVER} AND coalesce(e.next > e.occurred_at + interval '72 hours', true)"),
    ),
    _kind(
        "received a message of 5 campaigns",
        {"kind": "campaign", "verb": "did", "interaction": "received", "window": last(90),
         "campaigns": [str(campaign) for campaign in CAMPAIGNS[:5]]},
        BASE + f"c.number IN (SELECT e.contact_number {EVENTS} 5 AND {since(90)} AND {_FIVE_CAMPAIGNS})",
        BASE + f"EXISTS (SELECT {EVENTS} 5 AND {since(90)} AND {_FIVE_CAMPAIGNS} AND e.contact_number = c.number)",
    ),
    _kind(
        "did not open a message",
        {"kind": "campaign", "verb": "did_not", "interaction": "opened", "window": last(180)},
        BASE + f"NOT EXISTS (SELECT {EVENTS} 6 AND {since(180)} AND e.contact_number = c.number)",
    ),
    _kind(
        "some order returned", related(["orders"], "any", IS_RETURNED),
        BASE + f"c.number IN ({RETURNED})",
        BASE + f"EXISTS ({RETURNED} AND r.contact_number = c.number)",
    ),
    _kind(
        "no order returned", related(["orders"], "none", IS_RETURNED),
        BASE + f"NOT EXISTS ({RETURNED} AND r.contact_number = c.number)",
    ),
    _kind(
        "every order shipped", related(["orders"], "all", ("orders.status", "equals", "shipped")),
        BASE + f"c.number IN (SELECT r.contact_number {_ORDERS} GROUP BY 1 "
        "HAVING bool_and(coalesce(r.text_1 = 'shipped', false)))",
        BASE + f"c.number IN (SELECT r.contact_number {_ORDERS}) AND c.number NOT IN (SELECT r.contact_number "
        f"{_ORDERS} AND r.text_1 IS DISTINCT FROM 'shipped')",
        BASE + f"EXISTS (SELECT {_ORDERS} AND r.contact_number = c.number) AND NOT EXISTS (SELECT "
        f"{_ORDERS} AND r.text_1 IS DISTINCT FROM 'shipped' AND r.contact_number = c.number)",
    ),
    _kind(
        "some line of 8 in a returned order", related(["orders", "order_lines"], "any", _MANY, IS_RETURNED),
        BASE + f"c.number IN ({_SENT_BACK})",
        BASE + f"EXISTS ({_SENT_BACK} AND l.contact_number = c.number)",
    ),
    _kind(
        "no line of 8 in a returned order", related(["orders", "order_lines"], "none", _MANY, IS_RETURNED),
        BASE + f"NOT EXISTS ({_SENT_BACK} AND l.contact_number = c.number)",
        BASE + f"c.number NOT IN ({_SENT_BACK})",
    ),
    _kind(
        "every line below 8", related(["orders", "order_lines"], "all", ("order_lines.quantity", "lt", 8)),
        BASE + "c.number IN (SELECT l.contact_number FROM related_rows l WHERE l.organization_id = :o "
        "AND l.relation = 2 GROUP BY 1 HAVING bool_and(coalesce(l.number_1 < 8, false)))",
    ),
    _kind(
        "first bought within 7 days of joining",
        {"kind": "compare_fields", "left": {"event_time": {"event": "purchased", "which": "first"}},
         "op": "on_or_before", "right": {"field": "contact.signed_up_at"}, "offset": {"n": 7, "unit": "day"}},
        f"SELECT count(*) FROM contacts c JOIN ({_FIRST_PURCHASE}) f ON f.contact_number = c.number "
        "WHERE c.organization_id = :o AND c.deleted_at IS NULL "
        "AND f.first <= c.signed_up_at + interval '168 hours'",
        BASE + f"EXISTS (SELECT {EVENTS} 3 AND e.occurred_at < '{_NOW}' AND e.contact_number = c.number "
        "AND e.occurred_at <= c.signed_up_at + interval '168 hours')",
    ),
    Kind(
        "top 1,000 by spending in 30 days",
        {"kind": "attribute", "field": "contact.score", "op": "lt", "value": 500},
        (_RANKED,),
        limit=TOP,
        target=TARGET,
    ),
)  # fmt: skip
