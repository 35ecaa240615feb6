"""What a segment is beside its criteria: tags, owner, notes and the day of the next review; who made it, and its id."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import action, boundary, emphasis, flash, page
from pages.segment_alerts import segment_alerts
from pages.words import NOTHING, ago, exact, plain, zone_of
from segment_engine import OrganizationContext, Owner, Permission, Run, Segment, refusal

TAGS, OWNER, NOTES, REVIEW = "about.tags", "about.owner", "about.notes", "about.review"
LONGEST_NOTES = 2_000


def about(context: OrganizationContext, segment: Segment, _runs: tuple[Run, ...]) -> None:
    """Draw the form for those who may edit, and the same as text for everybody else."""
    left, right = st.columns([5, 3])
    with left, st.container(border=True, height="stretch"):
        st.subheader("Notes and ownership", anchor=False)
        _review_note(context, segment)
        if context.may(Permission.SEGMENTS_EDIT):
            _form(context, segment)
        else:
            _text(segment)
            st.caption(refusal(context, Permission.SEGMENTS_EDIT))
    with right, st.container(border=True, height="stretch"):
        st.subheader("Facts", anchor=False)
        _facts(context, segment)
    with boundary():
        segment_alerts(context, segment)


def _review_note(context: OrganizationContext, segment: Segment) -> None:
    today = datetime.now(UTC).astimezone(zone_of(context)).date()
    if segment.review_on is not None and segment.review_on <= today:
        st.warning(
            f"It was to be looked at on {segment.review_on:%d %b %Y}. Look it over, then set the next day.",
            icon=":material/event_busy:",
        )  # fmt: skip


def _form(context: OrganizationContext, segment: Segment) -> None:
    known = [each.tag for each in running_engine().segments.tags(context)]
    owners = running_engine().segments.owners(context)
    # What somebody else has saved meanwhile is shown anew: the controls are those of one revision.
    edition = segment.revision
    with st.container(gap="small"):
        st.multiselect(
            "Tags", sorted({*known, *segment.tags}), default=list(segment.tags), key=f"{TAGS}.{edition}",
            accept_new_options=True, placeholder="Choose or type a tag",
        )  # fmt: skip
        with st.container(horizontal=True, gap="small"):
            _owner(owners, segment, edition)
            st.date_input("Next review", value=segment.review_on, key=f"{REVIEW}.{edition}", format="YYYY-MM-DD")
        st.text_area(
            "Notes", segment.notes, key=f"{NOTES}.{edition}", height=180, max_chars=LONGEST_NOTES,
            placeholder="What it is for, what to know before using it, what was agreed with whom",
        )  # fmt: skip
        st.button(
            "Save", type=emphasis(), icon=":material/check:", key="about.save", on_click=_save,
            args=(segment.segment_id, edition),
        )  # fmt: skip


def _owner(owners: tuple[Owner, ...], segment: Segment, edition: int) -> None:
    """Offer everybody with a seat; an owner who has lost the seat stays named until another one is chosen."""
    choices: list[Owner | None] = [None, *owners]
    if segment.owner is not None and segment.owner not in choices:
        choices.append(segment.owner)
    st.selectbox(
        "Owner", choices, index=choices.index(segment.owner), key=f"{OWNER}.{edition}",
        format_func=lambda each: "Nobody" if each is None else each.name,
    )  # fmt: skip


@action
def _save(segment_id: UUID, edition: int) -> None:
    held = st.session_state
    owner: Owner | None = held[f"{OWNER}.{edition}"]
    running_engine().segments.describe(
        current_context(), segment_id, expected_revision=edition, tags=held[f"{TAGS}.{edition}"],
        owner_id=None if owner is None else owner.person_id, notes=held[f"{NOTES}.{edition}"],
        review_on=held[f"{REVIEW}.{edition}"],
    )  # fmt: skip
    flash("Saved. The criteria and the members are untouched.")


def _text(segment: Segment) -> None:
    for label, value in (
        ("Tags", ", ".join(segment.tags)), ("Owner", segment.owner.name if segment.owner else ""),
        ("Next review", f"{segment.review_on:%d %b %Y}" if segment.review_on else ""), ("Notes", segment.notes),
    ):  # fmt: skip
        with st.container(gap="xxsmall"):
            st.caption(label)
            st.text(value or NOTHING)


def _facts(context: OrganizationContext, segment: Segment) -> None:
    created = f"{ago(segment.created_at)}{f' by {segment.created_by}' if segment.created_by else ''}"
    edited = f"{ago(segment.updated_at)}{f' by {segment.updated_by}' if segment.updated_by else ''}"
    for label, value, hint in (
        ("Created", created, exact(segment.created_at, context)),
        ("Edited", edited, exact(segment.updated_at, context)),
        ("Version of the criteria", str(segment.version), None), ("Edits in all", str(segment.revision), None),
    ):  # fmt: skip
        with st.container(gap="xxsmall"):
            st.caption(label, help=hint)
            st.markdown(plain(value))
    if context.may(Permission.AUDIT_VIEW):
        st.page_link(
            page("administration"), label="Who changed what", icon=":material/receipt_long:",
            query_params={"a_tab": "Audit log", "a_about": str(segment.segment_id)},
        )  # fmt: skip
    st.caption("Id, for commands and support")
    st.code(str(segment.segment_id), language=None)
