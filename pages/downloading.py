"""Files that are made when somebody clicks: later and elsewhere than the page, so who may is asked anew."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from auth.guard import running_engine, tried_role
from auth.identity import who
from pages.parts import sentence_of
from pages.words import plain
from segment_engine import Engine, OrganizationContext
from segment_engine.errors import NotSignedIn, SegmentEngineError

FAILED = "downloading.failed"


def show_failures() -> None:
    """Say what went wrong with a file since the last run: at the click, the browser only says that it failed."""
    failed: list[str] = st.session_state.setdefault(FAILED, [])
    while failed:
        st.error(plain(failed.pop(0)), icon=":material/error:")


def making(
    context: OrganizationContext, bytes_of: Callable[[Engine, OrganizationContext], bytes]
) -> Callable[[], bytes]:
    """Give what makes a file for whoever is there now, in this organization and role, if they still may then."""
    engine, identity, role = running_engine(), who().identity, tried_role()
    failed: list[str] = st.session_state.setdefault(FAILED, [])

    def acting() -> OrganizationContext:
        if identity is None:
            raise NotSignedIn
        return engine.context_for(identity, context.organization_id, role=role)

    def make() -> bytes:
        try:
            return bytes_of(engine, acting())
        except Exception as problem:  # noqa: BLE001 - see boundary(): the log has it, the page says it
            failed.append(sentence_of(problem))
            raise SegmentEngineError(failed[-1]) from None

    return make
