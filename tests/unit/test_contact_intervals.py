"""Stretches of membership from what joined and left."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from segment_engine.domain.contact import Interval, MembershipChange, RunMark, intervals_of
from segment_engine.domain.run import RunId


def mark(day: int) -> RunMark:
    """Name the run of one day."""
    return RunMark(RunId(UUID(int=day)), datetime(2026, 5, day, tzinfo=UTC))


def change(sequence: int, *, joined: bool) -> MembershipChange:
    """Let the contact join or leave with the run of the day that has the number of the result."""
    return MembershipChange(sequence, joined, mark(sequence))


def test_a_contact_that_returns_begins_a_new_stretch() -> None:
    """Both stretches stay visible, the latest first, whatever the order of the changes (T92)."""
    changes = [change(7, joined=True), change(1, joined=True), change(4, joined=False)]
    assert intervals_of(changes, is_member=True) == (
        Interval(mark(7), None, is_open=True),
        Interval(mark(1), mark(4), is_open=False),
    )


def test_a_membership_without_a_beginning_on_record_is_told_as_such() -> None:
    """Where no change says that it joined, the beginning is unknown, not invented."""
    assert intervals_of([], is_member=True) == (Interval(None, None, is_open=True),)
    assert intervals_of([change(3, joined=False)], is_member=False) == (Interval(None, mark(3), is_open=False),)


def test_who_never_was_in_has_no_stretch() -> None:
    """Nothing on record and not a member: nothing to show."""
    assert intervals_of([], is_member=False) == ()


def test_a_run_that_is_gone_leaves_the_stretch() -> None:
    """A change whose run cannot be named still ends and begins stretches."""
    changes = [MembershipChange(1, joined=True, mark=None), change(2, joined=False)]
    assert intervals_of(changes, is_member=False) == (Interval(None, mark(2), is_open=False),)
