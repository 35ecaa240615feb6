"""Reads the URLs of the settings."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def read_url(text: str) -> SplitResult | None:
    """Take a URL apart; None when it, or its port, cannot be read."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # only asking shows that it is no number
    except ValueError:
        return None
    return parts
