"""What a person types into a search box: words and quoted phrases, folded. Every other sign stands for itself."""

from __future__ import annotations

import re

from segment_engine.domain.folding import fold

LONGEST_SEARCH = 200
_TERM = re.compile(r'["“”](?P<phrase>[^"“”]*)["“”]?|(?P<word>[^\s"“”]+)')


def search_terms(text: str) -> tuple[str, ...]:
    """Split what was typed into folded words and phrases; each has to be found.

    Shape: “a phrase in quotes” is one term with single spaces; a quote that is not closed yet reaches to the end.
        Each term once, in their order; nothing for blank text. Only the first 200 characters count.
    """
    found = (
        match["phrase"] if match["word"] is None else match["word"] for match in _TERM.finditer(text[:LONGEST_SEARCH])
    )
    return tuple(dict.fromkeys(term for term in (fold(" ".join(each.split())) for each in found) if term))
