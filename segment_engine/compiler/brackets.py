"""Conditions joined by AND or OR, always in parentheses, one a line. What the screen groups, the SQL groups."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from textwrap import indent
from typing import Any

from sqlalchemy import Boolean, ColumnElement, FromClause, not_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from segment_engine.errors import InputError

_ONE_LINE = 100


class Bracketed(ColumnElement[bool]):
    """Conditions between parentheses. SQLAlchemy's own lists drop parentheses it holds for needless; these stay."""

    __visit_name__ = "bracketed"
    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy's protocol asks for a list
        ("word", InternalTraversal.dp_string),
        ("children", InternalTraversal.dp_clauseelement_tuple),
    ]

    def __init__(self, word: str, children: Sequence[ColumnElement[bool]]) -> None:
        if not children:
            raise InputError("A group without conditions would match everyone or no one. Add a condition to it.")
        self.word = word
        self.children = tuple(children)
        self.type = Boolean()

    @property
    def _from_objects(self) -> list[FromClause]:
        return list(chain.from_iterable(child._from_objects for child in self.children))  # noqa: SLF001 - its protocol


@compiles(Bracketed)
def _render(element: Bracketed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's protocol
    texts = [str(compiler.process(child, **options)) for child in element.children]
    line = f" {element.word} ".join(texts)
    if "\n" not in line and len(line) <= _ONE_LINE:
        return f"({line})"
    # Values are bound, never written, so that indenting the text cannot change one.
    return "(\n" + indent(f"\n{element.word} ".join(texts), "    ") + "\n)"


def all_of(*children: ColumnElement[bool]) -> ColumnElement[bool]:
    """Join by AND. Raises: InputError when there is nothing to join (M13)."""
    return Bracketed("AND", children)


def any_of(*children: ColumnElement[bool]) -> ColumnElement[bool]:
    """Join by OR. Raises: InputError when there is nothing to join (M13)."""
    return Bracketed("OR", children)


def none_of(*children: ColumnElement[bool]) -> ColumnElement[bool]:
    """Hold when no child holds."""
    return not_(any_of(*children))


def opposite(child: ColumnElement[bool]) -> ColumnElement[bool]:
    """Write NOT before a condition, never a turned operator, so that a negative row is visibly the positive one."""
    return not_(child if isinstance(child, Bracketed) else all_of(child))
