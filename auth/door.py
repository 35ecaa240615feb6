"""What stands between the network and Streamlit: who may fetch files, where a sign-in leads back to, safe cookies.

Streamlit checks the sign-in of a session, not that of a single request; what that leaves open is closed here.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from auth import returning
from auth.cookies import brings_signed_token, make_secure, session_of, sets_identity, take_identity_back
from auth.guard import running_engine
from auth.identity import configured
from auth.returning import Outcome
from segment_engine import Identity, SignInSettings
from segment_engine.errors import SegmentEngineError, SettingsError

log = logging.getLogger(__name__)

LOGIN, LOGOUT, CALLBACK, MEDIA, HEALTH = "/auth/login", "/auth/logout", "/oauth2callback", "/media", "/healthz"
# Pieces of Streamlit that answer anybody, and that nobody here has a use for.
CLOSED = ("/_stcore/agent", "/_stcore/metrics", "/_stcore/script-health-check")
SERVED_UNDER_ANY_NAME = (HEALTH, "/_stcore/health")
NOT_PAGES = ("/_", "/static", "/auth", MEDIA, CALLBACK, HEALTH, "/favicon", "/component")
# What a proxy may say about who asks and how. Nothing here believes it, so nothing behind this point sees it.
BELIEVED_BY_NOBODY = (b"forwarded", b"x-forwarded-", b"x-real-", b"x-auth-", b"x-remote-", b"remote-", b"x-streamlit-")


class Door:
    """Wraps the whole server; every request passes here first."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, pass on, or pass on and correct the answer."""
        if scope["type"] not in {"http", "websocket"}:
            await self._inner(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if not pair[0].lower().startswith(BELIEVED_BY_NOBODY)]
        scope = {**scope, "headers": headers}
        if scope["type"] == "websocket":
            await self._inner(scope, receive, send)
            return
        request = Request(scope)
        refusal = await _refusal(request)
        if refusal is not None:
            await refusal(scope, receive, send)
        else:
            await self._pass_on(request, receive, send)

    async def _pass_on(self, request: Request, receive: Receive, send: Send) -> None:
        settings, started = _settings(), False

        async def send_on(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                if settings is not None:
                    _correct(request, message, settings)
            await send(message)

        try:
            await self._inner(request.scope, receive, send_on)
        except Exception:
            if started or request.scope["path"] not in {LOGIN, CALLBACK}:
                raise
            log.exception("A sign-in could not be carried on")
            outcome = Outcome.UNREACHABLE if request.scope["path"] == LOGIN else Outcome.REFUSED
            place = returning.with_outcome(returning.place_to_return_to(request), outcome)
            await RedirectResponse(place, 302)(request.scope, receive, send)


async def _refusal(request: Request) -> Response | None:
    """Answer at once what never reaches Streamlit; None lets a request through."""
    path = request.scope["path"]
    if path == HEALTH:
        return PlainTextResponse("ok")
    # Streamlit asks this of its websocket only.
    if path not in SERVED_UNDER_ANY_NAME and not is_host_allowed(request.headers.get("host")):
        return PlainTextResponse("This name is not served here.", 400)
    if path.startswith(CLOSED):
        return PlainTextResponse("Not found.", 404)
    if path == LOGOUT and request.headers.get("sec-fetch-site") == "cross-site":
        return RedirectResponse(returning.ROOT, 302)  # a link on a foreign page signs nobody out
    if path.startswith(MEDIA) and not await _may_fetch(request):
        return PlainTextResponse("Sign in first.", 401)
    return None


def _correct(request: Request, message: Message, settings: SignInSettings) -> None:
    """Lead a sign-in back to where it began, say what came of it, and keep cookies safe."""
    headers, path = MutableHeaders(scope=message), request.scope["path"]
    place = returning.place_to_return_to(request)
    if path == LOGIN and (message["status"] >= 400 or headers.get("location") == returning.ROOT):  # noqa: PLR2004 - errors
        outcome = Outcome.STALE if message["status"] < 400 else Outcome.UNREACHABLE  # noqa: PLR2004 - errors begin here
        _lead(message, headers, returning.with_outcome(place, outcome))
    elif path == LOGOUT and headers.get("location") == returning.ROOT:
        _lead(message, headers, returning.with_outcome(returning.ROOT, Outcome.SIGNED_OUT))
    elif path == CALLBACK and sets_identity(headers) and not brings_signed_token(headers, settings):
        take_identity_back(headers)
        _lead(message, headers, returning.with_outcome(place, Outcome.REFUSED))
    elif path == CALLBACK and sets_identity(headers):
        _lead(message, headers, place)
        returning.forget(headers)
    elif path == CALLBACK:
        outcome = _outcome_of(request, refused=sets_identity(headers) is False)
        _lead(message, headers, returning.with_outcome(place, outcome))
    elif _is_page(request) and session_of(request.cookies, settings, now=datetime.now(UTC)) is None:
        returning.remember(headers, request)
    if settings.secure:
        make_secure(headers)


def _outcome_of(request: Request, *, refused: bool) -> Outcome:
    """Say why a callback signed nobody in; without a code it is the way back from signing out."""
    error = request.query_params.get("error")
    if error is not None:
        return Outcome.DENIED if error == "access_denied" else Outcome.REFUSED
    if "code" not in request.query_params:
        return Outcome.SIGNED_OUT
    return Outcome.REFUSED if refused else Outcome.STALE


def _lead(message: Message, headers: MutableHeaders, place: str) -> None:
    message["status"] = 302
    headers["location"] = place


def _is_page(request: Request) -> bool:
    """Tell whether a person opens a page, rather than a page its pieces."""
    wanted = request.headers.get("accept", "")
    return request.method == "GET" and "text/html" in wanted and not request.scope["path"].startswith(NOT_PAGES)


async def _may_fetch(request: Request) -> bool:
    """Tell whether a file made for somebody may be fetched: with a sign-in and a seat; in local mode always."""
    try:
        settings = configured()
    except SettingsError:
        return False
    if settings is None:
        return True
    session = session_of(request.cookies, settings, now=datetime.now(UTC))
    return session is not None and await run_in_threadpool(_has_a_seat, session.identity)


def _has_a_seat(identity: Identity) -> bool:
    try:
        return bool(running_engine().organizations_of(identity))
    except SegmentEngineError:
        return False


def _settings() -> SignInSettings | None:
    try:
        return configured()
    except SettingsError:
        return None
