"""A catalog with a field of every type, shared by the tests of the criteria language."""

from __future__ import annotations

from segment_engine.domain.catalog import Catalog, EventType, Field, FieldType

_SIZES = ("small", "medium", "large", "10")


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
    )


CATALOG = Catalog(
    fields=_contact_fields(),
    events={
        "order_placed": EventType("order_placed", "Order placed", 1, fields=_properties("order_placed")),
        "visit": EventType("visit", "Visit", 2, date_only=True, fields=_properties("visit")),
    },
)
