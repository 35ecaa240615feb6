"""What the address of the list says: the words of every filter, the query they make, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import streamlit as st

from pages.standing import READINESS_LOOKS
from pages.words import STATE_LOOKS, STATUS_LOOKS
from segment_engine import (
    ListChoices,
    SegmentQuery,
    SegmentSort,
    SegmentState,
    SegmentStatus,
    SegmentTrait,
    pairs_of,
)

CARDS, TABLE = "Cards", "Table"
SIZES = {CARDS: 12, TABLE: 25}
ALL_STATES, WITH_ARCHIVE = "All but archived", "Archived as well"
NOBODY = "Nobody"
ASCENDING, DESCENDING = "Ascending", "Descending"
# What stands in the menu and in the address; the second says whether that order is downward unless asked otherwise.
SORTS: dict[str, tuple[SegmentSort, bool]] = {
    "Updated": (SegmentSort.UPDATED, True),
    "Name": (SegmentSort.NAME, False),
    "Status": (SegmentSort.STATUS, False),
    "Readiness": (SegmentSort.READINESS, True),
    "State": (SegmentSort.STATE, False),
    "Members": (SegmentSort.MEMBERS, True),
    "Change": (SegmentSort.CHANGE, True),
    "Calculated": (SegmentSort.CALCULATED, True),
    "Created": (SegmentSort.CREATED, True),
    "Owner": (SegmentSort.OWNER, False),
    "Uses": (SegmentSort.USES, True),
    "Review": (SegmentSort.REVIEW, False),
}
# Who looks for what is under way does not care whether it waits or works: one word for both.
STATUS_WORDS: dict[str, tuple[SegmentStatus, ...]] = {
    STATUS_LOOKS[SegmentStatus.SUCCESS].word: (SegmentStatus.SUCCESS,),
    STATUS_LOOKS[SegmentStatus.FAILED].word: (SegmentStatus.FAILED,),
    "Running": (SegmentStatus.QUEUED, SegmentStatus.PROCESSING),
    STATUS_LOOKS[SegmentStatus.NOT_CALCULATED].word: (SegmentStatus.NOT_CALCULATED,),
}
STATE_WORDS = {look.word: state for state, look in STATE_LOOKS.items()}
READY_WORDS = {look.word: readiness for readiness, look in READINESS_LOOKS.items()}
SHOW_WORDS: dict[str, SegmentTrait] = {
    "Stale": SegmentTrait.STALE,
    "Unused": SegmentTrait.UNUSED,
    "Used": SegmentTrait.USED,
    "Duplicates": SegmentTrait.DUPLICATE,
    "Review due": SegmentTrait.REVIEW_DUE,
    "Scheduled": SegmentTrait.SCHEDULED,
    "Suspended": SegmentTrait.SUSPENDED,
}
SEARCH, STATE, SORT, VIEW, PAGE, DIRECTION = "q", "state", "sort", "view", "page", "dir"
STATUS, READY, SHOW, TAG, OWNER, SOURCE = "status", "ready", "show", "tag", "owner", "source"
LEAST, MOST = "least", "most"
MANY = (STATUS, READY, SHOW, TAG, OWNER, SOURCE)
SIZE_LIMITS = (LEAST, MOST)
LARGEST = 10**12
_DEFAULTS = {STATE: ALL_STATES, SORT: next(iter(SORTS)), VIEW: CARDS}


@dataclass(frozen=True, slots=True)
class Options:
    """What each filter offers; those of the organization's own come from the engine."""

    words: Mapping[str, Sequence[str]]
    owner_ids: Mapping[str, frozenset[UUID | None]]


def options_of(choices: ListChoices) -> Options:
    """Give the words of every filter. Two owners of one name are one choice: nobody could tell them apart."""
    owners: dict[str, frozenset[UUID | None]] = {}
    for owner in choices.owners:
        owners[owner.name] = owners.get(owner.name, frozenset()) | {owner.person_id}
    owners.setdefault(NOBODY, frozenset({None}))
    words: dict[str, Sequence[str]] = {
        STATUS: [*STATUS_WORDS], READY: [*READY_WORDS], SHOW: [*SHOW_WORDS],
        TAG: [tag.tag for tag in choices.tags], OWNER: [*owners], SOURCE: [*choices.sources],
        STATE: [ALL_STATES, *STATE_WORDS, WITH_ARCHIVE], SORT: [*SORTS], VIEW: [CARDS, TABLE],
    }  # fmt: skip
    return Options(words, owners)


def chosen(key: str) -> list[str]:
    """Give what is chosen in a filter of several values."""
    return list(st.session_state.get(key) or ())


def one(key: str) -> str:
    """Give what is chosen in a filter of one value."""
    return str(st.session_state.get(key) or _DEFAULTS[key])


def size_limit(key: str) -> int | None:
    """Give the fewest or the most members asked for."""
    value = st.session_state.get(key)
    return None if value is None else int(value)


