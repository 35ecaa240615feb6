"""The kinds that are no conditions on rows, and five conditions of mixed kinds; variants as in `kinds`."""

from __future__ import annotations

from benchmarks.data import AS_OF
from benchmarks.data_language import BUYERS, LIST, LOW
from benchmarks.kinds import BASE, Kind, last, purchases
from benchmarks.kinds_rows import IS_RETURNED, RETURNED, ROW_KINDS, TARGET, related

_NOW = AS_OF.isoformat()


def _kind(name: str, condition: dict[str, object], *by_hand: str) -> Kind:
    return Kind(name, condition, by_hand, target=TARGET)


def _tags(op: str, value: object) -> dict[str, object]:
    return {"kind": "attribute", "field": "contact.tags", "op": op, "value": value}


# Consent and channels -----------------------------------------------------------------------------
_OF_EMAIL = "FROM consents k WHERE k.organization_id = :o AND k.channel = 'email' AND k.topic IS NULL "
_LATEST = (
    f"SELECT k.contact_number FROM (SELECT DISTINCT ON (k.contact_number) k.contact_number, k.state {_OF_EMAIL} "
    f"AND k.recorded_at < '{_NOW}' ORDER BY k.contact_number, k.recorded_at DESC, k.consent_number DESC) k "
    "WHERE k.state = 'granted'"
)
_NO_LATER = (
    f"SELECT k.contact_number {_OF_EMAIL} AND k.state = 'granted' AND k.recorded_at < '{_NOW}' AND NOT EXISTS ("
    "SELECT FROM consents l WHERE l.organization_id = :o AND l.channel = 'email' AND l.topic IS NULL "
    f"AND l.contact_number = k.contact_number AND l.recorded_at < '{_NOW}' "
    "AND (l.recorded_at, l.consent_number) > (k.recorded_at, k.consent_number))"
)
_CHANNEL = (
    "FROM contact_channels h WHERE h.organization_id = :o AND h.channel = 'email' AND h.address IS NOT NULL "
    f"AND h.address_valid AND (h.suppressed_at IS NULL OR h.suppressed_at >= '{_NOW}')"
)

# Stored members -----------------------------------------------------------------------------------
_STORED = (
    "SELECT FROM membership_blocks m WHERE m.organization_id = :o "
    f"AND m.segment_id IN ('{LOW.segment_id}', '{BUYERS.segment_id}') "
    "AND m.block = c.number >> 12 AND get_bit(m.members, c.number & 4095) = 1"
)
_JOINED = (
    "SELECT count(*) FROM contacts c LEFT JOIN (SELECT m.block, bit_or(m.members) AS members FROM membership_blocks m "
    f"WHERE m.organization_id = :o AND m.segment_id IN ('{LOW.segment_id}', '{BUYERS.segment_id}') GROUP BY 1) m "
    "ON m.block = c.number >> 12 WHERE c.organization_id = :o AND c.deleted_at IS NULL AND {test}"
)
_LISTED = (
    "FROM static_list_blocks m WHERE m.organization_id = :o "
    f"AND m.list_id = '{LIST}' AND m.block = c.number >> 12 AND get_bit(m.members, c.number & 4095) = 1"
)
_SEGMENTS = [str(LOW.segment_id), str(BUYERS.segment_id)]

