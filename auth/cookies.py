"""Reading and hardening cookies outside of a page: who sends a request, and what a browser may do with a cookie."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from starlette.datastructures import MutableHeaders
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import TOKENS_COOKIE_NAME, USER_COOKIE_NAME

from auth.claims import Session, read_claims
from auth.ended import ENDED
from segment_engine import SignInSettings

# Those with a private key at the provider and a public one here; “none” and shared secrets are not among them.
ALGORITHMS = frozenset(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)) | {"EdDSA"}


def session_of(cookies: Mapping[str, str], settings: SignInSettings, *, now: datetime) -> Session | None:
    """Find out who sends these cookies; None for nobody, and for whatever was not signed by this server."""
    try:
        claims = json.loads(_signed(cookies, USER_COOKIE_NAME, settings) or b"null")
    except ValueError:
        return None
    if not isinstance(claims, dict):
        return None
    found = cast("dict[str, object]", claims)
    if found.get("is_logged_in") is not True or found.get("origin") != settings.public_url:
        return None
    session = read_claims(found, settings, now=now)
    return session if isinstance(session, Session) and session not in ENDED else None


def brings_signed_token(headers: MutableHeaders, settings: SignInSettings) -> bool:
    """Tell whether the token behind an answer that signs somebody in was signed with a key of the provider.

    Shape: a library asked to believe whatever algorithm a provider names would also believe “none”.
    """
    pairs = (cookie.partition(";")[0].partition("=") for cookie in headers.getlist("set-cookie"))
    set_now = {name: value for name, _, value in pairs}
    try:
        token = json.loads(_signed(set_now, TOKENS_COOKIE_NAME, settings) or b"null")["id_token"]
        header = token.partition(".")[0]
        algorithm = json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))["alg"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return algorithm in ALGORITHMS


def _signed(cookies: Mapping[str, str], name: str, settings: SignInSettings) -> bytes | None:
    """Read a cookie that this server signed, from all its pieces; None for anything else."""
    secret = settings.cookie_secret.reveal()

    def piece(part: str) -> bytes | None:
        sent = cookies.get(part)
        return None if sent is None else decode_signed_value(secret, part, sent.encode("latin-1", "replace"))

    return get_cookie_with_chunks(piece, name)


def sets_identity(headers: MutableHeaders) -> bool | None:
    """Tell whether an answer signs somebody in (True), takes a sign-in back (False), or does neither (None)."""
    for cookie in headers.getlist("set-cookie"):
        if cookie.startswith(f"{USER_COOKIE_NAME}="):
            return "max-age=0" not in cookie.lower() and not cookie.startswith(f'{USER_COOKIE_NAME}="";')
    return None


def take_identity_back(headers: MutableHeaders) -> None:
    """Let an answer sign nobody in, and end a sign-in there was."""
    cookies = [cookie for cookie in headers.getlist("set-cookie") if not cookie.startswith(USER_COOKIE_NAME)]
    del headers["set-cookie"]
    for cookie in cookies:
        headers.append("set-cookie", cookie)
    for name in (USER_COOKIE_NAME, TOKENS_COOKIE_NAME):
        headers.append("set-cookie", f'{name}=""; Path=/; Max-Age=0; HttpOnly; SameSite=Lax')


def make_secure(headers: MutableHeaders) -> None:
    """Let browsers send the cookies of an answer over https only."""
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        headers.append("set-cookie", cookie if "; secure" in cookie.lower() else f"{cookie}; Secure")
