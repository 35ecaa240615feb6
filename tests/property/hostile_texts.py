"""Values that other engines mistreat: letters that fold oddly, signs that mean something elsewhere, extremes."""

from __future__ import annotations

TEXTS = (
    "Gent", "GENT", "gent", " Gent", "Gent ", "\u00a0Gent", "İstanbul", "i\u0307stanbul", "istanbul", "ISTANBUL",
    "\u0131stanbul", "straße", "STRASSE", "\u1e9e", "ss", "S", "É", "é", "e\u0301", "E\u0301", "E", "\u212b", "Å",
    "a\u030a", "ﬁn", "FIN", "\u212a", "k", "K", "%", "_", "\\", "&", "'", '"', "a%b", "a_b", "axb", "a\\b", "a&b",
    "a&amp;b", "O'Brien", "$1", ":name", "%(name)s", "%s", "{}", "--", "Σίσυφος", "ΣΊΣΥΦΟΣ", "\u03c2", "\u03c3",
    "\u0345", "\u03b9", "\u1fb3", "\u0390", "\u01c5", "\u01c6", "\u0149", "😀", "𐐀", "𐐨", "각", "\u1100\u1161\u11a8",
    "a\tb", "a\nb", "\u200b", "\u180e", "\u200bGent", "0", "00", "null", "NULL", "NaN", "true", "x" * 500, "X" * 500,
)  # fmt: skip
# What may be stored but not typed: control characters that only look blank.
STORED_TEXTS = (*TEXTS, "\x01", "\x1c", "\x85", "\x7f", "Ge\x01nt", "x" * 2000)
SMALL = (-3, -1, 0, 1, 2, 3, 5, 7, 10, 50, 99, 100, 101)
EXTREME = (2**63 - 1, 2**63 - 2, -(2**63), -(2**63) + 1, 10**18 - 1, -(10**18) + 1, 2**53 + 1, 2**31)
# Whole numbers as decimals of different scales: 1 is 100 cents, 1,000 thousandths.
_SCALED = (200, 300, 700, 1000, 2000, 3000, 10_000, 20_000)
NUMBERS_HELD = (*SMALL, *SMALL, *SMALL, *_SCALED, *EXTREME)
# Elements of sets: few, so that sets overlap, and some that only the case divides.
ELEMENTS = (
    "vip", "VIP", "Vip", "é", "É", "e\u0301", "straße", "STRASSE", "\u0131", "I", "a,b", "{}", "{a}", '"', "\\", "%",
    "null", "NULL", "\u200b", " x", "😀",
)  # fmt: skip
# A contact's own key: only the digits 0 to 9 count as a number, only the usual form as a UUID.
KEYS = (
    *(
        "0",
        "000",
        "7",
        "007",
        "42",
        "0042",
        "10",
        "9",
        "12345678901234567890123456789",
        "\uff10\uff107",
        "\u0664\u0662",
        "-5",
        "+7",
        "1e3",
    ),
    *("3.0", " 12", "12 ", "1_000", "0x1f", "É", "é", "😀", "a:b", "~", "A", "a", "%", "''", "null", "x" * 200),
    *("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-00000000000A"),
    *("AbCdEf01-2345-6789-abCD-EF0123456789", "{5a0c1f0e-7b1e-4c39-9b3d-0d6f3f1f2a10}"),
    *(
        "5a0c1f0e7b1e4c399b3d0d6f3f1f2a10",
        "5A0C1F0E-7B1E-4C39-9B3D-0D6F3F1F2A1G",
        "5A0C1F0E-7B1E-4C39-9B3D-0D6F3F1F2A10",
    ),
)
