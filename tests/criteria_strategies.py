"""Valid criteria documents for any catalog: every kind, operator and value shape, with hostile literals."""

from __future__ import annotations

import json

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.limits import CONDITIONS, DOCUMENT_BYTES, SEQUENCES
from tests.criteria_strategies_kinds import kinds, limits
from tests.criteria_strategies_rows import groups, tested
from tests.criteria_strategies_times import Document, Documents

ZONES = ("UTC", "Europe/Amsterdam", "America/St_Johns", "Asia/Kolkata", "Pacific/Apia", "Africa/Cairo", "US/Eastern")


def conditions(catalog: Catalog) -> Documents:
    """Conditions of every kind."""
    attribute = tested("attribute", tuple(catalog.fields.values()))
    return st.one_of(attribute, attribute, *kinds(catalog))


def calendars() -> Documents:
    """Calendars, some keys left to their defaults."""
    return st.fixed_dictionaries(
        {},
        optional={
            "time_zone": st.sampled_from(ZONES),
            "week_starts_on": st.sampled_from(("monday", "sunday", "saturday")),
            "fiscal_year_start_month": st.integers(1, 12),
            "leap_day": st.sampled_from(("feb_28", "mar_1")),
        },
    )


def documents(catalog: Catalog, *, levels: int = 3) -> Documents:
    """Whole valid documents over a catalog; their bounds stay within 1900-2200 for an `as_of` of these years."""
    keys: dict[str, SearchStrategy[object]] = {
        "format": st.just("segment-criteria"),
        "version": st.just(1),
        "base": st.just("contacts"),
        "root": groups(conditions(catalog), levels=levels),
    }
    others: dict[str, SearchStrategy[object]] = {"calendar": calendars(), "limit": st.none() | limits(catalog)}
    whole: Documents = st.fixed_dictionaries(keys, optional=others)
    return whole.filter(_is_within_limits)


def _is_within_limits(whole: Document) -> bool:
    text = json.dumps(whole, ensure_ascii=False)
    sequences = text.count('"kind": "sequence"')
    return text.count('"kind": "') <= CONDITIONS and sequences <= SEQUENCES and len(text.encode()) <= DOCUMENT_BYTES
