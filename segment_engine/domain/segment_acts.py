"""What people do to many segments at once, and what each of these acts asks for."""

from __future__ import annotations

from enum import StrEnum

from segment_engine.domain.access import Permission

MOST_AT_ONCE = 1_000


class SegmentAct(StrEnum):
    """Something done to every chosen segment, judged as a set: who is used by whom counts all that are chosen."""

    RECALCULATE = "recalculate"
    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    TAG = "tag"
    UNTAG = "untag"
    SET_OWNER = "set_owner"
    DELETE = "delete"

    @property
    def permission(self) -> Permission:
        """What a person needs in order to do this."""
        return _PERMISSIONS.get(self, Permission.SEGMENTS_EDIT)


_PERMISSIONS = {
    SegmentAct.RECALCULATE: Permission.SEGMENTS_RECALCULATE,
    SegmentAct.DELETE: Permission.SEGMENTS_DELETE,
}
