"""What counts as blank and which letters are the same: shared by importer, compiler and evaluator. No locale."""

from __future__ import annotations

from unicodedata import normalize

# docs/criteria.md §2 names these and no others: str.isspace() and plain btrim() each know a different set.
BLANKS = "".join(
    map(
        chr,
        (
            *range(0x0009, 0x000E),
            0x0020,
            0x00A0,
            0x1680,
            *range(0x2000, 0x200B),
            0x2028,
            0x2029,
            0x202F,
            0x205F,
            0x3000,
            0xFEFF,
        ),
    )
)

_ASCII_CAPITALS = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def is_blank(text: str) -> bool:
    """Tell whether nothing is left after trimming blanks: such a text is a missing value.

    Source: docs/criteria.md §2 (Blanks).
    """
    return not text.strip(BLANKS)


def fold(text: str) -> str:
    """Fold upper and lower case of every script together; accents stay.

    Source: docs/criteria.md M5: NFC(casefold(NFC(x))), computed in Python for stored values and literals alike.
    """
    return normalize("NFC", normalize("NFC", text).casefold())


def fold_ascii(text: str) -> str:
    """Fold A-Z only, exactly as PostgreSQL's lower(x COLLATE "C") does; every other letter stays as it is.

    Source: docs/criteria.md M5, for fields without a folded twin.
    """
    return text.translate(_ASCII_CAPITALS)
