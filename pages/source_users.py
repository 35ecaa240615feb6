"""Links to what uses a source or a field."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts import page
from pages.source_words import USER_ICONS, users_of
from pages.words import plain, shortened
from segment_engine import SourceUser, UserKind

SHOWN = 6
_LONGEST_NAME = 50


def users(found: Sequence[SourceUser], *, nobody: str, key: str) -> None:
    """Draw a link for each; where there are many, the first of them and the rest on demand."""
    if not found:
        st.caption(nobody)
        return
    _links(found[:SHOWN])
    rest = found[SHOWN:]
    if rest:
        with st.popover(f"{users_of(rest)} more", key=f"d_users.{key}"):
            _links(rest)


def _links(found: Sequence[SourceUser]) -> None:
    with st.container(horizontal=True, gap="small"):
        for each in found:
            st.page_link(
                page("segment" if each.kind is UserKind.SEGMENT else "campaign"),
                label=plain(shortened(each.name, _LONGEST_NAME)), icon=USER_ICONS[each.kind],
                query_params={"id": str(each.user_id)},
            )  # fmt: skip
