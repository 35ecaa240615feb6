"""Reads a criteria document once, completely, at the edge: every problem is reported together, nothing is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from segment_engine.domain.catalog import Catalog
from segment_engine.domain.criteria import Calendar, Criteria
from segment_engine.domain.document import Report, open_document
from segment_engine.domain.limits import CONDITIONS, SEQUENCES, TREE_LEVELS
from segment_engine.domain.parse.compare import read_limit
from segment_engine.domain.parse.conditions import read_condition
from segment_engine.domain.parse.groups import Reading, read_group
from segment_engine.domain.places import Place, quoted
from segment_engine.errors import CriteriaError

FORMAT = "segment-criteria"
VERSION = 1
BASE = "contacts"
_WEEK_STARTS = ("monday", "sunday", "saturday")
_NO_PLACES = frozenset({"", "localtime", "posixrules", "Factory"})
_LEAP_DAYS = ("feb_28", "mar_1")


def parse_criteria(
    document: str | bytes | Mapping[str, object],
    catalog: Catalog,
    *,
    calendar: Calendar | None = None,
    may_see_sensitive: bool = True,
) -> Criteria:
    """Read a criteria document and fill every default.

    Shape:  `calendar` is used where the document has none. Without `may_see_sensitive` sensitive fields are refused.
        write_criteria(parse_criteria(d)) reads back as equal.
    Raises: CriteriaError with every problem as (path, code, sentence); the codes are those of docs/criteria.md §6.2.
    Source: docs/criteria.md §1, §6.1. A document that exceeds a limit is refused within 50 ms.
    """
    report = Report()
    place = Place(open_document(document, report), "$", report)
    keys = place.keys(("format", "version", "base", "root"), ("calendar", "limit"))
    keys["format"].word((FORMAT,))
    keys["version"].whole(VERSION, VERSION, code="unknown_value")
    keys["base"].word((BASE,))
    default = calendar or Calendar()
    known = _calendar(keys["calendar"], default) if "calendar" in keys else default
    reading = Reading(catalog, known, may_see_sensitive=may_see_sensitive)
    root = read_group(keys["root"], reading, leaf=lambda child: read_condition(child, reading), levels=TREE_LEVELS)
    limited = "limit" in keys and keys["limit"].value is not None
    limit = read_limit(keys["limit"], reading) if limited else None
    _check_totals(keys["root"], reading)
    if root is None or report.problems:
        raise CriteriaError(report.problems)
    return Criteria(root, known, limit)


def _check_totals(root: Place, reading: Reading) -> None:
    """Refuse more conditions than one document may have, those of the limit's figures included."""
    if reading.conditions > CONDITIONS:
        sentence = f"There are {reading.conditions} conditions; at most {CONDITIONS} are possible. Use fewer."
        root.refuse("limit_exceeded", sentence)
    if len(reading.sequences) > SEQUENCES:
        sentence = f"There are {len(reading.sequences)} sequences; at most {SEQUENCES} are possible. Use fewer."
        reading.sequences[SEQUENCES].refuse("limit_exceeded", sentence)


def _calendar(place: Place, default: Calendar) -> Calendar:
    keys = place.keys((), ("time_zone", "week_starts_on", "fiscal_year_start_month", "leap_day"))
    zone = keys["time_zone"].text() if "time_zone" in keys else default.time_zone
    if zone is not None and not is_time_zone(zone):
        keys["time_zone"].refuse("unknown_value", f"{quoted(zone)} is no time zone. Write one as Europe/Amsterdam.")
        zone = None
    week = keys["week_starts_on"].word(_WEEK_STARTS) if "week_starts_on" in keys else default.week_starts_on
    month = default.fiscal_year_start_month
    if "fiscal_year_start_month" in keys:
        month = keys["fiscal_year_start_month"].whole(1, 12, code="unknown_value")
    leap_day = keys["leap_day"].word(_LEAP_DAYS) if "leap_day" in keys else default.leap_day
    if zone is None or week is None or month is None or leap_day is None:
        return default
    return Calendar(zone, week, month, leap_day)


def is_time_zone(name: str) -> bool:
    """Tell whether a name is an IANA time zone; old names count, because they are aliases.

    Source: docs/criteria.md M9. Names that mean the computer's own zone are refused: they differ from place to place.
    """
    if name in _NO_PLACES or name.startswith(("posix/", "right/")):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
