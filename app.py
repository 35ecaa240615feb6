"""Sets the page up, asks who it is, registers the pages and runs one. The same file is the server's entrance.

`streamlit run app.py` imports this file for its `app`; every visit then runs it again as a script.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.navigation.page import Page
from streamlit.runtime.pages_manager import PagesManager

from auth import guard, start
from auth.door import Door
from auth.returning import PARAMETER
from pages import (
    account,
    administration,
    campaign,
    campaign_editor,
    campaigns,
    cleanup,
    contacts,
    import_wizard,
    operations,
    overview,
    parts,
    segment,
    segment_editor,
    segments,
    sign_in,
    source,
    sources,
)
from segment_engine import OrganizationContext, Permission

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="11" fill="#4C5DE8"/>'
    '<circle cx="12" cy="7.6" r="2.5" fill="#fff"/><circle cx="7.8" cy="14.6" r="2.5" fill="#fff"/>'
    '<circle cx="16.2" cy="14.6" r="2.5" fill="#fff"/></svg>'
)
# Everything comes from this server. Streamlit styles its elements in place, and draws charts without eval.
POLICY = (
    "default-src 'self'; script-src 'self' 'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'self'; object-src 'none'; form-action 'self'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)


SIDEBAR_WIDTH = 232


@dataclass(frozen=True)
class Place:
    """A page by its address. Those with an icon stand in the sidebar of whoever holds the permission to open them.

    Shape: `others` are further permissions, each of which opens the page as well.
    """

    path: str
    title: str
    render: Callable[[OrganizationContext], None]
    permission: Permission
    icon: str | None = None
    others: tuple[Permission, ...] = ()

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """Every permission that opens the page, the usual one first."""
        return (self.permission, *self.others)

    def opens_to(self, context: OrganizationContext) -> bool:
        """Tell whether the person may open the page; decides what is shown, never what is done."""
        return any(context.may(permission) for permission in self.permissions)


PLACES = (
    Place("overview", "Overview", overview.render, Permission.SEGMENTS_VIEW, ":material/space_dashboard:"),
    Place("segments", "Segments", segments.render, Permission.SEGMENTS_VIEW, ":material/group_work:"),
    Place("contacts", "Contacts", contacts.render, Permission.MEMBERS_VIEW, ":material/person_search:"),
    Place("campaigns", "Campaigns", campaigns.render_campaigns, Permission.CAMPAIGNS_VIEW, ":material/campaign:"),
    Place("sequences", "Sequences", campaigns.render_sequences, Permission.CAMPAIGNS_VIEW, ":material/low_priority:"),
    Place("operations", "Operations", operations.render, Permission.SEGMENTS_VIEW, ":material/monitor_heart:"),
    Place("cleanup", "Cleanup", cleanup.render, Permission.SEGMENTS_VIEW, ":material/mop:"),
    Place("sources", "Data sources", sources.render, Permission.SOURCES_VIEW, ":material/database:"),
    Place(
        "administration",
        "Administration",
        administration.render,
        Permission.PEOPLE_MANAGE,
        ":material/admin_panel_settings:",
        others=(Permission.AUDIT_VIEW,),
    ),
    Place("segment", "Segment", segment.render, Permission.SEGMENTS_VIEW),
    Place("edit", "Edit segment", segment_editor.render, Permission.SEGMENTS_VIEW),
    Place("campaign", "Campaign", campaign.render, Permission.CAMPAIGNS_VIEW),
    Place("campaign_editor", "Edit campaign", campaign_editor.render, Permission.CAMPAIGNS_VIEW),
    Place("source", "Data source", source.render, Permission.SOURCES_VIEW),
    Place("import", "Import a file", import_wizard.render, Permission.SOURCES_VIEW),
)


class SecurityHeaders:
    """Adds to every answer what a browser must know to protect the visitor."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with the headers."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self._inner(scope, receive, send_on)


def main() -> None:
    """Run one visit: the gate first, and every page behind it."""
    st.set_page_config(
        page_title="Contact segments", page_icon=LOGO, layout="wide", initial_sidebar_state=SIDEBAR_WIDTH
    )
    first, *others = PLACES
    # Streamlit gives the first page no address but “/”; whoever types its name is to find it too.
    by_name = _registered(replace(first, icon=None))
    pages = {first.path: _registered(replace(first, path="home"), default=True)}
    pages |= {place.path: _registered(place) for place in others}
    parts.remember_pages(pages)
    # Registered before anybody is asked anything: a page Streamlit does not know would be a dead end after the gate.
    chosen = st.navigation([*pages.values(), by_name])
    st.logo(LOGO, size="large")
    with parts.boundary():
        visit = guard.visit()
        guard.watch_the_end(visit.sign_in)
        if visit.sign_in.identity is None:
            sign_in.render(visit.sign_in)
        elif not visit.choices:
            sign_in.render_without_seat(visit.sign_in)
        else:
            st.query_params.pop(PARAMETER, None)
            chosen.run()


def _registered(place: Place, *, default: bool = False) -> Page:
    """Give Streamlit a page to call: the context is built anew, and every error ends as a sentence."""

    def visit() -> None:
        with parts.boundary():
            context, visitor = guard.current_context(), guard.who()
            _sidebar(context)
            with st.sidebar:
                account.draw(context, visitor)
            if visitor.local:
                account.mark_local_mode(context)
            parts.show_flashes()
            guard.running_engine().admit(context, place.path, place.permissions)
            place.render(context)

    return st.Page(
        visit, title=place.title, icon=place.icon, url_path=place.path, default=default,
        visibility="visible" if place.icon else "hidden",
    )  # fmt: skip


def _sidebar(context: OrganizationContext) -> None:
    """Say where one is and as whom, and let people with several organizations change between them."""
    with st.sidebar:
        for place in PLACES:
            if place.icon and place.opens_to(context):
                st.page_link(parts.page(place.path))
        st.space("small")
        choices = guard.organizations()
        if len(choices) > 1:
            names = {choice.organization_id: choice.name for choice in choices}
            st.selectbox(
                "Organization", list(names), index=list(names).index(context.organization_id),
                format_func=lambda key: names[key], key="organization", on_change=_enter_organization,
            )  # fmt: skip
        else:
            st.text(context.organization_name)
        st.caption(f"Your role: {context.role.value.replace('_', ' ')}")


def _enter_organization() -> None:
    guard.choose_organization(st.session_state["organization"])


# Streamlit must never run files of pages/ by itself: until somebody had come in through this file, they would be
# shown without the gate. Set before the first visit, because a new server may be asked for any page first.
PagesManager.uses_pages_directory = False

if __name__ == "__main__":
    main()
else:
    app = st.App(
        Path(__file__), secrets=start.secrets(), middleware=[Middleware(SecurityHeaders), Middleware(Door)],
        on_script_error=parts.show_uncaught,
    )  # fmt: skip
