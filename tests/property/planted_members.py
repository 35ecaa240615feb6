"""Mistakes about consent, samples, lists, other segments, hand decisions, ranking and comparing, planted on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import BindParameter, ColumnElement, Select, UnaryExpression, false, func

from segment_engine.compiler import compare, draws, ranking, references, standing, stored_members, tree
from segment_engine.compiler.brackets import all_of
from segment_engine.compiler.expressions import Worked
from segment_engine.compiler.membership import Leaf, Membership
from segment_engine.compiler.operands import Operand
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tables import contacts
from segment_engine.domain.catalog import TEXTS, FieldType, SegmentReference
from segment_engine.domain.criteria import (
    Calendar,
    CompareFields,
    Consent,
    Criteria,
    FieldValue,
    Limit,
    Offset,
    Reachable,
    Sample,
)
from tests.property.focused import Draw, asked, ranked, whole
from tests.property.hostile_conditions import FIGURES, SIDES, Side
from tests.property.hostile_documents import Documents
from tests.property.planted_rows import as_leaf

Patch = pytest.MonkeyPatch
Predicate = ColumnElement[bool]


# Consent and channels --------------------------------------------------------------------------------------------


def a_topic_outlives_the_withdrawal(patch: Patch) -> None:
    """T16 §4.10: who withdrew as a whole is withdrawn, whatever was granted for a topic."""

    def case(*_: object, else_: ColumnElement[Any]) -> ColumnElement[Any]:
        return else_

    patch.setattr(standing, "case", case)


def consent_of_this_very_moment_counts(patch: Patch) -> None:
    """M11 §4.10: only records before `as_of`."""

    def consent(scope: Scope, node: Consent) -> Leaf:
        later = replace(scope.clock, as_of=scope.clock.as_of + timedelta(microseconds=1))
        return real(replace(scope, clock=later), node)

    real = standing.consent
    as_leaf(patch, Consent, consent)


def the_first_consent_counts(patch: Patch) -> None:
    """§4.10: the latest record decides, by (time, number)."""
    _latest_by(patch, lambda time, number: (time, number))


def equal_consents_go_by_the_wrong_number(patch: Patch) -> None:
    """§4.10: at the same time the larger number is the later record."""
    _latest_by(patch, lambda time, number: (time.desc(), number))


_Order = Callable[[ColumnElement[Any], ColumnElement[Any]], tuple[ColumnElement[Any], ColumnElement[Any]]]


def _latest_by(patch: Patch, order: _Order) -> None:
    def latest(scope: Scope, channel: str, topic: str | None) -> Select[Any, Any, Any]:
        statement = real(scope, channel, topic)
        number, about, time, place = cast("Any", statement)._order_by_clauses
        return statement.order_by(None).order_by(number, about, *order(time.element, place.element))

    real = standing._latest
    patch.setattr(standing, "_latest", latest)


def no_record_is_nobody(patch: Patch) -> None:
    """T02 §4.10: who has no record has a state of consent, too."""
    patch.setattr(standing, "_NO_RECORD", "nothing")


def stops_still_to_come_count(patch: Patch) -> None:
    """§4.11: a channel that is stopped later is not stopped yet."""

    def reachable(scope: Scope, node: Reachable) -> Leaf:
        later = replace(scope.clock, as_of=datetime(2200, 1, 1, tzinfo=UTC))
        return real(replace(scope, clock=later), node)

    real = standing.reachable
    as_leaf(patch, Reachable, reachable)


# Samples, lists, other segments ----------------------------------------------------------------------------------


def a_sample_takes_one_bucket_more(patch: Patch) -> None:
    """§4.13: b < percent × 100."""

    def sample(_scope: Scope, node: Sample) -> Leaf:
        return draws.sample(replace(node, percent=node.percent + Decimal("0.01")))

    as_leaf(patch, Sample, sample)


def keys_are_drawn_as_they_are_written(patch: Patch) -> None:
    """T86 §4.13: leading zeros and the case of a UUID decide nothing."""
    patch.setattr(draws, "_own_key", lambda: contacts.c.external_key)


def every_seed_draws_alike(patch: Patch) -> None:
    """§4.13: different seeds are independent."""

    def bound(_value: str, *, name: str = "text") -> BindParameter[str]:
        return real("seed:", name=name)

    real = draws.bound_text
    patch.setattr(draws, "bound_text", bound)


def bits_are_read_backwards(patch: Patch) -> None:
    """§4.8: get_bit counts from the other end of a byte."""

    def plain(number: int) -> ColumnElement[int]:
        return real(0 if number == 7 else number)

    real = stored_members.plain
    patch.setattr(stored_members, "plain", plain)


def in_all_means_in_any(patch: Patch) -> None:
    """T18 §4.7: at least one instead of every one."""

    def asked(op: str) -> tuple[bool, bool]:
        return False, real(op)[1]

    real = references._asked
    patch.setattr(references, "_asked", asked)


def not_in_means_in(patch: Patch) -> None:
    """T12: an exclusion that is read as an inclusion."""

    def asked(op: str) -> tuple[bool, bool]:
        return real(op)[0], True

    real = references._asked
    patch.setattr(references, "_asked", asked)


def old_runs_are_read(patch: Patch) -> None:
    """M16: a run that is too old, or was never made, counts as nobody."""

    def check(_reference: SegmentReference, _hours: int | None, _as_of: datetime) -> None:
        return None

    patch.setattr(references, "_check_calculated", check)


def live_members_follow_our_calendar(patch: Patch) -> None:
    """T21 §4.7: another segment counts days by its own calendar."""

    def inside(scope: Scope, segment_id: str, _calendar: Calendar) -> Scope:
        return replace(scope, chain=(*scope.chain, segment_id))

    patch.setattr(Scope, "inside", inside)


def live_members_without_their_limit(patch: Patch) -> None:
    """T57 §4.7: another segment's limit is part of it."""

    def members(scope: Scope, criteria: Criteria, segment_id: str | None, **options: bool) -> Predicate:
        return real(scope, replace(criteria, limit=None), segment_id, **options)

    real = tree.members
    patch.setattr(tree, "members", members)


