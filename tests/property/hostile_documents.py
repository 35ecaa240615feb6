"""Criteria drawn at random for a world of hostile data: every kind, operator, type and value shape, and limits."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from segment_engine.domain.criteria import AllContacts, Calendar, Condition, Criteria, Group, GroupKind, Node
from segment_engine.domain.limits import SEQUENCES
from tests.property.hostile_conditions import DrawnConditions
from tests.property.hostile_data import World


class Documents(DrawnConditions):
    """Draws criteria around the bounds at which the values of one world were placed."""

    def __init__(self, rng: Random, world: World) -> None:
        super().__init__(rng, world)
        self._sequences = 0
        # Kinds with most to go wrong stand here several times.
        self._kinds: tuple[Callable[[], Condition], ...] = (
            *(self.event, self.event, self.aggregate, self.aggregate, self.aggregate, self.event_time),
            *(self.event_has, self.event_has, self.sequence, self.sequence, self.campaign, self.campaign),
            *(self.related, self.related, self.related, self.compare_fields, self.compare_fields, self.segment),
            *(self.static_list, self.consent, self.reachable, self.sample, self.bucket),
        )

    def criteria(self) -> Criteria:
        """Draw one document with one to eight conditions, and every tenth time a limit."""
        rng = self.rng
        self._sequences = 0
        calendar = Calendar(
            time_zone=self.world.zone,
            week_starts_on=rng.choice(("monday", "sunday", "saturday")),
            fiscal_year_start_month=rng.randint(1, 12),
            leap_day=rng.choice(("feb_28", "mar_1")),
        )
        return Criteria(self._group(2), calendar, self.limit() if rng.random() < 0.1 else None)

    def _group(self, levels: int) -> Group:
        rng = self.rng
        children: list[Node] = []
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            deeper = levels > 0 and rng.random() < 0.25
            children.append(self._group(levels - 1) if deeper else self.condition())
        kind = rng.choice(tuple(GroupKind))
        return Group(kind, tuple(children), k=rng.randint(1, len(children)) if kind is GroupKind.AT_LEAST else None)

    def condition(self) -> Condition:
        """Draw one condition of any kind."""
        chance = self.rng.random()
        if chance < 0.02:
            return AllContacts()
        if chance < 0.35:
            return self.attribute()
        kind = self.rng.choice(self._kinds)
        if kind == self.sequence:
            self._sequences += 1
            if self._sequences > SEQUENCES:
                return self.attribute()
        return kind()
