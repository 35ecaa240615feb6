"""Figures others published about the same data, asked as criteria."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from segment_engine.engine import Engine
from segment_engine.use_cases.organizations import LOCAL_IDENTITY
from tests.criteria_documents import Document, attribute, document
from tests.definitions.conftest import Reports
from tests.definitions.real_data import ABSENT, DATA, listed

# The first test of a data set imports it; on a machine that is shared that may take longer than the usual limit.
pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason=ABSENT),
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("definitions"),  # importing is the slow part, and each process imports for itself
]

AS_OF = datetime(2020, 1, 1, tzinfo=UTC)
STATUSES = ("Absurd", "Alone", "Divorced", "Married", "Single", "Together", "Widow", "YOLO")
UTC_ZONE: Document = {"time_zone": "UTC"}


def arm(name: str) -> Document:
    """Choose one arm of the e-mail test."""
    return attribute("segment", "equals", name, case="exact")


def warmth(low: int, high: int) -> list[list[Document]]:
    """Choose the three arms in one band of months since the last purchase."""
    recency = attribute("recency", "between", {"from": low, "to": high})
    return [[arm(name), recency] for name in ("Mens E-Mail", "No E-Mail", "Womens E-Mail")]


def schooling(name: str) -> list[list[Document]]:
    """Choose one education with each of the eight statuses of marriage."""
    return [[attribute("education", "equals", name), attribute("marital_status", "equals", each)] for each in STATUSES]


# (data set here, data set there, figure): one list of conditions per published number
FIGURES: dict[tuple[str, str, str], list[list[Document]]] = {
    ("hillstrom", "hillstrom", "customers"): [[{"kind": "all_contacts"}]],
    **{
        ("hillstrom", "hillstrom", f"{name}: {figure}"): [[arm(name), *conditions]]
        for name in ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
        for figure, conditions in {
            "customers": [],
            "visits": [attribute("visit", "equals", 1)],
            "conversions": [attribute("conversion", "gt", 0)],
        }.items()
    },
    ("hillstrom", "hillstrom", "recency 1-3 months (Warm): Mens, No, Womens"): warmth(1, 3),
    ("hillstrom", "hillstrom", "recency 10-12 months (Very dormant): Mens, No, Womens"): warmth(10, 12),
    ("bank", "bank_full", "rows"): [[{"kind": "all_contacts"}]],
    ("bank", "bank_full", "y: no, yes"): [[attribute("y", "equals", each)] for each in ("no", "yes")],
    ("bank", "bank_full", "poutcome: unknown, failure, other, success"): [
        [attribute("poutcome", "is_not_set")],
        *([attribute("poutcome", "equals", each)] for each in ("failure", "other", "success")),
    ],
    ("bank", "bank_full", "rows with month mar, dec"): [
        [attribute("month", "equals", each)] for each in ("mar", "dec")
    ],
    ("ifood", "ifood", "rows with a missing value"): [[attribute("income", "is_not_set")]],
    **{
        ("ifood", "ifood", f"Education {name}: {', '.join(STATUSES)}"): schooling(name)
        for name in ("2n Cycle", "Graduation", "PhD")
    },
    ("cdnow", "cdnow", "customers in the cohort"): [[{"kind": "event", "event": "purchase", "verb": "did"}]],
    ("complete_journey", "complete_journey", "households"): [[{"kind": "all_contacts"}]],
    ("complete_journey", "complete_journey", "households with demographics"): [[attribute("age", "is_set")]],
}  # fmt: skip


def published(dataset: str, figure: str) -> list[Any]:
    """Look a figure up; single numbers become a list of one."""
    found: Any = next(
        each["published"]
        for each in listed("published.json", "figures")
        if (each["dataset"], each["figure"]) == (dataset, figure)
    )
    return list(found) if isinstance(found, list) else [found]  # pyright: ignore[reportUnknownArgumentType] - JSON


def count(engine: Engine, dataset: str, conditions: list[Document]) -> int:
    """Count the contacts that satisfy all conditions."""
    context = engine.context_for(LOCAL_IDENTITY, engine.organizations.find(dataset))
    criteria = json.dumps(document(*conditions, calendar=UTC_ZONE)).encode()
    return engine.evaluation.count(context, criteria, as_of=AS_OF)


@pytest.mark.parametrize("key", FIGURES, ids=" / ".join)
def test_published_counts(key: tuple[str, str, str], real_engine: Engine, reports: Reports) -> None:
    """What others counted in these data is what the engine counts."""
    here, there, figure = key
    reports(here)
    assert [count(real_engine, here, conditions) for conditions in FIGURES[key]] == published(there, figure)


def test_one_day_customers(real_engine: Engine, reports: Reports) -> None:
    """The published share of customers whose first and last purchase are on one day."""
    reports("cdnow")
    one_day: Document = {
        "kind": "aggregate", "from": {"event": "purchase"}, "function": "count_distinct", "of": "@day", "op": "equals",
        "value": 1,
    }  # fmt: skip
    [share] = published("cdnow", "share of customers whose first and last purchase day are the same")
    assert count(real_engine, "cdnow", [one_day]) == round(share * 23_570)


def test_every_line_is_accounted_for(reports: Reports) -> None:
    """Lines without a customer are rejected and said so; exact repeats are events of their own."""
    _, lines = reports("online_retail")
    described, with_customer = published("online_retail", "non-null Description, CustomerID")
    assert described > with_customer
    assert (lines["rows_read"], lines["added"]) == (*published("online_retail", "rows"), with_customer)
    assert [(each["code"], each["count"]) for each in lines["rejections"]] == [("missing_key", 541_909 - with_customer)]
    _, purchases = reports("cdnow")
    assert purchases["added"] == purchases["rows_read"] == published("cdnow", "purchase lines")[0]


def test_every_purchase_of_the_panel(real_engine: Engine, reports: Reports) -> None:
    """1.47 million lines in one import; the household others counted has as many lines as they say."""
    households, received, redeemed, purchases = reports("complete_journey")
    rows = published("complete_journey", "rows: transactions, campaigns, coupons, coupon_redemptions")
    assert [purchases["added"], received["added"], redeemed["added"]] == [rows[0], rows[1], rows[3]]
    assert households["added"] == published("complete_journey", "households")[0]
    [lines] = published("complete_journey", "household 208: purchase lines")
    exactly: Document = {"kind": "event", "event": "purchase", "verb": "did", "count": {"op": "eq", "n": lines}}
    context = real_engine.context_for(LOCAL_IDENTITY, real_engine.organizations.find("complete_journey"))
    criteria = json.dumps(document(exactly, calendar=UTC_ZONE)).encode()
    assert "208" in list(real_engine.evaluation.keys(context, criteria, as_of=AS_OF))
