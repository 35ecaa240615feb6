"""Attributes in the reference evaluator, worked out by hand from the paper: text, choices, numbers, missing."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest

from segment_engine.domain.catalog import Catalog, Field, FieldType
from segment_engine.domain.criteria import (
    Attribute,
    Case,
    Criteria,
    Group,
    GroupKind,
    LiteralRange,
    Node,
    OnMissing,
    Test,
    Value,
)
from segment_engine.domain.evaluate import ContactRecord, evaluate
from segment_engine.domain.evaluate.values import Stored
from segment_engine.domain.operators import operators_for
from segment_engine.errors import Unresolved
from tests.unit.test_evaluate_times import at

_SIZES = ("small", "middle", "large")
FIELDS = (
    Field("contact.city", "city", FieldType.TEXT, "city", fold_column="city_fold"),
    Field("contact.code", "code", FieldType.TEXT, "text_1"),
    Field("contact.size", "size", FieldType.CHOICE, "text_2", values=_SIZES, ordered=True),
    Field("contact.plan", "plan", FieldType.CHOICE, "text_3", values=("free", "paid")),
    Field("contact.age", "age", FieldType.INTEGER, "number_1"),
    Field("contact.rate", "rate", FieldType.DECIMAL, "number_2", scale=3),
    Field("contact.income", "income", FieldType.MONEY, "number_3", scale=2, currency="EUR"),
    Field("contact.vip", "vip", FieldType.BOOLEAN, "boolean_1"),
)
CATALOG = Catalog(fields={field.key: field for field in FIELDS})
AS_OF = at("2026-03-29T10:00Z")


def asked(root: Node, **values: Stored | None) -> bool:
    """Ask a condition or group of a contact with these values (without the prefix of their keys)."""
    group = root if isinstance(root, Group) else Group(GroupKind.ALL, (root,))
    record = ContactRecord({f"contact.{key}": value for key, value in values.items()})
    return evaluate(Criteria(group), record, catalog=CATALOG, as_of=AS_OF)


def holds(
    field: str,
    op: str,
    value: Value,
    stored: Stored | None,
    *,
    case: Case | None = None,
    on_missing: OnMissing | None = None,
) -> bool:
    """Ask one operator of one stored value."""
    return asked(Attribute(f"contact.{field}", Test(op, value, case, on_missing)), **{field: stored})


# Missing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "blank", [None, "", " ", "\t\n\v\f\r ", "\u00a0\u1680\u2009", "\u2028\u2029\u202f\u205f\u3000\ufeff"]
)
def test_blank_text_is_missing(blank: str | None) -> None:
    """T03 T04: nothing left after trimming the blanks of the paper is missing, for every text operator."""
    assert not holds("city", "is_set", None, blank)
    assert holds("city", "is_not_set", None, blank)
    assert holds("city", "not_equals", "Gent", blank)
    assert not holds("city", "not_equals", "Gent", blank, on_missing=OnMissing.EXCLUDE)


@pytest.mark.parametrize("kept", ["\u200b", "\x1c", "\x85", "\u180e", "0", "false", "null", "None", "-"])
def test_anything_else_is_present(kept: str) -> None:
    """T03: characters that only look empty, and words that only sound empty, are values."""
    assert holds("city", "is_set", None, kept)


def test_blanks_decide_missing_and_nothing_else() -> None:
    """T03: comparison uses the stored value untouched."""
    assert not holds("city", "equals", "Gent", " Gent")
    assert holds("city", "equals", " Gent", " Gent")
    assert holds("city", "ends_with", "t ", "Gent ")


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.key)
def test_missing_follows_the_document_for_every_operator_and_type(field: Field) -> None:
    """T01 T05 T06: exclude by default for positive operators, include for negative ones, and always as stated."""
    for operator in operators_for(field.type, ordered=field.ordered):
        if operator.missing is None:
            continue
        attribute = field.key.removeprefix("contact.")
        value = _any_value(field, operator.key)
        assert holds(attribute, operator.key, value, None) is (operator.missing is OnMissing.INCLUDE)
        assert holds(attribute, operator.key, value, None, on_missing=OnMissing.INCLUDE)
        assert not holds(attribute, operator.key, value, None, on_missing=OnMissing.EXCLUDE)


def _any_value(field: Field, op: str) -> Value:
    literal = {FieldType.TEXT: "x", FieldType.BOOLEAN: None}.get(field.type, 7)
    if field.type is FieldType.CHOICE:
        literal = field.values[0]
    if op in {"between", "not_between"}:
        return LiteralRange(literal or 0, literal or 0)
    return (literal or 0,) if op.endswith("_of") else literal


def test_zero_and_no_are_not_missing() -> None:
    """T07: 0 is a number, false is an answer, and missing is neither."""
    assert holds("age", "equals", 0, 0)
    assert not holds("age", "equals", 0, None)
    assert not holds("age", "lt", 1, None)
    assert holds("age", "is_set", None, 0)
    assert holds("vip", "is_false", None, stored=False)
    assert not holds("vip", "is_false", None, None)
    assert not holds("vip", "is_true", None, None)
    assert holds("vip", "is_false", None, None, on_missing=OnMissing.INCLUDE)


def test_a_value_of_another_type_is_missing() -> None:
    """T29: what does not convert is missing; it is never compared as something else."""
    assert not holds("age", "is_set", None, "7")
    assert not holds("age", "is_set", None, stored=True)
    assert not holds("city", "is_set", None, 7)
    assert not holds("vip", "is_set", None, 1)


# Text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "literal"),
    [
        ("İstanbul", "i\u0307stanbul"),  # casefold(İ) is i + U+0307
        ("STRASSE", "straße"),
        ("ẞ", "ss"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("É", "e\u0301"),
        ("Å", "\u212b"),
        ("ﬁn", "FIN"),
        ("\u0345", "\u03b9"),
    ],
)
def test_unicode_fold_is_case_folding_between_two_compositions(stored: str, literal: str) -> None:
    """T39 T44: fold(x) = NFC(casefold(NFC(x))) on both sides, where a folded twin is stored."""
    assert holds("city", "equals", literal, stored, case=Case.FOLD)
    assert not holds("city", "not_equals", literal, stored, case=Case.FOLD)
    assert not holds("city", "equals", literal, stored, case=Case.EXACT)


def test_fold_keeps_accents_and_the_dotless_i_apart() -> None:
    """T39: folding is about case only."""
    assert not holds("city", "equals", "Orleans", "Orléans")
    assert not holds("city", "equals", "istanbul", "İstanbul")
    assert not holds("city", "equals", "I", "\u0131")


def test_ascii_fold_folds_a_to_z_only() -> None:
    """T39: without a folded twin É is not é and the Kelvin sign is not k, but A is a."""
    assert holds("code", "equals", "AZ-é", "az-é")
    assert not holds("code", "equals", "É", "é")
    assert not holds("code", "equals", "k", "\u212a")
    assert holds("city", "equals", "k", "\u212a")
    composed = unicodedata.normalize("NFC", "e\u0301")
    assert not holds("code", "equals", composed, "e\u0301")


def test_exact_compares_code_points() -> None:
    """T39: exact keeps case and composition, for an operator and for its negation alike."""
    for op, literal, stored, answer in (
        ("equals", "NL", "nl", False),
        ("not_equals", "NL", "nl", True),
        ("contains", "tre", "UTRECHT", False),
        ("not_contains", "tre", "UTRECHT", True),
        ("equals", "é", "e\u0301", False),
    ):
        assert holds("city", op, literal, stored, case=Case.EXACT) is answer


@pytest.mark.parametrize("sign", ["%", "_", "\\", "&", "'", '"', "*", ".", "(1)", "$$"])
def test_every_sign_is_ordinary(sign: str) -> None:
    """T34 T35 T36: typed signs are searched as they are, never as patterns."""
    assert holds("city", "contains", sign, f"a{sign}b")
    assert holds("city", "starts_with", sign, f"{sign}b")
    assert holds("city", "ends_with", sign, f"a{sign}")
    for op in ("contains", "starts_with", "ends_with", "equals"):
        assert not holds("city", op, sign, "axyzb")


def test_none_of_several_parts_means_not_one_of_them() -> None:
    """T09 T18: `contains_none_of` is false as soon as one part occurs."""
    parts = ("gmail", "outlook")
    assert not holds("city", "contains_none_of", parts, "me@gmail.test")
    assert holds("city", "contains_none_of", parts, "me@example.test")
    assert holds("city", "contains_any_of", parts, "me@OUTLOOK.test")
    assert holds("city", "is_none_of", ("Gent", "Utrecht"), "Brugge")
    assert not holds("city", "is_none_of", ("Gent", "Utrecht"), "GENT")
    assert holds("city", "is_any_of", ("Gent", "Utrecht"), "utrecht")


def test_ends_with_looks_at_the_end_only() -> None:
    """T36: a part longer than the value never matches."""
    assert holds("city", "ends_with", "dam", "Rotterdam")
    assert not holds("city", "ends_with", "Rotterdam", "dam")
    assert not holds("city", "ends_with", "dam", "Damme")
    assert holds("city", "not_ends_with", "dam", "Damme")


# Choices ---------------------------------------------------------------------------------------------------------


def test_an_ordered_choice_compares_by_position() -> None:
    """T14: small < middle < large, though not by the alphabet."""
    assert holds("size", "gt", "small", "middle")
    assert holds("size", "lt", "large", "middle")
    assert holds("size", "lte", "middle", "middle")
    assert not holds("size", "gte", "large", "middle")
    assert holds("size", "between", LiteralRange("small", "middle"), "middle")
    assert holds("size", "not_between", LiteralRange("small", "middle"), "large")


def test_a_choice_outside_the_list_is_present_without_a_position() -> None:
    """T04 T29: only negations match it; for comparisons it counts as missing."""
    assert holds("size", "is_set", None, "giant")
    assert not holds("size", "is_any_of", _SIZES, "giant")
    assert holds("size", "not_equals", "small", "giant", on_missing=OnMissing.EXCLUDE)
    assert not holds("size", "gt", "small", "giant")
    assert not holds("size", "lte", "small", "giant")
    assert holds("size", "not_between", LiteralRange("small", "middle"), "giant")
    assert not holds("size", "not_between", LiteralRange("small", "middle"), "giant", on_missing=OnMissing.EXCLUDE)


def test_a_choice_without_order_or_without_the_value_is_refused() -> None:
    """T14 T38: what can never work is an error with a sentence, never a silent no."""
    with pytest.raises(Unresolved, match="plan cannot be asked with gt"):
        holds("plan", "gt", "free", "paid")
    with pytest.raises(Unresolved, match="giant"):
        holds("size", "gt", "giant", "small")


# Numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_compare_in_one_unit_and_exactly() -> None:
    """T29: a literal of money or a decimal is scaled up to the stored unit, whatever zeros were typed."""
    assert holds("income", "equals", Decimal("49.90"), 4990)
    assert holds("income", "equals", Decimal("49.9"), 4990)
    assert holds("rate", "lt", Decimal("0.3"), 299)
    assert not holds("rate", "lt", Decimal("0.3"), 300)
    assert holds("rate", "is_any_of", (Decimal("-1.5"), Decimal(2)), -1500)
    huge = 2**63 - 1
    assert holds("age", "equals", huge, huge)
    assert not holds("age", "equals", huge, huge - 1)
    assert holds("rate", "gt", Decimal("999999999999999.998"), 999_999_999_999_999_999)


def test_between_has_both_ends_in() -> None:
    """T06: and its complement neither, so that the two split the known values."""
    span = LiteralRange(18, 65)
    assert [holds("age", "between", span, age) for age in (17, 18, 65, 66)] == [False, True, True, False]
    assert [holds("age", "not_between", span, age) for age in (17, 18, 65, 66)] == [True, False, False, True]


def test_an_operator_and_its_complement_are_opposites() -> None:
    """T06 T12: with opposite `on_missing`, for present and missing values."""
    ends: dict[OnMissing, OnMissing] = {
        OnMissing.INCLUDE: OnMissing.EXCLUDE,
        OnMissing.EXCLUDE: OnMissing.INCLUDE,
    }
    stored: dict[str, tuple[Stored | None, ...]] = {
        "city": (None, "Gent", "x", " "), "age": (None, 6, 7, 8), "vip": (None, True, False),
        "size": (None, "small", "large", "giant"), "plan": (None, "free", "other"), "code": (None, "X", "xx"),
        "rate": (None, 7000, 6999), "income": (None, 700, 0),
    }  # fmt: skip
    for field in FIELDS:
        name = field.key.removeprefix("contact.")
        for operator in operators_for(field.type, ordered=field.ordered):
            value = _any_value(field, operator.key)
            for one, other in ends.items() if operator.missing else ((None, None),):
                for item in stored[name]:
                    yes = holds(name, operator.key, value, item, on_missing=one)
                    no = holds(name, operator.complement, value, item, on_missing=other)
                    assert yes is not no, (name, operator.key, item)
