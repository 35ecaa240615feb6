"""How large criteria may be. Checked before any work is done; every refusal names the limit and the actual figure.

Source: docs/criteria.md §6.1.
"""

from __future__ import annotations

from datetime import date

DOCUMENT_BYTES = 64 * 1024
JSON_NESTING = 32

TREE_LEVELS = 5
WHERE_LEVELS = 2
GROUP_CHILDREN = 50
CONDITIONS = 50

TEXT_CHARACTERS = 500
NOTE_CHARACTERS = 200
LISTED_LITERALS = 1_000
NUMBER_DIGITS = 18
SMALLEST_INTEGER = -(2**63)
LARGEST_INTEGER = 2**63 - 1

COUNT = 1_000_000
RELATIVE = 10_000
REFERENCES = 10
REFERENCE_CHAIN = 5
REFERENCE_AGE_HOURS = 8_784
RELATION_HOPS = 2
SEQUENCES = 3
TOP_N = 1_000_000
ORDER_KEYS = 3
BUCKETS = 10_000
TIMES_DECIMALS = 6
ANNIVERSARY_DAYS = 364
ANNIVERSARY_YEARS = 300

# Every bound lies within these; the last is an end that is itself left out, so the whole year 2200 counts.
EARLIEST_DAY = date(1900, 1, 1)
LATEST_DAY = date(2201, 1, 1)

# The parser reports everything it finds, but a hostile document must not cost more to refuse than to read.
PROBLEMS = 100
