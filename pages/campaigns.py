"""The lists of campaigns and of sequences: figures that filter, search, sort and pages. Nothing is changed here."""

from __future__ import annotations

import streamlit as st

from auth.guard import running_engine
from pages.campaign_draft import forget
from pages.campaign_words import CAMPAIGN_LOOKS, KIND_WORDS
from pages.campaigns_table import show_table
from pages.parts import emphasis, nothing_here, page
from pages.words import counted
from segment_engine import (
    CampaignCard,
    CampaignKind,
    CampaignQuery,
    CampaignSort,
    CampaignState,
    OrganizationContext,
    Page,
    Permission,
    refusal,
)

# What stands in the menu and therefore in the address; the second says whether the largest or latest comes first.
SORTS: dict[str, tuple[CampaignSort, bool]] = {
    "Recently updated": (CampaignSort.UPDATED, True),
    "Latest start": (CampaignSort.STARTS, True),
    "Largest audience": (CampaignSort.AUDIENCE, True),
    "Name": (CampaignSort.NAME, False),
}
STATE_WORDS = {look.word: state for state, look in CAMPAIGN_LOOKS.items()}
TILES = (CampaignState.RUNNING, CampaignState.SCHEDULED, CampaignState.DRAFT, CampaignState.FINISHED)
# Widgets keep their values under one name for all pages, so each of the two lists has its own.
PREFIXES = {CampaignKind.CAMPAIGN: "c_", CampaignKind.SEQUENCE: "s_"}
SIZE = 25
MOST_PAGES = 10**6


def render_campaigns(context: OrganizationContext) -> None:
    """Draw the list of campaigns."""
    _render(context, CampaignKind.CAMPAIGN)


def render_sequences(context: OrganizationContext) -> None:
    """Draw the list of sequences."""
    _render(context, CampaignKind.SEQUENCE)


def _render(context: OrganizationContext, kind: CampaignKind) -> None:
    engine = running_engine()
    _header(context, kind)
    summary = engine.campaigns.summary(context, kind)
    if not summary:
        _zero(context, kind)
        return
    _tiles(summary, kind)
    query = _toolbar(kind)
    found = engine.campaigns.find(context, query)
    if not found.items:
        _no_match(kind)
        return
    show_table(found.items, kind)
    _pages(found, kind)


def _header(context: OrganizationContext, kind: CampaignKind) -> None:
    words = KIND_WORDS[kind]
    may = context.may(Permission.CAMPAIGNS_EDIT)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(words.many.capitalize(), anchor=False, width="content")
        st.space("stretch")
        st.button(
            f"New {words.one}", icon=":material/add:", type=emphasis(), on_click=_open_editor, args=(kind,),
            disabled=not may, help=None if may else refusal(context, Permission.CAMPAIGNS_EDIT),
            key=f"{PREFIXES[kind]}new",
        )  # fmt: skip


def _open_editor(kind: CampaignKind) -> None:
    forget()
    st.switch_page(page("campaign_editor"), query_params={"kind": kind.value})


# The figures above the list ----------------------------------------------------------------------------------------


def _tiles(summary: dict[CampaignState, int], kind: CampaignKind) -> None:
    with st.grid(4, min_column_width=150):
        for state in TILES:
            word = CAMPAIGN_LOOKS[state].word
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.metric(word, summary.get(state, 0), format="localized")
                st.button(
                    f"Show {word.lower()}", type="tertiary", key=f"{PREFIXES[kind]}tile.{state.value}",
                    icon=":material/filter_list:", on_click=_filter, args=(kind, [word]),
                    disabled=not summary.get(state),
                )  # fmt: skip


def _filter(kind: CampaignKind, states: list[str]) -> None:
    st.session_state[f"{PREFIXES[kind]}state"] = states
    st.session_state[f"{PREFIXES[kind]}q"] = ""
    _first_page(kind)


def _first_page(kind: CampaignKind) -> None:
    st.session_state.pop(f"{PREFIXES[kind]}page", None)


# The toolbar -------------------------------------------------------------------------------------------------------


def _toolbar(kind: CampaignKind) -> CampaignQuery:
    """Draw search, states and sort, all kept in the address, and say what they ask for."""
    prefix, words = PREFIXES[kind], KIND_WORDS[kind]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        search = st.text_input(
            f"Search {words.many}", type="search", live="300ms", placeholder="Search name or description",
            icon=":material/search:", label_visibility="collapsed", key=f"{prefix}q", bind="query-params",
            on_change=_first_page, args=(kind,), width=240, max_chars=200,
        )  # fmt: skip
        states = st.pills(
            "State", list(STATE_WORDS), selection_mode="multi", label_visibility="collapsed", key=f"{prefix}state",
            bind="query-params", on_change=_first_page, args=(kind,),
        )  # fmt: skip
        st.space("stretch")
        order = st.selectbox(
            "Sort by", list(SORTS), label_visibility="collapsed", key=f"{prefix}sort", bind="query-params",
            on_change=_first_page, args=(kind,), width=180,
        )  # fmt: skip
    sort, descending = SORTS[order]
    return CampaignQuery(
        kind=kind, search=search or "", states=frozenset(STATE_WORDS[word] for word in states), sort=sort,
        descending=descending, page=_page_asked_for(prefix), size=SIZE,
    )  # fmt: skip


def _page_asked_for(prefix: str) -> int:
    """Read the number of the page; the address is anybody's to change."""
    asked = str(st.session_state.get(f"{prefix}page") or st.query_params.get(f"{prefix}page", "1"))
    return int(asked) if asked.isdigit() and 0 < int(asked) < MOST_PAGES else 1


def _pages(found: Page[CampaignCard], kind: CampaignKind) -> None:
    words = KIND_WORDS[kind]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(counted(found.total, words.one, words.many), width="content")
        st.space("stretch")
        if found.pages > 1:
            st.pagination(found.pages, key=f"{PREFIXES[kind]}page", bind="query-params")


# Nothing to show ---------------------------------------------------------------------------------------------------


def _zero(context: OrganizationContext, kind: CampaignKind) -> None:
    words = KIND_WORDS[kind]
    step = nothing_here(f"No {words.many} yet", words.zero, icon=words.icon)
    if context.may(Permission.CAMPAIGNS_EDIT):
        step.button(
            f"Create the first {words.one}", icon=":material/add:", on_click=_open_editor, args=(kind,),
            key=f"{PREFIXES[kind]}first",
        )  # fmt: skip


def _no_match(kind: CampaignKind) -> None:
    words = KIND_WORDS[kind]
    step = nothing_here(
        f"No {words.one} matches",
        f"There are {words.many}, but none with this text and state together. "
        "Archived ones are shown when you choose that state.",
        icon=":material/search_off:",
    )
    step.button("Reset filters", icon=":material/filter_list_off:", on_click=_filter, args=(kind, []))