def live_members_without_their_decisions(patch: Patch) -> None:
    """T84 §4.7: what people decided about another segment is part of it."""

    def members(scope: Scope, criteria: Criteria, _segment_id: str | None, **options: bool) -> Predicate:
        return real(scope, criteria, None, **options)

    real = tree.members
    patch.setattr(tree, "members", members)


# By hand, and the first N ----------------------------------------------------------------------------------------


def nobody_is_taken_out(patch: Patch) -> None:
    """T84 §1: who was taken out by hand is out, whatever the rule says."""

    def by_hand(scope: Scope, segment_id: str, decision: str) -> Membership:
        found = real(scope, segment_id, decision)
        return found if decision == "put_in" else replace(found, numbers=found.numbers.where(false()))

    real = ranking.by_hand
    patch.setattr(tree, "by_hand", by_hand)


def those_put_in_must_match(patch: Patch) -> None:
    """T84 §1: who was put in by hand is in, whatever the rule says."""

    def by_hand(scope: Scope, segment_id: str, decision: str) -> Membership:
        found = real(scope, segment_id, decision)
        return found if decision == "taken_out" else replace(found, numbers=found.numbers.where(false()))

    real = ranking.by_hand
    patch.setattr(tree, "by_hand", by_hand)


def ended_decisions_last(patch: Patch) -> None:
    """T84 §4.8: a decision that a person ended decides nothing."""

    def by_hand(scope: Scope, segment_id: str, decision: str) -> Membership:
        found = real(scope, segment_id, decision)
        numbers = found.numbers
        numbers._where_criteria = numbers._where_criteria[:-1]
        distinct = numbers.group_by(numbers.selected_columns.contact_number)
        return replace(found, numbers=distinct)

    real = ranking.by_hand
    patch.setattr(tree, "by_hand", by_hand)


def places_go_to_those_taken_out(patch: Patch) -> None:
    """§1: who was taken out frees a place."""

    def ranked(scope: Scope, criteria: Criteria, _segment_id: str | None) -> Any:
        return real(scope, criteria, None)

    real = tree._ranked
    patch.setattr(tree, "_ranked", ranked)


def _ranked_by(patch: Patch, change: Callable[[Limit], Limit]) -> None:
    def first_of(scope: Scope, limit: Limit, ruled: Predicate) -> Membership:
        return real(scope, change(limit), ruled)

    real = ranking.first_of
    patch.setattr(tree, "first_of", first_of)


def missing_values_rank_first(patch: Patch) -> None:
    """§4.17: plain DESC puts NULL first."""
    patch.setattr(UnaryExpression, "nulls_last", cast("Any", UnaryExpression).nulls_first)


def one_place_more(patch: Patch) -> None:
    """§4.17: exactly N."""
    _ranked_by(patch, lambda limit: replace(limit, top_n=limit.top_n + 1))


def equals_of_the_last_are_cut(patch: Patch) -> None:
    """§4.17: `keep` takes everyone equal to the N-th."""
    _ranked_by(patch, lambda limit: replace(limit, ties="cut"))


def the_second_key_decides_nothing(patch: Patch) -> None:
    """§4.17: later keys order the equals of earlier ones."""
    _ranked_by(patch, lambda limit: replace(limit, order_by=limit.order_by[:1]))


def the_order_of_import_cuts_ties(patch: Patch) -> None:
    """§4.17: the contact's own key decides between equals."""
    patch.setattr(ranking, "own_key_order", lambda: (contacts.c.number,))


def _sorted_by(patch: Patch, change: Callable[[Operand], ColumnElement[Any] | None]) -> None:
    def sorted_by(worked: Worked) -> ColumnElement[Any]:
        changed = change(worked.operand)
        return real(worked) if changed is None else changed

    real = ranking._sorted_by
    patch.setattr(ranking, "_sorted_by", sorted_by)


