"""Reading the settings of the sign-in one by one: what is wrong is noted with its place, and reading goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult

from segment_engine.settings.secret import Secret, is_placeholder, weakness_of
from segment_engine.settings.urls import read_url

PROMPTS = ("select_account", "login", "consent", "none")
DEFAULT_SCOPE, DEFAULT_PROMPT = "openid email profile", PROMPTS[0]
DEFAULT_HOURS, MOST_HOURS = 12, 168
FEWEST_OF_COOKIE_SECRET, FEWEST_OF_CLIENT_SECRET = 32, 16

# docs/operations.md lists these; a test compares the two.
GENERAL_KEYS = {
    "SEGMENT_ENGINE_PUBLIC_URL": "public_url",
    "SEGMENT_ENGINE_COOKIE_SECRET": "cookie_secret",
    "SEGMENT_ENGINE_SESSION_HOURS": "session_hours",
}
PROVIDER_PREFIX = "SEGMENT_ENGINE_PROVIDER_"
PROVIDER_KEYS = ("ISSUER", "METADATA_URL", "CLIENT_ID", "CLIENT_SECRET", "LABEL", "SCOPE", "PROMPT")

PROVIDER_NAME = re.compile(r"[a-z][a-z0-9]{0,29}")
_LABEL = re.compile(r"[^\W_](?:[\w .&'()-]{0,38}[\w.)])?")


@dataclass(frozen=True, slots=True)
class Written:
    """A value as somebody wrote it, and where: the place is named when something is wrong with it."""

    value: object
    place: str


Values = dict[tuple[str, ...], Written]


class ValueReader:
    """Reads one value after the other; what is wrong is noted, and reading goes on."""

    def __init__(self, written: Values, problems: list[str]) -> None:
        self._written = written
        self._problems = problems

    def note(self, problem: str) -> None:
        """Keep a problem for the one message that names them all."""
        self._problems.append(problem)

    def has(self, key: tuple[str, ...]) -> bool:
        """Tell whether somebody wrote this."""
        return key in self._written

    def text(self, key: tuple[str, ...]) -> str:
        """Read a text; nothing when it is missing, and a problem when it is no text."""
        found = self._written.get(key)
        if found is None:
            return ""
        if not isinstance(found.value, str):
            self._problems.append(f"{found.place} must be a text in quotation marks.")
            return ""
        return found.value.strip()

    def place(self, key: tuple[str, ...]) -> str:
        """Name where a value stands, or where it is to be put."""
        found = self._written.get(key)
        if found is not None:
            return found.place
        general = {short: long for long, short in GENERAL_KEYS.items()}
        return general[key[0]] if len(key) == 1 else f"{PROVIDER_PREFIX}{'_'.join(key).upper()}"

    def missing(self, key: tuple[str, ...], means: str) -> None:
        """Note that something is not set."""
        self._problems.append(f"{self.place(key)} is missing: {means}; the sign-in cannot work without it.")

    def address(self, key: tuple[str, ...], *, means: str) -> str:
        """Read an address of the web: https, except on this computer."""
        text = self.text(key)
        problem = _problem_of_address(text) if text else None
        if problem:
            self._problems.append(f"{self.place(key)} ({means}) {problem}")
        return "" if problem else text

    def session_hours(self) -> int:
        """Read how long a sign-in holds."""
        found = self._written.get(("session_hours",))
        if found is None:
            return DEFAULT_HOURS
        text = str(found.value)
        if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_HOURS)) and 1 <= int(text) <= MOST_HOURS:
            return int(text)
        self._problems.append(f"{found.place} must be a whole number of hours from 1 to {MOST_HOURS}.")
        return DEFAULT_HOURS

    def secret(self, key: tuple[str, ...], *, fewest: int, means: str) -> Secret:
        """Read a secret, which is never repeated in a problem."""
        text = self.text(key)
        weakness = weakness_of(text, fewest=fewest) if text else None
        if not text:
            self.missing(key, f"it {means}")
        elif weakness:
            self._problems.append(
                f"{self.place(key)} {weakness}; it {means}. Make one with: "
                'python -c "import secrets; print(secrets.token_urlsafe(48))"'
                if key == ("cookie_secret",)
                else f"{self.place(key)} {weakness}; take the one the provider gave you."
            )
        return Secret(text)

    def client_id(self, name: str) -> str:
        """Read what the provider calls this application."""
        text = self.text((name, "client_id"))
        if not text:
            self.missing((name, "client_id"), "what the provider calls this application")
        elif is_placeholder(text):
            self._problems.append(f"{self.place((name, 'client_id'))} still holds a placeholder.")
        return text

    def label(self, name: str) -> str:
        """Read what the button says."""
        text = self.text((name, "label"))
        if text and not _LABEL.fullmatch(text):
            self._problems.append(
                f"{self.place((name, 'label'))} must have at most 40 letters, digits, spaces and . & ' ( ) -."
            )
        return text or name.capitalize()

    def scope(self, name: str) -> str:
        """Read what is asked of the provider; without “openid” it would vouch for nobody."""
        text = self.text((name, "scope")) or DEFAULT_SCOPE
        if "openid" not in text.split():
            self._problems.append(f"{self.place((name, 'scope'))} must contain openid.")
        return text

    def choice(self, key: tuple[str, ...], possible: tuple[str, ...]) -> str:
        """Read one of a few words; the first is the default."""
        text = self.text(key) or possible[0]
        if text not in possible:
            self._problems.append(f"{self.place(key)} must be one of {', '.join(possible)}.")
        return text


def _problem_of_address(text: str) -> str | None:
    parts = read_url(text)
    if parts is None:
        return "cannot be read as an address."
    if parts.scheme not in {"https", "http"} or not parts.hostname or is_placeholder(text) or set(text) & set("{} \\"):
        return "is not an address such as https://login.company.com."
    if parts.username is not None or parts.query or parts.fragment:
        return "must have no user, query or fragment."
    if parts.scheme == "http" and not _is_this_computer(parts):
        return "must begin with https: over http anybody on the way could take the sign-in."
    return None


def _is_this_computer(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
