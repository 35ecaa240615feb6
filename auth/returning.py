"""Where a sign-in leads back to, and what came of it: kept in a cookie and in the address, never trusted."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request

COOKIE, PARAMETER = "return_to", "sign_in"
SECONDS, LONGEST = 600, 1000
ROOT = "/"


class Outcome(StrEnum):
    """What came of a sign-in that did not work, or of a sign-out; the page has a sentence for each."""

    DENIED = "denied"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    STALE = "stale"
    SIGNED_OUT = "signed_out"


def place_to_return_to(request: Request) -> str:
    """Give the page the visitor came for: a path of this server, whatever the cookie says."""
    return own_path(unquote(request.cookies.get(COOKIE, "")))


def own_path(text: str) -> str:
    """Give a path and query of this server, or its first page: never another server, nor part of the sign-in itself."""
    usable = text.startswith("/") and not text.startswith("//") and len(text) <= LONGEST
    if not usable or "\\" in text or not text.isprintable():
        return ROOT
    try:
        parts = urlsplit(text)
    except ValueError:
        return ROOT
    if parts.scheme or parts.netloc or parts.path.startswith(("/auth/", "/oauth2callback", "//")):
        return ROOT
    query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != PARAMETER])
    return quote(parts.path, safe="/%~") + (f"?{query}" if query else "")


def with_outcome(place: str, outcome: Outcome) -> str:
    """Say in the address what came of it."""
    return f"{place}{'&' if '?' in place else '?'}{PARAMETER}={outcome.value}"


def remember(headers: MutableHeaders, request: Request) -> None:
    """Keep for ten minutes which page an unknown visitor asked for."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    place = own_path(request.scope["path"] + (f"?{query}" if query else ""))
    _set(headers, quote(place, safe=""), SECONDS)


def forget(headers: MutableHeaders) -> None:
    """Drop the place: the visitor is there."""
    _set(headers, "", 0)


def _set(headers: MutableHeaders, value: str, seconds: int) -> None:
    headers.append("set-cookie", f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax")
