"""Campaigns and sequences."""

from __future__ import annotations

import streamlit as st

from segment_engine import OrganizationContext


def render_campaigns(context: OrganizationContext) -> None:
    """Draw the list of campaigns."""
    st.title("Campaigns", anchor=False)
    st.text(context.organization_name)


def render_sequences(context: OrganizationContext) -> None:
    """Draw the list of sequences."""
    st.title("Sequences", anchor=False)
    st.text(context.organization_name)
