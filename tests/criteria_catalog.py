"""A catalog with a field of every type and a row of every kind, shared by the tests of the criteria language."""

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
from segment_engine.domain.criteria import AllContacts, Criteria, Group, GroupKind

_SIZES = ("small", "medium", "large", "10")
SEGMENTS = tuple(f"5a0c1f0e-0000-4000-8000-00000000000{n}" for n in range(1, 4))
LISTS = tuple(f"0f2b6f52-0000-4000-8000-00000000000{n}" for n in range(1, 3))
CAMPAIGNS = tuple(f"9d1a4c1e-0000-4000-8000-00000000000{n}" for n in range(1, 4))


def _keyed(*fields: Field) -> dict[str, Field]:
    return {field.key: field for field in fields}


def _contact_fields() -> dict[str, Field]:
    return _keyed(
        Field("contact.city", "city", FieldType.TEXT, "city", fold_column="city_fold"),
        Field("contact.nickname", "nickname", FieldType.TEXT, "text_1", fold_column="text_1_fold"),
        Field("contact.code", "customer code", FieldType.TEXT, "text_2"),  # no folded twin: only A-Z fold
        Field("contact.plan", "plan", FieldType.CHOICE, "text_3", values=("free", "Pro", "ünlimited")),
        Field("contact.size", "size", FieldType.CHOICE, "text_4", values=_SIZES, ordered=True),
        Field("contact.age", "age", FieldType.INTEGER, "number_1"),
        Field("contact.score", "score", FieldType.DECIMAL, "number_2", scale=3),
        Field("contact.income", "income", FieldType.MONEY, "number_3", scale=2, currency="EUR"),
        Field("contact.vip", "VIP", FieldType.BOOLEAN, "boolean_1"),
        Field("contact.birthday", "birthday", FieldType.DATE, "birthday"),
        Field("contact.renewal", "renewal day", FieldType.DATE, "date_1"),
        Field("contact.signed_up_at", "sign-up", FieldType.INSTANT, "signed_up_at"),
        Field("contact.last_seen_at", "last visit", FieldType.INSTANT, "instant_1"),
        Field("contact.tags", "tags", FieldType.SET, "set_1", fold_column="set_1_fold"),
        Field("contact.sizes", "sizes", FieldType.SET, "set_2", values=_SIZES),
        Field("contact.old_size", "former size", FieldType.CHOICE, "text_5", values=_SIZES, ordered=True),
        Field("contact.budget", "budget", FieldType.MONEY, "number_4", scale=0, currency="JPY"),
        Field("contact.health", "state of health", FieldType.TEXT, "text_6", sensitive=True),
    )


def _properties(event: str) -> dict[str, Field]:
    return _keyed(
        Field(f"{event}.total", "total", FieldType.MONEY, "number_1", scale=2, currency="EUR"),
        Field(f"{event}.items", "items", FieldType.INTEGER, "number_2"),
        Field(f"{event}.weight", "weight", FieldType.DECIMAL, "number_3", scale=3),
        Field(f"{event}.channel", "channel", FieldType.TEXT, "text_1"),
        Field(f"{event}.status", "status", FieldType.CHOICE, "text_2", values=("open", "Paid", "returned")),
        Field(f"{event}.size", "size", FieldType.CHOICE, "text_3", values=_SIZES, ordered=True),
        Field(f"{event}.gift", "gift", FieldType.BOOLEAN, "boolean_1"),
        Field(f"{event}.due", "due day", FieldType.DATE, "date_1"),
        Field(f"{event}.paid_at", "payment", FieldType.INSTANT, "instant_1"),
        Field(f"{event}.labels", "labels", FieldType.SET, "set_1"),
        Field(f"{event}.illness", "illness", FieldType.INTEGER, "number_4", sensitive=True),
    )


def _history(interaction: str, number: int) -> EventType:
    link = Field(f"{interaction}.link", "link", FieldType.TEXT, "text_1")
    return EventType(interaction, interaction.capitalize(), number, fields=_keyed(link), interaction=interaction)


def _relations() -> dict[str, Relation]:
    total = Field("orders.total", "total", FieldType.MONEY, "number_1", scale=2, currency="EUR")
    state = Field("orders.state", "state", FieldType.CHOICE, "text_1", values=("open", "closed"))
    sku = Field("order_lines.sku", "article", FieldType.TEXT, "text_1")
    quantity = Field("order_lines.quantity", "quantity", FieldType.INTEGER, "number_1")
    amount = Field("payments.amount", "amount", FieldType.MONEY, "number_1", scale=2, currency="EUR")
    name = Field("pets.name", "name", FieldType.TEXT, "text_1")
    born = Field("pets.born", "date of birth", FieldType.DATE, "date_1")
    return {
        relation.key: relation
        for relation in (
            Relation("orders", "Orders", 1, time=FieldType.INSTANT, fields=_keyed(total, state)),
            Relation("order_lines", "Order lines", 2, parent="orders", fields=_keyed(sku, quantity)),
            Relation("payments", "Payments", 3, parent="orders", time=FieldType.DATE, fields=_keyed(amount)),
            Relation("pets", "Pets", 4, fields=_keyed(name, born)),
        )
    }


def _segments() -> dict[str, SegmentReference]:
    everyone = Criteria(Group(GroupKind.ALL, (AllContacts(),)))
    as_of = datetime(2026, 3, 31, 12, tzinfo=UTC)
    return {
        key: SegmentReference(key, f"Segment {n}", "active", "success", everyone, f"run-{n}", as_of, 10 * n)
        for n, key in enumerate(SEGMENTS, start=1)
    }


CATALOG = Catalog(
    fields=_contact_fields(),
    events={
        "order_placed": EventType("order_placed", "Order placed", 1, fields=_properties("order_placed")),
        "visit": EventType("visit", "Visit", 2, date_only=True, fields=_properties("visit")),
        **{key: _history(key, number) for number, key in enumerate(("received", "opened", "clicked"), start=3)},
    },
    relations=_relations(),
    segments=_segments(),
    lists={key: ListReference(key, f"List {n}", 10 * n) for n, key in enumerate(LISTS, start=1)},
    campaigns={key: CampaignReference(key, f"Campaign {n}") for n, key in enumerate(CAMPAIGNS, start=1)},
)
