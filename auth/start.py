"""The start of the server: with settings that are complete and safe, or not at all, and then it says why."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import cast

import streamlit as st
from authlib.deprecate import AuthlibDeprecationWarning
from streamlit.config import set_option
from streamlit.runtime.secrets import SecretsValue

from segment_engine import SignInSettings, load_settings
from segment_engine.errors import SettingsError

THIS_COMPUTER = ("localhost", "127.0.0.1")
# What must not be changed by a flag or a variable, and why.
UNSAFE = {
    "server.trustedUserHeaders": (None, "anybody could send such a header and be whom they like"),
    "server.enableAgentApi": (False, "it is a second way in, without a sign-in"),
    "server.enableStaticServing": (False, "files would be served to anybody"),
    "server.scriptHealthCheckEnabled": (False, "it runs a page for anybody"),
    "server.enableXsrfProtection": (True, "a foreign page could send files in somebody's name"),
    "server.enableCORS": (True, "a foreign page could speak to the server in somebody's name"),
    "server.baseUrlPath": ("", "the pages stand at the top of their address"),
    "client.showErrorDetails": ("none", "the text of an error may hold anything"),
}
WRONG_SETTINGS = 2


def secrets() -> dict[str, SecretsValue]:
    """Read the settings and give what Streamlit needs of them; without a sign-in, nothing.

    Raises: SystemExit after writing down every problem, each with what to do.
    """
    warnings.filterwarnings("ignore", category=AuthlibDeprecationWarning)  # a library's word to another one
    problems, sign_in = _unsafe_options(), None
    try:
        sign_in = load_settings(secrets_files=[Path(file) for file in st.get_option("secrets.files")]).sign_in
    except SettingsError as problem:
        problems.insert(0, str(problem))
    if problems:
        sys.stderr.write("\n".join(("The server does not start:", *problems, "")))
        sys.stderr.flush()
        raise SystemExit(WRONG_SETTINGS)
    if sign_in is None:
        return {}
    _serve_only(sign_in)
    return {"auth": cast("SecretsValue", sign_in.section())}


def _unsafe_options() -> list[str]:
    return [
        f"{option} must stay {safe if safe not in {None, ''} else 'unset'}: {reason}. Remove it from where it was set."
        for option, (safe, reason) in UNSAFE.items()
        if (st.get_option(option) or None) != (safe or None)
    ]


def _serve_only(sign_in: SignInSettings) -> None:
    """Serve the public name, and this computer's own, which no other computer can send people to."""
    names = dict.fromkeys((sign_in.host, *THIS_COMPUTER))
    set_option("server.allowedHosts", list(names))
    # Streamlit signs what it remembers between leaving and coming back with this, before it has read the secrets.
    set_option("server.cookieSecret", sign_in.cookie_secret.reveal())
