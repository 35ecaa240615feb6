"""What PostgreSQL expects a statement to cost, asked without running it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ClauseElement, Executable
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class Plan(Executable, ClauseElement):
    """EXPLAIN of a statement, whose one row holds the plan as JSON.

    Source: the manual of SQLAlchemy, “Custom SQL Constructs”; of PostgreSQL, EXPLAIN.
    """

    inherit_cache = False

    def __init__(self, statement: Executable) -> None:
        self.statement = statement


@compiles(Plan)
def _write(plan: Plan, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - whatever the compiler hands down
    return f"EXPLAIN (FORMAT JSON) {compiler.process(plan.statement, **options)}"  # pyright: ignore[reportArgumentType] - every executable is a clause


def total_cost(plan: list[dict[str, Any]]) -> float:
    """Read the cost of the whole. Units: those of the planner, where 1 is one page read in order."""
    return float(plan[0]["Plan"]["Total Cost"])
