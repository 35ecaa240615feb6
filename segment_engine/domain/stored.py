"""Words that are stored: a release meets those of a newer one while an installation is being updated."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn

from segment_engine.errors import StoredByNewer


class StoredWord(StrEnum):
    """A word of a list that grows with releases. One that is missing here is a sentence to people, and no fault."""

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise StoredByNewer(f"“{value}” is not known to this release. Update the program here, then open this again.")
