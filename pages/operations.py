"""Operations."""

from __future__ import annotations

import streamlit as st

from segment_engine import OrganizationContext


def render(context: OrganizationContext) -> None:
    """Draw the page."""
    st.title("Operations", anchor=False)
    st.text(context.organization_name)
