"""The documents say what the code does: tables are compared, examples are parsed, names are looked up."""

from __future__ import annotations

import argparse
import ast
import json
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import pytest

from segment_engine import command_line, errors, settings
from segment_engine.command_line import build_parser
from segment_engine.databases import Databases
from segment_engine.doctor import examine
from segment_engine.domain import limits
from segment_engine.domain.access import PERMISSIONS, Permission, Role
from segment_engine.domain.catalog import NUMBERS, TIMES, FieldType
from segment_engine.domain.describe import describe
from segment_engine.domain.operators import (
    CHANNELS,
    COMPARE_OPERATORS,
    CONSENT_STATES,
    COUNT_OPERATORS,
    INTERACTIONS,
    MEMBERSHIP_OPERATORS,
    OPERATORS,
    QUANTIFIERS,
    Operator,
    Shape,
)
from segment_engine.domain.parse import parse_criteria
from segment_engine.domain.run import RunReason, RunStatus
from segment_engine.domain.segment import SegmentState, SegmentStatus
from segment_engine.domain.write import write_criteria
from segment_engine.settings import Settings, load_settings
from tests.criteria_catalog import CATALOG
from tests.documents import (
    PROJECT,
    documents,
    json_examples,
    quoted_words,
    section,
    table,
    table_under,
    text_of,
)
from tests.sources import project_texts

CRITERIA = "docs/criteria.md"
AS_OF = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)

# The criteria language ---------------------------------------------------------------------------------------------


def _types(words: str) -> frozenset[FieldType]:
    found: set[FieldType] = set()
    for word in words.split(", "):
        groups = {"every type": frozenset(FieldType), "numbers": NUMBERS, "times": TIMES}
        found |= groups.get(word) or {FieldType(word.removeprefix("ordered "))}
    return frozenset(found)


def _value_words(operator: Operator) -> str:
    if operator.shape is Shape.LITERALS:
        return f"1–{operator.most:,} literals"
    return "–" if operator.shape is Shape.NOTHING else operator.shape.value


def test_operator_table() -> None:
    """docs/criteria.md names every operator with the types, value, default, complement and phrase the code has."""
    documented = [
        (row[0].strip("`"), _types(row[1]), row[2], row[3], row[4].strip("`"), row[5])
        for row in table(CRITERIA, "operator").rows
    ]
    assert documented == [
        (
            operator.key,
            operator.types,
            _value_words(operator),
            "–" if operator.missing is None else operator.missing.value,
            operator.complement,
            operator.phrase,
        )
        for operator in OPERATORS
    ]


def test_negative_operators_are_defined_by_their_complement() -> None:
    """A negative operator is documented as NOT of its complement and nothing else (M3)."""
    for operator, row in zip(OPERATORS, table(CRITERIA, "operator").rows, strict=True):
        assert (row[6] == f"not `{operator.complement}`") is operator.negative, operator.key


def test_value_shapes() -> None:
    """Every shape of an operator's value is explained once."""
    explained = table_under(CRITERIA, "5. The operator table").column("value")
    assert sorted(explained) == sorted(shape.value for shape in Shape if shape is not Shape.NOTHING)


def test_count_operators() -> None:
    """docs/criteria.md names every count operator with its complement and phrase."""
    rows = table(CRITERIA, "count operator").rows
    documented = {row[0].strip("`"): (row[2].strip("`"), row[3]) for row in rows}
    assert documented == COUNT_OPERATORS


def test_operators_of_membership() -> None:
    """docs/criteria.md names every operator of segments and lists with its complement and phrase."""
    rows = table(CRITERIA, "operator of membership").rows
    assert {row[0].strip("`"): (row[1].strip("`"), row[2]) for row in rows} == MEMBERSHIP_OPERATORS


def test_comparisons_of_two_values() -> None:
    """docs/criteria.md names every comparison of value against value with its complement, phrase and types."""
    rows = table(CRITERIA, "comparison").rows
    documented = {row[0].strip("`"): (row[1].strip("`"), row[2], _types(row[3])) for row in rows}
    assert documented == COMPARE_OPERATORS


def test_words_of_the_kinds() -> None:
    """Every word a condition may hold stands in the section of its kind."""
    for heading, words in (
        ("### 4.9 campaign: what happened to messages", INTERACTIONS),
        ("### 4.10 consent", (*CHANNELS, *CONSENT_STATES)),
        ("### 4.12 related: rows of another table", QUANTIFIERS),
    ):
        assert set(words) <= quoted_words(section(CRITERIA, heading)), heading


