"""What changed in the data: between the newest imports of a source, and since the run whose members a segment shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from segment_engine.db import profiles, sources
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.drift import DriftFinding, SourceState, compare
from segment_engine.domain.references import references_of
from segment_engine.domain.sources import SourceDrift, SourceFinding, SourceId, Uses
from segment_engine.errors import NotFound
from segment_engine.use_cases.stored_sources import stored_source

# Whoever is there at all, and may be reached, concerns every segment that reads the source.
_WITHOUT_KEYS = frozenset({"contact", "consents", "channels"})


class SourceDrifting:
    """The part of `Sources` that compares. It reads what imports recorded, never the data."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def drift(self, context: OrganizationContext, source_id: UUID) -> SourceDrift:
        """Compare the newest import of every kind of rows with the one before it.

        Raises: PermissionDenied, NotFound.
        """
        require(context, Permission.SOURCES_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            source = stored_source(transaction, organization_id, source_id)
            uses = sources.uses(transaction, organization_id)
            pairs = sources.newest_pairs(transaction, organization_id, source_id)
            changes: list[DriftFinding] = []
            moments: list[tuple[SourceState, SourceState]] = []
            for rows, before_id, now_id in pairs:
                compared = _states(transaction, organization_id, source_id, before_id, now_id)
                if compared is not None:
                    before, now = (_only(state, rows) for state in compared)
                    moments.append((before, now))
                    changes += compare(before, now, used=uses.by_key)
        # The dates are those of the kind of rows that came last.
        since, until = (None, None) if not moments else (moments[0][0].as_of, moments[0][1].as_of)
        return SourceDrift(SourceId(source_id), source.name, since, until, _touching(changes, uses))

    def drift_since_run(self, context: OrganizationContext, segment_id: UUID) -> tuple[SourceDrift, ...]:
        """Compare every source as the published run read it with the source now, as far as the segment reads it.

        Shape: by name of the source; nothing before the first run, or where nobody recorded what it read. A source
            without an import since then has no findings.
        Raises: PermissionDenied; NotFound for an unknown id and for one of another organization alike.
        """
        require(context, Permission.SEGMENTS_VIEW)
        organization_id = context.organization_id
        with self._database.transaction(organization_id, read_only=True, snapshot=True) as transaction:
            published = sources.published(transaction, organization_id, segment_id)
            if published is None:
                raise NotFound
            if published.run_id is None:
                return ()
            names = sources.aliases(transaction, organization_id)
            keys = {names.get(key, key) for key in references_of(published.document)}
            read = sources.run_sources(transaction, organization_id, published.run_id)
            return tuple(_since(transaction, organization_id, each, keys) for each in read)


def _since(
    transaction: Transaction, organization_id: int, read: sources.ReadSource, keys: Collection[str]
) -> SourceDrift:
    source_id = SourceId(read.source_id)
    if read.before_id is None or read.now_id is None:
        return SourceDrift(source_id, read.name, None, None)
    compared = _states(transaction, organization_id, source_id, read.before_id, read.now_id)
    if compared is None:
        return SourceDrift(source_id, read.name, None, None)
    before, now = compared
    rows = {key.partition(".")[0] for key in keys} | _WITHOUT_KEYS
    changes = [each for each in compare(before, now, used=keys) if each.key in keys or each.rows in rows]
    # Mostly nothing changed, and then nobody needs to be looked for.
    uses = sources.uses(transaction, organization_id) if changes else Uses()
    return SourceDrift(source_id, read.name, before.as_of, now.as_of, _touching(changes, uses))


def _states(
    transaction: Transaction, organization_id: int, source_id: UUID, before_id: UUID, now_id: UUID
) -> tuple[SourceState, SourceState] | None:
    """Read a source as of two imports; None where one of them left no record to compare with."""
    names = sources.aliases(transaction, organization_id)
    known = profiles.of_imports(transaction, organization_id, {before_id, now_id})
    states: list[SourceState] = []
    for import_id in (before_id, now_id):
        moment = sources.moment(transaction, organization_id, source_id, import_id, names)
        if moment is None or not (moment.deliveries or known[import_id]):
            return None
        states.append(SourceState(moment.totals, moment.deliveries, known[import_id], moment.as_of))
    return states[0], states[1]


def _only(state: SourceState, rows: str) -> SourceState:
    """Leave out what other kinds of rows delivered."""
    return SourceState(
        {key: total for key, total in state.totals.items() if key == rows},
        {key: delivery for key, delivery in state.deliveries.items() if key == rows},
        {key: profile for key, profile in state.profiles.items() if key.partition(".")[0] == rows},
        state.as_of,
    )


def _touching(changes: Iterable[DriftFinding], uses: Uses) -> tuple[SourceFinding, ...]:
    found = (
        SourceFinding(each, uses.of(each.key) if each.key else uses.of_rows(each.rows) if each.rows else ())
        for each in changes
    )
    return tuple(sorted(found, key=lambda each: each.finding.weight))
