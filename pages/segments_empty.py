"""The list with nothing in it: no contacts, no segments, or no match; each with one next step."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from auth.guard import running_engine
from pages import segments_address as address
from pages.parts import emphasis, nothing_here, page
from pages.words import counted
from segment_engine import Obstacle, OrganizationContext, Permission, SegmentQuery, SegmentState, SegmentSummary

IMPORT_CONTACTS = (
    "python -m segment_engine import contacts contacts.csv --organization {organization} --source crm --key customer_id"
)
IMPORT_EVENTS = (
    "python -m segment_engine import events orders.csv --organization {organization} --source shop "
    "--key customer_id --event order_placed --time ordered_at"
)
# A part of the query as a person calls it, and the filters of the page that make it.
PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "search": ("the search", (address.SEARCH,)),
    "statuses": ("the status", (address.STATUS,)),
    "states": ("the state", (address.STATE,)),
    "readiness": ("the readiness", (address.READY,)),
    "tags": ("the tags", (address.TAG,)),
    "owner_ids": ("the owner", (address.OWNER,)),
    "sources": ("the data source", (address.SOURCE,)),
    "size_range": ("the number of members", (address.LEAST, address.MOST)),
    "traits": ("“only those that are”", (address.SHOW,)),
}


def nothing_yet(context: OrganizationContext, summary: SegmentSummary, create: Callable[[], None]) -> None:
    """Say what comes first: contacts, then segments."""
    if not summary.has_contacts:
        step = nothing_here(
            "No contacts yet",
            "Segments are made of contacts, and none have been imported. Import contacts first, then what they did:",
            icon=":material/group_add:",
            commands=tuple(
                command.format(organization=context.organization_id) for command in (IMPORT_CONTACTS, IMPORT_EVENTS)
            ),
        )
        if context.may(Permission.SOURCES_MANAGE):
            step.page_link(page("import"), label="Import a file", icon=":material/upload_file:")
        return
    step = nothing_here(
        "No segments yet",
        "The contacts are here. Create a segment to say which of them belong together; it is calculated at once.",
        icon=":material/group_work:",
    )
    if context.may(Permission.SEGMENTS_CREATE):
        step.button("Create the first segment", icon=":material/add:", on_click=create)


def no_match(context: OrganizationContext, query: SegmentQuery) -> None:
    """Say which filter hides most, and offer to take that one off."""
    found = running_engine().segments.obstacles(context, query)
    step = nothing_here("No segment matches", _sentence(query, found), icon=":material/search_off:")
    if found:
        words, keys = PARTS[found[0].part]
        archived = found[0].part == "states" and SegmentState.ARCHIVED not in query.states
        step.button(
            f"Without {words}: {counted(found[0].matches, 'segment', 'segments')}", key="segments.widen",
            icon=":material/filter_list_off:", type=emphasis(), on_click=_with_archive if archived else address.clear,
            args=() if archived else keys,
        )  # fmt: skip
    step.button(
        "Reset filters", icon=":material/filter_list_off:", on_click=address.reset, key="segments.reset_all",
        type="secondary" if found else emphasis(),
    )  # fmt: skip


def _with_archive() -> None:
    st.session_state[address.STATE] = address.WITH_ARCHIVE
    address.first_page()


def _sentence(query: SegmentQuery, found: tuple[Obstacle, ...]) -> str:
    if not found:
        return "There are segments, but each is hidden by more than one of these filters. Reset them to start over."
    most = found[0]
    if most.part == "states" and SegmentState.ARCHIVED not in query.states:
        return f"{counted(most.matches, 'segment matches', 'segments match')} in another state or in the archive."
    words = PARTS[most.part][0]
    without = counted(most.matches, "segment would match", "segments would match")
    return f"There are segments, but none that all of these filters let through. Without {words}, {without}."
