"""Why somebody is in the segment: the criteria as a sentence, as SQL and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from auth.guard import running_engine
from pages.criteria_words import without_bounds
from pages.parts import boundary
from pages.words import plain
from segment_engine import OrganizationContext, Segment, Sentence, SentenceLine

MOST_LINES, SCROLLING = 14, 360


def criteria(context: OrganizationContext, segment: Segment) -> None:
    """Draw the criteria in words; the statement itself is computed only when somebody opens it."""
    with st.container(border=True, height="stretch"):
        st.subheader("Criteria", anchor=False)
        show_criteria(context, segment)
        st.space("stretch")
        version_note(segment)
        if segment.criteria is not None:
            with boundary():
                _as_sql(context, segment)
        with st.expander("As JSON, for experts", icon=":material/data_object:"):
            st.json(segment.document, expanded=2)


def show_criteria(context: OrganizationContext, segment: Segment, *, short: bool = False) -> None:
    """Draw the sentence of this moment, with how many were put in or taken out by hand.

    Shape: `short` leaves out the bounds of relative times, and lets what is long scroll.
    """
    if segment.criteria is None:
        st.caption("There is no sentence: the criteria cannot be read any more. What was saved is kept as JSON.")
        return
    with boundary():
        # To the minute: nobody compares seconds, and a bound with microseconds cannot be read.
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        sentence = running_engine().segments.sentence(
            context, segment.document, as_of=now, segment_id=segment.segment_id
        )
        if not short:
            show_sentence(sentence)
            return
        lines = tuple(SentenceLine(line.level, without_bounds(line.text)) for line in sentence.lines)
        with st.container(height=SCROLLING if len(lines) > MOST_LINES else "content", border=False):
            show_sentence(Sentence(lines))


def _as_sql(context: OrganizationContext, segment: Segment) -> None:
    opened = st.expander("As SQL", icon=":material/database:", on_change="rerun", key="as_sql")
    if opened.open:
        statement = running_engine().segments.sql(context, segment.segment_id)
        with opened:
            st.code(statement.text, language="sql", wrap_lines=True, height=320)
            st.caption("Values are never part of the statement; they are bound beside it:")
            st.code("\n".join(f"{key} = {value!r}" for key, value in statement.parameters.items()), language=None)


def show_sentence(sentence: Sentence) -> None:
    """Draw a sentence with its bullets; what people typed stays plain text."""
    lines = [
        f"\n{plain(line.text)}\n" if line.level == 0 else f"{'    ' * (line.level - 1)}- {plain(line.text)}"
        for line in sentence.lines
    ]
    st.markdown("\n".join(lines))


def version_note(segment: Segment) -> None:
    """Say whether the members shown are those of the criteria shown."""
    if segment.published_version is None:
        st.caption(f"Version {segment.version}; no members have been calculated with it yet.")
    elif segment.published_version != segment.version:
        st.warning(
            f"The criteria changed since: the members belong to version {segment.published_version}, "
            f"the criteria above are version {segment.version}. Recalculate to bring them together.",
            icon=":material/history:",
        )
    else:
        st.caption(f"Version {segment.version}; the members belong to it.")
