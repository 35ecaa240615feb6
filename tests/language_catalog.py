"""A catalog that has everything the language can ask about, and short names for parts of trees."""

from __future__ import annotations

from datetime import UTC, datetime

from segment_engine.domain.catalog import (
    CampaignReference,
    Catalog,
    EventType,
    Field,
    FieldType,
    ListReference,
    Relation,
    SegmentReference,
)
from segment_engine.domain.criteria import AllContacts, Criteria, Group, GroupKind, SegmentMembership

AS_OF = datetime(2026, 4, 1, 12, tzinfo=UTC)
CHILD = "00000000-0000-4000-8000-00000000000a"
OTHER_CHILD = "00000000-0000-4000-8000-00000000000b"
LIST = "00000000-0000-4000-8000-0000000000c1"
OTHER_LIST = "00000000-0000-4000-8000-0000000000c2"
CAMPAIGN = "00000000-0000-4000-8000-0000000000d1"
OTHER_CAMPAIGN = "00000000-0000-4000-8000-0000000000d2"
EDITED = "00000000-0000-4000-8000-0000000000ee"
_DORMANT, _NEVER_RUN, _ONE, _TWO, _BACK = (f"00000000-0000-4000-8000-0000000000f{n}" for n in range(1, 6))
_LINKS = tuple(f"00000000-0000-4000-8000-00000000009{n}" for n in range(1, 5))

_SIZES = ("small", "medium", "large")
_EVERYONE = Criteria(Group(GroupKind.ALL, (AllContacts(),)))


def _keyed(*fields: Field) -> dict[str, Field]:
    return {field.key: field for field in fields}


def segment(segment_id: str, name: str, criteria: Criteria = _EVERYONE, *, state: str = "active") -> SegmentReference:
    """A segment that was calculated an hour before `AS_OF`."""
    calculated = datetime(2026, 4, 1, 11, tzinfo=UTC)
    return SegmentReference(segment_id, name, state, "success", criteria, "run", calculated, 10)


def members_of(segment_id: str) -> Criteria:
    """Criteria that ask for the members of one other segment."""
    return Criteria(Group(GroupKind.ALL, (SegmentMembership("in_any", (segment_id,)),)))


def _segments() -> tuple[SegmentReference, ...]:
    """Two good ones; one switched off, one never calculated, a circle of two, a way back, and a chain of four."""
    links = zip(_LINKS, (*_LINKS[1:], CHILD), range(1, 5), strict=True)
    return (
        segment(CHILD, "Regulars"),
        segment(OTHER_CHILD, "Newcomers"),
        segment(_DORMANT, "Dormant", state="inactive"),
        SegmentReference(_NEVER_RUN, "Never run", "active", "not_calculated", _EVERYONE),
        segment(_ONE, "Circle one", members_of(_TWO)),
        segment(_TWO, "Circle two", members_of(_ONE)),
        segment(_BACK, "Back again", members_of(EDITED)),
        *(segment(each, f"Link {number}", members_of(following)) for each, following, number in links),
    )


FIELDS = _keyed(
    Field("contact.city", "city", FieldType.TEXT, "city", "city_fold", source="crm"),
    Field("contact.code", "customer code", FieldType.TEXT, "text_2", source="crm"),  # only A-Z fold
    Field("contact.plan", "plan", FieldType.CHOICE, "text_3", "text_3_fold", values=("free", "Pro", "PRO")),
    Field("contact.size", "size", FieldType.CHOICE, "text_4", values=_SIZES, ordered=True),
    Field("contact.age", "age", FieldType.INTEGER, "number_1"),
    Field("contact.score", "score", FieldType.DECIMAL, "number_2", scale=3),
    Field("contact.income", "income", FieldType.MONEY, "number_3", scale=2, currency="EUR"),
    Field("contact.vip", "VIP", FieldType.BOOLEAN, "boolean_1"),
    Field("contact.birthday", "birthday", FieldType.DATE, "birthday"),
    Field("contact.renewal", "renewal day", FieldType.DATE, "date_1"),
    Field("contact.signed_up_at", "sign-up", FieldType.INSTANT, "signed_up_at"),
    Field("contact.seen_at", "last visit", FieldType.INSTANT, "instant_1"),
    Field("contact.tags", "tags", FieldType.SET, "set_1", "set_1_fold"),
    Field("contact.topics", "topics", FieldType.SET, "set_2", values=("news", "offers")),
)


def _properties(rows: str) -> dict[str, Field]:
    return _keyed(
        Field(f"{rows}.total", "total", FieldType.MONEY, "number_1", scale=2, currency="EUR"),
        Field(f"{rows}.items", "items", FieldType.INTEGER, "number_2"),
        Field(f"{rows}.channel", "channel", FieldType.TEXT, "text_1"),
        Field(f"{rows}.gift", "gift", FieldType.BOOLEAN, "boolean_1"),
        Field(f"{rows}.due", "due day", FieldType.DATE, "date_1"),
    )


def _event(key: str, label: str, number: int) -> EventType:
    return EventType(key, label, number, source="shop", fields=_properties(key), retention_days=400)


def _interaction(name: str, number: int) -> EventType:
    link = _keyed(Field(f"mail_{name}.link", "link", FieldType.TEXT, "text_1"))
    return EventType(f"mail_{name}", f"Mail {name}", number, source="mailer", interaction=name, fields=link)


CATALOG = Catalog(
    fields=FIELDS,
    events={
        "order_placed": _event("order_placed", "Order placed", 1),
        "cart_filled": _event("cart_filled", "Cart filled", 2),
        "visit": EventType("visit", "Visit", 3, date_only=True, source="shop", fields=_properties("visit")),
        **{f"mail_{name}": _interaction(name, 10 + n) for n, name in enumerate(("received", "opened", "clicked"))},
    },
    relations={
        "orders": Relation("orders", "Orders", 1, time=FieldType.INSTANT, source="shop", fields=_properties("orders")),
        "order_lines": Relation("order_lines", "Order lines", 2, parent="orders", fields=_properties("order_lines")),
    },
    segments={each.segment_id: each for each in _segments()},
    lists={LIST: ListReference(LIST, "Fair", 20), OTHER_LIST: ListReference(OTHER_LIST, "Board", 5)},
    campaigns={
        CAMPAIGN: CampaignReference(CAMPAIGN, "Spring"),
        OTHER_CAMPAIGN: CampaignReference(OTHER_CAMPAIGN, "Autumn"),
    },
)
