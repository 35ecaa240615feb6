"""Checks people set up: rows to values and back, what runs found, and what a person let pass."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from segment_engine.db.queries import load_queries
from segment_engine.db.session import Transaction
from segment_engine.domain.assertions import Assertion, AssertionDraft, AssertionId, AssertionKind, AssertionLevel
from segment_engine.domain.check_results import CheckedRun
from segment_engine.domain.checks import CheckFinding, CheckLevel
from segment_engine.domain.folding import fold
from segment_engine.domain.run import Claim, RunId

_QUERIES = load_queries("assertions")


@dataclass(frozen=True, slots=True)
class LastJudged:
    """The newest result that checks looked at. `withheld` is how many it had where a check kept it back."""

    run_id: RunId
    started_at: datetime
    finished_at: datetime
    findings: tuple[CheckFinding, ...]
    withheld: int | None


def find(
    transaction: Transaction, organization_id: int, segment_id: UUID, *, assertion_id: UUID | None = None
) -> tuple[Assertion, ...]:
    """List the checks of a segment, or one of them, oldest first."""
    values = {"organization": organization_id, "segment": segment_id, "assertion": assertion_id}
    return tuple(_assertion(row) for row in transaction.rows(_QUERIES["find"], values))


def _assertion(row: Row[Any]) -> Assertion:
    return Assertion(
        AssertionId(row.assertion_id), AssertionKind(row.kind), AssertionLevel(row.level), row.lowest, row.highest,
        row.percent, tuple(row.contact_numbers), row.other_segment_id, row.other_name, row.note, row.revision,
        row.created_at, row.created_by_name, row.updated_at, other_calculated=bool(row.other_calculated),
        other_archived=bool(row.other_archived),
    )  # fmt: skip


def add(
    transaction: Transaction, organization_id: int, segment_id: UUID, draft: AssertionDraft, numbers: Sequence[int],
    *, person_id: UUID,
) -> AssertionId:  # fmt: skip
    """Store a new check."""
    values = {**_values(organization_id, segment_id, draft, numbers), "person": person_id}
    return AssertionId(transaction.scalar(_QUERIES["add"], values))


def change(
    transaction: Transaction, organization_id: int, segment_id: UUID, assertion_id: UUID, draft: AssertionDraft,
    numbers: Sequence[int],
) -> None:  # fmt: skip
    """Replace what a check demands; its revision moves."""
    values = {**_values(organization_id, segment_id, draft, numbers), "assertion": assertion_id}
    transaction.run(_QUERIES["change"], values)


def _values(organization_id: int, segment_id: UUID, draft: AssertionDraft, numbers: Sequence[int]) -> dict[str, object]:
    return {
        "organization": organization_id,
        "segment": segment_id,
        "kind": draft.kind.value,
        "level": draft.level.value,
        "lowest": draft.lowest,
        "highest": draft.highest,
        "percent": draft.percent,
        "numbers": list(numbers),
        "other_segment": draft.other_segment_id,
        "note": draft.note,
    }


def lock(transaction: Transaction, organization_id: int, segment_id: UUID, assertion_id: UUID) -> int | None:
    """Hold a check and give its revision; None when it is gone."""
    values = {"organization": organization_id, "segment": segment_id, "assertion": assertion_id}
    return transaction.scalar(_QUERIES["lock"], values)


def remove(transaction: Transaction, organization_id: int, segment_id: UUID, assertion_id: UUID) -> bool:
    """Remove a check; False when it was gone already."""
    values = {"organization": organization_id, "segment": segment_id, "assertion": assertion_id}
    return transaction.run(_QUERIES["remove"], values) == 1


def named_contacts(transaction: Transaction, organization_id: int, words: Iterable[str]) -> dict[str, frozenset[int]]:
    """Find whom keys and e-mail addresses name; an address may belong to several, a word nobody has is left out."""
    given = list(dict.fromkeys(words))
    values = {"organization": organization_id, "words": given, "folded": [fold(word) for word in given]}
    found: dict[str, set[int]] = {}
    for row in transaction.rows(_QUERIES["named_contacts"], values):
        found.setdefault(row.word, set()).add(row.number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


def contact_names(transaction: Transaction, organization_id: int, numbers: Iterable[int]) -> dict[int, str]:
    """Read the keys of contacts by their numbers; those that are gone are left out."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    rows = transaction.rows(_QUERIES["contact_names"], {"organization": organization_id, "numbers": wanted})
    return {row.number: row.external_key for row in rows}


# What runs found -----------------------------------------------------------------------------------------------------


def last_judged(transaction: Transaction, organization_id: int, segment_id: UUID) -> LastJudged | None:
    """Read the newest result that checks looked at."""
    row = transaction.one(_QUERIES["last_judged"], {"organization": organization_id, "segment": segment_id})
    if row is None:
        return None
    begun = row.started_at or row.finished_at
    return LastJudged(RunId(row.run_id), begun, row.finished_at, findings_of(row.checks), row.withheld_count)


def findings(transaction: Transaction, organization_id: int, segment_id: UUID, *, limit: int) -> tuple[CheckedRun, ...]:
    """List the results in which something was found, newest first."""
    values = {"organization": organization_id, "segment": segment_id, "limit": limit}
    return tuple(
        CheckedRun(RunId(row.run_id), row.at, findings_of(row.checks), row.member_count, row.withheld_count)
        for row in transaction.rows(_QUERIES["findings"], values)
    )


def findings_of(stored: Iterable[dict[str, str]]) -> tuple[CheckFinding, ...]:
    """Read findings as a run stores them."""
    return tuple(
        CheckFinding(each["code"], CheckLevel(each["level"]), each["sentence"], each.get("assertion", ""))
        for each in stored
    )


def stored_findings(found: Iterable[CheckFinding]) -> str:
    """Write findings as a run stores them."""
    rows = [
        {"code": each.code, "level": each.level.value, "sentence": each.sentence}
        | ({"assertion": each.assertion} if each.assertion else {})
        for each in found
    ]
    return json.dumps(rows, ensure_ascii=False)


def withhold(transaction: Transaction, claim: Claim, *, count: int, found: Sequence[CheckFinding]) -> None:
    """Keep with a run how many it found and why that is not published; end the run in the same transaction."""
    values = {"organization": claim.organization_id, "run": claim.run_id, "attempt": claim.attempt, "count": count}
    transaction.run(_QUERIES["withhold"], {**values, "findings": stored_findings(found)})


def accept(
    transaction: Transaction, organization_id: int, run_id: UUID, tokens: Iterable[str], *, person_id: UUID
) -> None:
    """Let these checks pass for one run that waits."""
    values = {"organization": organization_id, "run": run_id, "person": person_id}
    transaction.run(_QUERIES["accept"], {**values, "tokens": json.dumps(sorted(tokens))})


def accepted(transaction: Transaction, claim: Claim) -> tuple[frozenset[str], str | None]:
    """Read which checks a person let pass for a run, and who it was."""
    row = transaction.the(_QUERIES["accepted"], {"organization": claim.organization_id, "run": claim.run_id})
    return frozenset(row.accepted_checks), row.person