def descending() -> bool:
    """Tell whether the order is downward: as the address says, else as one expects of the column."""
    asked = st.query_params.get(DIRECTION)
    return asked == DESCENDING if asked in {ASCENDING, DESCENDING} else SORTS[one(SORT)][1]


def page_number() -> int:
    """Give the page asked for; the address is anybody's to change, so it may be no number at all."""
    asked = st.query_params.get(PAGE, "1")
    return int(asked) if asked.isdigit() and 0 < int(asked) < 10**6 else 1


def query_of(options: Options) -> SegmentQuery:
    """Make the query that the filters ask for."""
    state = one(STATE)
    states = set(SegmentState) - ({SegmentState.ARCHIVED} if state == ALL_STATES else set[SegmentState]())
    ids = [options.owner_ids[name] for name in chosen(OWNER) if name in options.owner_ids]
    return SegmentQuery(
        search=str(st.session_state.get(SEARCH) or ""),
        statuses=frozenset(status for word in chosen(STATUS) for status in STATUS_WORDS[word]),
        states=frozenset({STATE_WORDS[state]} if state in STATE_WORDS else states),
        readiness=frozenset(READY_WORDS[word] for word in chosen(READY)),
        tags=frozenset(chosen(TAG)), owner_ids=frozenset[UUID | None]().union(*ids), sources=frozenset(chosen(SOURCE)),
        least=size_limit(LEAST), most=size_limit(MOST),
        traits=frozenset(SHOW_WORDS[word] for word in chosen(SHOW)),
        sort=SORTS[one(SORT)][0], descending=descending(), page=page_number(), size=SIZES[one(VIEW)],
    )  # fmt: skip


def first_page() -> None:
    """Start at the first page again: another filter has other pages."""
    st.query_params.pop(PAGE, None)


def go_to_page(number: int) -> None:
    """Write the page into the address; the first one needs no words."""
    if number > 1:
        st.query_params[PAGE] = str(number)
    else:
        first_page()


def sort_changed() -> None:
    """Give a newly chosen column the direction one expects of it."""
    st.query_params.pop(DIRECTION, None)
    first_page()


def turn_round() -> None:
    """Sort the other way round."""
    down = descending()
    st.query_params[DIRECTION] = ASCENDING if down else DESCENDING
    first_page()


def clear(*keys: str) -> None:
    """Take filters back to asking nothing."""
    for key in keys:
        if key in MANY:
            st.session_state[key] = []
        elif key in SIZE_LIMITS:
            st.session_state[key] = None
        elif key == SEARCH:
            st.session_state[key] = ""
        else:
            st.session_state[key] = _DEFAULTS[key]
    first_page()


def reset() -> None:
    """Take every filter back; order and view stay."""
    clear(SEARCH, STATE, *MANY, *SIZE_LIMITS)


def remove(key: str, value: str | None) -> None:
    """Take one value out of a filter, or all of it."""
    if key in MANY and value is not None:
        st.session_state[key] = [each for each in chosen(key) if each != value]
        first_page()
    else:
        clear(key)


# The address as a text, for saved views ----------------------------------------------------------------------------


def current_query() -> str:
    """Write what the list shows now as it stands behind the question mark; what is usual is left out."""
    pairs = [(SEARCH, str(st.session_state.get(SEARCH) or ""))]
    pairs += [(key, one(key)) for key in (STATE, SORT, VIEW) if one(key) != _DEFAULTS[key]]
    pairs += [(key, value) for key in MANY for value in chosen(key)]
    pairs += [(key, str(limit)) for key in SIZE_LIMITS if (limit := size_limit(key)) is not None]
    if descending() != SORTS[one(SORT)][1]:
        pairs.append((DIRECTION, DESCENDING if descending() else ASCENDING))
    return urlencode([pair for pair in pairs if pair[1]])


def same_view(first: str, second: str) -> bool:
    """Tell whether two addresses show the same list, whatever the order of their parts."""
    return set(pairs_of(first)) == set(pairs_of(second))


def show(query: str, options: Options) -> None:
    """Set every filter as an address says; whatever is not offered any more is left out without a word."""
    reset()
    clear(SORT, VIEW)
    sort_changed()
    pairs = pairs_of(query)
    for key in MANY:
        st.session_state[key] = _offered((value for name, value in pairs if name == key), options.words[key])
    for key, value in pairs:
        if key in _DEFAULTS and value in options.words[key]:
            st.session_state[key] = value
        elif key in SIZE_LIMITS and value.isdigit() and int(value) <= LARGEST:
            st.session_state[key] = int(value)
        elif key == SEARCH:
            st.session_state[key] = value
        elif key == DIRECTION and value in {ASCENDING, DESCENDING}:
            st.query_params[DIRECTION] = value


def _offered(values: Iterable[str], words: Sequence[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value in words]
