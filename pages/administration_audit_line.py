"""One line of the audit log in a drawer: everything that stands in it, and the way to the thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pandas as pd
import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import boundary, page, table
from pages.words import exact, plain
from segment_engine import AuditLine, AuditResult, OrganizationContext, audit_sentence
from segment_engine.errors import NotFound

LINE = "a_line"
ROW_HEIGHT = 36
# Which page shows the thing of a line.
PLACES = {"segment": "segment", "campaign": "campaign", "sequence": "campaign", "data_source": "source"}
KIND_WORDS = {"data_source": "Data source", "alert_rule": "Alert rule", "audit_log": "Audit log"}


def who_of(line: AuditLine) -> str:
    """Name whoever acted; a worker, and the loading of the demo, act for nobody."""
    return line.person_name or "The program"


def open_line(number: int) -> None:
    """Look at one line; it stands in the address, so that it can be sent."""
    st.query_params[LINE] = str(number)


def close() -> None:
    """Look at no line any more."""
    st.query_params.pop(LINE, None)


@st.dialog("What happened", icon=":material/receipt_long:", width="medium", position="right", on_dismiss=close)
def drawer() -> None:
    """Show the line the address names."""
    with boundary():
        context, asked = current_context(), st.query_params.get(LINE, "")
        try:
            line = running_engine().audit.get(context, _number(asked))
        except NotFound:
            st.info("There is no such line in the log of this organization.", icon=":material/search_off:")
            return
        _facts(context, line)
        _detail(line)


def _number(asked: str) -> int:
    """Read a number that anybody may have typed into the address; what is none is the number of no line."""
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len(str(2**63)) else 0


def _facts(context: OrganizationContext, line: AuditLine) -> None:
    st.header(plain(who_of(line)), anchor=False)
    st.text(f"{audit_sentence(line)}.")
    if line.result is AuditResult.REFUSED:
        st.badge("Refused", icon=":material/block:", color="red")
    st.caption(f"{exact(line.happened_at, context)}, line {line.number:,}")
    place = PLACES.get(line.object_kind)
    if place and line.object_name and line.result is AuditResult.DONE:
        st.page_link(
            page(place), label=plain(line.object_name), icon=":material/open_in_new:",
            query_params={"id": line.object_id},
        )  # fmt: skip


def _detail(line: AuditLine) -> None:
    """Draw everything else as a table: text in cells is text."""
    kind = KIND_WORDS.get(line.object_kind, line.object_kind.replace("_", " ").capitalize())
    rows = {
        "Action": line.action, kind: line.object_id, **_flat(line.detail),
        "Person": "" if line.person_id is None else str(line.person_id), "Request": line.request_id or "",
    }  # fmt: skip
    rows = {name: value for name, value in rows.items() if value}
    table(
        pd.DataFrame({"what": list(rows), "value": list(rows.values())}),
        {
            "what": st.column_config.TextColumn("What", width=150),
            "value": st.column_config.TextColumn("Value", width=400),
        },
        key=f"a_detail.{line.number}", row_height=ROW_HEIGHT, alt="Everything that stands in the line",
    )  # fmt: skip


def _flat(detail: Mapping[str, object], before: str = "") -> dict[str, str]:
    """Write what a line holds as name and value; what holds more of it gives one row for each."""
    rows: dict[str, str] = {}
    for key, value in detail.items():
        name = f"{before}{key.replace('_', ' ').capitalize() if not before else key.replace('_', ' ')}"
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, object]", value)
            rows |= _flat(inner, f"{name}, ") if inner else {name: "nothing"}
        elif isinstance(value, list):
            rows[name] = ", ".join(str(each) for each in cast("list[object]", value)) or "nothing"
        else:
            rows[name] = "nothing" if value is None else str(value)
    return rows
