"""What an edit of criteria changes: members as published, by the old criteria now, and by the new ones now."""

from __future__ import annotations

from dataclasses import replace

from segment_engine.compiler import Compiled, pack_block
from segment_engine.db import evidence, references
from segment_engine.db.catalog import load_catalog
from segment_engine.db.segments import SegmentRow
from segment_engine.domain.access import OrganizationContext, Permission
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.preview.edits import Difference, EditDiff
from segment_engine.errors import CriteriaError, Unresolved
from segment_engine.use_cases.asking import Asked, Stopwatch
from segment_engine.use_cases.member_sets import MemberSet

LONGEST_SECONDS = 60
SHOWN_MEMBERS = 10
_ROWS_AT_ONCE = 8


def edit_diff(asked: Asked, context: OrganizationContext, watch: Stopwatch, stored: SegmentRow) -> EditDiff:
    """Compare the criteria asked about with those of the segment as stored. Raises: LimitExceeded, Unresolved."""
    asked.transaction.limit_statements(seconds=LONGEST_SECONDS)
    published = MemberSet(evidence.published_blocks(asked.transaction, asked.organization_id, stored.segment_id))
    new = _members(asked, asked.compiled())
    old, problem = _old_members(asked, context, stored)

    def difference(members: MemberSet) -> Difference:
        shown = members.first(SHOWN_MEMBERS) if context.may(Permission.MEMBERS_VIEW) else []
        return Difference(members.count, evidence.members(asked.transaction, asked.organization_id, shown))

    users = evidence.users(asked.transaction, asked.organization_id, stored.segment_id)
    naming = references.naming(asked.transaction, asked.organization_id, [stored.segment_id])
    return EditDiff(
        as_of=asked.as_of,
        seconds=watch.seconds,
        published_count=stored.member_count,
        published_at=stored.last_calculated_at,
        new_count=new.count,
        added=difference(new.without(published)),
        removed=difference(published.without(new)),
        kept=difference(published.also_in(new)),
        old_count=None if old is None else old.count,
        old_problem=problem,
        added_by_edit=None if old is None else difference(new.without(old)),
        removed_by_edit=None if old is None else difference(old.without(new)),
        added_by_time=None if old is None else difference(old.without(published)),
        removed_by_time=None if old is None else difference(published.without(old)),
        campaigns=tuple(name for kind, name in users if kind == "campaign"),
        sequences=tuple(name for kind, name in users if kind == "sequence"),
        segments=tuple(each.name for each in naming if each.segment_id != stored.segment_id),
    )


def _members(asked: Asked, compiled: Compiled) -> MemberSet:
    asked.cancel.check()
    rows = asked.transaction.stream(compiled.blocks(), rows_at_once=_ROWS_AT_ONCE)
    return MemberSet({row.block: pack_block(row.words) for row in rows})


def _old_members(asked: Asked, context: OrganizationContext, stored: SegmentRow) -> tuple[MemberSet | None, str]:
    """Find who is a member by the stored criteria now; None, and why, when they cannot be evaluated any more."""
    known = load_catalog(asked.transaction, asked.organization_id, stored.document)
    try:
        criteria = parse_criteria(stored.document, known, calendar=context.calendar)
        old = replace(asked, criteria=criteria, catalog=known)
        return _members(old, old.compiled()), ""
    except CriteriaError as error:
        return None, " ".join(dict.fromkeys(problem.sentence for problem in error.problems))
    except Unresolved as error:
        return None, str(error)
