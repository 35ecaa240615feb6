"""The size of criteria while they are edited, counted beside the page: a slow count never holds up who is typing."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

from pages.parts import sentence_of
from segment_engine import Engine, OrganizationContext, Preview

PATIENCE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a count: a preview, or the sentence that says why not."""

    preview: Preview | None
    sentence: str = ""


class LiveCount:
    """Counts for one editor, one document at a time; meanwhile the newest one waits and those between are skipped."""

    def __init__(self) -> None:
        self._counted: tuple[str, Outcome] | None = None
        self._thread: threading.Thread | None = None

    def of(self, engine: Engine, context: OrganizationContext, document: dict[str, Any]) -> Outcome | None:
        """Give the outcome for this document, or None while it is being counted: ask again then."""
        wanted = f"{context.organization_id}:{json.dumps(document, sort_keys=True)}"
        if self._thread is not None:
            self._thread.join(PATIENCE_SECONDS)
        if not self._answers(wanted) and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(
                target=self._count, args=(engine, context, document, wanted), daemon=True, name="live count"
            )
            self._thread.start()
            self._thread.join(PATIENCE_SECONDS)
        counted = self._counted
        return counted[1] if counted is not None and counted[0] == wanted else None

    def _answers(self, wanted: str) -> bool:
        return self._counted is not None and self._counted[0] == wanted

    def _count(self, engine: Engine, context: OrganizationContext, document: dict[str, Any], wanted: str) -> None:
        try:
            outcome = Outcome(engine.segments.preview(context, document))
        except Exception as problem:  # noqa: BLE001 - a thread has nobody above it; the page shows the sentence
            outcome = Outcome(None, sentence_of(problem))
        self._counted = (wanted, outcome)
