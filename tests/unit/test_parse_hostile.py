"""Documents made to hurt are refused quickly, with a sentence, and without another error (M14)."""

from __future__ import annotations

import json
from time import process_time

import pytest

from segment_engine.domain.parse import parse_criteria
from segment_engine.errors import CriteriaError, Problem
from tests.criteria_catalog import CATALOG
from tests.criteria_documents import attribute, document


def refused(bad: object) -> tuple[Problem, ...]:
    """Read a document that must be refused within 50 ms: its problems."""
    best = float("inf")
    found: tuple[Problem, ...] = ()
    for _ in range(3):  # processor time, the best of three: others use this machine too
        start = process_time()
        with pytest.raises(CriteriaError) as caught:
            parse_criteria(bad, CATALOG)  # pyright: ignore[reportArgumentType] - deliberately anything
        best, found = min(best, process_time() - start), caught.value.problems
    assert best < 0.05
    return found


def nested(levels: int) -> object:
    """Put an empty object into lists."""
    value: object = {}
    for _ in range(levels):
        value = [value]
    return value


def diamond(levels: int) -> object:
    """Put the same list twice into a list, again and again: small in memory, endless when walked."""
    value: object = []
    for _ in range(levels):
        value = [value, value]
    return value


def circle() -> object:
    """Give an object that contains itself."""
    value: dict[str, object] = {}
    value["root"] = value
    return value


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("[" * 60_000, "limit_exceeded"),
        ('{"a":' * 33 + "1" + "}" * 33, "limit_exceeded"),
        ("x" * 70_000, "limit_exceeded"),
        ("é" * 40_000, "limit_exceeded"),
        (b"\xff", "bad_text"),
        ("", "not_an_object"),
        ("null", "not_an_object"),
        ('{"a" 1}', "not_an_object"),
        ('"' + "[" * 60_000 + '"', "not_an_object"),
        ("[" + "[]," * 21_000 + "[]]", "not_an_object"),
        (nested(5), "not_an_object"),
        ({"a": nested(40)}, "limit_exceeded"),
        ({"a": "x" * 70_000}, "limit_exceeded"),
        ({"a": diamond(28)}, "limit_exceeded"),
        (circle(), "limit_exceeded"),
    ],
)
def test_absurd_documents_are_refused_at_once(bad: object, code: str) -> None:
    """One problem names the limit and the figure; nothing recurses before the nesting is known (A7)."""
    assert [problem.code for problem in refused(json.dumps(bad) if isinstance(bad, list) else bad)] == [code]


def test_exactly_the_limits_are_possible() -> None:
    """A document of 64 KiB and one nested 32 deep are read."""
    text = json.dumps(document({"kind": "all_contacts"}))
    assert parse_criteria(text + " " * (64 * 1024 - len(text)), CATALOG)
    assert [problem.code for problem in refused(text + " " * (64 * 1024 + 1 - len(text)))] == ["limit_exceeded"]
    deep = document({"kind": "all_contacts"}, extra=nested(30))
    assert [problem.code for problem in refused(json.dumps(deep))] == ["unknown_key"]
    assert [problem.code for problem in refused(deep)] == ["unknown_key"]


def test_keys_that_occur_twice_are_named() -> None:
    """A repeated key is refused where it stands: the second value would silently win."""
    text = json.dumps(document({"kind": "all_contacts"})).replace('"kind"', '"kind": "event", "kind"')
    assert [(p.path, p.code) for p in refused(text)] == [("$.root.of[0].kind", "duplicate_key")]


@pytest.mark.parametrize("number", ["1.0", "1e3", "NaN", "-Infinity", "1" * 5000])
def test_numbers_with_fractions_or_without_end_are_refused(number: str) -> None:
    """JSON numbers are whole and fit into 64 bits; nothing is rounded (M7)."""
    text = json.dumps(document(attribute("age", "equals", 7))).replace("7", number)
    (problem,) = refused(text)
    assert problem.path == "$.root.of[0].value"
    assert problem.code == ("limit_exceeded" if number.startswith("11") else "wrong_type")


def test_data_that_is_not_json_is_refused() -> None:
    """A document given as data holds only what JSON has."""
    assert [(p.path, p.code) for p in refused({**document({"kind": "all_contacts"}), 5: 1})] == [("$", "wrong_type")]
    (problem,) = refused(document(attribute("age", "equals", object())))
    assert (problem.path, problem.code) == ("$.root.of[0].value", "wrong_type")


def test_problems_without_end_are_cut() -> None:
    """A hundred problems are listed and the last line says that there are more."""
    found = refused("{" + ",".join(f'"k{n}":1' for n in range(6_000)) + "}")
    assert len(found) == 101
    assert "100 problems or more" in found[-1].sentence
