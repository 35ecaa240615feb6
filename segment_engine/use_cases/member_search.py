"""Members of one segment to look through: a page at a time, by a part of key, e-mail address or name."""

from __future__ import annotations

from uuid import UUID

from segment_engine.db import evidence, members, runs
from segment_engine.db import segment_search as rows
from segment_engine.db.segments import SegmentRow
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.folding import is_blank
from segment_engine.domain.run import Result
from segment_engine.domain.segment import Member, MemberPage
from segment_engine.domain.segment_details import MemberRow, MemberRows
from segment_engine.errors import InputError, LimitExceeded, NotFound
from segment_engine.use_cases.stored_segments import stored_row

SEARCH_SECONDS = 2.0
LONGEST_SEARCH = 200
MOST_ROWS = 200


class MemberSearch:
    """The part of `SegmentDetails` that shows contacts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def members(
        self, context: OrganizationContext, segment_id: UUID, *, search: str = "", after: int | None = None,
        limit: int = 50, at_run: UUID | None = None,
    ) -> MemberRows:  # fmt: skip
        """Read one page of members, now or as of a past run, each with the run with which it joined last.

        Shape: `search` is a part of the key, the e-mail address or the name, letters of either case alike; a whole
            key or address is found at once and gives that contact alone.
        Raises: PermissionDenied, NotFound (also for a run of another segment, or one that published nothing),
            InputError, LimitExceeded when a part is looked for among too many members.
        """
        require(context, Permission.MEMBERS_VIEW)
        organization_id, size = context.organization_id, min(max(limit, 1), MOST_ROWS)
        if len(search) > LONGEST_SEARCH:
            raise InputError(f"Search for at most {LONGEST_SEARCH} characters.")
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            stored = stored_row(transaction, context, segment_id)
            earlier = None if at_run is None else _result(transaction, organization_id, segment_id, at_run)
            if is_blank(search):
                page = members.page(transaction, organization_id, segment_id, after=after, limit=size, earlier=earlier)
            else:
                page = _found(
                    transaction, organization_id, stored, search.strip(), after=after or 0, size=size, earlier=earlier
                )
            return _with_joining(transaction, organization_id, stored, page, earlier)


def _result(transaction: Transaction, organization_id: int, segment_id: UUID, run_id: UUID) -> Result:
    found = runs.result(transaction, organization_id, run_id)
    if found is None or found.segment_id != segment_id:
        raise NotFound("This run published no members of this segment. Choose one that succeeded.")
    return found


def _found(
    transaction: Transaction, organization_id: int, stored: SegmentRow, text: str, *, after: int, size: int,
    earlier: Result | None,
) -> MemberPage:  # fmt: skip
    segment_id = stored.segment_id
    sequence = stored.published_sequence if earlier is None else earlier.sequence
    moment = transaction.now() if earlier is None else earlier.started_at
    exact = tuple(
        number
        for number in rows.exactly(transaction, organization_id, text)
        if evidence.was_member(transaction, organization_id, segment_id, sequence=sequence, number=number)
    )
    if exact:
        return MemberPage(rows.members(transaction, organization_id, segment_id, exact, moment=moment), None)
    numbers = rows.containing(
        transaction, organization_id, segment_id, text, sequence=None if earlier is None else sequence, after=after,
        limit=size + 1, seconds=SEARCH_SECONDS,
    )  # fmt: skip
    if numbers is None:
        raise LimitExceeded(
            "Looking through all members for this takes too long. Type the whole key or the whole e-mail address: "
            "those are found at once."
        )
    shown = rows.members(transaction, organization_id, segment_id, numbers[:size], moment=moment)
    return MemberPage(shown, numbers[size - 1] if len(numbers) > size else None)


def _with_joining(
    transaction: Transaction, organization_id: int, stored: SegmentRow, page: MemberPage, earlier: Result | None
) -> MemberRows:
    sequence = stored.published_sequence if earlier is None else earlier.sequence
    numbers = [each.number for each in page.members]
    joined = rows.joined(transaction, organization_id, stored.segment_id, numbers, sequence=sequence)

    def row(member: Member) -> MemberRow:
        since, times = joined.get(member.number, (None, 0))
        return MemberRow(member, since, times)

    return MemberRows(tuple(map(row, page.members)), page.next_after)
