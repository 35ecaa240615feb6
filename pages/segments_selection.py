"""Which segments are chosen, across pages and filters, and the bar that says what can be done with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import action, flash
from pages.words import counted
from segment_engine import (
    MOST_AT_ONCE,
    OrganizationContext,
    Page,
    Permission,
    SegmentAct,
    SegmentCard,
    SegmentQuery,
    refusal,
)

_CHOSEN, _ORGANIZATION, _DRAWN = "segments.chosen", "segments.chosen_in", "segments.drawn"
ASKED = "segments.asked"
ACT_WORDS: dict[SegmentAct, str] = {
    SegmentAct.RECALCULATE: "Recalculate…",
    SegmentAct.ACTIVATE: "Activate…",
    SegmentAct.DEACTIVATE: "Deactivate…",
    SegmentAct.TAG: "Add tags…",
    SegmentAct.UNTAG: "Remove tags…",
    SegmentAct.SET_OWNER: "Set the owner…",
    SegmentAct.ARCHIVE: "Archive…",
    SegmentAct.UNARCHIVE: "Restore from the archive…",
    SegmentAct.DELETE: "Delete…",
}
ACT_ICONS: dict[SegmentAct, str] = {
    SegmentAct.RECALCULATE: ":material/refresh:",
    SegmentAct.ACTIVATE: ":material/toggle_on:",
    SegmentAct.DEACTIVATE: ":material/toggle_off:",
    SegmentAct.TAG: ":material/label:",
    SegmentAct.UNTAG: ":material/label_off:",
    SegmentAct.SET_OWNER: ":material/person:",
    SegmentAct.ARCHIVE: ":material/inventory_2:",
    SegmentAct.UNARCHIVE: ":material/unarchive:",
    SegmentAct.DELETE: ":material/delete:",
}


def enter(context: OrganizationContext) -> None:
    """Forget what was chosen in another organization."""
    if st.session_state.get(_ORGANIZATION) != context.organization_id:
        st.session_state[_ORGANIZATION] = context.organization_id
        choose(())


def chosen_ids() -> tuple[UUID, ...]:
    """Give the ids of the segments that are chosen, wherever in the list they stand."""
    return tuple(st.session_state.get(_CHOSEN, ()))


def choose(ids: Iterable[UUID]) -> None:
    """Choose exactly these segments. What is drawn is drawn anew, with its marks set from here."""
    st.session_state[_CHOSEN] = tuple(dict.fromkeys(ids))
    st.session_state[_DRAWN] = drawn() + 1


def drawn() -> int:
    """Give a number that changes when the marks of a table have to be set from outside."""
    return int(st.session_state.get(_DRAWN, 0))


def mark(ids: Sequence[UUID], marked: Iterable[UUID]) -> None:
    """Take over which segments of a page are marked; those of other pages stay as they are."""
    kept = [each for each in chosen_ids() if each not in set(ids)]
    every = [*kept, *marked]
    if len(every) > MOST_AT_ONCE:
        flash(f"At most {MOST_AT_ONCE:,} segments can be chosen at once.", icon=":material/info:")
        every = every[:MOST_AT_ONCE]
    st.session_state[_CHOSEN] = tuple(every)


def bar(context: OrganizationContext, found: Page[SegmentCard], query: SegmentQuery) -> None:
    """Draw how many match and how many are chosen, ways to choose more, and what can be done with them."""
    ids = chosen_ids()
    here = [card.segment_id for card in found.items]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="segments_bar"):
        st.text(counted(found.total, "segment", "segments"), width="content")
        if set(here) - set(ids):
            st.button(
                f"Select this page ({len(here)})", key="segments.choose_page", type="tertiary",
                icon=":material/select_check_box:", on_click=choose, args=([*ids, *here][:MOST_AT_ONCE],),
            )  # fmt: skip
        if found.pages > 1:
            _choose_all(found.total, query)
        st.space("stretch")
        if ids:
            st.badge(f"{len(ids):,} selected", icon=":material/check_box:", color="blue")
            st.button("Clear", key="segments.clear", type="tertiary", on_click=choose, args=((),))
        _acts(context, len(ids))


def _choose_all(total: int, query: SegmentQuery) -> None:
    few = total <= MOST_AT_ONCE
    st.button(
        f"Select all {total:,}" if few else f"Select the first {MOST_AT_ONCE:,}", key="segments.choose_all",
        type="tertiary", icon=":material/library_add_check:", on_click=_all_that_match, args=(query,),
        help=None if few else f"Of {total:,} that match; at most {MOST_AT_ONCE:,} are changed at once.",
    )  # fmt: skip


@action
def _all_that_match(query: SegmentQuery) -> None:
    choose(running_engine().segments.matching(current_context(), query).items)


def _acts(context: OrganizationContext, count: int) -> None:
    allowed = [act for act in ACT_WORDS if context.may(act.permission)]
    why = None if allowed else refusal(context, Permission.SEGMENTS_EDIT)
    act = st.menu_button(
        f"Change {counted(count, 'segment', 'segments')}" if count else "Change selected", list(ACT_WORDS),
        key="segments.acts", icon=":material/checklist:", disabled=not count or not allowed,
        format_func=lambda each: f"{ACT_ICONS[each]} {ACT_WORDS[each]}",
        help=why or (None if count else "Select segments first, on this page or on several."),
    )  # fmt: skip
    if act is not None:
        st.session_state[ASKED] = act
