"""The twelve templates: filled in from what there is, and honest about what is missing."""

from __future__ import annotations

import pytest

from pages.templates import templates
from segment_engine import Catalog, EventType, Field, FieldType, parse_criteria
from tests.criteria_catalog import CATALOG

NAMES = (
    "Recently active", "New sign-ups", "First-time buyers", "Big spenders", "Lapsed customers", "Never bought",
    "Abandoned cart", "Birthday this week", "Engaged with campaigns", "Not opened in 90 days", "Reachable with consent",
    "Win back",
)  # fmt: skip


def _keyed(*fields: Field) -> dict[str, Field]:
    return {field.key: field for field in fields}


WHOLE = Catalog(
    fields=_keyed(
        Field("contact.email", "Email", FieldType.TEXT, "email"),
        Field("contact.birthday", "Birthday", FieldType.DATE, "birthday"),
        Field("contact.signed_up_at", "Signed up", FieldType.INSTANT, "signed_up_at"),
    ),
    events={
        "cart_filled": EventType("cart_filled", "cart filled", 1),
        "email_opened": EventType("email_opened", "e-mail opened", 2, interaction="opened"),
        "email_received": EventType("email_received", "e-mail received", 3, interaction="received"),
        "order_cancelled": EventType("order_cancelled", "order cancelled", 4),
        "order_placed": EventType(
            "order_placed", "order placed", 5,
            fields=_keyed(Field("order_placed.total", "total", FieldType.MONEY, "number_1", scale=2, currency="EUR")),
        ),
        "page_viewed": EventType("page_viewed", "page viewed", 6),
    },
)  # fmt: skip


def test_there_are_twelve() -> None:
    """The audiences asked for most, each once."""
    assert tuple(each.name for each in templates(WHOLE)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_a_document_that_can_be_read(name: str) -> None:
    """Filled in from a catalog that has everything, no question is left open."""
    (template,) = (each for each in templates(WHOLE) if each.name == name)
    assert template.document is not None, template.needs
    assert parse_criteria(template.document, WHOLE)


def test_templates_fit_any_catalog() -> None:
    """Whatever is offered can be read, also where the catalog was made for something else."""
    for template in templates(CATALOG):
        if template.document is not None:
            assert parse_criteria(template.document, CATALOG)


def test_what_is_missing_is_named() -> None:
    """Without data a template says what it needs, and offers nothing that would find nobody."""
    needs = {each.name: each.needs for each in templates(Catalog())}
    assert all(each.document is None for each in templates(Catalog()))
    assert needs["Birthday this week"] == "a birthday"
    assert needs["Not opened in 90 days"] == "campaign history of what was received"
    assert all(needs.values())


def test_a_cancelled_order_is_no_purchase() -> None:
    """Names are read with care: the event with an amount is the purchase."""
    (lapsed,) = (each for each in templates(WHOLE) if each.name == "Lapsed customers")
    assert lapsed.document is not None
    assert lapsed.document["root"]["of"][0]["event"] == "order_placed"
