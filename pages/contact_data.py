"""Everything that is stored of one contact: fields, channels, consents, and what happened how often."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.campaign_words import CHANNEL_ICONS, CHANNEL_WORDS
from pages.contact_words import CONSENT_LOOKS, SUPPRESSION_WORDS, moment_words
from pages.parts import table
from pages.words import NOTHING, counted, plain
from segment_engine import (
    ChannelState,
    ConsentEntry,
    ContactCard,
    FieldValue,
    OrganizationContext,
    RowCount,
)

ROW_HEIGHT = 34
ROWS_SHOWN = 14
TYPE_WORDS = {
    "text": "Text", "choice": "Choice", "integer": "Whole number", "decimal": "Decimal number", "money": "Money",
    "boolean": "Yes or no", "date": "Date", "instant": "Date and time", "set": "Set",
}  # fmt: skip


def data_tab(context: OrganizationContext, card: ContactCard) -> None:
    """Draw what is stored, in four blocks."""
    left, right = st.columns([3, 2])
    with left:
        _fields(card.fields)
    with right:
        _happened(context, card)
    left, right = st.columns([3, 2])
    with left:
        _channels(context, card.channels)
    with right:
        _consents(context, card.consents)


def _fields(fields: tuple[FieldValue, ...]) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("Fields", anchor=False)
        if not fields:
            st.caption("No field was ever imported: only the key is known.")
            return
        frame = pd.DataFrame(
            {
                "Field": [each.label for each in fields],
                "Value": [each.text for each in fields],
                "Type": [f"{TYPE_WORDS[each.type.value]}{', sensitive' if each.sensitive else ''}" for each in fields],
                "Source": [each.source for each in fields],
            }
        )
        filled = sum(each.text is not None for each in fields)
        alt = f"{counted(len(fields), 'field', 'fields')}, {filled} with a value"
        looks = st.column_config
        columns = {
            "Field": looks.TextColumn(width=130), "Value": looks.TextColumn(width=240),
            "Type": looks.TextColumn(width=115), "Source": looks.TextColumn(width=90),
        }  # fmt: skip
        table(frame, columns, key="contact.fields", alt=alt, row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN)


def _happened(context: OrganizationContext, card: ContactCard) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("What happened", anchor=False)
        if card.events or card.relations:
            st.caption(plain(f"Times are those of {context.calendar.time_zone}."))
            rows = (*card.events, *card.relations)
            frame = pd.DataFrame(
                {
                    "What": [each.label for each in rows],
                    "Rows": [each.rows for each in rows],
                    "Last": [_last(each, context) for each in rows],
                }
            )
            alt = f"{counted(sum(each.rows for each in rows), 'row', 'rows')} of {len(rows)} kinds"
            looks = st.column_config
            columns = {
                "What": looks.TextColumn(width=140), "Rows": looks.NumberColumn(format="localized", width=60),
                "Last": looks.TextColumn(width=140),
            }  # fmt: skip
            table(frame, columns, key="contact.rows", alt=alt, row_height=ROW_HEIGHT, rows_shown=ROWS_SHOWN)
        else:
            st.caption("No event and no related row is stored.")
        if card.lists:
            st.caption(plain(f"On {counted(len(card.lists), 'static list', 'static lists')}: {', '.join(card.lists)}"))


def _last(each: RowCount, context: OrganizationContext) -> str:
    if each.last_at is None:
        return NOTHING
    return f"{each.last_at.day} {each.last_at:%b %Y}" if each.date_only else moment_words(each.last_at, context)


def _channels(context: OrganizationContext, channels: tuple[ChannelState, ...]) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader("Channels", anchor=False)
        if not channels:
            st.caption("No channel leads to this contact.")
        for each in channels:
            with st.container(gap="xxsmall"):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.markdown(f"{CHANNEL_ICONS[each.channel]} **{CHANNEL_WORDS[each.channel]}**", width="content")
                    if each.suppressed_at is not None:
                        st.badge("Stopped", icon=":material/block:", color="red")
                    elif each.address is None:
                        st.badge("No address", icon=":material/remove:", color="gray")
                    elif each.is_valid:
                        st.badge("Valid", icon=":material/check_circle:", color="green")
                    else:
                        st.badge("Not valid", icon=":material/error:", color="red")
                st.caption(plain(each.address or "No address"))
                if each.suppressed_at is not None:
                    why = SUPPRESSION_WORDS.get(each.suppression or "", "it was stopped")
                    st.caption(plain(f"Stopped since {moment_words(each.suppressed_at, context)}: {why}"))


def _consents(context: OrganizationContext, consents: tuple[ConsentEntry, ...]) -> None:
    """Draw the records by channel and topic, the newest first: the first of each is the one that counts."""
    with st.container(border=True, height="stretch"):
        st.subheader("Consents", anchor=False)
        if not consents:
            st.caption("There is no record of consent, so no campaign may use a channel.")
        seen: set[tuple[str, str | None]] = set()
        for each in consents:
            kind = (each.channel, each.topic)
            word, color = CONSENT_LOOKS.get(each.state, (NOTHING, "gray"))
            if kind not in seen:
                about = f", {each.topic}" if each.topic else ""
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.markdown(f"**{plain(f'{CHANNEL_WORDS[each.channel]}{about}')}**", width="content")
                    st.badge(word, color=color)
                st.caption(f"Since {moment_words(each.recorded_at, context)}")
            else:
                st.caption(f"Before: {word.lower()} on {moment_words(each.recorded_at, context)}")
            seen.add(kind)
