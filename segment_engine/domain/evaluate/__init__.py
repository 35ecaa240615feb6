"""The reference evaluator: contacts against criteria, in plain Python.

Written from docs/criteria.md and not from the SQL, so that two independent readings of that document can be compared.
It never touches a database and shares with the compiler only the tree, the catalog and the operator table.
"""

from __future__ import annotations

from datetime import datetime

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Criteria
from segment_engine.domain.evaluate.members import members_of, question
from segment_engine.domain.evaluate.records import (
    ChannelRecord,
    ConsentRecord,
    ContactRecord,
    EventRecord,
    Overrides,
    Population,
    RelatedRecord,
    Stored,
)

__all__ = [
    "ChannelRecord",
    "ConsentRecord",
    "ContactRecord",
    "EventRecord",
    "Overrides",
    "Population",
    "RelatedRecord",
    "Stored",
    "evaluate",
    "members_of",
    "question",
]


def evaluate(criteria: Criteria, record: ContactRecord, *, catalog: Catalog, as_of: datetime) -> bool:
    """Tell whether a contact matches the tree, by the letter of docs/criteria.md.

    Shape:  true or false for every contact; a missing value is answered by `on_missing`, never by an error (M1).
    Units:  `as_of` is an aware instant; it alone is now (M8).
    Raises: as `question`.
    Source: docs/criteria.md §1 to §6.
    """
    return question(criteria, catalog=catalog, as_of=as_of)(record)
