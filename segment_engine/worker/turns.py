"""Organizations one after the other, each in a transaction of its own: trouble in one keeps no other waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from segment_engine.db.session import Database, Transaction
from segment_engine.errors import SegmentEngineError
from segment_engine.logs import note_incident

log = logging.getLogger(__name__)


def take_turns(
    database: Database, organizations: Iterable[int], act: Callable[[Transaction, int], int], *, what: str
) -> int:
    """Do something for each organization, and add up what it gives.

    Shape: foreseen trouble is a warning and waits for the next time; the unforeseen is logged with its number.
    """
    done = 0
    for organization_id in organizations:
        try:
            with database.transaction(organization_id) as transaction:
                done += act(transaction, organization_id)
        except SegmentEngineError as error:
            log.warning("%s of organization %s wait for the next time: %s", what, organization_id, error)
        except Exception as error:  # noqa: BLE001 - all others must go on
            note_incident(error, f"{what} of organization {organization_id}")
    return done
