"""Segments: list, read, create, edit, activate, delete, preview."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from segment_engine.compiler import Sql, compile_criteria
from segment_engine.db import audit, catalog, members, runs
from segment_engine.db import segments as rows
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.describe import Sentence, describe
from segment_engine.domain.folding import is_blank
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.references import references_of
from segment_engine.domain.run import RunReason, StatusEvent
from segment_engine.domain.segment import (
    MemberPage,
    Page,
    Preview,
    Segment,
    SegmentCard,
    SegmentDraft,
    SegmentId,
    SegmentQuery,
    SegmentState,
    SegmentSummary,
    SourceUse,
    Verdict,
)
from segment_engine.domain.write import write_criteria
from segment_engine.errors import CriteriaError, InputError, NotFound, StaleVersion

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2_000
PREVIEW_SECONDS = 3
EXPORT_PAGE = 10_000


class Segments:
    """The use cases around segments. Every method takes the context first and begins by asking for the permission."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, context: OrganizationContext, query: SegmentQuery) -> Page[SegmentCard]:
        """List one page of segments from stored figures; it never evaluates criteria.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.find(transaction, context.organization_id, query)

    def summary(self, context: OrganizationContext) -> SegmentSummary:
        """Read the figures above the list. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.summary(transaction, context.organization_id)

    def get(self, context: OrganizationContext, segment_id: UUID) -> Segment:
        """Read one segment with its criteria.

        Raises: PermissionDenied; NotFound for an unknown id and for one of another organization alike.
        """
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            return _read(transaction, context, segment_id)

    def id_by_name(self, context: OrganizationContext, name: str) -> SegmentId:
        """Find a segment by its name, letters of either case alike. Raises: PermissionDenied, NotFound."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            found = rows.by_name(transaction, context.organization_id, name)
        if found is None:
            raise NotFound(f"There is no segment named “{name}”. List them to see the names.")
        return found

    def create(self, context: OrganizationContext, draft: SegmentDraft) -> Segment:
        """Save a new segment and queue its first run.

        Raises: PermissionDenied, CriteriaError with every problem, InputError, NameTaken.
        """
        require(context, Permission.SEGMENTS_CREATE)
        organization_id, segment_id = context.organization_id, SegmentId(uuid4())
        with self._database.transaction(organization_id) as transaction:
            name, description = _texts(draft)
            document = _stored_form(transaction, context, draft.document)
            rows.create(
                transaction, organization_id, segment_id=segment_id, name=name, description=description,
                state=draft.state, person_id=context.person_id,
            )  # fmt: skip
            rows.add_version(
                transaction, organization_id, segment_id=segment_id, version=1, document=document,
                person_id=context.person_id,
            )  # fmt: skip
            _queue(transaction, context, segment_id, RunReason.CREATED)
            audit.record(
                transaction, context, action="segment.create", object_kind="segment", object_id=segment_id,
                detail={"name": name},
            )  # fmt: skip
            return _read(transaction, context, segment_id)

    def update(
        self, context: OrganizationContext, segment_id: UUID, *, expected_revision: int, draft: SegmentDraft
    ) -> Segment:
        """Save an edit. Changed criteria become a new version, which replaces the run of the older one.

        Raises: PermissionDenied, NotFound, StaleVersion when someone saved in between, CriteriaError, InputError,
            NameTaken.
        """
        require(context, Permission.SEGMENTS_EDIT)
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            runs.lock_active(transaction, organization_id, (segment_id,))
            held = rows.lock(transaction, organization_id, segment_id)
            if held is None:
                raise NotFound
            if held.revision != expected_revision:
                raise _stale(transaction, context, segment_id)
            name, description = _texts(draft)
            document = _stored_form(transaction, context, draft.document)
            before = rows.criteria_of_version(transaction, organization_id, segment_id, held.version)
            version = held.version if document == before else held.version + 1
            if version != held.version:
                rows.add_version(
                    transaction, organization_id, segment_id=segment_id, version=version, document=document,
                    person_id=context.person_id,
                )  # fmt: skip
            rows.update(
                transaction, organization_id, segment_id=segment_id, name=name, description=description,
                state=draft.state, version=version, person_id=context.person_id,
            )  # fmt: skip
            if version != held.version:
                runs.cancel_active(transaction, organization_id, segment_id)
                _queue(transaction, context, segment_id, RunReason.EDITED)
            audit.record(
                transaction, context, action="segment.update", object_kind="segment", object_id=segment_id,
                detail={"name": name, "version": version},
            )  # fmt: skip
            return _read(transaction, context, segment_id)

    def activate(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Offer these segments to campaigns and sequences. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_EDIT)
        return self._set_state(context, segment_ids, SegmentState.ACTIVE)

    def deactivate(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Stop offering these segments; members and history stay. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_EDIT)
        return self._set_state(context, segment_ids, SegmentState.INACTIVE)

    def _set_state(
        self, context: OrganizationContext, segment_ids: Sequence[UUID], state: SegmentState
    ) -> tuple[Verdict, ...]:
        verdicts: list[Verdict] = []
        organization_id = context.organization_id
        with self._database.transaction(organization_id) as transaction:
            for segment_id in sorted(set(segment_ids)):
                held = rows.lock(transaction, organization_id, segment_id)
                if held is None:
                    verdicts.append(_unknown(segment_id))
                    continue
                if held.state is state:
                    verdicts.append(Verdict(held.segment_id, held.name, done=True, reason=f"was {state.value} already"))
                    continue
                rows.set_state(
                    transaction, organization_id, segment_id=segment_id, state=state, person_id=context.person_id
                )
                audit.record(
                    transaction, context, action=f"segment.{state.value}", object_kind="segment",
                    object_id=segment_id, detail={"name": held.name},
                )  # fmt: skip
                verdicts.append(Verdict(held.segment_id, held.name, done=True, reason=f"is {state.value} now"))
        return tuple(verdicts)

    def delete(self, context: OrganizationContext, segment_ids: Sequence[UUID]) -> tuple[Verdict, ...]:
        """Delete what nothing uses, and say of each segment what happened. Contacts stay.

        Raises: PermissionDenied.
        """
        require(context, Permission.SEGMENTS_DELETE)
        wanted = sorted(set(segment_ids))
        organization_id = context.organization_id
        verdicts: list[Verdict] = []
        with self._database.transaction(organization_id) as transaction:
            runs.lock_active(transaction, organization_id, wanted)
            for segment_id in wanted:
                held = rows.lock(transaction, organization_id, segment_id)
                if held is None:
                    verdicts.append(_unknown(segment_id))
                    continue
                users = rows.used_by(transaction, organization_id, segment_id)
                if users:
                    reason = f"kept, because it is used by {', '.join(users)}"
                    verdicts.append(Verdict(held.segment_id, held.name, done=False, reason=reason))
                    continue
                rows.delete(transaction, organization_id, segment_id)
                audit.record(
                    transaction, context, action="segment.delete", object_kind="segment", object_id=segment_id,
                    detail={"name": held.name},
                )  # fmt: skip
                verdicts.append(Verdict(held.segment_id, held.name, done=True, reason="deleted"))
        return tuple(verdicts)

    def preview(self, context: OrganizationContext, document: dict[str, object]) -> Preview:
        """Count the contacts that criteria would hold now; nothing is saved.

        Units: contacts; the server stops the count after 3 seconds.
        Raises: PermissionDenied, CriteriaError, LimitExceeded when the count is too slow.
        """
        require(context, Permission.SEGMENTS_VIEW)
        started = time.monotonic()
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            known = catalog.load_catalog(transaction, organization_id)
            criteria = parse_criteria(document, known, calendar=context.calendar)
            as_of = transaction.now()
            transaction.limit_statements(seconds=PREVIEW_SECONDS)
            compiled = compile_criteria(criteria, catalog=known, organization_id=organization_id, as_of=as_of)
            base = rows.count_base(transaction, organization_id)
            count = int(transaction.scalar(compiled.count()))
        return Preview(count, base, as_of, time.monotonic() - started)

    def sentence(
        self, context: OrganizationContext, document: dict[str, object], *, as_of: datetime | None = None
    ) -> Sentence:
        """Say criteria in plain English, with times resolved as of the given moment or now.

        Raises: PermissionDenied, CriteriaError.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True) as transaction:
            known = catalog.load_catalog(transaction, organization_id)
            moment = as_of or transaction.now()
        criteria = parse_criteria(document, known, calendar=context.calendar)
        # To the minute: the bounds are for reading, and nobody reads microseconds.
        return describe(criteria, known, as_of=moment.replace(second=0, microsecond=0))

    def sql(self, context: OrganizationContext, segment_id: UUID) -> Sql:
        """Show the statement that finds the members, with times resolved as of the published run, or now.

        Raises: PermissionDenied, NotFound, CriteriaError, Unresolved.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True) as transaction:
            stored = _stored(transaction, context, segment_id)
            known = catalog.load_catalog(transaction, organization_id)
            criteria = parse_criteria(stored.document, known, calendar=context.calendar)
            run = (
                None
                if stored.published_run_id is None
                else runs.get(transaction, organization_id, stored.published_run_id)
            )
            as_of = run.as_of if run and run.as_of else transaction.now()
        return compile_criteria(criteria, catalog=known, organization_id=organization_id, as_of=as_of).sql()

    def sources(self, context: OrganizationContext, segment_id: UUID) -> tuple[SourceUse, ...]:
        """Name the data sources that the criteria read, with the fields used and the last import.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True) as transaction:
            stored = _stored(transaction, context, segment_id)
            known = catalog.load_catalog(transaction, organization_id)
            used = _labels_by_source(known, stored.document)
            imports = rows.last_imports(transaction, organization_id, tuple(used))
        return tuple(SourceUse(name, labels, *imports.get(name, (None, None))) for name, labels in used.items())

    def members(
        self, context: OrganizationContext, segment_id: UUID, *, after: int | None = None, limit: int = 50,
        at_run: UUID | None = None,
    ) -> MemberPage:  # fmt: skip
        """Read one page of members, now or as they were when a past run succeeded.

        Raises: PermissionDenied, NotFound (also for a run of another segment, or one that published nothing).
        """
        require(context, Permission.MEMBERS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            _stored(transaction, context, segment_id)
            sequence: int | None = None
            if at_run is not None:
                published = runs.published_sequence(transaction, organization_id, at_run)
                if published is None or published[0] != segment_id:
                    raise NotFound("This run published no members of this segment. Choose one that succeeded.")
                sequence = published[1]
            return members.page(
                transaction, organization_id, segment_id, after=after, limit=min(max(limit, 1), 10_000),
                sequence=sequence,
            )  # fmt: skip

    def export(
        self, context: OrganizationContext, segment_id: UUID, *, at_run: UUID | None = None
    ) -> Iterator[MemberPage]:
        """Yield every member, page by page in the order of their numbers, after writing to the audit log who asked.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.MEMBERS_EXPORT)
        with self._database.transaction(context.organization_id) as transaction:
            _stored(transaction, context, segment_id)
            audit.record(
                transaction, context, action="segment.export", object_kind="segment", object_id=segment_id,
                detail={"at_run": str(at_run) if at_run else None},
            )  # fmt: skip
        after: int | None = None
        while True:
            page = self.members(context, segment_id, after=after, limit=EXPORT_PAGE, at_run=at_run)
            yield page
            if page.next_after is None:
                return
            after = page.next_after

    def history(self, context: OrganizationContext, segment_id: UUID, *, limit: int = 60) -> tuple[StatusEvent, ...]:
        """List the status changes of the segment's runs, newest first. Raises: PermissionDenied."""
        require(context, Permission.SEGMENTS_VIEW)
        with self._database.transaction(context.organization_id, read_only=True) as transaction:
            return rows.history(transaction, context.organization_id, segment_id, limit=limit)


def _texts(draft: SegmentDraft) -> tuple[str, str]:
    name = " ".join(draft.name.split())
    if is_blank(name):
        raise InputError("A segment needs a name. Give it one that says who is in it.")
    if len(name) > LONGEST_NAME:
        raise InputError(f"The name has {len(name)} characters; at most {LONGEST_NAME} fit. Shorten it.")
    if len(draft.description) > LONGEST_DESCRIPTION:
        raise InputError(f"The description is longer than {LONGEST_DESCRIPTION} characters. Shorten it.")
    if any(ord(sign) < ord(" ") and sign not in "\n\t" for sign in name + draft.description):
        raise InputError("The name or description holds a control character. Type it again.")
    return name, draft.description.strip()


def _stored_form(
    transaction: Transaction, context: OrganizationContext, document: dict[str, object] | str | bytes
) -> dict[str, object]:
    """Parse, and spell every default out, so that a later change of a setting or a default alters no saved segment."""
    known = catalog.load_catalog(transaction, context.organization_id)
    return write_criteria(parse_criteria(document, known, calendar=context.calendar))


def _queue(transaction: Transaction, context: OrganizationContext, segment_id: UUID, reason: RunReason) -> None:
    runs.request(
        transaction, context.organization_id, segment_id=segment_id, reason=reason, person_id=context.person_id
    )


def _stored(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> rows.SegmentRow:
    """Read the segment's row. Raises: NotFound for an unknown id and for one of another organization alike."""
    stored = rows.get(transaction, context.organization_id, segment_id)
    if stored is None:
        raise NotFound
    return stored


def _read(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> Segment:
    stored = _stored(transaction, context, segment_id)
    criteria, problem = _readable(catalog.load_catalog(transaction, context.organization_id), context, stored.document)
    return Segment(
        stored.segment_id, stored.name, stored.description, stored.state, stored.status, stored.version,
        stored.revision, stored.document, criteria, problem, stored.member_count, stored.last_calculated_at,
        stored.published_run_id, stored.published_version, stored.latest_run_id, stored.created_at,
        stored.updated_at, stored.created_by, stored.updated_by, stored.campaigns,
    )  # fmt: skip


def _readable(
    known: Catalog, context: OrganizationContext, document: dict[str, object]
) -> tuple[Criteria | None, str | None]:
    try:
        return parse_criteria(document, known, calendar=context.calendar), None
    except CriteriaError as error:
        # A broken segment is still shown, so that it can be repaired or deleted.
        return None, " ".join(dict.fromkeys(problem.sentence for problem in error.problems))


def _stale(transaction: Transaction, context: OrganizationContext, segment_id: UUID) -> StaleVersion:
    stored = _stored(transaction, context, segment_id)
    when = stored.updated_at.astimezone(UTC).strftime("%H:%M")
    return StaleVersion(
        f"This segment was changed by another editor at {when} UTC. Reload to see that version; your text is kept."
    )


def _unknown(segment_id: UUID) -> Verdict:
    return Verdict(SegmentId(segment_id), "", done=False, reason="does not exist, or you have no access to it")


def _labels_by_source(known: Catalog, document: dict[str, object]) -> dict[str, tuple[str, ...]]:
    labels: dict[str, list[str]] = {}
    for key in references_of(document):
        owner = known.events.get(key) or known.fields.get(key)
        if owner is not None and owner.source is not None:
            labels.setdefault(owner.source, []).append(owner.label)
    return {source: tuple(dict.fromkeys(names)) for source, names in sorted(labels.items())}
