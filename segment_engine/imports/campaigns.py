"""Finds the campaigns that a column names, by id or by name; names nobody knows become campaigns of their own."""

from __future__ import annotations

import re
from uuid import uuid4

from segment_engine.domain.folding import BLANKS
from segment_engine.domain.operators import CHANNELS, INTERACTIONS
from segment_engine.errors import InputError
from segment_engine.imports.arrow import Array, by_distinct, pa, pc
from segment_engine.imports.convert import RowFilter
from segment_engine.imports.request import EventImport
from segment_engine.imports.session import QUERIES, ImportSession
from segment_engine.imports.values import as_text, without_missing

_NAME_CHARACTERS = 255
_MOST_NEW = 10_000
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class CampaignColumn:
    """One column of campaigns on its way to ids. Memory grows with the number of different campaigns only."""

    def __init__(self, session: ImportSession, column: str, markers: tuple[str, ...]) -> None:
        rows = session.transaction.rows(QUERIES["campaigns"], {"organization": session.organization_id})
        self._column = column
        self._markers = markers
        self._by_name = {row.name: str(row.campaign_id) for row in rows}
        self._known = set(self._by_name.values())
        self._new: dict[str, str] = {}

    def read(self, array: Array, rows: RowFilter) -> Array:
        """Turn names and ids into ids, and reject rows that name no campaign."""
        texts = pc.utf8_trim(as_text(without_missing(array, self._markers)), characters=BLANKS)
        rows.reject("missing_campaign", texts.is_null())
        found = by_distinct(texts, self._find, pa.string())
        rows.reject("unknown_campaign", found.is_null())
        return found

    def _find(self, text: str) -> str | None:
        if text in self._by_name:
            return self._by_name[text]
        if _UUID.fullmatch(text):
            return text.lower() if text.lower() in self._known else None
        if "\0" in text or len(text) > _NAME_CHARACTERS:
            return None
        if len(self._new) == _MOST_NEW:
            raise InputError(
                f"The column {self._column} names more than {_MOST_NEW:,} campaigns nobody knows. "
                "Check that it is the column of the campaign."
            )
        self._by_name[text] = self._new[text] = str(uuid4())
        return self._new[text]

    def create_new(self, session: ImportSession, channel: str) -> None:
        """Make the campaigns that the rows left in the staging table need."""
        if self._new:
            given = {"names": list(self._new), "ids": list(self._new.values()), "channel": channel}
            session.created_campaigns = session.run("create_campaigns", **given)


def check_campaign_words(request: EventImport) -> None:
    """Refuse a kind of interaction or a channel that there is not, and one of the two words without the other.

    Raises: InputError.
    """
    if (request.interaction is None) != (request.campaign is None):
        raise InputError(
            "Campaign history needs both: what happened and the column with the campaign. "
            "Write for example --interaction opened --campaign campaign_name."
        )
    if request.interaction is not None and request.interaction not in INTERACTIONS:
        raise InputError(f"There is no interaction “{request.interaction}”. Write one of: {', '.join(INTERACTIONS)}.")
    if request.channel not in CHANNELS:
        raise InputError(f"There is no channel “{request.channel}”. Write one of: {', '.join(CHANNELS)}.")
