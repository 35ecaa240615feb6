"""What every table of calls is made of: the smallest criteria, a draft, and the shape of a call."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from segment_engine.domain.access import OrganizationContext, Permission
from segment_engine.domain.segment import SegmentDraft
from segment_engine.engine import Engine

EVERYONE: dict[str, object] = {
    "format": "segment-criteria",
    "version": 1,
    "base": "contacts",
    "root": {"group": "all", "of": [{"kind": "all_contacts"}]},
}
DRAFT = SegmentDraft("Probe", "", EVERYONE, accepted_warnings=frozenset({"L-DUPLICATE"}))
Call = Callable[[Engine, OrganizationContext, UUID], object]
Calls = dict[str, tuple[Permission, Call]]
