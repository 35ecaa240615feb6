"""The versions of the criteria: who saved what and when, what differs between two, and going back to one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages.parts import table
from pages.segment_restore import restore_button
from pages.words import NOTHING, counted, exact, number, plain, readable, shortened
from segment_engine import (
    DiffLine,
    LineFate,
    OrganizationContext,
    Run,
    Segment,
    SegmentVersion,
    compare_sentences,
)

BEFORE, AFTER = "versions.before", "versions.after"
ROW_HEIGHT = 36
ROWS_SHOWN = 8
LONGEST_SENTENCE = 140
INDENT = "\u2003"
FATES = {
    LineFate.KEPT: ("gray", ":material/drag_handle:", "unchanged"),
    LineFate.ADDED: ("green", ":material/add:", "added"),
    LineFate.REMOVED: ("red", ":material/remove:", "removed"),
}


def versions(context: OrganizationContext, segment: Segment, _runs: tuple[Run, ...]) -> None:
    """Draw the list, and below it what differs between two versions."""
    found = running_engine().details.versions(context, segment.segment_id)
    with st.container(border=True):
        st.subheader("Versions of the criteria", anchor=False)
        st.caption(
            f"{counted(len(found), 'version', 'versions')}, newest first. A name, a tag or a note makes no version; "
            "nothing saved is ever changed."
        )
        _list(context, segment, found)
    with st.container(border=True):
        st.subheader("What differs", anchor=False)
        if len(found) == 1:
            st.caption("There is one version only. Edit the criteria to make the next one; this one stays.")
        else:
            _compare(context, segment, found)


def _list(context: OrganizationContext, segment: Segment, found: tuple[SegmentVersion, ...]) -> None:
    looks = st.column_config
    frame = pd.DataFrame(
        {
            "Version": [each.version for each in found],
            "Saved": [each.created_at for each in found],
            "By": [each.created_by or NOTHING for each in found],
            "Members": pd.Series([each.member_count for each in found], dtype="Int64"),
            "Note": [_note(each, segment) for each in found],
            "Criteria": [_in_short(each) for each in found],
        }
    )
    table(
        frame,
        {
            "Version": looks.NumberColumn(width=70),
            "Saved": looks.DatetimeColumn(
                format="D MMM YYYY, HH:mm", timezone=context.calendar.time_zone, width=150
            ),
            "By": looks.TextColumn(width=140),
            "Members": looks.NumberColumn(
                format="localized", width=90, help="By the newest successful run of this version."
            ),
            "Note": looks.TextColumn(width=150), "Criteria": looks.TextColumn(width=560),
        },
        key=f"versions.{segment.segment_id}", row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN,
        alt=f"{counted(len(found), 'version', 'versions')} with author, time, members and sentence",
    )  # fmt: skip


def _note(each: SegmentVersion, segment: Segment) -> str:
    notes = ["Current"] if each.version == segment.version else []
    if each.version == segment.published_version:
        notes.append("Published")
    if each.problem:
        notes.append("Cannot be read")
    return ", ".join(notes)


def _in_short(each: SegmentVersion) -> str:
    said = (
        readable(each.problem or "") if each.sentence is None else " ".join(line.text for line in each.sentence.lines)
    )
    return shortened(said, LONGEST_SENTENCE)


# Two of them -------------------------------------------------------------------------------------------------------


def _compare(context: OrganizationContext, segment: Segment, found: tuple[SegmentVersion, ...]) -> None:
    by_number = {each.version: each for each in found}
    numbers = list(by_number)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        before = st.selectbox(
            "From", numbers, index=1, key=BEFORE, format_func=lambda each: _label(by_number[each], context), width=300
        )
        after = st.selectbox(
            "To", numbers, index=0, key=AFTER, format_func=lambda each: _label(by_number[each], context), width=300
        )
        st.space("stretch")
        restore_button(context, segment, by_number[before])
    old, new = by_number[before], by_number[after]
    _sizes(old, new)
    if old.sentence is None or new.sentence is None:
        broken = old if old.sentence is None else new
        st.warning(
            plain(f"Version {broken.version}: {readable(broken.problem or '')}"),
            title="It cannot be read any more, so there is no sentence to compare", icon=":material/warning:",
        )  # fmt: skip
    else:
        _lines(compare_sentences(old.sentence, new.sentence), same=old.document == new.document)
    with st.expander("Both as JSON, for experts", icon=":material/data_object:"):
        for column, each in zip(st.columns(2), (old, new), strict=True):
            with column:
                st.caption(f"Version {each.version}")
                st.json(each.document, expanded=2)


def _label(each: SegmentVersion, context: OrganizationContext) -> str:
    return f"Version {each.version}, {exact(each.created_at, context).partition(' (')[0]}"


def _sizes(old: SegmentVersion, new: SegmentVersion) -> None:
    if old.version != new.version and (old.member_count is not None or new.member_count is not None):
        st.caption(
            f"Version {old.version}: {number(old.member_count)} members, version {new.version}: "
            f"{number(new.member_count)}, each by its newest run. Data changed in between, too."
        )


def _lines(lines: tuple[DiffLine, ...], *, same: bool) -> None:
    """Draw every line with a sign and a color, so that neither alone carries the meaning."""
    changed = sum(each.fate is not LineFate.KEPT for each in lines)
    if not changed:
        st.caption(
            "The same criteria."
            if same
            else "The same in words; the JSON below shows what was grouped or spelt differently."
        )
    with st.container(gap="xxsmall"):
        for each in lines:
            color, icon, word = FATES[each.fate]
            text = f"{INDENT * each.line.level}{plain(each.line.text)}"
            marked = text if each.fate is LineFate.KEPT else f":{color}[{text} ({word})]"
            st.markdown(f":{color}[{icon}] {marked}")