def test_causes_of_what_cannot_be_resolved() -> None:
    """Every cause the engine can give is listed, and no other."""
    given: set[str] = set()
    for name, source in project_texts():
        if name.startswith("segment_engine/") and name.endswith(".py"):
            given |= set(
                re.findall(
                    r"""["']((?:field|reference)_(?:missing|inactive|not_calculated|too_old|cycle))["']""", source
                )
            )
    assert given == set(table_under(CRITERIA, "6.3 What can no longer be resolved").column("cause"))


def test_limits() -> None:
    """Every limit of the criteria language is documented with its figure, and no other."""
    documented = dict(
        zip(
            table_under(CRITERIA, "6.1 Limits").column("name in `domain/limits.py`"),
            table_under(CRITERIA, "6.1 Limits").column("limit"),
            strict=True,
        )
    )
    actual = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert documented.keys() == actual.keys()
    for name, value in actual.items():
        words = value.isoformat() if isinstance(value, date) else f"{value:,}".replace("-", "\N{MINUS SIGN}")
        assert documented[name] == words, name


def _raised_codes(path: Path) -> Iterator[str]:
    """Find every problem code a file of the parser can report."""
    position = {"refuse": 0, "add": 1, "_refusal": 0, "raise_refusal": 0, "Problem": 1}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found = [node.args[position[name]]] if name in position and len(node.args) > position[name] else []
            found += [keyword.value for keyword in node.keywords if keyword.arg in {"code", "empty"}]
        elif isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.kwonlyargs]
            found = [
                default
                for name, default in zip(names, node.args.kw_defaults, strict=True)
                if default is not None and name in {"code", "empty"}
            ]
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            found = node.value.elts[:1]
        else:
            continue
        yield from (item.value for item in found if isinstance(item, ast.Constant) and isinstance(item.value, str))


def test_problem_codes() -> None:
    """Every problem code the parser can report is documented, and no other."""
    folder = PROJECT / "segment_engine" / "domain"
    files = [*(folder / "parse").glob("*.py"), folder / "places.py", folder / "document.py"]
    raised = {code for path in files for code in _raised_codes(path)}
    assert raised == set(table_under(CRITERIA, "6.2 Problem codes").column("code"))


def _whole(part: dict[str, object]) -> dict[str, object]:
    """Make a document of an example that shows a group or a condition only."""
    if "format" in part:
        return part
    root = part if "group" in part else {"group": "all", "of": [part]}
    return {"format": "segment-criteria", "version": 1, "base": "contacts", "root": root}


def _examples() -> list[tuple[str, dict[str, object]]]:
    return [
        (f"{path.name}-{number}", json.loads(text))
        for path in documents()
        for number, text in enumerate(json_examples(path), start=1)
    ]


@pytest.mark.parametrize(("name", "example"), _examples(), ids=lambda part: part if isinstance(part, str) else "")
def test_examples(name: str, example: dict[str, object]) -> None:
    """Every example can be read, said in a sentence, and written back without loss."""
    criteria = parse_criteria(_whole(example), CATALOG)
    assert parse_criteria(write_criteria(criteria), CATALOG) == criteria, name
    assert describe(criteria, CATALOG, as_of=AS_OF).text


# Promises and operation --------------------------------------------------------------------------------------------


def test_role_and_permission_table() -> None:
    """docs/promises.md grants each role exactly what the code grants."""
    rights = table("docs/promises.md", "permission")
    assert rights.columns[1:] == tuple(role.value for role in Role)
    documented = {
        Role(role): {Permission(row[0].strip("`")) for row in rights.rows if row[place] == "yes"}
        for place, role in enumerate(rights.columns[1:], start=1)
    }
    assert documented == PERMISSIONS
    assert set(rights.column("permission")) == {permission.value for permission in Permission}


def _known_settings() -> set[str]:
    """Find every key the settings are read from, also those that are no numbers."""
    files = [PROJECT / "segment_engine" / "settings" / name for name in ("__init__.py", "outward.py")]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    found = set(re.findall(r'"(SEGMENT_ENGINE_[A-Z_]*[A-Z]|DATABASE_URL[A-Z_]*|PG_BINDIR)"', source))
    return found - {"SEGMENT_ENGINE_PUBLIC_URL"}  # belongs to the sign-in, and is listed with it


def test_settings_table() -> None:
    """docs/operations.md lists every setting, the numbers with their default and limits."""
    listed = table("docs/operations.md", "setting")
    assert set(listed.column("setting")) == _known_settings()
    documented = dict(zip(listed.column("setting"), listed.rows, strict=True))
    for key, rule in settings._NUMBERS.items():
        assert documented[key][1:] == (str(rule.default), f"{rule.lowest} to {rule.highest}", rule.meaning), key


