"""The audit log as a file: made when somebody clicks, under a name that cannot be guessed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from auth.guard import running_engine, tried_role
from auth.identity import who
from pages.parts import sentence_of
from pages.words import plain
from segment_engine import MOST_EXPORTED, AuditQuery, OrganizationContext, audit_file_name, make_audit_file
from segment_engine.errors import NotSignedIn, SegmentEngineError

NAMES, FAILED = "administration.names", "administration.failed"


def download(context: OrganizationContext, query: AuditQuery) -> None:
    """Offer the lines that fit the query; nothing is made before the click, and the log says who made a file."""
    failed: list[str] = st.session_state.setdefault(FAILED, [])
    while failed:
        st.error(plain(failed.pop(0)), icon=":material/error:")
    names: dict[AuditQuery, str] = st.session_state.setdefault(NAMES, {})
    st.download_button(
        "Export", _making(context.organization_id, query, failed), mime="text/csv; charset=utf-8", key="a_export",
        file_name=names.setdefault(query, audit_file_name()), on_click="ignore", icon=":material/download:",
        help=f"What is found, as CSV, the newest {MOST_EXPORTED:,} lines. The export is in the log too.",
    )  # fmt: skip


def _making(organization_id: int, query: AuditQuery, failed: list[str]) -> Callable[[], bytes]:
    """Give what makes the file. It runs later and elsewhere, so it asks anew who may do what."""
    engine, identity, role = running_engine(), who().identity, tried_role()

    def acting() -> OrganizationContext:
        if identity is None:
            raise NotSignedIn
        return engine.context_for(identity, organization_id, role=role)

    def make() -> bytes:
        try:
            return make_audit_file(engine, acting(), query).data
        except Exception as problem:  # noqa: BLE001 - see boundary(): the log has it, the page says it
            failed.append(sentence_of(problem))
            raise SegmentEngineError(failed[-1]) from None

    return make
