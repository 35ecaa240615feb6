"""The dialog that sets up a check or changes one; what it will demand is said in words while it is filled in."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.check_words import KIND_WORDS, LEVEL_WORDS
from pages.editor_draft import dialog_closed
from pages.parts import action, boundary, emphasis, flash
from pages.words import plain
from segment_engine import (
    Assertion,
    AssertionDraft,
    AssertionId,
    AssertionKind,
    AssertionLevel,
    JudgedAssertion,
    words_of,
)

LONGEST_NOTE = 500
USUAL_PERCENT = 20.0


@st.dialog("What must hold of every result?", icon=":material/add_task:", on_dismiss=dialog_closed)
def ask_for_check(segment_id: UUID, held: JudgedAssertion | None) -> None:
    """Ask for what a check needs, and say what it will demand."""
    with boundary():
        kinds = list(KIND_WORDS)
        now = None if held is None else held.assertion
        kind = st.selectbox(
            "About", kinds, index=kinds.index(now.kind) if now else 0, key=_key(segment_id, held, "kind"),
            format_func=lambda each: KIND_WORDS[each],
        )  # fmt: skip
        draft, other = _asked(segment_id, held, kind)
        level = st.segmented_control(
            "When it does not hold", list(AssertionLevel), default=now.level if now else AssertionLevel.WARN,
            required=True, format_func=lambda each: LEVEL_WORDS[each], key=_key(segment_id, held, "level"),
        )  # fmt: skip
        note = st.text_input(
            "Why (optional)", value=now.note if now else "", max_chars=LONGEST_NOTE,
            key=_key(segment_id, held, "note"), placeholder="So that others can judge it later",
        )  # fmt: skip
        whole = AssertionDraft(
            kind, level, draft.lowest, draft.highest, draft.percent, draft.contacts, draft.other_segment_id, note
        )
        complete = _preview(whole, other)
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.button("Cancel", key="checks.cancel", on_click=_close)
            st.button(
                "Save", type=emphasis(), icon=":material/check:", key="checks.save", on_click=_save,
                args=(segment_id, held, whole), disabled=not complete,
            )  # fmt: skip


def _key(segment_id: UUID, held: JudgedAssertion | None, name: str) -> str:
    """Name a control so that another check, or another revision of it, begins with its own values."""
    which = "new" if held is None else held.assertion.token
    return f"checks.{name}.{segment_id}.{which}"


def _asked(segment_id: UUID, held: JudgedAssertion | None, kind: AssertionKind) -> tuple[AssertionDraft, str | None]:
    """Ask for what belongs to the kind; gives the name of a chosen segment, too."""
    now = held.assertion if held is not None and held.assertion.kind is kind else None
    match kind:
        case AssertionKind.COUNT_BETWEEN:
            with st.container(horizontal=True, gap="small"):
                lowest = st.number_input(
                    "At least", value=now.lowest if now else None, min_value=0, step=1,
                    key=_key(segment_id, held, "lowest"), placeholder="any",
                )  # fmt: skip
                highest = st.number_input(
                    "At most", value=now.highest if now else None, min_value=0, step=1,
                    key=_key(segment_id, held, "highest"), placeholder="any",
                )  # fmt: skip
            return AssertionDraft(kind, lowest=lowest, highest=highest), None
        case AssertionKind.CHANGE_AT_MOST:
            percent = st.number_input(
                "By at most, in per cent of the published count", min_value=0.01, max_value=10_000.0, step=1.0,
                value=float(now.percent) if now and now.percent else USUAL_PERCENT,
                key=_key(segment_id, held, "percent"),
            )  # fmt: skip
            return AssertionDraft(kind, percent=Decimal(str(percent))), None
        case AssertionKind.MUST_INCLUDE | AssertionKind.MUST_NOT_INCLUDE:
            written = st.text_area(
                "Their keys or e-mail addresses, one a line", value="\n".join(held.contacts) if held and now else "",
                key=_key(segment_id, held, "contacts"), height=120,
            )  # fmt: skip
            return AssertionDraft(
                kind, contacts=tuple(line.strip() for line in written.splitlines() if line.strip())
            ), None
        case _:
            return _other(segment_id, held, kind, now)


def _other(
    segment_id: UUID, held: JudgedAssertion | None, kind: AssertionKind, now: Assertion | None
) -> tuple[AssertionDraft, str | None]:
    offered = [
        each for each in running_engine().offers.segments(current_context()) if each.segment_id != str(segment_id)
    ]
    ids = [each.segment_id for each in offered]
    names = {each.segment_id: each.name for each in offered}
    before = str(now.other_segment_id) if now else ""
    chosen = st.selectbox(
        "The other segment", ids, index=ids.index(before) if before in names else None,
        format_func=lambda each: names[each], key=_key(segment_id, held, "other"), placeholder="Choose a segment",
    )  # fmt: skip
    other = None if chosen is None else UUID(chosen)
    return AssertionDraft(kind, other_segment_id=other), names.get(chosen or "")


def _preview(draft: AssertionDraft, other: str | None) -> bool:
    """Say what will be demanded, or what is missing still; tells whether it can be saved."""
    missing = _missing(draft)
    if missing is not None:
        st.caption(missing)
        return False
    words = words_of(
        Assertion(
            AssertionId(UUID(int=0)), draft.kind, draft.level, draft.lowest, draft.highest, draft.percent,
            tuple(range(len(draft.contacts))), draft.other_segment_id, other,
        )
    )  # fmt: skip
    blocks = draft.level is AssertionLevel.BLOCK
    what = "is not published, and the members of before stay" if blocks else "is published with a warning"
    st.info(plain(f"{words}. A result of which this does not hold {what}."), icon=":material/fact_check:")
    return True


def _missing(draft: AssertionDraft) -> str | None:
    match draft.kind:
        case AssertionKind.COUNT_BETWEEN if draft.lowest is None and draft.highest is None:
            return "Say how many there have to be at least, at most, or both."
        case AssertionKind.MUST_INCLUDE | AssertionKind.MUST_NOT_INCLUDE if not draft.contacts:
            return "Name at least one contact."
        case AssertionKind.SUBSET_OF | AssertionKind.DISJOINT_FROM if draft.other_segment_id is None:
            return "Choose the segment to compare with."
        case _:
            return None


def _close() -> None:
    dialog_closed()
    st.rerun()


@action
def _save(segment_id: UUID, held: JudgedAssertion | None, draft: AssertionDraft) -> None:
    checks, context = running_engine().assertions, current_context()
    if held is None:
        made = checks.add(context, segment_id, draft)
    else:
        now = held.assertion
        made = checks.change(context, segment_id, now.assertion_id, expected_revision=now.revision, draft=draft)
    dialog_closed()
    flash(f"Saved: {words_of(made)}. It is asked of the next result.")
    st.rerun()
