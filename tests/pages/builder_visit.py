"""What AppTest runs to draw the builder alone: the tree of the session, drawn once, and the answer kept beside it."""

import streamlit as st

from pages import builder
from segment_engine import Calendar
from tests.criteria_catalog import CATALOG

calendar = Calendar(**st.session_state["calendar"])
root, _ = builder.draw(st.session_state["root"], CATALOG, calendar, lambda _act: None)
st.session_state["drawn"] = root
