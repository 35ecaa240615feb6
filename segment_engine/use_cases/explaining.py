"""Why one contact is a member: the compiled answers of every node, and what was read of the contact to say why."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from segment_engine.compiler.places import place_in_order
from segment_engine.db import evidence, members, overrides
from segment_engine.db.session import Transaction
from segment_engine.domain.criteria import Condition, SegmentMembership
from segment_engine.domain.evaluate.records import Population
from segment_engine.domain.explanation import Explanation, HandDecision, Standing
from segment_engine.domain.explanation.needs import leaves, needs_of
from segment_engine.domain.explanation.rows import Seen
from segment_engine.domain.explanation.sentence import membership_sentence
from segment_engine.domain.explanation.tree import Answer, Telling, ahead_text, condition_words, explain_tree
from segment_engine.domain.flips.ahead import Ahead, look_ahead
from segment_engine.domain.overrides import Decision, Override
from segment_engine.errors import NotFound
from segment_engine.use_cases.asking import Asked
from segment_engine.use_cases.contact_records import Reader

LONGEST_SECONDS = 5.0
NO_CONTACT = "There is no contact with this key. Check it letter by letter; keys are exact."


def find_number(transaction: Transaction, organization_id: int, contact: str | int) -> int:
    """Find a contact of the base by its own key, or by its number. Raises: NotFound."""
    if isinstance(contact, str):
        number = members.contact_number(transaction, organization_id, contact)
    else:
        number = contact if evidence.own_key(transaction, organization_id, contact) is not None else None
    if number is None:
        raise NotFound(NO_CONTACT)
    return number


def explain(asked: Asked, number: int) -> Explanation:
    """Explain one contact of the base. Raises: NotFound, Unresolved, LimitExceeded."""
    # The limit is left to the standing: where the tree does not hold, nobody need be ranked.
    analysis = asked.analysis(asked.unlimited(), among=[number])
    row = asked.must(analysis.answers(), seconds=LONGEST_SECONDS)
    asked.transaction.limit_statements(seconds=int(LONGEST_SECONDS))
    answers = {
        path: Answer(getattr(row, f"holds_{place}"), getattr(row, f"missing_{place}"))
        for place, path in enumerate(analysis.paths)
    }
    seen = _seen(asked, number)
    words = {path: condition_words(leaf, seen) for path, leaf in leaves(asked.criteria.root)}
    ahead = _ahead(asked, seen, answers)
    root = explain_tree(Telling(asked.criteria, answers, words, seen, ahead))
    hand = _by_hand(asked, number)
    by_hand = None if hand is None else hand.decision
    standing = _standing(asked, number, is_ranked=row.holds_0 and by_hand != Decision.TAKEN_OUT)
    member = row.member and (standing is None or standing.inside or by_hand == Decision.PUT_IN)
    sentence = membership_sentence(asked.criteria, root, hand, standing, member=member)
    change = ahead.changes.get(root.path)
    return Explanation(
        seen.record.key, number, asked.as_of, member, sentence, root, changes_at=None if change is None else change.at,
        changes_text=ahead_text(ahead, asked.criteria), by_hand=hand, standing=standing,
    )  # fmt: skip


def _seen(asked: Asked, number: int) -> Seen:
    reader = Reader(asked.transaction, asked.organization_id, asked.catalog, number)
    read = reader.read(needs_of(asked.criteria, asked.catalog))
    if read is None:
        raise NotFound(NO_CONTACT)
    record, cut = read
    named = {row.campaign for row in record.events if row.campaign is not None}
    campaigns = evidence.campaign_names(asked.transaction, asked.organization_id, named)
    return Seen(record, asked.catalog, asked.criteria.calendar, asked.as_of, cut, campaigns)


def _ahead(asked: Asked, seen: Seen, answers: Mapping[str, Answer]) -> Ahead:
    tree = dict(leaves(asked.criteria.root))
    unknowable = frozenset(path for path, leaf in tree.items() if not _is_foreseeable(asked, seen, leaf))
    return look_ahead(
        asked.criteria, seen.record, catalog=asked.catalog, as_of=asked.as_of,
        holds={path: answers[path].holds for path in tree}, unknowable=unknowable,
        population=Population({1: seen.record}),
    )  # fmt: skip


def _is_foreseeable(asked: Asked, seen: Seen, leaf: Condition) -> bool:
    """Tell whether one contact's data decides a condition, now and later."""
    if not isinstance(leaf, SegmentMembership) or leaf.members != "live":
        return seen.is_whole(leaf)
    return not seen.cut and all(_is_own_matter(asked, seen, segment_id) for segment_id in leaf.segments)


def _is_own_matter(asked: Asked, seen: Seen, segment_id: str) -> bool:
    """Tell whether membership of a segment depends on nobody else and on no decision by hand."""
    child = asked.catalog.segments.get(segment_id)
    if child is None or child.criteria is None or child.criteria.limit is not None:
        return False
    by_hand = overrides.count_open(asked.transaction, asked.organization_id, UUID(segment_id))
    return not any(by_hand.values()) and all(
        _is_foreseeable(asked, seen, below) for _, below in leaves(child.criteria.root)
    )


# Members by hand and the limit -----------------------------------------------------------------------------------


def _by_hand(asked: Asked, number: int) -> HandDecision | None:
    if asked.segment_id is None:
        return None
    found = overrides.find(asked.transaction, asked.organization_id, asked.segment_id, contact_number=number)
    return _decision(found[0]) if found else None


def _decision(override: Override) -> HandDecision:
    return HandDecision(override.decision.value, override.reason, override.created_at, override.created_by)


def _standing(asked: Asked, number: int, *, is_ranked: bool) -> Standing | None:
    limit = asked.criteria.limit
    if limit is None:
        return None
    if not is_ranked:
        return Standing(limit.top_n, None, None, inside=False)
    statement = place_in_order(
        asked.criteria, limit, catalog=asked.catalog, organization_id=asked.organization_id, as_of=asked.as_of,
        segment_id=asked.segment_id, number=number,
    )  # fmt: skip
    found = asked.must(statement, seconds=LONGEST_SECONDS)
    # Equals of the last one may stand behind it and still be kept.
    inside = (found.rank if limit.ties == "keep" else found.place) <= limit.top_n
    return Standing(limit.top_n, found.place, found.ranked, inside=inside)
