"""What the corpus cannot show: the order of findings, what silences what, and facts that are only partly known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from segment_engine.domain.catalog import Catalog, FieldType
from segment_engine.domain.criteria import (
    Attribute,
    Case,
    Criteria,
    FieldValue,
    Group,
    GroupKind,
    Limit,
    Node,
    OnMissing,
    OrderKey,
    SegmentMembership,
    Test,
)
from segment_engine.domain.lint import Facts, Level, lint
from segment_engine.domain.lint.drift import drift_of_problems
from segment_engine.domain.lint.facts import Counts, FieldFacts, SourceFacts
from segment_engine.domain.parse import parse_criteria
from segment_engine.errors import CriteriaError, Problem
from tests.criteria_documents import attribute, document
from tests.language_catalog import AS_OF, CATALOG, OTHER_CHILD, members_of, segment

EX = OnMissing.EXCLUDE
CITY = Attribute("contact.city", Test("equals", "Gnet", Case.FOLD, EX))
AGE = Attribute("contact.age", Test("gt", 18, None, EX))
TOP, LEFT, RIGHT, BOTTOM = (f"00000000-0000-4000-8000-0000000000{n}" for n in ("a1", "a2", "a3", "a4"))


def _whole(*nodes: Node, kind: GroupKind = GroupKind.ALL) -> Criteria:
    return Criteria(Group(kind, nodes))


def _codes(criteria: Criteria, facts: Facts | None = None, catalog: Catalog = CATALOG) -> list[str]:
    return [finding.code for finding in lint(criteria, catalog, as_of=AS_OF, facts=facts)]


def test_errors_come_first_and_nothing_comes_twice() -> None:
    """Errors, then warnings, then notes; the same finding once."""
    never = Group(GroupKind.ANY, (AGE, Group(GroupKind.ALL, (AGE, Attribute("contact.age", Test("lt", 3, None, EX))))))
    gone = SegmentMembership("in_any", (OTHER_CHILD.replace("0b", "77"),))
    findings = lint(_whole(never, Group(GroupKind.ANY, (gone,))), CATALOG, as_of=AS_OF)
    levels = [finding.level for finding in findings]
    assert levels == sorted(levels, key=list(Level).index)
    assert {"L-REF", "L-DEAD", "L-ONE-CHILD"} <= {finding.code for finding in findings}
    assert len(set(findings)) == len(findings)


def test_a_diamond_is_no_circle() -> None:
    """Two ways to one segment are fine; it is followed once (T49)."""
    both = Criteria(Group(GroupKind.ALL, (SegmentMembership("in_any", (LEFT, RIGHT)),)))
    known = (
        segment(TOP, "Top", both),
        *(segment(each, each[-2:], members_of(BOTTOM)) for each in (LEFT, RIGHT)),
        segment(BOTTOM, "Bottom"),
    )
    catalog = replace(CATALOG, segments={each.segment_id: each for each in known})
    assert _codes(members_of(TOP), catalog=catalog) == []


def test_a_circle_names_the_way() -> None:
    """Also where the circle is reached by the second of two ways, and closes beside the first (T48)."""
    known = (
        segment(LEFT, "Left", Criteria(Group(GroupKind.ALL, (SegmentMembership("in_any", (RIGHT, BOTTOM)),)))),
        segment(RIGHT, "Right", members_of(BOTTOM)),
        segment(BOTTOM, "Bottom", members_of(LEFT)),
    )
    catalog = replace(CATALOG, segments={each.segment_id: each for each in known})
    (finding,) = lint(members_of(RIGHT), catalog, as_of=AS_OF)
    assert finding.code == "L-CYCLE"
    assert "“Right” → “Bottom” → “Left” → “Right”" in finding.sentence


def test_what_is_gone_is_all_that_is_said() -> None:
    """Criteria that cannot be asked are not judged otherwise; every place is named, those of the limit too."""
    fields = {key: field for key, field in CATALOG.fields.items() if key != "contact.city"}
    fields["contact.age"] = replace(fields["contact.age"], type=FieldType.BOOLEAN)
    fields["contact.size"] = replace(fields["contact.size"], values=("small", "large"))
    size = Attribute("contact.size", Test("gt", "medium", None, EX))
    limit = Limit(5, "cut", (OrderKey(FieldValue("contact.city"), "asc"),))
    criteria = Criteria(Group(GroupKind.ALL, (CITY, AGE, size, AGE)), limit=limit)
    findings = lint(criteria, replace(CATALOG, fields=fields), as_of=AS_OF)
    places = ["$.root.of[0]", "$.root.of[1]", "$.root.of[2]", "$.root.of[3]", "$.limit.order_by[0].value"]
    assert [finding.path for finding in findings] == places
    assert {finding.code for finding in findings} == {"L-DRIFT"}
    assert "boolean now" in findings[1].sentence
    assert "“medium”" in findings[2].sentence


def test_a_stored_document_that_lost_its_field_has_drifted() -> None:
    """What the parser refuses since the catalog changed is drift; what was never well formed is not."""
    with pytest.raises(CriteriaError) as refused:
        parse_criteria(document(attribute("gone", "is_set")), CATALOG)
    (finding,) = drift_of_problems(refused.value.problems)
    assert (finding.code, finding.path) == ("L-DRIFT", "$.root.of[0].field")
    assert drift_of_problems((Problem("$", "empty_group", ""), *refused.value.problems)) == ()


def test_what_is_not_known_is_not_judged() -> None:
    """Without facts, with facts of other fields, or with an incomplete list, nothing is said of the data."""
    unlisted = Facts(fields={"contact.city": FieldFacts(100, 99, 60, None, ("Gent",))})
    empty = Facts(fields={"contact.city": FieldFacts(0, 0, 0, frozenset())}, counts={"$.root": Counts(0, 0, 0, 0)})
    other = Facts(fields={"contact.code": FieldFacts(100, 99, 1, frozenset({"x"}))})
    fresh = Facts(sources={"crm": SourceFacts(None, None), "shop": SourceFacts(AS_OF - timedelta(days=9), None)})
    for facts in (None, Facts(), unlisted, empty, other, fresh):
        assert _codes(_whole(CITY), facts) == []


def test_a_source_that_never_delivered_is_stale() -> None:
    """Where something was agreed, nothing at all is too old; each source is named once."""
    facts = Facts(sources={"crm": SourceFacts(None, 24)})
    code = Attribute("contact.code", Test("is_set"))
    assert _codes(_whole(CITY, code), facts) == ["L-SOURCE-STALE"]


def test_a_value_that_is_stored_is_not_odd() -> None:
    """A blank at the end or a comma is fine where the stored values have it too."""
    listed = frozenset({"Gent ", "NL, BE", "Gent"})
    facts = Facts(fields={"contact.city": FieldFacts(100, 99, 3, listed)})
    for text in ("Gent ", "NL, BE"):
        typed = Attribute("contact.city", Test("equals", text, Case.FOLD, EX))
        assert _codes(_whole(typed)) == ["L-BLANKS"]
        assert _codes(_whole(typed), facts) == []


def test_the_answer_for_missing_values_is_named() -> None:
    """Who is let in, or left out, is said with figures."""
    facts = Facts(counts={"$.root.of[0]": Counts(90, 50, 10, 40)})
    said = {
        answer: lint(_whole(replace(AGE, test=replace(AGE.test, on_missing=answer))), CATALOG, as_of=AS_OF, facts=facts)
        for answer in OnMissing
    }
    assert "40 of 100 contacts (40%)" in said[EX][0].sentence
    assert "left out" in said[EX][0].sentence
    assert "let in" in said[OnMissing.INCLUDE][0].sentence
