"""The audit log as a file: made when somebody clicks, under a name that cannot be guessed."""

from __future__ import annotations

import streamlit as st

from pages.downloading import making, show_failures
from segment_engine import MOST_EXPORTED, AuditQuery, OrganizationContext, audit_file_name, make_audit_file

NAMES = "administration.names"


def download(context: OrganizationContext, query: AuditQuery) -> None:
    """Offer the lines that fit the query; nothing is made before the click, and the log says who made a file."""
    show_failures()
    names: dict[AuditQuery, str] = st.session_state.setdefault(NAMES, {})
    st.download_button(
        "Export", making(context, lambda engine, acting: make_audit_file(engine, acting, query).data),
        mime="text/csv; charset=utf-8", key="a_export",
        file_name=names.setdefault(query, audit_file_name()), on_click="ignore", icon=":material/download:",
        help=f"What is found, as CSV, the newest {MOST_EXPORTED:,} lines. The export is in the log too.",
    )  # fmt: skip
