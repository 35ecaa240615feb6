"""What a contact is, for an explanation: member of segments and lists, consenting, reachable, drawn into a sample."""

from __future__ import annotations

from segment_engine.domain.criteria import (
    Bucket,
    Condition,
    Consent,
    ListMembership,
    Reachable,
    Sample,
    SegmentMembership,
)
from segment_engine.domain.describe.references import segment_name
from segment_engine.domain.describe.times import instant_text
from segment_engine.domain.describe.values import number_text
from segment_engine.domain.evaluate.reading import is_present
from segment_engine.domain.evaluate.standing import bucket_of, consent_state
from segment_engine.domain.evaluate.times import read_clock
from segment_engine.domain.explanation import Fact
from segment_engine.domain.explanation.rows import Seen

_STATES = {"no_record": "not on record"}
_Words = tuple[tuple[Fact, ...], tuple[str, ...]]


def standing(leaf: Condition, seen: Seen, *, holds: bool) -> _Words:
    """Give the facts and what would change the answer, for conditions that look at no rows."""
    match leaf:
        case SegmentMembership():
            return _segments(leaf, seen, holds=holds)
        case ListMembership(op, lists):
            names = [f"“{found.name}”" if (found := seen.catalog.lists.get(list_id)) else list_id for list_id in lists]
            inside = [list_id in seen.record.lists for list_id in lists]
            return _memberships(op, names, inside, "list", holds=holds)
        case Consent():
            return _consent(leaf, seen, holds=holds)
        case Reachable():
            return _reachable(leaf, seen, holds=holds)
        case Sample() | Bucket():
            return _drawn(leaf, seen)
        case _:
            return (), ("holds for every contact",)


def _segments(leaf: SegmentMembership, seen: Seen, *, holds: bool) -> _Words:
    names = [segment_name(segment_id, seen.catalog) for segment_id in leaf.segments]
    if leaf.members == "live":
        # Who is a live member was worked out with everyone; here only the outcome is known.
        return (), (f"follows the criteria of {', '.join(names)} as they are now",)
    inside = [segment_id in seen.record.segments for segment_id in leaf.segments]
    return _memberships(leaf.op, names, inside, "segment", holds=holds)


def _memberships(op: str, names: list[str], inside: list[bool], noun: str, *, holds: bool) -> _Words:
    facts = tuple(
        Fact(f"{noun} {name}", "member" if member else "not a member")
        for name, member in zip(names, inside, strict=True)
    )
    others = [name for name, member in zip(names, inside, strict=True) if not member]
    within = [name for name, member in zip(names, inside, strict=True) if member]
    enter = {
        "in_any": f"needs membership of {_either(names)}",
        "in_all": f"needs membership of {_both(others)}",
        "not_in_any": f"needs to leave {_both(within)}",
        "not_in_all": f"needs to leave {_either(names)}",
    }
    leave = {
        "in_any": f"no longer holds once the contact leaves {_both(within)}",
        "in_all": f"no longer holds once the contact leaves {_either(names)}",
        "not_in_any": f"no longer holds once the contact enters {_either(names)}",
        "not_in_all": f"no longer holds once the contact enters {_both(others)}",
    }
    return facts, ((leave if holds else enter)[op],)


def _either(names: list[str]) -> str:
    return " or ".join(names)


def _both(names: list[str]) -> str:
    return " and ".join(names)


def _consent(leaf: Consent, seen: Seen, *, holds: bool) -> _Words:
    state = consent_state(seen.record, leaf.channel, leaf.topic, read_clock(seen.as_of, seen.calendar))
    topic = "" if leaf.topic is None else f" about “{leaf.topic}”"
    subject = f"consent for {leaf.channel}{topic}"
    wanted = _either([_STATES.get(each, each) for each in leaf.states])
    turns = "is no longer" if (leaf.op == "state_is") is holds else "is"
    flip = f"{'no longer holds' if holds else 'holds'} once {subject} {turns} {wanted}"
    return (Fact(subject, _STATES.get(state, state)),), (flip,)


def _reachable(leaf: Reachable, seen: Seen, *, holds: bool) -> _Words:
    clock = read_clock(seen.as_of, seen.calendar)
    held = seen.record.channels.get(leaf.channel)
    address = held.address if held is not None and is_present(held.address) else None
    state = consent_state(seen.record, leaf.channel, None, clock)
    stopped = held.suppressed_at if held is not None else None
    is_stopped = stopped is not None and stopped < seen.as_of
    facts = (
        Fact(f"{leaf.channel} address", None if address is None else f"“{address}”"),
        Fact("address valid", None if address is None or held is None else "yes" if held.valid else "no"),
        Fact(f"consent for {leaf.channel}", _STATES.get(state, state)),
        Fact("stopped", instant_text(stopped, seen.calendar) if stopped is not None and is_stopped else "no"),
    )
    lacking = [
        words
        for words, open_gate in (
            ("an address", address is not None),
            ("a valid address", address is None or (held is not None and held.valid)),
            ("consent that is granted", state == "granted"),
            ("its stop to be lifted", not is_stopped),
        )
        if not open_gate
    ]
    reached = holds is (leaf.op == "is_reachable")
    if reached:
        return facts, ("reached as long as the address is valid, consent is granted and nothing stops it",)
    return facts, (f"to be reached, it needs {_both(lacking)}",)


def _drawn(leaf: Sample | Bucket, seen: Seen) -> _Words:
    bucket = bucket_of(seen.record.key, leaf.seed)
    last = int(leaf.percent * 100) if isinstance(leaf, Sample) else leaf.end
    first = 0 if isinstance(leaf, Sample) else leaf.start
    fact = Fact("bucket", f"{number_text(bucket)} of 10,000")
    flip = f"never changes for this contact: buckets {number_text(first)} to {number_text(last - 1)} are taken"
    return (fact,), (flip,)
