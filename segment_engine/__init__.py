"""Contact segments: criteria evaluated in SQL, recorded recalculations, membership that can be believed.

Everything pages and other programs may use is named here; the rest is internal.
"""

from segment_engine.compiler import Sql
from segment_engine.domain.access import OrganizationContext, Permission, Role, refusal, require
from segment_engine.domain.aggregates import aggregate_result
from segment_engine.domain.catalog import (
    NUMBERS,
    TEXTS,
    TIMES,
    CampaignReference,
    Catalog,
    EventType,
    Field,
    FieldType,
    ListReference,
    Relation,
    SegmentReference,
    is_timed,
    property_of,
)
from segment_engine.domain.criteria import (
    Calendar,
    Case,
    Criteria,
    GroupKind,
    Interactions,
    OnMissing,
    RelationPath,
    Source,
    Unit,
)
from segment_engine.domain.describe import Sentence, SentenceLine, describe
from segment_engine.domain.evaluate import evaluate
from segment_engine.domain.explanation import DecidedBy, EvidenceRows, Explanation, NodeExplanation, Truth
from segment_engine.domain.lint.findings import Finding, Level
from segment_engine.domain.offers import CampaignOffer, ListOffer, SegmentOffer, TopicOffer, ValueOffer
from segment_engine.domain.operators import (
    CHANNELS,
    COMPARE_OPERATORS,
    CONSENT_OPERATORS,
    CONSENT_STATES,
    COUNT_OPERATORS,
    INTERACTIONS,
    MEMBERSHIP_OPERATORS,
    QUANTIFIERS,
    REACHABLE_OPERATORS,
    Operator,
    Shape,
    find_operator,
    operators_for,
)
from segment_engine.domain.overrides import Decision, Override
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.preview import FunnelStep, NodeCount, NodeCounts, Preview, PreviewKind
from segment_engine.domain.preview.edits import Difference, EditDiff
from segment_engine.domain.readiness import Axis, Checks, Freshness, Readiness, Reason, Standing
from segment_engine.domain.references import named_ids
from segment_engine.domain.run import Run, RunId, RunReason, RunStatus, StatusEvent
from segment_engine.domain.segment import (
    ContactSegment,
    Member,
    MemberPage,
    Owner,
    Page,
    Segment,
    SegmentDraft,
    SegmentId,
    SegmentQuery,
    SegmentSort,
    SegmentState,
    SegmentStatus,
    SourceUse,
    Verdict,
)
from segment_engine.domain.segment_lists import SegmentCard, SegmentSummary, TagCount
from segment_engine.domain.write import write_criteria
from segment_engine.engine import Engine
from segment_engine.settings import Settings, load_settings
from segment_engine.use_cases.cancelling import Cancellable
from segment_engine.use_cases.organizations import LOCAL_IDENTITY, Identity, OrganizationChoice
from segment_engine.worker import run_worker

__all__ = (
    "CHANNELS",
    "COMPARE_OPERATORS",
    "CONSENT_OPERATORS",
    "CONSENT_STATES",
    "COUNT_OPERATORS",
    "INTERACTIONS",
    "LOCAL_IDENTITY",
    "MEMBERSHIP_OPERATORS",
    "NUMBERS",
    "QUANTIFIERS",
    "REACHABLE_OPERATORS",
    "TEXTS",
    "TIMES",
    "Axis",
    "Calendar",
    "CampaignOffer",
    "CampaignReference",
    "Cancellable",
    "Case",
    "Catalog",
    "Checks",
    "ContactSegment",
    "Criteria",
    "DecidedBy",
    "Decision",
    "Difference",
    "EditDiff",
    "Engine",
    "EventType",
    "EvidenceRows",
    "Explanation",
    "Field",
    "FieldType",
    "Finding",
    "Freshness",
    "FunnelStep",
    "GroupKind",
    "Identity",
    "Interactions",
    "Level",
    "ListOffer",
    "ListReference",
    "Member",
    "MemberPage",
    "NodeCount",
    "NodeCounts",
    "NodeExplanation",
    "OnMissing",
    "Operator",
    "OrganizationChoice",
    "OrganizationContext",
    "Override",
    "Owner",
    "Page",
    "Permission",
    "Preview",
    "PreviewKind",
    "Readiness",
    "Reason",
    "Relation",
    "RelationPath",
    "Role",
    "Run",
    "RunId",
    "RunReason",
    "RunStatus",
    "Segment",
    "SegmentCard",
    "SegmentDraft",
    "SegmentId",
    "SegmentOffer",
    "SegmentQuery",
    "SegmentReference",
    "SegmentSort",
    "SegmentState",
    "SegmentStatus",
    "SegmentSummary",
    "Sentence",
    "SentenceLine",
    "Settings",
    "Shape",
    "Source",
    "SourceUse",
    "Sql",
    "Standing",
    "StatusEvent",
    "TagCount",
    "TopicOffer",
    "Truth",
    "Unit",
    "ValueOffer",
    "Verdict",
    "aggregate_result",
    "describe",
    "evaluate",
    "find_operator",
    "is_timed",
    "load_settings",
    "named_ids",
    "operators_for",
    "parse_criteria",
    "property_of",
    "refusal",
    "require",
    "run_worker",
    "write_criteria",
)
