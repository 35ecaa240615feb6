"""The filters of the list in one calm row, the others behind a button, and what is set as chips to take off."""

from __future__ import annotations

import streamlit as st

from pages import segments_address as address
from pages.words import counted, number, plain, shortened
from segment_engine import LONGEST_SEARCH

LONGEST_CHIP = 40
LIMIT_WORDS = {address.LEAST: "At least {} members", address.MOST: "At most {} members"}


def toolbar(options: address.Options) -> None:
    """Draw search, state, the other filters, order and view; all of it is kept in the address."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text_input(
            "Search segments", type="search", live="300ms", placeholder="Search words or “a phrase”",
            icon=":material/search:", label_visibility="collapsed", key=address.SEARCH, bind="query-params",
            on_change=address.first_page, width=230, max_chars=LONGEST_SEARCH,
            help="In name, description, notes and tags. Every word must occur; a phrase in quotes counts as a whole.",
        )  # fmt: skip
        st.selectbox(
            "Active or inactive", options.words[address.STATE], label_visibility="collapsed", key=address.STATE,
            bind="query-params", on_change=address.first_page, width=155,
        )  # fmt: skip
        _more(options)
        st.space("stretch")
        _order(options)
        st.segmented_control(
            "View", options.words[address.VIEW], default=address.CARDS, required=True, label_visibility="collapsed",
            key=address.VIEW, bind="query-params", on_change=address.first_page,
        )  # fmt: skip


def _order(options: address.Options) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        st.selectbox(
            "Sort by", options.words[address.SORT], label_visibility="collapsed", key=address.SORT,
            bind="query-params", on_change=address.sort_changed, width=130,
        )  # fmt: skip
        down = address.descending()
        st.button(
            "Sort upward" if down else "Sort downward", key="segments.turn", on_click=address.turn_round,
            icon=":material/arrow_downward:" if down else ":material/arrow_upward:", width=40, wrap=False,
            help="The largest, latest or worst first" if down else "The smallest, earliest or best first",
        )  # fmt: skip


def _more(options: address.Options) -> None:
    """Draw the filters that are needed less often; what is set of them stands below as chips."""
    with st.popover("More filters", icon=":material/tune:", key="segments.more"):
        _pills("Readiness", address.READY, options)
        _pills("Status of the calculation", address.STATUS, options)
        _pills("Only those that are", address.SHOW, options)
        _several("Tags", address.TAG, options, "Any of these tags")
        _several("Owner", address.OWNER, options, "Anybody")
        _several("Data source", address.SOURCE, options, "Any source")
        with st.container(horizontal=True, gap="small"):
            _limit("Members, at least", address.LEAST)
            _limit("Members, at most", address.MOST)


def _pills(label: str, key: str, options: address.Options) -> None:
    st.pills(
        label, options.words[key], selection_mode="multi", key=key, bind="query-params", on_change=address.first_page
    )


def _several(label: str, key: str, options: address.Options, placeholder: str) -> None:
    st.multiselect(
        label, options.words[key], key=key, bind="query-params", on_change=address.first_page,
        placeholder=placeholder if options.words[key] else "There are none yet", disabled=not options.words[key],
        width=340,
    )  # fmt: skip


def _limit(label: str, key: str) -> None:
    st.number_input(
        label, min_value=0, max_value=address.LARGEST, value=None, step=1, key=key, bind="query-params",
        on_change=address.first_page, width=162, placeholder="Any",
    )  # fmt: skip


def chips() -> None:
    """Draw what is set as chips; a click takes one off."""
    found = [(key, value, shortened(value, LONGEST_CHIP)) for key in address.MANY for value in address.chosen(key)]
    for key, words in LIMIT_WORDS.items():
        limit = address.size_limit(key)
        if limit is not None:
            found.append((key, str(limit), words.format(number(limit))))
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for key, value, words in found:
            st.button(
                plain(words), key=f"segments.chip.{key}.{value}", icon=":material/close:", icon_position="right",
                on_click=address.remove, args=(key, value), help=f"Take {_NAMES[key]} off",
            )  # fmt: skip
        st.button(
            "Reset filters", key="segments.reset", type="tertiary", icon=":material/filter_list_off:",
            on_click=address.reset, help=f"Take {counted(len(found), 'filter', 'filters')} off, and the search",
        )  # fmt: skip


_NAMES = {
    address.STATUS: "this status", address.READY: "this readiness", address.SHOW: "this filter",
    address.TAG: "this tag", address.OWNER: "this owner", address.SOURCE: "this data source",
    address.LEAST: "this limit", address.MOST: "this limit",
}  # fmt: skip