# Samples, and five conditions ---------------------------------------------------------------------
_BYTES = "sha256(convert_to('spring:' || c.external_key, 'UTF8'))"
_BUCKET = "((get_byte(b, 0)::bigint << 24) + (get_byte(b, 1) << 16) + (get_byte(b, 2) << 8) + get_byte(b, 3)) % 10000"
_MIXED: tuple[dict[str, object], ...] = (
    _tags("includes_any", ["Tag 1", "Tag 2", "Tag 3", "Tag 4", "Tag 5", "Tag 6", "Tag 7", "Tag 8"]),
    {"kind": "segment", "op": "in_any", "segments": [str(LOW.segment_id)]},
    {
        "group": "any",
        "of": [
            {"kind": "event", "event": "purchased", "verb": "did", "count": {"op": "gte", "n": 2}, "window": last(90)},
            related(["orders"], "any", IS_RETURNED),
        ],
    },
    {"kind": "consent", "channel": "email", "op": "state_is", "states": ["granted"]},
)
MIXED: dict[str, object] = {"group": "all", "of": list(_MIXED)}
_EIGHT = "ARRAY[" + ", ".join(f"'tag {n}'" for n in range(1, 9)) + "]"
_MIXED_BY_HAND = (
    BASE + f"c.set_1_fold && {_EIGHT} AND EXISTS (SELECT FROM membership_blocks m WHERE m.organization_id = :o "
    f"AND m.segment_id = '{LOW.segment_id}' AND m.block = c.number >> 12 AND get_bit(m.members, c.number & 4095) = 1) "
    "AND (c.number IN (SELECT e.contact_number " + purchases(90) + f" GROUP BY 1 HAVING count(*) >= 2) "
    f"OR c.number IN ({RETURNED})) AND "
)
LANGUAGE: tuple[Kind, ...] = (
    *ROW_KINDS,
    _kind(
        "set includes any of", _tags("includes_any", ["Tag 3", "Tag 9"]),
        BASE + "c.set_1_fold && ARRAY['tag 3', 'tag 9']",
    ),
    _kind(
        "set includes all of", _tags("includes_all", ["Tag 3", "Tag 53"]),
        BASE + "c.set_1_fold @> ARRAY['tag 3', 'tag 53']",
    ),
    _kind(
        "set includes none of", _tags("includes_none", ["Tag 3", "Tag 9"]),
        BASE + "(c.set_1_fold IS NULL OR NOT c.set_1_fold && ARRAY['tag 3', 'tag 9'])",
    ),
    _kind(
        "set has at least 2", _tags("size", {"op": "gte", "n": 2}),
        BASE + "cardinality(c.set_1) >= 2",
    ),
    _kind(
        "in any of two segments", {"kind": "segment", "op": "in_any", "segments": _SEGMENTS},
        BASE + f"EXISTS ({_STORED})",
        _JOINED.format(test="get_bit(m.members, c.number & 4095) = 1"),
    ),
    _kind(
        "in none of two segments", {"kind": "segment", "op": "not_in_any", "segments": _SEGMENTS},
        BASE + f"NOT EXISTS ({_STORED})",
        _JOINED.format(test="coalesce(get_bit(m.members, c.number & 4095), 0) = 0"),
    ),
    _kind(
        "in any of two segments, live",
        {"kind": "segment", "op": "in_any", "segments": _SEGMENTS, "members": "live"},
        BASE + f"(c.number_1 < 300 OR c.number IN (SELECT e.contact_number {purchases(90)}))",
        BASE + f"(c.number_1 < 300 OR EXISTS (SELECT {purchases(90)} AND e.contact_number = c.number))",
    ),
    _kind(
        "in a static list", {"kind": "static_list", "op": "in_any", "lists": [str(LIST)]},
        BASE + f"EXISTS (SELECT {_LISTED})",
        "SELECT count(*) FROM contacts c JOIN static_list_blocks m ON m.block = c.number >> 12 "
        f"WHERE c.organization_id = :o AND c.deleted_at IS NULL AND m.organization_id = :o AND m.list_id = '{LIST}' "
        "AND get_bit(m.members, c.number & 4095) = 1",
    ),
    _kind(
        "consent is granted", {"kind": "consent", "channel": "email", "op": "state_is", "states": ["granted"]},
        BASE + f"c.number IN ({_LATEST})",
        BASE + f"c.number IN ({_NO_LATER})",
    ),
    _kind(
        "reachable", {"kind": "reachable", "channel": "email", "op": "is_reachable"},
        BASE + f"c.number IN ({_LATEST}) AND c.number IN (SELECT h.contact_number {_CHANNEL})",
        BASE + f"c.number IN ({_LATEST}) AND EXISTS (SELECT {_CHANNEL} AND h.contact_number = c.number)",
        BASE + f"c.number IN ({_NO_LATER}) AND c.number IN (SELECT h.contact_number {_CHANNEL})",
    ),
    _kind(
        "a sample of 10 %", {"kind": "sample", "percent": "10", "seed": "spring"},
        BASE + _BUCKET.replace("b,", f"{_BYTES},") + " < 1000",
        BASE + f"('x' || left(encode({_BYTES}, 'hex'), 8))::bit(32)::bigint % 10000 < 1000",
        f"SELECT count(*) FROM (SELECT c.number, {_BYTES} AS b FROM contacts c WHERE c.organization_id = :o "
        f"AND c.deleted_at IS NULL OFFSET 0) c WHERE {_BUCKET} < 1000",
    ),
    _kind(
        "income above half the budget",
        {"kind": "compare_fields", "left": {"field": "contact.income"}, "op": "gt",
         "right": {"field": "contact.budget"}, "times": "0.5"},
        BASE + "c.number_2 * 10 > c.number_3 * 5",
        BASE + "c.number_2 > c.number_3 * 0.5",
    ),
    _kind(
        "five conditions of mixed kinds", MIXED,
        _MIXED_BY_HAND + f"c.number IN ({_LATEST})",
        _MIXED_BY_HAND + f"c.number IN ({_NO_LATER})",
    ),
)  # fmt: skip
