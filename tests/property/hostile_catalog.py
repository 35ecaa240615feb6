"""What can be asked of the hostile worlds: a field of every type, rows of every kind, and rows nobody asks for."""

from __future__ import annotations

from segment_engine.domain.catalog import Catalog, EventType, Field, FieldType, Relation

PLANS = ("free", "Free", "paid", "déjà", "a%b", "\U0001d52dro")
SIZES = ("small", "Middle", "LARGE", "äußerst", "x_l")


def _by_key(*fields: Field) -> dict[str, Field]:
    return {field.key: field for field in fields}


def _contact_fields() -> dict[str, Field]:
    return _by_key(
        Field("contact.city", "city", FieldType.TEXT, "city", fold_column="city_fold"),
        Field("contact.nick", "nick", FieldType.TEXT, "text_1", fold_column="text_1_fold"),
        Field("contact.code", "code", FieldType.TEXT, "text_2"),
        Field("contact.plan", "plan", FieldType.CHOICE, "text_3", fold_column="text_3_fold", values=PLANS),
        Field("contact.size", "size", FieldType.CHOICE, "text_4", values=SIZES, ordered=True),
        Field("contact.age", "age", FieldType.INTEGER, "number_1"),
        Field("contact.rate", "rate", FieldType.DECIMAL, "number_2", scale=3),
        Field("contact.income", "income", FieldType.MONEY, "number_3", scale=2, currency="EUR"),
        Field("contact.vip", "vip", FieldType.BOOLEAN, "boolean_1"),
        Field("contact.birthday", "birthday", FieldType.DATE, "birthday"),
        Field("contact.renewal", "renewal", FieldType.DATE, "date_1"),
        Field("contact.signed_up_at", "signed up", FieldType.INSTANT, "signed_up_at"),
        Field("contact.seen_at", "seen", FieldType.INSTANT, "instant_1"),
        Field("contact.tags", "tags", FieldType.SET, "set_1", fold_column="set_1_fold"),
        Field("contact.codes", "codes", FieldType.SET, "set_2"),
        Field("contact.sizes", "sizes", FieldType.SET, "set_3", values=SIZES),
        Field("contact.old_plan", "former plan", FieldType.CHOICE, "text_5", values=PLANS),
        Field("contact.want", "wanted size", FieldType.CHOICE, "text_6", values=SIZES, ordered=True),
        Field("contact.bonus", "bonus", FieldType.INTEGER, "number_4"),
        Field("contact.spent", "spent", FieldType.MONEY, "number_5", scale=2, currency="EUR"),
    )


def _orders() -> EventType:
    fields = _by_key(
        Field("order.total", "total", FieldType.MONEY, "number_1", scale=2, currency="EUR"),
        Field("order.items", "items", FieldType.INTEGER, "number_2"),
        Field("order.weight", "weight", FieldType.DECIMAL, "number_3", scale=4),
        Field("order.channel", "channel", FieldType.TEXT, "text_1"),
        Field("order.status", "status", FieldType.CHOICE, "text_2", values=SIZES, ordered=True),
        Field("order.gift", "gift", FieldType.BOOLEAN, "boolean_1"),
        Field("order.due", "due", FieldType.DATE, "date_1"),
        Field("order.paid_at", "paid", FieldType.INSTANT, "instant_1"),
        Field("order.labels", "labels", FieldType.SET, "set_1", fold_column="set_1_fold"),
        Field("order.sizes", "sizes", FieldType.SET, "set_2", values=SIZES),
    )
    return EventType("order", "order", 1, fields=fields)


def _events() -> tuple[EventType, ...]:
    pages = Field("visit.pages", "pages", FieldType.INTEGER, "number_1")
    page = Field("visit.page", "page", FieldType.TEXT, "text_1")
    link = Field("opened.link", "link", FieldType.TEXT, "text_1")
    # Never asked for: its rows must never be seen, though they fill the same columns.
    total = Field("noise.total", "total", FieldType.INTEGER, "number_1")
    channel = Field("noise.channel", "channel", FieldType.TEXT, "text_1")
    return (
        _orders(),
        EventType("visit", "visit", 2, date_only=True, fields=_by_key(pages, page)),
        EventType("noise", "noise", 3, fields=_by_key(total, channel)),
        EventType("received", "received", 4, interaction="received"),
        EventType("opened", "opened", 5, fields=_by_key(link), interaction="opened"),
        EventType("bounced", "bounced", 6, date_only=True, interaction="bounced"),
    )


def _relations() -> tuple[Relation, ...]:
    purchases = _by_key(
        Field("purchases.total", "total", FieldType.MONEY, "number_1", scale=2, currency="EUR"),
        Field("purchases.state", "state", FieldType.CHOICE, "text_1", values=PLANS),
        Field("purchases.paid", "paid", FieldType.BOOLEAN, "boolean_1"),
        Field("purchases.due", "due", FieldType.DATE, "date_1"),
    )
    lines = _by_key(
        Field("lines.sku", "article", FieldType.TEXT, "text_1"),
        Field("lines.size", "size", FieldType.CHOICE, "text_2", values=SIZES, ordered=True),
        Field("lines.quantity", "quantity", FieldType.INTEGER, "number_1"),
        Field("lines.made_at", "made", FieldType.INSTANT, "instant_1"),
    )
    returns = _by_key(
        Field("returns.weight", "weight", FieldType.DECIMAL, "number_1", scale=4),
        Field("returns.reason", "reason", FieldType.TEXT, "text_1"),
    )
    pets = _by_key(
        Field("pets.name", "name", FieldType.TEXT, "text_1"),
        Field("pets.born", "born", FieldType.DATE, "date_1"),
        Field("pets.price", "price", FieldType.MONEY, "number_1", scale=2, currency="EUR"),
    )
    # Never asked for, like the event type noise.
    shadows = _by_key(Field("shadows.name", "name", FieldType.TEXT, "text_1"))
    return (
        Relation("purchases", "purchases", 1, time=FieldType.INSTANT, fields=purchases),
        Relation("lines", "lines", 2, parent="purchases", fields=lines),
        Relation("returns", "returns", 3, parent="purchases", time=FieldType.DATE, fields=returns),
        Relation("pets", "pets", 4, fields=pets),
        Relation("shadows", "shadows", 5, parent="purchases", time=FieldType.INSTANT, fields=shadows),
    )


CATALOG = Catalog(
    fields=_contact_fields(),
    events={event.key: event for event in _events()},
    relations={relation.key: relation for relation in _relations()},
)
