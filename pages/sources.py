"""The list of data sources: how fresh each is, what it delivers, and who reads it. Late ones come first."""

from __future__ import annotations

import streamlit as st

from auth.guard import running_engine
from pages.parts import emphasis, nothing_here, page
from pages.source_list import show_cards, show_table
from pages.source_words import freshness_of
from pages.words import counted, number, percent, plain
from segment_engine import OrganizationContext, Permission, SourceCard, SourceFreshness, refusal

CARDS, TABLE = "Cards", "Table"
FEW = 4
# What stands in the menu and therefore in the address.
FRESHNESS_WORDS: dict[str, tuple[SourceFreshness, ...]] = {
    "Late": (SourceFreshness.LATE, SourceFreshness.NEVER),
    "On time": (SourceFreshness.ON_TIME,),
    "Not watched": (SourceFreshness.NOT_WATCHED,),
}
IMPORT_CONTACTS = (
    "python -m segment_engine import contacts contacts.csv --organization {organization} --source crm --key customer_id"
)
IMPORT_EVENTS = (
    "python -m segment_engine import events orders.csv --organization {organization} --source shop "
    "--key customer_id --event order_placed --time ordered_at"
)


def render(context: OrganizationContext) -> None:
    """Draw the page."""
    found = running_engine().sources.find(context)
    _header(context)
    if not found:
        _zero(context)
        return
    _tiles(found)
    items, view = _toolbar(found)
    if not items:
        _no_match()
    elif view == TABLE:
        show_table(items, context)
    else:
        show_cards(items, context)
    st.caption(counted(len(items), "data source", "data sources"))


def _header(context: OrganizationContext) -> None:
    may = context.may(Permission.SOURCES_MANAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Data sources", anchor=False, width="content")
        st.space("stretch")
        st.button(
            "Import a file", icon=":material/upload_file:", type=emphasis(), on_click=_import, disabled=not may,
            help=None if may else refusal(context, Permission.SOURCES_MANAGE), key="s_import",
        )  # fmt: skip


def _import() -> None:
    st.switch_page(page("import"))


# The figures above the list ----------------------------------------------------------------------------------------


def _tiles(found: tuple[SourceCard, ...]) -> None:
    late = [each for each in found if freshness_of(each) in FRESHNESS_WORDS["Late"]]
    rows = [each.row_total for each in found if each.row_total is not None]
    newest = [each.last_import for each in found if each.last_import is not None]
    rejected, read = sum(each.rejected for each in newest), sum(each.rows_read for each in newest)
    with st.grid(FEW, min_column_width=150):
        kinds = sum(len(each.row_kinds) for each in found)
        _tile("Data sources", number(len(found)), counted(kinds, "kind of rows", "kinds of rows"))
        _tile(
            "Late", number(len(late)), ", ".join(each.name for each in late[:FEW]) or "Every watched source is on time"
        )
        _tile("Rows", number(sum(rows)) if rows else "–", "Contacts, events and related rows they hold")
        about = (
            f"{percent(rejected, read)} of the rows of the newest imports" if rejected else "None in the newest imports"
        )
        _tile("Rejected rows", number(rejected), about)


def _tile(label: str, value: str, about: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, value)
        st.caption(plain(about))


# The toolbar -------------------------------------------------------------------------------------------------------


def _toolbar(found: tuple[SourceCard, ...]) -> tuple[list[SourceCard], str]:
    """Draw search, freshness and view, all kept in the address, and give what is left to show."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        search = st.text_input(
            "Search data sources", type="search", live="300ms", placeholder="Search name or kind of rows",
            icon=":material/search:", label_visibility="collapsed", key="s_q", bind="query-params", width=240,
            max_chars=200,
        )  # fmt: skip
        words = st.pills(
            "Freshness", list(FRESHNESS_WORDS), selection_mode="multi", label_visibility="collapsed",
            key="s_freshness", bind="query-params",
        )  # fmt: skip
        st.space("stretch")
        view = st.segmented_control(
            "View", [CARDS, TABLE], default=CARDS, required=True, label_visibility="collapsed", key="s_view",
            bind="query-params",
        )  # fmt: skip
    asked = {each for word in words for each in FRESHNESS_WORDS[word]}
    text = (search or "").strip().casefold()
    items = [
        each for each in found
        if (not asked or freshness_of(each) in asked)
        and any(text in name.casefold() for name in (each.name, *(kind.label for kind in each.row_kinds)))
    ]  # fmt: skip
    return items, view


def _reset() -> None:
    st.session_state["s_q"] = ""
    st.session_state["s_freshness"] = []


# Nothing to show ---------------------------------------------------------------------------------------------------


def _zero(context: OrganizationContext) -> None:
    step = nothing_here(
        "No data sources yet",
        "A data source is made by the first import into it. Import a file of contacts, then what they did; the wizard "
        "shows every step, and these commands do the same:",
        icon=":material/database:",
        commands=tuple(
            command.format(organization=context.organization_id) for command in (IMPORT_CONTACTS, IMPORT_EVENTS)
        ),
    )
    may = context.may(Permission.SOURCES_MANAGE)
    step.button(
        "Import the first file", icon=":material/upload_file:", on_click=_import, disabled=not may, key="s_first",
        help=None if may else refusal(context, Permission.SOURCES_MANAGE),
    )  # fmt: skip


def _no_match() -> None:
    step = nothing_here(
        "No data source matches",
        "There are data sources, but none with this text and freshness together.",
        icon=":material/search_off:",
    )
    step.button("Reset filters", icon=":material/filter_list_off:", on_click=_reset, key="s_reset")
