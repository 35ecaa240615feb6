"""Segments: list, read, check, create, edit, label, activate, delete, and who is in them."""

from __future__ import annotations

from segment_engine.db.session import Database
from segment_engine.use_cases.segment_acts import SegmentActs
from segment_engine.use_cases.segment_checks import SegmentChecks
from segment_engine.use_cases.segment_labels import SegmentLabels
from segment_engine.use_cases.segment_lists import SegmentLists
from segment_engine.use_cases.segment_members import SegmentMembers
from segment_engine.use_cases.segment_reading import SegmentReading
from segment_engine.use_cases.segment_saving import SegmentSaving
from segment_engine.use_cases.segment_standing import SegmentStanding


class Segments(
    SegmentReading,
    SegmentLists,
    SegmentMembers,
    SegmentChecks,
    SegmentLabels,
    SegmentStanding,
    SegmentActs,
    SegmentSaving,
):
    """The use cases around segments. Every method takes the context first and begins by asking for the permission."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
