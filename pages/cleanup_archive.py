"""What was archived within the last day, with the way back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages.cleanup_acts import restore
from pages.parts import clicked, table
from pages.words import STATE_LOOKS, counted
from segment_engine import ArchivedSegment, OrganizationContext, Permission, SegmentState, refusal

ROW_HEIGHT = 36
ROWS_SHOWN = 4
_CLICK = "cleanup.restore"


def archived_lately(context: OrganizationContext) -> None:
    """Draw the list, where there is anything in it."""
    found = running_engine().cleanup.archived(context)
    if not found:
        return
    may = context.may(Permission.SEGMENTS_EDIT)
    ids = tuple(each.segment_id for each in found)
    with st.expander(f"Archived just now: {counted(len(found), 'segment', 'segments')}", icon=":material/inventory_2:"):
        _table(context, found, ids if may else ())
        st.button(
            f"Restore all {len(found):,}" if len(found) > 1 else "Restore it", icon=":material/undo:",
            key="cleanup.restore_all", on_click=restore, args=(ids,), disabled=not may,
            help=None if may else refusal(context, Permission.SEGMENTS_EDIT),
        )  # fmt: skip


def _table(context: OrganizationContext, found: Sequence[ArchivedSegment], ids: tuple[UUID, ...]) -> None:
    """Draw the rows; without ids none of them can be restored."""
    shown: dict[str, list[object]] = {"restore": ["Restore"] * len(found)} if ids else {}
    frame = pd.DataFrame(
        {
            **shown,
            "name": [each.name for each in found],
            "when": pd.Series([each.archived_at for each in found], dtype="datetime64[us, UTC]"),
            "back": [STATE_LOOKS[each.archived_from or SegmentState.INACTIVE].word for each in found],
        }
    )
    columns = st.column_config
    table(
        frame,
        {
            "restore": columns.ButtonColumn(
                "", type="tertiary", width=84, key=_CLICK, on_click=_restore_row, args=(ids,)
            ),
            "name": columns.TextColumn("Segment", width=320),
            "when": columns.DatetimeColumn(
                "Archived", format="distance", timezone=context.calendar.time_zone, width=150
            ),
            "back": columns.TextColumn("Comes back as", width=140),
        },
        key=f"cleanup.archived.{hash(tuple(each.segment_id for each in found))}", row_height=ROW_HEIGHT,
        rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(found), 'segment', 'segments')} archived within a day, with the state each had",
    )  # fmt: skip


def _restore_row(ids: tuple[UUID, ...]) -> None:
    chosen = clicked(_CLICK, ids)
    if chosen is not None:
        restore((chosen,))