def texts_rank_by_language(patch: Patch) -> None:
    """§4.17: text ranks by code point, whatever its case."""

    def folded(operand: Operand) -> ColumnElement[Any] | None:
        return operand.folded if operand.field.type is FieldType.TEXT else None

    _sorted_by(patch, folded)


def choices_rank_by_name(patch: Patch) -> None:
    """§4.17: an ordered choice ranks by its position."""

    def named(operand: Operand) -> ColumnElement[Any] | None:
        return operand.value.collate("C") if operand.field.type in TEXTS else None

    _sorted_by(patch, named)


def averages_rank_by_their_sum(patch: Patch) -> None:
    """§4.17: an average that is never divided is a sum."""
    _sorted_by(patch, lambda operand: operand.value if operand.factor is not None else None)


# Value against value ---------------------------------------------------------------------------------------------


def _comparing(patch: Patch, change: Callable[[CompareFields], CompareFields]) -> None:
    def compared(scope: Scope, node: CompareFields) -> Leaf:
        return compare.compare_fields(scope, change(node))

    as_leaf(patch, CompareFields, compared)


def an_offset_goes_the_other_way(patch: Patch) -> None:
    """§4.14: the right side is moved, not the left one."""

    def turned(node: CompareFields) -> CompareFields:
        offset = node.offset
        return node if offset is None else replace(node, offset=Offset(-offset.n, offset.unit))

    _comparing(patch, turned)


def a_factor_is_forgotten(patch: Patch) -> None:
    """§4.14: left against right × `times`."""
    _comparing(patch, lambda node: replace(node, times=None))


def scales_are_not_aligned(patch: Patch) -> None:
    """M7 §4.14: cents against thousandths."""

    def tens(_exponent: int) -> list[ColumnElement[Any]]:
        return []

    patch.setattr(compare, "_tens", tens)


def one_missing_side_is_zero(patch: Patch) -> None:
    """T07 §4.14: a right side that is missing counts as 0."""

    def numbers(left: Operand, right: Operand, times: Decimal | None) -> Any:
        return real(left, replace(right, value=func.coalesce(right.value, 0)), times)

    def without_right(*parts: Predicate) -> Predicate:
        return all_of(parts[0], *parts[2:])

    real = compare._numbers
    patch.setattr(compare, "_numbers", numbers)
    patch.setattr(compare, "all_of", without_right)


def two_texts_are_compared_exactly(patch: Patch) -> None:
    """T39 §4.14: two texts take `case`."""

    def texts(left: Operand, right: Operand, _case: object) -> Any:
        return left.value, right.value

    patch.setattr(compare, "_texts", texts)


def _sides(kind: FieldType) -> list[Side]:
    return [side for side in SIDES if side.field.type is kind and isinstance(side.value, FieldValue)]


_CONSENTS = asked(Documents.consent)
_SAMPLES = asked(Documents.sample, Documents.bucket)
_STORED = asked(Documents.segment, Documents.static_list)
_COMPARED = asked(Documents.compare_fields)

BUGS: dict[Callable[[Patch], None], Draw] = {
    a_topic_outlives_the_withdrawal: _CONSENTS,
    consent_of_this_very_moment_counts: _CONSENTS,
    the_first_consent_counts: _CONSENTS,
    equal_consents_go_by_the_wrong_number: _CONSENTS,
    no_record_is_nobody: _CONSENTS,
    stops_still_to_come_count: asked(Documents.reachable),
    a_sample_takes_one_bucket_more: _SAMPLES,
    keys_are_drawn_as_they_are_written: _SAMPLES,
    every_seed_draws_alike: _SAMPLES,
    bits_are_read_backwards: _STORED,
    in_all_means_in_any: _STORED,
    not_in_means_in: _STORED,
    old_runs_are_read: asked(Documents.segment),
    live_members_follow_our_calendar: asked(Documents.segment),
    live_members_without_their_limit: asked(Documents.segment),
    live_members_without_their_decisions: asked(Documents.segment),
    nobody_is_taken_out: whole,
    those_put_in_must_match: whole,
    ended_decisions_last: whole,
    places_go_to_those_taken_out: ranked(),
    missing_values_rank_first: ranked(),
    one_place_more: ranked(),
    equals_of_the_last_are_cut: ranked(),
    the_second_key_decides_nothing: ranked(),
    the_order_of_import_cuts_ties: ranked(),
    texts_rank_by_language: ranked(*_sides(FieldType.TEXT)),
    choices_rank_by_name: ranked(*_sides(FieldType.CHOICE)),
    averages_rank_by_their_sum: ranked(*(side for side in FIGURES if getattr(side.value, "function", "") == "avg")),
    an_offset_goes_the_other_way: _COMPARED,
    a_factor_is_forgotten: _COMPARED,
    scales_are_not_aligned: _COMPARED,
    one_missing_side_is_zero: _COMPARED,
    two_texts_are_compared_exactly: _COMPARED,
}
"""Each mistake, and the documents in which it must show."""
