"""The imports of a source: what each did in figures that add up, and one of them in full, with what was left out."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages.parts import clicked, nothing_here, table
from pages.source_list import import_link
from pages.words import NOTHING, counted, exact, number, plain, seconds
from segment_engine import OrganizationContext, SourceCard, SourceImport

ROW_HEIGHT = 36
CHOSEN = "d_import"
_PAGE = "d_page"
_CLICK = "d_open"


def imports(context: OrganizationContext, source: SourceCard) -> None:
    """Draw the tab."""
    asked = st.session_state.get(_PAGE) or st.query_params.get(_PAGE, "1")
    wanted = int(asked) if str(asked).isdigit() and len(str(asked)) <= 6 else 1  # noqa: PLR2004 - nobody has a million pages
    found = running_engine().sources.imports(context, source.source_id, page=wanted)
    if not found.items:
        step = nothing_here(
            "No imports yet", "Nothing has been imported into this source. Import a file to fill it.",
            icon=":material/upload_file:",
        )  # fmt: skip
        with step:
            import_link(source, context)
        return
    _table(found.items, context)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(counted(found.total, "import", "imports"), width="content")
        st.space("stretch")
        if found.pages > 1:
            st.pagination(found.pages, key=_PAGE, bind="query-params")
    _one(_chosen(found.items), context)


def _frame(items: tuple[SourceImport, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "show": ["Show"] * len(items),
            "finished": pd.Series([each.finished_at for each in items], dtype="datetime64[us, UTC]"),
            "file": [each.file_name for each in items],
            "kind": [_kind(each) for each in items],
            "read": [each.rows_read for each in items],
            "added": [each.added for each in items],
            "updated": [each.updated for each in items],
            "unchanged": [each.unchanged for each in items],
            "rejected": [each.rejected for each in items],
            "unparseable": [each.unparseable for each in items],
            "total": pd.Series([each.row_total for each in items], dtype="Int64"),
            "person": [each.imported_by for each in items],
        }
    )


def _table(items: tuple[SourceImport, ...], context: OrganizationContext) -> None:
    columns = st.column_config
    figures = {
        name: columns.NumberColumn(label, format="localized", width=width)
        for name, label, width in (
            ("read", "Rows read", 90), ("added", "Added", 80), ("updated", "Updated", 80),
            ("unchanged", "Unchanged", 90), ("rejected", "Rejected", 80), ("unparseable", "Unreadable values", 125),
            ("total", "Rows afterwards", 115),
        )
    }  # fmt: skip
    table(
        _frame(items),
        {
            "show": columns.ButtonColumn(
                "", type="tertiary", width=60, key=_CLICK, on_click=_show,
                args=(tuple(str(each.import_id) for each in items),),
            ),
            "finished": columns.DatetimeColumn(
                "Finished", format="D MMM YYYY, HH:mm", timezone=context.calendar.time_zone, width=145
            ),
            "file": columns.TextColumn("File", width=180),
            "kind": columns.TextColumn("Brought", width=130),
            **figures,
            "person": columns.TextColumn("By", width=130),
        },
        key=f"d_imports.{hash(tuple(each.import_id for each in items))}", row_height=ROW_HEIGHT,
        alt=f"{counted(len(items), 'import', 'imports')} with rows read, added, updated, unchanged and rejected",
    )  # fmt: skip


def _kind(each: SourceImport) -> str:
    return "contacts" if each.rows == "contact" else (each.rows or each.kind).replace("_", " ")


def _show(ids: tuple[str, ...]) -> None:
    chosen = clicked(_CLICK, ids)
    if chosen is not None:
        st.query_params[CHOSEN] = chosen


def _chosen(items: tuple[SourceImport, ...]) -> SourceImport:
    """Give the import the address names, else the newest of the page."""
    asked = st.query_params.get(CHOSEN, "")
    return next((each for each in items if str(each.import_id) == asked), items[0])


# One import --------------------------------------------------------------------------------------------------------


def _one(each: SourceImport, context: OrganizationContext) -> None:
    with st.container(border=True, gap="small"):
        st.subheader(plain(f"{each.file_name}, {exact(each.finished_at, context)}"), anchor=False)
        st.text(
            f"{counted(each.rows_read, 'row', 'rows')} read = {number(each.added)} added + {number(each.updated)} "
            f"updated + {number(each.unchanged)} unchanged + {number(each.rejected)} rejected"
        )
        took = (each.finished_at - each.started_at).total_seconds()
        by = f" by {each.imported_by}" if each.imported_by else ""
        up_to = f", delivered up to {exact(each.watermark, context)}" if each.watermark else ""
        st.caption(plain(f"Took {seconds(took)}{by}{up_to}"))
        _rejections(each)
        _columns(each)


def _rejections(each: SourceImport) -> None:
    if not each.rejections:
        st.text("No row was rejected.")
        return
    st.markdown("**Rejected rows**")
    frame = pd.DataFrame(
        {
            "rows": [reason.count for reason in each.rejections],
            "why": [reason.sentence for reason in each.rejections],
            "first": [", ".join(number(row) for row in reason.first_rows) for reason in each.rejections],
            "code": [reason.code for reason in each.rejections],
        }
    )
    columns = st.column_config
    table(
        frame,
        {
            "rows": columns.NumberColumn("Rows", format="localized", width=80),
            "why": columns.TextColumn("Why", width=470),
            "first": columns.TextColumn("First rows of the file", width=170),
            "code": columns.TextColumn("Code", width=140),
        },
        key=f"d_rejected.{each.import_id}", row_height=ROW_HEIGHT,
        alt=f"{counted(each.rejected, 'rejected row', 'rejected rows')} by reason, with the first rows of each",
    )  # fmt: skip


def _columns(each: SourceImport) -> None:
    """List every column of the file with what became of it; values that could not be read are shown."""
    if not each.columns and not each.fields:
        return
    bad = sum(read.unparseable for read in each.fields)
    st.markdown("**Columns of the file**")
    if bad:
        one, many = "value could not be read and counts", "values could not be read and count"
        st.text(f"{counted(bad, one, many)} as missing. Examples stand beside the column.")
    frame = _columns_frame(each)
    columns = st.column_config
    table(
        frame,
        {
            "column": columns.TextColumn("Column", width=150),
            "read": columns.TextColumn("Read as", width=90),
            "field": columns.TextColumn("Field", width=190),
            "present": columns.NumberColumn("With a value", format="localized", width=100),
            "missing": columns.NumberColumn("Missing", format="localized", width=85),
            "bad": columns.NumberColumn("Unreadable", format="localized", width=95),
            "outside": columns.NumberColumn("Not in the list", format="localized", width=105),
            "samples": columns.TextColumn("Such as", width=180),
            "new": columns.CheckboxColumn("New field", width=85),
        },
        key=f"d_columns.{each.import_id}", row_height=ROW_HEIGHT, rows_shown=15,
        alt=f"{counted(len(frame), 'column', 'columns')} of the file with type, field and unreadable values",
    )  # fmt: skip


def _columns_frame(each: SourceImport) -> pd.DataFrame:
    by_name = {read.column: read for read in each.fields}
    names = [column.name for column in each.columns] or list(by_name)
    kinds = {column.name: column.type for column in each.columns}
    reads = [by_name.get(name) for name in names]
    return pd.DataFrame(
        {
            "column": names,
            "read": [kinds.get(name) for name in names],
            "field": [NOTHING if read is None else read.key for read in reads],
            "present": pd.Series([None if read is None else read.present for read in reads], dtype="Int64"),
            "missing": pd.Series([None if read is None else read.missing for read in reads], dtype="Int64"),
            "bad": pd.Series([None if read is None else read.unparseable for read in reads], dtype="Int64"),
            "outside": pd.Series([None if read is None else read.outside for read in reads], dtype="Int64"),
            "samples": [None if read is None else ", ".join(read.samples) or None for read in reads],
            "new": [read is not None and read.new for read in reads],
        }
    )