def test_server_settings() -> None:
    """The pages are served as docs/promises.md says: .streamlit/config.toml has every value of the table (RS5)."""
    listed = table("docs/promises.md", "server setting")
    configured = tomllib.loads(text_of(".streamlit/config.toml"))
    for key, value in zip(listed.column("server setting"), listed.column("value"), strict=True):
        section_name, _, name = key.partition(".")
        found = configured[section_name][name]
        written = ", ".join(cast("list[str]", found)) if isinstance(found, list) else json.dumps(found).strip('"')
        assert written == value, key


def test_exit_codes() -> None:
    """docs/operations.md lists every exit code of the command line."""
    codes = {value for name, value in vars(command_line).items() if name.startswith("EXIT_")} | {130}
    assert {int(code) for code in table("docs/operations.md", "exit code").column("exit code")} == codes


def _commands(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[str]:
    choices = [
        cast("dict[str, object]", action.choices) for action in parser._actions if action.nargs == argparse.PARSER
    ]
    if not choices:
        yield " ".join(words)
    for name, child in (pair for each in choices for pair in each.items()):
        yield from _commands(cast("argparse.ArgumentParser", child), (*words, name))


def test_commands() -> None:
    """docs/operations.md lists every command there is."""
    documented = table("docs/operations.md", "command").column("command")
    assert sorted(documented) == sorted(_commands(build_parser()))


def test_checks_of_the_doctor(databases: Databases) -> None:
    """docs/operations.md names every check of the doctor, and a fresh installation passes them all."""
    findings = examine(databases, load_settings({})).findings
    assert [finding.check for finding in findings] == list(table("docs/operations.md", "check").column("check"))
    assert [finding for finding in findings if not finding.passed] == []


def test_defaults_are_those_of_an_empty_environment() -> None:
    """With nothing set, the embedded server is used."""
    empty: Settings = load_settings({})
    assert empty.database_url is None


# Words -------------------------------------------------------------------------------------------------------------


def test_glossary_has_every_status() -> None:
    """Every status, state, reason and role is explained in the glossary."""
    words = quoted_words(text_of("GLOSSARY.md"))
    enums = (RunStatus, SegmentStatus, SegmentState, RunReason, Role)
    assert {member.value for enum in enums for member in enum} <= words


def test_cases() -> None:
    """Every case that a test names is described in docs/cases.md, and every case described there is tested."""
    described = {row[0] for row in table("docs/cases.md", "case").rows}
    named: set[str] = set()
    for path in (PROJECT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                named |= set(re.findall(r"\b[A-FT][0-9]{1,2}\b", ast.get_docstring(node) or ""))
    assert named == described


def test_rules_of_the_promises() -> None:
    """Every rule that the code or a test quotes (RQ2, M5) stands in the documents."""
    rules = set(re.findall(r"\b(?:R[A-Z]|M)[0-9]{1,2}\b", text_of("docs/promises.md") + text_of(CRITERIA)))
    for name, text in project_texts():
        if name.endswith((".py", ".sql")):
            assert set(re.findall(r"\b(?:R[QTCPSO]|M)[0-9]{1,2}\b(?!\w)", text)) <= rules, name


def test_errors_table() -> None:
    """docs/promises.md lists every error with its code."""
    listed = table("docs/promises.md", "error")
    classes = {
        name: thing.code
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and issubclass(thing, errors.SegmentEngineError)
    }
    del classes["SegmentEngineError"]
    assert dict(zip(listed.column("error"), listed.column("code"), strict=True)) == classes


def test_links() -> None:
    """Every link of a document leads to a file of the project."""
    for path in documents():
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
            if not target.startswith(("http://", "https://")):
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_rooms_are_on_the_map() -> None:
    """ARCHITECTURE.md has a line for every file and folder of the engine."""
    drawn = set(re.findall(r"[a-z_0-9]+(?:\.py|/)", text_of("ARCHITECTURE.md")))
    engine = PROJECT / "segment_engine"
    rooms = {path.name for path in engine.glob("*.py")} | {
        f"{path.parent.name}/" for path in engine.glob("*/__init__.py")
    }
    assert rooms - {"__init__.py"} <= drawn


def test_make_verbs() -> None:
    """Every `make …` that a document names exists."""
    verbs = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    for path in documents():
        assert set(re.findall(r"`make ([a-z]+)", path.read_text(encoding="utf-8"))) <= verbs, path.name
