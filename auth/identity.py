"""Who is in front of the screen. This version knows local mode only: whoever sits at the computer of the server."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import streamlit as st

from segment_engine import LOCAL_IDENTITY, Identity


@dataclass(frozen=True, slots=True)
class SignIn:
    """The answer to “who is it?”: an identity, or None and the sentence that says why not."""

    identity: Identity | None
    sentence: str = ""

    @property
    def local(self) -> bool:
        """Whether nobody signed in because the server serves this computer only."""
        return self.identity == LOCAL_IDENTITY


def who() -> SignIn:
    """Establish the identity anew, from the server's own settings and never from what a browser says.

    Shape: without a sign-in provider, the local operator, but only while the server listens on this computer alone.
    """
    if _provider_is_configured():
        return SignIn(
            None,
            "A sign-in provider is configured, but this version cannot use one yet. Remove [auth] from "
            ".streamlit/secrets.toml and serve this computer only, or wait for the version with sign-in.",
        )
    if not is_loopback(st.get_option("server.address")):
        return SignIn(
            None,
            "This server can be reached from other computers, and nobody can sign in to it. Start it with "
            "--server.address=localhost; then whoever sits at this computer may use it.",
        )
    return SignIn(LOCAL_IDENTITY)


def is_loopback(address: object) -> bool:
    """Tell whether a listening address is reachable from the same computer only; no address means every one."""
    if not isinstance(address, str):
        return False
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _provider_is_configured() -> bool:
    try:
        return "auth" in st.secrets
    except (FileNotFoundError, KeyError):
        return False
