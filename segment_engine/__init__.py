"""Contact segments: criteria evaluated in SQL, recorded recalculations, membership that can be believed.

Everything pages and other programs may use is named here; the rest is internal.
"""

from segment_engine.compiler import Sql
from segment_engine.domain.access import OrganizationContext, Permission, Role, refusal
from segment_engine.domain.aggregates import aggregate_result
from segment_engine.domain.catalog import NUMBERS, TEXTS, TIMES, Catalog, EventType, Field, FieldType, property_of
from segment_engine.domain.criteria import Calendar, Case, Criteria, GroupKind, OnMissing, Unit
from segment_engine.domain.describe import Sentence, SentenceLine, describe
from segment_engine.domain.evaluate import evaluate
from segment_engine.domain.operators import COUNT_OPERATORS, Operator, Shape, find_operator, operators_for
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import Run, RunId, RunReason, RunStatus, StatusEvent
from segment_engine.domain.segment import (
    ContactSegment,
    Member,
    MemberPage,
    Page,
    Preview,
    Segment,
    SegmentCard,
    SegmentDraft,
    SegmentId,
    SegmentQuery,
    SegmentSort,
    SegmentState,
    SegmentStatus,
    SegmentSummary,
    SourceUse,
    Verdict,
)
from segment_engine.domain.write import write_criteria
from segment_engine.engine import Engine
from segment_engine.settings import Settings, load_settings
from segment_engine.use_cases.organizations import LOCAL_IDENTITY, Identity, OrganizationChoice
from segment_engine.worker import run_worker

__all__ = (
    "COUNT_OPERATORS",
    "LOCAL_IDENTITY",
    "NUMBERS",
    "TEXTS",
    "TIMES",
    "Calendar",
    "Case",
    "Catalog",
    "ContactSegment",
    "Criteria",
    "Engine",
    "EventType",
    "Field",
    "FieldType",
    "GroupKind",
    "Identity",
    "Member",
    "MemberPage",
    "OnMissing",
    "Operator",
    "OrganizationChoice",
    "OrganizationContext",
    "Page",
    "Permission",
    "Preview",
    "Role",
    "Run",
    "RunId",
    "RunReason",
    "RunStatus",
    "Segment",
    "SegmentCard",
    "SegmentDraft",
    "SegmentId",
    "SegmentQuery",
    "SegmentSort",
    "SegmentState",
    "SegmentStatus",
    "SegmentSummary",
    "Sentence",
    "SentenceLine",
    "Settings",
    "Shape",
    "SourceUse",
    "Sql",
    "StatusEvent",
    "Unit",
    "Verdict",
    "aggregate_result",
    "describe",
    "evaluate",
    "find_operator",
    "load_settings",
    "operators_for",
    "parse_criteria",
    "property_of",
    "refusal",
    "run_worker",
    "write_criteria",
)
