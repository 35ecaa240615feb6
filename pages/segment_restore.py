"""Going back to an old version: its criteria become a new one, after the same checks as every edit."""

from __future__ import annotations

import streamlit as st

from auth.guard import current_context, running_engine
from pages.editor_diff import show_diff
from pages.editor_draft import dialog_closed, dialog_opened
from pages.parts import action, boundary, emphasis, flash
from pages.words import plain
from segment_engine import Finding, Level, OrganizationContext, Permission, Segment, SegmentVersion, refusal

ACCEPT = "versions.accept"
LOOKS = {
    Level.ERROR: ("red", ":material/error:"), Level.WARN: ("orange", ":material/warning:"),
    Level.NOTE: ("gray", ":material/info:"),
}  # fmt: skip


def restore_button(context: OrganizationContext, segment: Segment, old: SegmentVersion) -> None:
    """Offer to go back; where that cannot be, say why."""
    why_not = _why_not(context, segment, old)
    asked = st.button(
        f"Restore version {old.version}", icon=":material/history:", key="versions.restore", disabled=bool(why_not),
        help=plain(why_not) if why_not else "Its criteria become a new version; nothing is lost.",
    )  # fmt: skip
    if asked and not why_not:
        dialog_opened()
        _ask(segment, old)


def _why_not(context: OrganizationContext, segment: Segment, old: SegmentVersion) -> str | None:
    if not context.may(Permission.SEGMENTS_EDIT):
        return refusal(context, Permission.SEGMENTS_EDIT)
    if old.problem is not None:
        return f"Its criteria cannot be read any more: {old.problem}"
    return "These are the criteria of today." if old.document == segment.document else None


@st.dialog("Restore this version?", width="medium", icon=":material/history:", on_dismiss=dialog_closed)
def _ask(segment: Segment, old: SegmentVersion) -> None:
    """Show what the linter says and whom it moves; only then it can be saved."""
    ready = False
    with boundary():
        context = current_context()
        st.markdown(
            f"The criteria of version {old.version} become version {segment.version + 1} and are calculated at once."
        )
        with st.spinner("Comparing with the members as they are …"):
            findings = running_engine().segments.lint(
                context, old.document, segment_id=segment.segment_id, informed=False
            )
            diff = running_engine().analysis.edit_diff(context, segment.segment_id, old.document)
        show_diff(diff)
        ready = _judged(findings, old)
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Keep it as it is", key="versions.keep", on_click=_close)
        st.button(
            f"Restore version {old.version}", type=emphasis(), icon=":material/check:", key="versions.confirm",
            disabled=not ready, on_click=_restore, args=(segment, old, tuple(_warned(findings) if ready else ())),
        )  # fmt: skip


def _warned(findings: tuple[Finding, ...]) -> set[str]:
    return {each.code for each in findings if each.level is Level.WARN}


def _judged(findings: tuple[Finding, ...], old: SegmentVersion) -> bool:
    """Show what the linter found. Errors stand in the way; warnings until somebody accepts them."""
    for each in findings:
        color, icon = LOOKS[each.level]
        said = " ".join(part for part in (each.sentence, each.fix) if part)
        st.markdown(f":{color}[{icon}] {plain(said)}")
    if any(each.level is Level.ERROR for each in findings):
        return False
    still_open = _warned(findings) - set(old.accepted_warnings)
    return not still_open or st.checkbox("I have read the warnings and keep it so", key=f"{ACCEPT}.{old.version}")


def _close() -> None:
    dialog_closed()
    st.rerun()


@action
def _restore(segment: Segment, old: SegmentVersion, accepted: tuple[str, ...]) -> None:
    dialog_closed()
    restored = running_engine().details.restore(
        current_context(), segment.segment_id, old.version, expected_revision=segment.revision,
        accepted_warnings=accepted,
    )  # fmt: skip
    flash(f"Version {old.version} is restored as version {restored.version}. A run is queued.")
    st.rerun()
