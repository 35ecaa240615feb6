"""What changed between the newest file of every kind of rows and the one before, and which segments that touches."""

from __future__ import annotations

import streamlit as st

from auth.guard import running_engine
from pages.parts import badge, nothing_here
from pages.source_users import users
from pages.source_words import LEVEL_LOOKS
from pages.words import counted, exact, plain
from segment_engine import DriftLevel, OrganizationContext, SourceCard, SourceFinding

SHOWN = 30


def drift(context: OrganizationContext, source: SourceCard) -> None:
    """Draw the tab."""
    found = running_engine().sources.drift(context, source.source_id)
    if found.since is None or found.until is None:
        nothing_here(
            "Nothing to compare yet",
            "Changes are found between two imports of the same kind of rows. Import the next file, and come back.",
            icon=":material/compare_arrows:",
        )
        return
    st.caption(f"Import of {exact(found.until, context)}, against the one of {exact(found.since, context)}")
    if not found.findings:
        nothing_here(
            "Nothing changed that matters",
            "Columns, rows, missing values and the spread of values are as before. What differs by chance is left out.",
            icon=":material/check_circle:",
        )
        return
    _summary(found.findings)
    subjects = _by_subject(found.findings)
    for subject in subjects[:SHOWN]:
        _subject(subject)
    if len(subjects) > SHOWN:
        st.caption(f"{counted(len(subjects) - SHOWN, 'more change', 'more changes')}, none more serious.")
    with st.expander("How changes are judged", icon=":material/help:"):
        st.text(
            "Missing values: mentioned from 1 point, a warning from 5, serious from 25. Spread of values: the "
            "population stability index, a warning from 0.1, serious from 0.25. A column that fills a field segments "
            "read weighs more. Nothing is reported that two samples of the same rows could show by chance."
        )


def _summary(findings: tuple[SourceFinding, ...]) -> None:
    with st.container(horizontal=True, gap="small"):
        for level in reversed(DriftLevel):
            count = sum(each.finding.level is level for each in findings)
            if count:
                look = LEVEL_LOOKS[level]
                st.badge(f"{count} {look.word.lower()}", icon=look.icon, color=look.color)


def _by_subject(findings: tuple[SourceFinding, ...]) -> list[list[SourceFinding]]:
    """Put what is about one field together; the order stays that of the most serious of each."""
    found: dict[str, list[SourceFinding]] = {}
    for place, each in enumerate(findings):
        found.setdefault(each.finding.key or f"{each.finding.kind.value} {place}", []).append(each)
    return list(found.values())


def _subject(found: list[SourceFinding]) -> None:
    first = found[0]
    key = first.finding.key or first.finding.rows or first.finding.kind.value
    with st.container(border=True, gap="xsmall"):
        for each in found:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                badge(LEVEL_LOOKS[each.finding.level])
                st.text(each.finding.sentence, width="stretch")
        if first.finding.key:
            st.caption(plain(first.finding.key))
        users(first.used_by, nobody="No segment reads it.", key=f"{first.finding.kind.value}.{key}")
