"""Administration: who works here and as what, who is invited, the organization's settings, and who did what."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.administration_audit import audit_log
from pages.administration_invitations import invitations
from pages.administration_people import people
from pages.administration_settings import settings
from pages.parts import boundary, nothing_here
from segment_engine import OrganizationContext, Permission, refusal

Draw = Callable[[OrganizationContext], None]
# What stands in the address, with what each needs.
TABS: dict[str, tuple[Draw, Permission]] = {
    "People": (people, Permission.PEOPLE_MANAGE),
    "Invitations": (invitations, Permission.PEOPLE_MANAGE),
    "Settings": (settings, Permission.PEOPLE_MANAGE),
    "Audit log": (audit_log, Permission.AUDIT_VIEW),
}
TAB = "a_tab"


def render(context: OrganizationContext) -> None:
    """Draw the page; a tab the role does not allow says so, and the first one that it allows is open."""
    st.title("Administration", anchor=False)
    default = next((name for name, (_, permission) in TABS.items() if context.may(permission)), None)
    tabs = st.tabs(list(TABS), key=TAB, on_change="rerun", bind="query-params", default=default)
    for tab, (draw, permission) in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab, boundary():
                if context.may(permission):
                    draw(context)
                else:
                    _closed(context, permission)


def _closed(context: OrganizationContext, permission: Permission) -> None:
    nothing_here(
        "Not open to you",
        f"{refusal(context, permission)} Ask an administrator of your organization if you need to.",
        icon=":material/lock:",
    )
