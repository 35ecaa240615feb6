"""One criteria of each kind beside the best SQL a person would write for it. The best of the variants counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from benchmarks.data import AS_OF

BASE = "SELECT count(*) FROM contacts c WHERE c.organization_id = :o AND c.deleted_at IS NULL AND "
EVENTS = "FROM events e WHERE e.organization_id = :o AND e.event_type = "


@dataclass(frozen=True)
class Kind:
    """A condition, and variants of hand-written SQL with the same answer."""

    name: str
    condition: dict[str, object]
    by_hand: tuple[str, ...]
    limit: dict[str, object] | None = None
    target: float = 1.15

    def document(self) -> dict[str, object]:
        """Write the criteria."""
        return document(self.condition, self.limit)


def last(days: int) -> dict[str, object]:
    """Write a window of days."""
    return {"in_last": {"n": days, "unit": "day"}}


def since(days: int) -> str:
    """Write the same window as SQL over events `e`."""
    first = AS_OF - timedelta(days=days)
    return f"e.occurred_at >= '{first.isoformat()}' AND e.occurred_at < '{AS_OF.isoformat()}'"


def purchases(days: int) -> str:
    """Write the purchases of a window, from FROM on."""
    return f"{EVENTS} 3 AND {since(days)}"


_IN = BASE + "c.number IN (SELECT e.contact_number "
_JOIN = (
    "SELECT count(*) FROM contacts c JOIN (SELECT e.contact_number {rows} GROUP BY 1 {having}) r "
    "ON r.contact_number = c.number WHERE c.organization_id = :o AND c.deleted_at IS NULL"
)
_LEFT = (
    "SELECT count(*) FROM contacts c LEFT JOIN (SELECT e.contact_number, count(*) AS n {rows} GROUP BY 1) r "
    "ON r.contact_number = c.number WHERE c.organization_id = :o AND c.deleted_at IS NULL AND {test}"
)
NESTED: tuple[dict[str, object], ...] = (
    {"kind": "attribute", "field": "contact.score", "op": "lt", "value": 500},
    {
        "group": "any",
        "of": [
            {"kind": "attribute", "field": "contact.vip", "op": "is_true"},
            {"kind": "event", "event": "purchased", "verb": "did", "count": {"op": "gte", "n": 2}, "window": last(90)},
        ],
    },
    {"group": "none", "of": [{"kind": "event", "event": "clicked", "verb": "did", "window": last(30)}]},
)

KINDS: tuple[Kind, ...] = (
    Kind(
        "attribute, number",
        {"kind": "attribute", "field": "contact.score", "op": "lt", "value": 300},
        (BASE + "c.number_1 < 300",),
    ),
    Kind(
        "attribute, number, missing let in",
        {"kind": "attribute", "field": "contact.score", "op": "lt", "value": 300, "on_missing": "include"},
        (BASE + "(c.number_1 IS NULL OR c.number_1 < 300)",),
    ),
    Kind(
        "attribute, text is one of",
        {"kind": "attribute", "field": "contact.city", "op": "is_any_of", "value": [f"city {n}" for n in range(20)]},
        (BASE + "c.city_fold IN (" + ", ".join(f"'city {n}'" for n in range(20)) + ")",),
    ),
    Kind(
        "attribute, text contains",
        {"kind": "attribute", "field": "contact.city", "op": "contains", "value": "y 1"},
        (BASE + "strpos(c.city_fold, 'y 1') > 0", BASE + "c.city_fold LIKE '%y 1%'"),
    ),
    Kind(
        "attribute, date",
        {"kind": "attribute", "field": "contact.birthday", "op": "before", "value": {"day": "1970-01-01"}},
        (BASE + "c.birthday < '1970-01-01'",),
    ),
    Kind(
        "did, in 30 days",
        {"kind": "event", "event": "purchased", "verb": "did", "window": last(30)},
        (
            _IN + purchases(30) + ")",
            BASE + f"EXISTS (SELECT {purchases(30)} AND e.contact_number = c.number)",
        ),
    ),
    Kind(
        "did not, in 90 days",
        {"kind": "event", "event": "purchased", "verb": "did_not", "window": last(90)},
        (BASE + f"NOT EXISTS (SELECT {purchases(90)} AND e.contact_number = c.number)",),
    ),
    Kind(
        "at least 3 times in a year",
        {"kind": "event", "event": "opened", "verb": "did", "count": {"op": "gte", "n": 3}, "window": last(365)},
        (
            _IN + f"{EVENTS} 1 AND {since(365)} GROUP BY 1 HAVING count(*) >= 3)",
            _JOIN.format(rows=f"{EVENTS} 1 AND {since(365)}", having="HAVING count(*) >= 3"),
        ),
    ),
    Kind(
        "at most 2 times, never included",
        {"kind": "event", "event": "purchased", "verb": "did", "count": {"op": "lte", "n": 2}, "window": last(180)},
        (
            _LEFT.format(rows=purchases(180), test="coalesce(r.n, 0) <= 2"),
            BASE + "NOT EXISTS (SELECT 1 FROM (SELECT e.contact_number " + purchases(180)
            + " GROUP BY 1 HAVING count(*) > 2) r WHERE r.contact_number = c.number)",
            BASE + "c.number NOT IN (SELECT e.contact_number " + purchases(180) + " GROUP BY 1 HAVING count(*) > 2)",
        ),
    ),
    Kind(
        "sum in 180 days",
        {
            "kind": "aggregate", "from": {"event": "purchased"}, "function": "sum", "of": "purchased.amount",
            "window": last(180), "op": "gte", "value": "150.00",
        },
        (
            _IN + purchases(180) + " GROUP BY 1 HAVING sum(e.number_1) >= 15000)",
            _JOIN.format(rows=purchases(180), having="HAVING sum(e.number_1) >= 15000"),
        ),
    ),
    Kind(
        "average in a year",
        {
            "kind": "aggregate", "from": {"event": "purchased"}, "function": "avg", "of": "purchased.amount",
            "window": last(365), "op": "gte", "value": "100.00",
        },
        (_IN + purchases(365) + " GROUP BY 1 HAVING avg(e.number_1) >= 10000)",),
    ),
    Kind(
        "on at least 2 days in 180 days",
        {
            "kind": "aggregate", "from": {"event": "purchased"}, "function": "count_distinct", "of": "@day",
            "window": last(180), "op": "gte", "value": 2,
        },
        (
            _IN + purchases(180)
            + " GROUP BY 1 HAVING count(DISTINCT (e.occurred_at AT TIME ZONE 'UTC')::date) >= 2)",
        ),
    ),
    Kind(
        "last more than 180 days ago",
        {
            "kind": "event_time", "event": "purchased", "which": "last", "op": "more_than_ago",
            "value": {"n": 180, "unit": "day"},
        },
        (
            _IN + EVENTS + " 3 AND e.occurred_at < '2026-01-01Z' GROUP BY 1 HAVING max(e.occurred_at) < "
            f"'{(AS_OF - timedelta(days=180)).isoformat()}')",
        ),
    ),
    Kind(
        "five conditions, nested",
        {"group": "all", "of": list(NESTED)},
        (
            BASE + "c.number_1 < 500 AND (c.boolean_1 OR c.number IN (SELECT e.contact_number " + purchases(90)
            + " GROUP BY 1 HAVING count(*) >= 2)) AND NOT EXISTS (SELECT " + EVENTS + " 2 AND " + since(30)
            + " AND e.contact_number = c.number)",
        ),
    ),
)  # fmt: skip


def document(condition: dict[str, object], limit: dict[str, object] | None = None) -> dict[str, object]:
    """Wrap a condition into a criteria document."""
    root = condition if "group" in condition else {"group": "all", "of": [condition]}
    return {
        "format": "segment-criteria", "version": 1, "base": "contacts", "calendar": {"time_zone": "UTC"}, "root": root,
        "limit": limit,
    }  # fmt: skip
