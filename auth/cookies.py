"""Reading and hardening cookies outside of a page: who sends a request, and what a browser may do with a cookie."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from starlette.datastructures import MutableHeaders
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from auth.claims import Session, read_claims
from auth.ended import ENDED
from segment_engine import SignInSettings


def session_of(cookies: Mapping[str, str], settings: SignInSettings, *, now: datetime) -> Session | None:
    """Find out who sends these cookies; None for nobody, and for whatever was not signed by this server."""
    secret = settings.cookie_secret.reveal()

    def signed(name: str) -> bytes | None:
        sent = cookies.get(name)
        return None if sent is None else decode_signed_value(secret, name, sent.encode("latin-1", "replace"))

    try:
        claims = json.loads(get_cookie_with_chunks(signed, USER_COOKIE_NAME) or b"null")
    except ValueError:
        return None
    if not isinstance(claims, dict):
        return None
    found = cast("dict[str, object]", claims)
    if found.get("is_logged_in") is not True or found.get("origin") != settings.public_url:
        return None
    session = read_claims(found, settings, now=now)
    return session if isinstance(session, Session) and session not in ENDED else None


def sets_identity(headers: MutableHeaders) -> bool | None:
    """Tell whether an answer signs somebody in (True), takes a sign-in back (False), or does neither (None)."""
    for cookie in headers.getlist("set-cookie"):
        if cookie.startswith(f"{USER_COOKIE_NAME}="):
            return "max-age=0" not in cookie.lower() and not cookie.startswith(f'{USER_COOKIE_NAME}="";')
    return None


def make_secure(headers: MutableHeaders) -> None:
    """Let browsers send the cookies of an answer over https only."""
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        headers.append("set-cookie", cookie if "; secure" in cookie.lower() else f"{cookie}; Secure")
