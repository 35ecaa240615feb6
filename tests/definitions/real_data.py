"""Where the real data lie, and how each set becomes contacts and events: the words of the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segment_engine.imports.arrow import pa, parquet, pc
from tests.sources import PROJECT

DATA = PROJECT.parent / "shared" / "data"
ABSENT = f"the real data are not here: {DATA} does not exist (they are not part of the project)"

INCOMES = (
    "Under 15K|15-24K|25-34K|35-49K|50-74K|75-99K|100-124K|125-149K|150-174K|175-199K|200-249K|250K+"  # in their order
)


@dataclass(frozen=True)
class Step:
    """One import: which kind, the file, and the other arguments."""

    kind: str
    path: Path
    arguments: tuple[str, ...]


def listed(name: str, part: str) -> list[dict[str, Any]]:
    """Read one list of one of the JSON files beside the data."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))[part]


def steps(dataset: str, folder: Path) -> tuple[Step, ...]:
    """Say how a data set is imported; files derived from it are written to `folder`."""
    return {
        "hillstrom": _hillstrom,
        "cdnow": _cdnow,
        "online_retail": _online_retail,
        "bank": _bank,
        "ifood": _ifood,
        "complete_journey": _complete_journey,
    }[dataset](folder)


def _step(kind: str, path: Path, arguments: str, *more: str) -> Step:
    return Step(kind, path, (*arguments.split(), *more))


def _hillstrom(folder: Path) -> tuple[Step, ...]:
    del folder
    arguments = "--source shop --key customer_id --type history=money:USD:2 --type spend=money:USD:2"
    return (_step("contacts", DATA / "hillstrom.parquet", arguments),)


def _cdnow(folder: Path) -> tuple[Step, ...]:
    lines = DATA / "cdnow_master.parquet"
    customers = parquet.read_table(lines, columns=["customer_id"]).group_by("customer_id").aggregate([])
    written = _written(folder / "cdnow_customers.parquet", customers)
    events = "--source shop --key customer_id --event purchase --time purchase_date --skip line_no"
    return (
        _step("contacts", written, "--source shop --key customer_id"),
        _step("events", lines, events, "--type", "amount=money:USD:2"),
    )


def _online_retail(folder: Path) -> tuple[Step, ...]:
    lines = DATA / "online_retail.parquet"
    rows = parquet.read_table(lines, columns=["line_no", "CustomerID", "Country"])
    rows = rows.filter(pc.is_valid(rows["CustomerID"])).sort_by("line_no")
    first = rows.group_by("CustomerID", use_threads=False).aggregate([("Country", "first")])
    written = _written(folder / "retail_customers.parquet", first.rename_columns(["CustomerID", "Country"]))
    events = "--source shop --key CustomerID --event invoice_line --time InvoiceDate --skip line_no --skip Country"
    return (_step("contacts", written, "--source shop --key CustomerID"), _step("events", lines, events))


def _bank(folder: Path) -> tuple[Step, ...]:
    del folder
    arguments = "--source calls --key contact_id --missing unknown --missing pdays=-1"
    return (_step("contacts", DATA / "bank_full.parquet", arguments),)


def _ifood(folder: Path) -> tuple[Step, ...]:
    del folder
    return (_step("contacts", DATA / "ifood_marketing.parquet", "--source shop --key ID"),)


def _complete_journey(folder: Path) -> tuple[Step, ...]:
    households = parquet.read_table(DATA / "cj_transactions.parquet", columns=["household_id"])
    everyone = households.group_by("household_id").aggregate([])
    profiles = everyone.append_column("household_no", everyone["household_id"]).join(
        parquet.read_table(DATA / "cj_demographics.parquet"), "household_id", join_type="left outer"
    )
    campaigns = parquet.read_table(DATA / "cj_campaign_descriptions.parquet")
    received = parquet.read_table(DATA / "cj_campaigns.parquet").join(campaigns, "campaign_id")
    return (
        _step(
            "contacts", _written(folder / "households.parquet", profiles), "--source panel --key household_id",
            "--type", f"income=ordered:{INCOMES}",
        ),
        _step(
            "events", _written(folder / "received.parquet", received),
            "--source campaigns --key household_id --interaction received --campaign campaign_id --time start_date",
        ),
        _step(
            "events", DATA / "cj_coupon_redemptions.parquet",
            "--source coupons --key household_id --interaction converted --campaign campaign_id --time redemption_date",
        ),
        _purchases(),
    )  # fmt: skip


def _purchases() -> Step:
    left_out = " ".join(
        f"--skip {name}" for name in ("store_id", "week", "retail_disc", "coupon_disc", "coupon_match_disc")
    )
    arguments = f"--source tills --key household_id --event purchase --time transaction_timestamp {left_out}"
    return _step("events", DATA / "cj_transactions.parquet", arguments, "--type", "sales_value=money:USD:2")


def _written(path: Path, table: Any) -> Path:
    parquet.write_table(pa.table(table), path)
    return path
