"""The fields of a source: how much is missing, how many values differ, who uses them; and one of them in full."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from auth.guard import running_engine
from pages.charts import draw
from pages.parts import clicked, nothing_here, table
from pages.source_charts import DISTRIBUTION, MISSING_OVER_TIME, distribution_height
from pages.source_list import import_link
from pages.source_users import users
from pages.source_words import label_of, share_words, shown, type_words
from pages.words import counted, exact, number, plain
from segment_engine import Field, FieldProfile, OrganizationContext, SourceCard, SourceField

ROW_HEIGHT = 36
SHOWN_ROWS = 14
CHART_HEIGHT = 150
CHOSEN = "d_field"
_CLICK = "d_show"


def fields(context: OrganizationContext, source: SourceCard) -> None:
    """Draw the tab."""
    found = running_engine().sources.fields(context, source.source_id)
    if not found:
        step = nothing_here(
            "No fields",
            "This source delivers no fields of its own: consents, channels, or events without properties.",
            icon=":material/view_column:",
        )
        with step:
            import_link(source, context)
        return
    chosen = _toolbar(found)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _table(_searched(found), context)
    with right:
        _one(next(each for each in found if each.field.key == chosen), context)


def _toolbar(found: Sequence[SourceField]) -> str:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Search fields", type="search", live="300ms", placeholder="Search label or key", key="d_q",
            icon=":material/search:", bind="query-params", width=260, max_chars=200,
        )  # fmt: skip
        st.space("stretch")
        # The keys are what the address holds, so it still leads to the field after its label changed.
        return st.selectbox(
            "Show in full", [each.field.key for each in found], key=CHOSEN, bind="query-params", width=320
        )


def _searched(found: Sequence[SourceField]) -> list[SourceField]:
    text = str(st.session_state.get("d_q") or "").strip().casefold()
    names = ((each, (each.field.label, each.field.key, *each.aliases)) for each in found)
    return [each for each, said in names if any(text in name.casefold() for name in said)]


def _table(found: Sequence[SourceField], context: OrganizationContext) -> None:
    if not found:
        st.text("No field has this in its label or key. Clear the search to see all.")
        return
    profiles = [each.profile for each in found]
    frame = pd.DataFrame(
        {
            "show": ["Show"] * len(found),
            "label": [each.field.label for each in found],
            "missing": [None if each is None else 100 * each.missing_share for each in profiles],
            "distinct": pd.Series([None if each is None else each.distinct for each in profiles], dtype="Int64"),
            "common": [_common(each, context) for each in found],
            "type": [type_words(each.field) for each in found],
            "users": [len(each.used_by) for each in found],
            "key": [each.field.key for each in found],
        }
    )
    columns = st.column_config
    table(
        frame,
        {
            "show": columns.ButtonColumn(
                "", type="tertiary", width=60, key=_CLICK, on_click=_show,
                args=(tuple(each.field.key for each in found),),
            ),
            "label": columns.TextColumn("Field", width=150),
            "missing": columns.ProgressColumn("Missing", format="%.1f%%", min_value=0, max_value=100, width=115),
            "distinct": columns.NumberColumn("Different values", format="localized", width=110),
            "common": columns.TextColumn("Mostly", width=170),
            "type": columns.TextColumn("Type", width=95),
            "users": columns.NumberColumn("Used by", width=70),
            "key": columns.TextColumn("Key", width=190),
        },
        key=f"d_fields.{hash(tuple(each.field.key for each in found))}", row_height=ROW_HEIGHT, rows_shown=SHOWN_ROWS,
        alt=f"{counted(len(found), 'field', 'fields')} with share missing, different values, type and users",
    )  # fmt: skip
    st.caption(counted(len(found), "field", "fields"))


def _common(found: SourceField, context: OrganizationContext) -> str | None:
    """Name the commonest value, or the ends of figures and times."""
    profile = found.profile
    if profile is None or not profile.distribution:
        return None
    if profile.in_ranges:
        return f"{shown(profile.lowest, found.field, context)} – {shown(profile.highest, found.field, context)}"
    most = max(profile.distribution, key=lambda each: each.share)
    return f"{label_of(most, found.field, context)}, {share_words(most.share)}"


def _show(keys: tuple[str, ...]) -> None:
    key = clicked(_CLICK, keys)
    if key is not None:
        st.session_state[CHOSEN] = key


# One field ---------------------------------------------------------------------------------------------------------


def _one(found: SourceField, context: OrganizationContext) -> None:
    field, profile = found.field, found.profile
    with st.container(border=True, gap="small"):
        st.subheader(plain(field.label), anchor=False)
        had = f" · was called {', '.join(found.aliases)}" if found.aliases else ""
        st.text(f"{field.key} · {type_words(field)}{had}")
        if profile is None:
            st.text("No profile yet. The next import makes one.")
        else:
            _figures(field, profile, context)
            _distribution(field, profile, context)
            _history(field, context)
        st.markdown("**Used by**")
        users(found.used_by, nobody="No segment names this field.", key=field.key)


def _figures(field: Field, profile: FieldProfile, context: OrganizationContext) -> None:
    with st.grid(2, min_column_width=120):
        st.metric("Without a value", share_words(profile.missing_share))
        st.metric("Different values", number(profile.distinct))
        if profile.lowest is not None:
            st.metric("Lowest", plain(shown(profile.lowest, field, context)))
            st.metric("Highest", plain(shown(profile.highest, field, context)))
    rows = counted(profile.row_total, "row", "rows")
    st.caption(f"Estimated from a sample of {rows}." if profile.sampled else f"Of {rows}.")


def _distribution(field: Field, profile: FieldProfile, context: OrganizationContext) -> None:
    if not profile.distribution:
        why = "Single values are not shown here." if profile.present else "There is no value."
        st.text(why if profile.present < 1 or field.sensitive else f"{why} They would tell who a contact is.")
        return
    st.markdown("**Ten ranges of about equal size**" if profile.in_ranges else "**Commonest values**")
    values = [label_of(each, field, context) for each in profile.distribution]
    shares = [each.share for each in profile.distribution]
    labels = [f"{value} · {share_words(share)}" for value, share in zip(values, shares, strict=True)]
    frame = pd.DataFrame(
        {"label": labels, "value": values, "share": shares, "rows": [round(each * profile.present) for each in shares]}
    )
    draw(frame, DISTRIBUTION, height=distribution_height(len(frame)), alt=f"{field.label}: {'; '.join(labels)}")


def _history(field: Field, context: OrganizationContext) -> None:
    moments = running_engine().sources.field_history(context, field.key)
    if len(moments) <= 1:
        return
    st.markdown("**Without a value, import by import**")
    frame = pd.DataFrame(
        {
            "at": [each.finished_at for each in moments],
            "when": [exact(each.finished_at, context) for each in moments],
            "missing": [each.missing_share for each in moments],
            "rows": [each.row_total for each in moments],
        }
    )
    first, last = share_words(moments[0].missing_share), share_words(moments[-1].missing_share)
    alt = f"{field.label}: {first} without a value at first, {last} after {len(moments)} imports"
    draw(frame, MISSING_OVER_TIME, height=CHART_HEIGHT, alt=alt)
