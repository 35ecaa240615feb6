"""The report of an import or its rehearsal: figures that add up, every column, and every reason for a rejection."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.import_fields import TYPES
from pages.parts import table
from pages.words import counted, plain
from segment_engine import ImportReport

ROW_HEIGHT = 36
ROWS_SHOWN = 15


def show_report(report: ImportReport, *, rehearsed: bool) -> None:
    """Draw the whole report; of a rehearsal it says what would happen."""
    _figures(report, rehearsed=rehearsed)
    if report.rejections:
        _rejections(report)
    if report.fields:
        _columns(report)
    for line in _remarks(report):
        st.caption(f":material/info: {plain(line)}")


def _figures(report: ImportReport, *, rehearsed: bool) -> None:
    with st.grid(5, min_column_width=130):
        for label, value in (
            ("Rows read", report.rows_read), ("Added", report.added), ("Updated", report.updated),
            ("Unchanged", report.unchanged), ("Rejected", report.rejected),
        ):  # fmt: skip
            st.metric(label, value, format="localized", border=True, height="stretch")
    took = (report.finished_at - report.started_at).total_seconds()
    rate = f", {report.rows_read / took:,.0f} rows a second" if took > 0 and report.rows_read else ""
    stored = "Nothing of it is stored yet." if rehearsed else "All of it is stored."
    st.caption(
        f"{report.rows_read:,} read = {report.added:,} added + {report.updated:,} updated + {report.unchanged:,} "
        f"unchanged + {report.rejected:,} rejected, in {took:,.1f} s{rate}. {stored}"
    )


def _rejections(report: ImportReport) -> None:
    with st.container(border=True):
        st.subheader("Rejected rows", anchor=False)
        frame = pd.DataFrame(
            {
                "rows": [each.count for each in report.rejections],
                "reason": [each.sentence.replace(", or use --create-contacts", "") for each in report.rejections],
                "first": [", ".join(f"{row:,}" for row in each.first_rows) for each in report.rejections],
            }
        )
        columns = st.column_config
        table(
            frame,
            {
                "rows": columns.NumberColumn("Rows", format="localized", width=80),
                "reason": columns.TextColumn("Reason", width=560),
                "first": columns.TextColumn("First rows of the file, without the header", width=220),
            },
            key=f"import.rejections.{report.import_id}", row_height=ROW_HEIGHT,
            rows_shown=_rows_shown(len(frame)),
            alt=f"{counted(len(report.rejections), 'reason', 'reasons')} why rows are rejected, with their numbers",
        )  # fmt: skip


def _columns(report: ImportReport) -> None:
    with st.container(border=True):
        st.subheader("Columns", anchor=False)
        frame = pd.DataFrame(
            {
                "column": [each.column for each in report.fields],
                "field": [each.key for each in report.fields],
                "new": ["New" if each.new else "" for each in report.fields],
                "type": [TYPES[each.type] for each in report.fields],
                "present": [each.present for each in report.fields],
                "missing": [each.missing for each in report.fields],
                "unreadable": [each.unparseable for each in report.fields],
                "outside": [each.outside for each in report.fields],
                "samples": ["  ·  ".join(each.samples) for each in report.fields],
            }
        )
        columns = st.column_config
        table(
            frame,
            {
                "column": columns.TextColumn("Column", width=150),
                "field": columns.TextColumn("Field", width=190),
                "new": columns.TextColumn("", width=50),
                "type": columns.TextColumn("Type", width=120),
                "present": columns.NumberColumn("Present", format="localized", width=90),
                "missing": columns.NumberColumn("Missing", format="localized", width=90),
                "unreadable": columns.NumberColumn(
                    "Unreadable", format="localized", width=90,
                    help="There, but no value of the type: they count as missing.",
                ),
                "outside": columns.NumberColumn(
                    "Not a choice", format="localized", width=100, help="Stored, but not in the list.",
                ),
                "samples": columns.TextColumn("Such as", width=260),
            },
            key=f"import.columns.{report.import_id}", row_height=ROW_HEIGHT,
            rows_shown=_rows_shown(len(frame)),
            alt=f"{counted(len(report.fields), 'column', 'columns')} with values present, missing and unreadable",
        )  # fmt: skip


def _rows_shown(rows: int) -> int | None:
    """Show a short table whole; a long one scrolls."""
    return None if rows <= ROWS_SHOWN else ROWS_SHOWN


def _remarks(report: ImportReport) -> tuple[str, ...]:
    """Give the sentences of the report that no table shows."""
    found: list[str] = []
    if report.created_contacts:
        found.append(f"{counted(report.created_contacts, 'contact', 'contacts')} created from the keys of the file.")
    if report.shared_emails:
        found.append(
            f"{counted(report.shared_emails, 'row has', 'rows have')} an email address that another contact had first."
        )
    if report.created_campaigns:
        found.append(f"{counted(report.created_campaigns, 'campaign', 'campaigns')} created from their names.")
    if report.empty_columns:
        found.append(f"Columns without any value became no field: {', '.join(report.empty_columns)}.")
    if report.ignored_columns:
        found.append(f"Columns that were not read: {', '.join(report.ignored_columns)}.")
    return tuple(found)
