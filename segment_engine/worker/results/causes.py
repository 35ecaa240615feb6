"""Why members joined and left: asks the criteria again, as they and the time were, in the snapshot of the new result.

Nothing is asked that cannot matter: no question without a change, about the criteria only after an edit, about time
only where criteria look at it, and every question only about those whom no stronger cause has claimed.
Source: docs/checks.md, Why the number changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field, replace

from segment_engine.compiler import Earlier, compile_criteria, pack_block
from segment_engine.db import causes
from segment_engine.db.catalog import load_catalog
from segment_engine.db.evidence import published_blocks
from segment_engine.db.session import Transaction
from segment_engine.domain.bits import ContactSet
from segment_engine.domain.catalog import Catalog
from segment_engine.domain.causes import Attribution, ChangeCause, attribute, first_result
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.flips.clock import looks_at_own_times, watched
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.reference_chains import LIVE, memberships, runs_read
from segment_engine.domain.run import Claim
from segment_engine.errors import CriteriaError, LimitExceeded, Unresolved

LONGEST_SECONDS = 20.0
# So many contacts are looked at one by one; beyond them it is quicker to look at all.
MOST_ALONE = 20_000
_READING = causes.Reading(pack_block, LONGEST_SECONDS)


class _NotTold(Exception):
    """A question that has no answer any more, or none in time."""


@dataclass(slots=True)
class _Asking:
    """One look at what changed between two results."""

    transaction: Transaction
    claim: Claim
    criteria: Criteria
    catalog: Catalog
    basis: causes.Basis
    counters: causes.Counters
    before: ContactSet
    after: ContactSet
    open: ContactSet = field(init=False)

    def __post_init__(self) -> None:
        self.open = self.before ^ self.after

    def members(
        self, contacts: ContactSet, *, criteria: Criteria | None = None, catalog: Catalog | None = None,
        then: bool = False, earlier: Earlier | None = None,
    ) -> ContactSet:  # fmt: skip
        """Ask who of some is a member, by other criteria, at the earlier instant, or knowing less.

        Shape: others may be in the answer, too, and mean nothing.
        Raises: _NotTold when that takes too long, or has no answer any more.
        """
        try:
            compiled = compile_criteria(
                criteria or self.criteria, catalog=catalog or self.catalog,
                organization_id=self.claim.organization_id, as_of=self.basis.as_of if then else self.claim.as_of,
                segment_id=self.claim.segment_id, among=_alone(contacts), earlier=earlier,
            )  # fmt: skip
        except (Unresolved, LimitExceeded) as error:
            raise _NotTold from error
        return _told(_READING.blocks(self.transaction, compiled.blocks()))

    def differing(self, *, criteria: Criteria | None = None, catalog: Catalog | None = None,
        earlier: Earlier | None = None) -> ContactSet:  # fmt: skip
        """Find who would not have changed: whose answer is the one of before."""
        found = self.members(self.open, criteria=criteria, catalog=catalog, earlier=earlier)
        return self.open - (found ^ self.before)

    def known(self) -> causes.Counters:
        """Give the last rows known at the result before, table by table; None where no row has come since.

        Raises: _NotTold where the result before did not note them.
        """
        known, now = self.basis.counters, self.counters
        if not known.known:
            raise _NotTold
        tables = zip(astuple(known), astuple(now), strict=True)
        return causes.Counters(*(last if last != current else None for last, current in tables))

    def with_later_rows(self, known: causes.Counters) -> ContactSet:
        """Find for whom the rows known before may give another answer than all rows.

        Measured: the indexes that conditions use do not hold the numbers of rows, so that a limit costs a look at every
        row itself. For few contacts that is little. For many, those without later rows are set apart; a limit of the
        criteria forbids it, because there the rows of others count as well.
        """
        if known == causes.Counters(None, None, None):
            return ContactSet()
        if len(self.open) <= MOST_ALONE or self._ranks():
            return self.open
        found = causes.with_later_rows(self.transaction, self.claim.organization_id, known, _READING)
        return self.open & _told(found)

    def _ranks(self) -> bool:
        live = (self.catalog.segments[each].criteria for each in _live(self.criteria, self.catalog))
        return any(each is not None and each.limit is not None for each in (self.criteria, *live))


def _alone(contacts: ContactSet) -> list[int] | None:
    return list(contacts.numbers()) if len(contacts) <= MOST_ALONE else None


def _told(found: ContactSet | None) -> ContactSet:
    """Give an answer. Raises: _NotTold where there is none because it took too long."""
    if found is None:
        raise _NotTold
    return found


def explain(
    transaction: Transaction, claim: Claim, criteria: Criteria, catalog: Catalog, *, after: ContactSet,
    previous: causes.Previous, counters: causes.Counters,
) -> Attribution:  # fmt: skip
    """Tell why a new result differs from the one that is published.

    Shape: to be asked in the snapshot in which the result was computed, with how far its rows go; the statement limit
        of the transaction changes.
    """
    if not previous.sequence:
        return first_result(after)
    before = ContactSet.of_bytes(published_blocks(transaction, claim.organization_id, claim.segment_id))
    if not before ^ after:
        return Attribution()
    if previous.basis is None:
        return attribute(before, after, {}, is_partial=True)
    asking = _Asking(transaction, claim, criteria, catalog, previous.basis, counters, before, after)
    claims: dict[ChangeCause, ContactSet] = {}
    is_partial = False
    for cause, ask in _QUESTIONS.items():
        if not asking.open:
            break
        try:
            claims[cause] = ask(asking)
        except _NotTold:
            is_partial = True
        else:
            asking.open -= claims[cause]
    return attribute(before, after, claims, is_partial=is_partial)


def _manual(asking: _Asking) -> ContactSet:
    """Find those about whom another decision counts; with a limit, also those who gained or lost a place by it."""
    decided = causes.decided_since(
        asking.transaction, asking.claim.organization_id, [asking.claim.segment_id], asking.basis.started_at
    )
    if not decided or asking.criteria.limit is None:
        return decided
    return decided | asking.differing(earlier=Earlier(decided_at=asking.basis.started_at))


def _criteria(asking: _Asking) -> ContactSet:
    """Find those for whom the criteria of before, asked now, would have changed nothing."""
    if asking.claim.version == asking.basis.version:
        return ContactSet()
    catalog, criteria = _read(asking, asking.basis.document)
    return asking.differing(criteria=criteria, catalog=catalog)


def _time(asking: _Asking) -> ContactSet:
    """Find those who change between the two instants on the same rows, the ones that were known before.

    On them they were as before at the earlier instant, and are as after now: at the later one, all that is left to ask
    of contacts without later rows is known from the result itself.
    """
    found = watched(asking.criteria, asking.catalog)
    if not found or asking.basis.as_of == asking.claim.as_of:
        return ContactSet()
    known = asking.known()
    everything, less = Earlier(now=asking.claim.as_of), Earlier(*astuple(known), now=asking.claim.as_of)
    later = asking.with_later_rows(known)
    as_after = later - (asking.members(later, earlier=less) ^ asking.after) if later else later
    passed = _were_as_before(asking, asking.open - later, everything) | _were_as_before(asking, as_after, less)
    if not passed or not looks_at_own_times(found):
        return passed
    touched = causes.touched_since(
        asking.transaction, asking.claim.organization_id, _alone(passed), asking.basis.started_at, _READING
    )
    return passed - _told(touched)


def _were_as_before(asking: _Asking, contacts: ContactSet, earlier: Earlier) -> ContactSet:
    """Find who of some gets the answer of before at the earlier instant."""
    if not contacts:
        return contacts
    return contacts - (asking.members(contacts, then=True, earlier=earlier) ^ asking.before)


def _dependency(asking: _Asking) -> ContactSet:
    """Find whose membership of a segment that is read changed, or who would not have changed without its edit."""
    transaction, organization_id = asking.transaction, asking.claim.organization_id
    read = runs_read(asking.criteria, asking.catalog)
    found = ContactSet()
    for segment_id in read.keys() & asking.basis.read_runs.keys():
        moved = causes.moved_between(
            transaction, organization_id, segment_id, before=asking.basis.read_runs[segment_id], after=read[segment_id]
        )
        if moved is None:
            raise _NotTold
        found |= moved
    live = _live(asking.criteria, asking.catalog)
    found |= causes.decided_since(transaction, organization_id, live, asking.basis.started_at)
    edited = causes.edited_since(transaction, organization_id, live, asking.basis.started_at)
    return found | asking.differing(catalog=_as_before(asking, edited)) if edited else found


# In the order of precedence, the strongest first.
_QUESTIONS: Mapping[ChangeCause, Callable[[_Asking], ContactSet]] = {
    ChangeCause.MANUAL: _manual,
    ChangeCause.CRITERIA: _criteria,
    ChangeCause.TIME: _time,
    ChangeCause.DEPENDENCY: _dependency,
}


def _read(asking: _Asking, document: dict[str, object]) -> tuple[Catalog, Criteria]:
    """Read the criteria of before with what they name. Raises: _NotTold when they cannot be read any more."""
    catalog = load_catalog(asking.transaction, asking.claim.organization_id, document)
    try:
        return catalog, parse_criteria(document, catalog)
    except CriteriaError as error:
        raise _NotTold from error


def _live(criteria: Criteria, catalog: Catalog) -> set[str]:
    """List the segments whose criteria are evaluated together with these, down to the last."""
    found: set[str] = set()
    waiting = [criteria]
    while waiting:
        for _, condition in memberships(waiting.pop()):
            for each in set(condition.segments if condition.members == LIVE else ()) - found:
                found.add(each)
                child = catalog.segments.get(each)
                if child is not None and child.criteria is not None:
                    waiting.append(child.criteria)
    return found


def _as_before(asking: _Asking, edited: Mapping[str, dict[str, object]]) -> Catalog:
    """Give the catalog with the criteria that segments had before they were edited."""
    segments = dict(asking.catalog.segments)
    for segment_id, document in edited.items():
        catalog, criteria = _read(asking, document)
        segments = dict(catalog.segments) | segments
        segments[segment_id] = replace(asking.catalog.segments[segment_id], criteria=criteria)
    return replace(asking.catalog, segments=segments)
