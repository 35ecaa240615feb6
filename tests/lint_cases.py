"""Reads `tests/lint_corpus/*.json`: trees with what the linter must say about them, and trees it must leave alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from segment_engine.domain.criteria import Criteria
from segment_engine.domain.lint import Finding, lint
from segment_engine.domain.lint.facts import (
    Counts,
    Drift,
    Facts,
    FieldFacts,
    SameDefinition,
    SimilarMembers,
    Slow,
    SourceFacts,
)
from segment_engine.domain.parse import parse_criteria
from tests.language_catalog import AS_OF, CATALOG

_FOLDER = Path(__file__).parent / "lint_corpus"
_Entry = Mapping[str, Any]


@dataclass(frozen=True)
class LintCase:
    """One tree. `raises` at `at` is what must be found, None where nothing above a note may be; `says` a part of it."""

    name: str
    root: dict[str, object]
    limit: dict[str, object] | None
    facts: Facts
    segment_id: str | None
    raises: str | None
    at: str | None
    says: str

    def __str__(self) -> str:
        return f"{self.raises or 'good'} {self.name}"

    def criteria(self) -> Criteria:
        """Parse the document."""
        head = {"format": "segment-criteria", "version": 1, "base": "contacts"}
        calendar = {"time_zone": "Europe/Amsterdam"}
        document = {**head, "calendar": calendar, "root": self.root, "limit": self.limit}
        return parse_criteria(json.dumps(document), CATALOG)

    def findings(self) -> tuple[Finding, ...]:
        """Ask the linter."""
        return lint(self.criteria(), CATALOG, as_of=AS_OF, facts=self.facts, segment_id=self.segment_id)


def read_lint_cases(name: str) -> tuple[LintCase, ...]:
    """Read `bad` or `good`."""
    entries = cast("list[_Entry]", json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")))
    return tuple(
        LintCase(
            entry["name"], entry["root"], entry.get("limit"), facts_of(entry.get("facts", {})), entry.get("segment_id"),
            entry.get("raises"), entry.get("at"), entry.get("says", ""),
        )
        for entry in entries
    )  # fmt: skip


def facts_of(entry: _Entry) -> Facts:
    """Read facts."""

    def each(key: str) -> dict[str, Any]:
        return dict(entry.get(key, {}))

    return Facts(
        counts={path: Counts(**values) for path, values in each("counts").items()},
        fields={key: _field(values) for key, values in each("fields").items()},
        sources={
            name: SourceFacts(datetime.fromisoformat(values["watermark"]), values["stale_after_hours"])
            for name, values in each("sources").items()
        },
        drift={key: Drift(values["cause"], tuple(values["segments"])) for key, values in each("drift").items()},
        slow={path: Slow(**values) for path, values in each("slow").items()},
        same=tuple(SameDefinition(**values) for values in entry.get("same", [])),
        similar=tuple(SimilarMembers(**values) for values in entry.get("similar", [])),
        base=entry.get("base"),
    )


def _field(values: _Entry) -> FieldFacts:
    known = dict(values)
    listed = known.pop("values", None)
    frequent = tuple(known.pop("frequent", ()))
    return FieldFacts(**known, values=None if listed is None else frozenset(listed), frequent=frequent)
