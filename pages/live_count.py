"""What is computed beside the page while criteria are edited: a slow answer never holds up who is typing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pages.parts import sentence_of
from segment_engine import Cancellable

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Outcome(Generic[Answer]):
    """What came of a question: an answer, or the sentence that says why not."""

    answer: Answer | None
    sentence: str = ""


class Beside(Generic[Answer]):
    """Answers one question at a time in a thread of its own. A newer question stops the one before."""

    def __init__(self) -> None:
        self._wanted = ""
        self._answered: tuple[str, Outcome[Answer]] | None = None
        self._handle = Cancellable()
        self._thread: threading.Thread | None = None

    def ask(self, question: str, call: Callable[[Cancellable], Answer]) -> None:
        """Begin to answer, unless this very question is being answered or was answered last."""
        if question == self._wanted:
            return
        self.forget()
        self._wanted, self._handle = question, Cancellable()
        self._thread = threading.Thread(
            target=self._work, args=(question, call, self._handle), daemon=True, name="beside the editor"
        )
        self._thread.start()

    def forget(self) -> None:
        """Stop, and want nothing any more."""
        self._handle.cancel()
        self._wanted, self._thread = "", None

    def outcome(self, *, until: float = 0.0) -> Outcome[Answer] | None:
        """Give the outcome, waiting for it until that moment of the monotonic clock; None while it is not there."""
        if self._thread is not None:
            self._thread.join(max(until - time.monotonic(), 0.0))
        answered = self._answered
        return answered[1] if answered is not None and answered[0] == self._wanted else None

    def answer_to(self, question: str) -> Answer | None:
        """Give the answer to this question if it is there and nothing went wrong."""
        answered = self._answered
        return answered[1].answer if answered is not None and answered[0] == question else None

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._wanted) and self.outcome() is None

    def _work(self, question: str, call: Callable[[Cancellable], Answer], handle: Cancellable) -> None:
        try:
            outcome = Outcome(call(handle))
        except Exception as problem:  # noqa: BLE001 - a thread has nobody above it; the page shows the sentence
            if handle.cancelled:
                return
            outcome = Outcome[Answer](None, sentence_of(problem))
        if not handle.cancelled:
            self._answered = (question, outcome)
