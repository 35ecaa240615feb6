"""Reads the project's own source as syntax trees, for the tests that hold the house rules."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
ENGINE = PROJECT / "segment_engine"
ROOMS = ("segment_engine", "pages", "auth", "tests", "benchmarks")
PRODUCT = ("app.py", "segment_engine", "pages", "auth")
_LEFT_OUT = frozenset({".venv", ".git", ".data", "__pycache__", "screenshots", "node_modules"})


def python_files(*rooms: str) -> tuple[Path, ...]:
    """List the Python files of these rooms, or of the whole project."""
    found = [PROJECT / "app.py"] if not rooms else []
    for room in rooms or ROOMS:
        place = PROJECT / room
        found += [place] if place.suffix == ".py" else sorted(place.rglob("*.py"))
    return tuple(path for path in found if path.exists())


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """Give the path in the project, as the tables of exceptions write it."""
    return path.relative_to(PROJECT).as_posix()


def imported_modules(path: Path) -> frozenset[str]:
    """Give every module a file imports, in full."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return frozenset(found)


def dotted(node: ast.expr) -> str:
    """Write `a.b.c` for a chain of attributes; what begins otherwise begins with an empty word."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Give every call with the dotted name of what is called."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def attributes(path: Path) -> frozenset[str]:
    """Give every dotted name used in a file."""
    return frozenset(dotted(node) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute))


def strings(path: Path) -> frozenset[str]:
    """Give every string constant of a file."""
    return frozenset(
        node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def string_patterns(path: Path) -> tuple[re.Pattern[str], ...]:
    """Give every f-string of a file as a pattern in which the values may be any word."""
    found: list[re.Pattern[str]] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.JoinedStr):
            pieces = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in node.values]
            found.append(re.compile("".join(pieces)))
    return tuple(found)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give every function and method of a file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@cache
def project_texts() -> tuple[tuple[str, str], ...]:
    """Give path and text of every file that belongs to the project, whatever its language."""
    asked = subprocess.run(
        ("git", "ls-files", "-z"), cwd=PROJECT, capture_output=True, check=False, text=True
    )  # a copy without git is walked instead
    names = [name for name in asked.stdout.split("\0") if name] if asked.returncode == 0 else []
    paths = [PROJECT / name for name in names] or [
        path for path in PROJECT.rglob("*") if path.is_file() and not _LEFT_OUT & set(path.relative_to(PROJECT).parts)
    ]
    found: list[tuple[str, str]] = []
    for path in paths:
        try:
            found.append((name_of(path), path.read_text(encoding="utf-8")))
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, or a file removed and not yet committed
    return tuple(found)
