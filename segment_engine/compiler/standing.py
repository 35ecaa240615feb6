"""How a contact stands as of `as_of`: consent, and whether a channel reaches it.

Source: docs/criteria.md §4.10, §4.11.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, any_, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from segment_engine.compiler.binding import bound_instant, bound_text, bound_texts, plain
from segment_engine.compiler.brackets import all_of, any_of, opposite
from segment_engine.compiler.membership import Leaf, Membership, named
from segment_engine.compiler.scope import Scope
from segment_engine.compiler.tables import consents, contact_channels
from segment_engine.domain.criteria import Consent, Reachable

_NO_RECORD = "no_record"


def consent(scope: Scope, node: Consent) -> Leaf:
    """Compile the state of consent; who has no record appears in no statement over records.

    Source: docs/criteria.md §4.10.
    """
    wanted = node.op == "state_is"
    if _NO_RECORD in node.states:
        return Leaf(Membership(_in_state(scope, node, listed=False), inside=not wanted, may_lead=False))
    return Leaf(Membership(_in_state(scope, node, listed=True), inside=wanted, may_lead=False))


def _in_state(scope: Scope, node: Consent, *, listed: bool) -> Select[Any]:
    """Select the numbers of those whose state is, or is not, listed; all of them have a record that counts."""
    latest = _latest(scope, node.channel, node.topic).subquery(named("latest"))
    number = latest.c.contact_number
    states = any_(bound_texts(node.states, name="states"))
    if node.topic is None:
        is_listed = all_of(latest.c.state == states)
        return select(number).where(is_listed if listed else opposite(is_listed))
    # At most one record of the channel and one of the topic are left: max() only picks it.
    whole = func.max(latest.c.state).filter(latest.c.topic.is_(None))
    special = func.max(latest.c.state).filter(latest.c.topic.is_not(None))
    withdrawn = bound_text("withdrawn", name="withdrawn")
    state = case((whole == withdrawn, withdrawn), else_=func.coalesce(special, whole, type_=Text()))
    is_listed = all_of(state == states)
    return select(number).group_by(number).having(is_listed if listed else opposite(is_listed))


def _latest(scope: Scope, channel: str, topic: str | None) -> Select[Any, Any, Any]:
    """Select contact_number, topic and state of the latest records before `as_of`: of the channel, and of the topic.

    Measured: collected before they are sorted, 4 times as fast as in the order of the key.
    """
    general = consents.c.topic.is_(None)
    columns = ("contact_number", "topic", "state", "recorded_at", "consent_number")
    collected = select(*(consents.c[name] for name in columns)).where(
        *scope.within(consents),
        consents.c.channel == bound_text(channel, name="channel"),
        consents.c.recorded_at < bound_instant(scope.clock.as_of, name="as_of"),
        general if topic is None else any_of(general, consents.c.topic == bound_text(topic, name="topic")),
    )
    records = collected.offset(plain(0)).subquery(named("records"))
    number, about = records.c.contact_number, records.c.topic
    return (
        select(number, about, records.c.state)
        .ext(distinct_on(number, about))
        .order_by(number, about, records.c.recorded_at.desc(), records.c.consent_number.desc())
    )


def reachable(scope: Scope, node: Reachable) -> Leaf:
    """Compile an address, marked valid, with consent for the whole channel, and nothing that stops it.

    Source: docs/criteria.md §4.11.
    """
    consenting = _in_state(scope, Consent(node.channel, "state_is", ("granted",)), listed=True).subquery(
        named("consenting")
    )
    stopped_at = contact_channels.c.suppressed_at
    as_of = bound_instant(scope.earlier.now or scope.clock.as_of, name="as_of")
    not_stopped: ColumnElement[bool] = any_of(stopped_at.is_(None), stopped_at >= as_of)
    numbers = (
        select(contact_channels.c.contact_number)
        .join(consenting, consenting.c.contact_number == contact_channels.c.contact_number)
        .where(
            *scope.within(contact_channels),
            contact_channels.c.channel == bound_text(node.channel, name="channel"),
            contact_channels.c.address.is_not(None),
            contact_channels.c.address_valid,
            not_stopped,
        )
    )
    return Leaf(Membership(numbers, inside=node.op == "is_reachable", may_lead=False))
