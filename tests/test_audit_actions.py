"""Every action of the audit log has a sentence, and docs/audit.md lists it: read from the source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from segment_engine.domain.audit import MOST_EXPORTED
from segment_engine.domain.audit_sentences import ACTIONS, audit_phrase
from tests.documents import table, text_of
from tests.sources import ENGINE, functions, python_files, tree_of

WORD = "[a-z_]+"
ACTION = re.compile(rf"{WORD}\.{WORD}")


def written_actions() -> tuple[set[str], list[re.Pattern[str]]]:
    """Find every action the source writes: those in full, and those put together from two words."""
    full, patterns = set[str](), list[re.Pattern[str]]()
    for path in python_files("segment_engine"):
        places = _functions_of_actions(path)
        for node in ast.walk(tree_of(path)):
            value = _given(node, places)
            if isinstance(value, ast.Constant) and ACTION.fullmatch(str(value.value)):
                full.add(str(value.value))
            elif isinstance(value, ast.JoinedStr):
                parts = [
                    re.escape(str(each.value)) if isinstance(each, ast.Constant) else WORD for each in value.values
                ]
                patterns.append(re.compile("".join(parts)))
    for path in (ENGINE / "db" / "sql").glob("*.sql"):
        inserted = re.findall(r"INSERT INTO audit_events.*?;", path.read_text(encoding="utf-8"), re.DOTALL)
        full |= {each for body in inserted for each in re.findall(rf"'({WORD}\.{WORD})'", body)}
    return full, patterns


def _functions_of_actions(path: Path) -> dict[str, int]:
    """Find the functions of a file that hand an action on, with the place of it among their arguments."""
    names = {each.name: [argument.arg for argument in each.args.args] for each in functions(path)}
    return {name: arguments.index("action") for name, arguments in names.items() if "action" in arguments}


def _given(node: ast.AST, places: dict[str, int]) -> ast.expr | None:
    """Give what is handed on as an action, by its name or by its place."""
    if not isinstance(node, ast.Call):
        return None
    for each in node.keywords:
        if each.arg == "action":
            return each.value
    place = places.get(ast.unparse(node.func), len(node.args))
    return node.args[place] if place < len(node.args) else None


def test_every_action_has_its_sentence() -> None:
    """What the source writes and what the table tells are the same actions."""
    full, patterns = written_actions()
    assert {"segment.create", "seat.take", "source.import", "segment.tag"} <= full
    assert full - set(ACTIONS) == set()
    # Put together from a kind and an act: the table must have some of each, and nothing that nobody writes.
    assert all(any(pattern.fullmatch(each) for each in ACTIONS) for pattern in patterns)
    written = {each for each in ACTIONS if each in full or any(pattern.fullmatch(each) for pattern in patterns)}
    assert set(ACTIONS) - written == set()


def test_the_document_lists_every_action() -> None:
    """docs/audit.md has the actions in the order of the table, with their sentences, and the cap of a file."""
    listed = table("docs/audit.md", "action")
    assert dict(zip(listed.column("action"), listed.column("sentence"), strict=True)) == {
        action: audit_phrase(action) for action in ACTIONS
    }
    assert f"at most {MOST_EXPORTED:,} lines" in text_of("docs/audit.md")
