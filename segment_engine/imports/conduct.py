"""How an import is carried out: for whom, whether it only rehearses, who hears how far it is, and who may stop it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from segment_engine.db.session import Database, Transaction


class Stage(StrEnum):
    """What an import is doing, in the words people read."""

    LOOKING = "Looking at the values"
    WAITING = "Waiting for another import of this organization"
    READING = "Reading the rows"
    COMPARING = "Comparing with what is stored"
    RECORDING = "Recording the result"


Progress = Callable[[Stage, int], None]


def unheard(_stage: Stage, _rows: int) -> None:
    """Tell nobody."""


class Stoppable(Protocol):
    """What lets another thread stop an import; `use_cases.cancelling.Cancellable` is one."""

    @property
    def cancelled(self) -> bool:
        """Whether somebody stopped it."""
        ...

    def cancel(self) -> None:
        """Stop the statement that runs, and let nothing more begin."""
        ...

    def check(self) -> None:
        """Go on only when nobody stopped it. Raises: Conflict."""
        ...

    def holding(self, transaction: Transaction) -> AbstractContextManager[None]:
        """Let the other thread reach the statement that runs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How one import is carried out.

    Shape: `rehearsal` does everything and takes all of it back at the end. `person_id` and `request_id` are recorded
        with it. `progress` hears of every stage and of the rows read so far.
    """

    person_id: UUID | None = None
    request_id: str | None = None
    rehearsal: bool = False
    progress: Progress = unheard
    cancel: Stoppable | None = None

    def tell(self, stage: Stage, rows: int = 0) -> None:
        """Say how far it is; between two stages it can be stopped. Raises: Conflict."""
        if self.cancel is not None:
            self.cancel.check()
        self.progress(stage, rows)

    @contextmanager
    def transaction(self, database: Database, organization_id: int) -> Generator[Transaction]:
        """Open the one transaction of the import; that of a rehearsal is taken back at its end."""
        with (
            suppress(_Rehearsed),
            database.transaction(organization_id) as transaction,
            self._holding(transaction),
        ):
            yield transaction
            self._take_back()

    def _take_back(self) -> None:
        if self.rehearsal:
            raise _Rehearsed

    def _holding(self, transaction: Transaction) -> AbstractContextManager[None]:
        return nullcontext() if self.cancel is None else self.cancel.holding(transaction)


class _Rehearsed(Exception):
    """Ends the transaction of a rehearsal, so that the database takes everything back."""


PLAINLY = Conduct()
