"""Settings: what the environment decides, read once, completely, with every problem reported together.

The only reader of the environment in the project. Values are checked here, so the rest never meets a bad one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from segment_engine.errors import SettingsError
from segment_engine.logs import MASK, LogFormat

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent
OWN_PREFIX = "SEGMENT_ENGINE_"
PLACEHOLDERS = ("<", ">", "changeme", "change_me", "change-me", "your_password", "your-password")
URL_SCHEMES = ("postgresql", "postgresql+psycopg", "postgres")


class Secret:
    """A text that prints as asterisks, so that it cannot reach a log or a page by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the text itself; call it only where it is handed to the driver."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set from outside, checked.

    Shape: the database URLs are in the form postgresql+psycopg://…, or None for the embedded server.
    Units: every `…_seconds` is whole seconds; `app_port` is a TCP port on localhost.
    """

    data_directory: Path
    database_url: Secret | None
    app_database_url: Secret | None
    worker_database_url: Secret | None
    postgres_binaries: Path | None
    app_port: int
    lease_seconds: int
    heartbeat_seconds: int
    worker_statement_seconds: int
    web_statement_seconds: int
    lock_seconds: int
    idle_in_transaction_seconds: int
    log_format: LogFormat | None = None

    def passwords(self) -> tuple[str, ...]:
        """Give the passwords in the settings, so that the log can mask them wherever they turn up."""
        urls = (self.database_url, self.app_database_url, self.worker_database_url)
        found = [urlsplit(url.reveal()).password for url in urls if url is not None]
        return tuple(text for quoted in found if quoted for text in {quoted, unquote(quoted)})


@dataclass(frozen=True)
class _WholeNumber:
    """A setting that is a whole number between two limits, both included."""

    default: int
    lowest: int
    highest: int
    meaning: str


# docs/operations.md lists these; a test compares the two.
_NUMBERS: Mapping[str, _WholeNumber] = {
    "SEGMENT_ENGINE_PORT": _WholeNumber(8501, 1, 65535, "the port of the application on this computer"),
    "SEGMENT_ENGINE_LEASE_SECONDS": _WholeNumber(30, 3, 3600, "how long a worker owns a run without a heartbeat"),
    "SEGMENT_ENGINE_HEARTBEAT_SECONDS": _WholeNumber(10, 1, 1200, "how often a worker renews its lease"),
    "SEGMENT_ENGINE_WORKER_STATEMENT_SECONDS": _WholeNumber(120, 1, 86400, "the longest statement of a worker"),
    "SEGMENT_ENGINE_WEB_STATEMENT_SECONDS": _WholeNumber(5, 1, 600, "the longest statement of a page"),
    "SEGMENT_ENGINE_LOCK_SECONDS": _WholeNumber(2, 1, 600, "the longest wait for a lock"),
    "SEGMENT_ENGINE_IDLE_IN_TRANSACTION_SECONDS": _WholeNumber(10, 1, 600, "the longest pause inside a transaction"),
}
_OWN_KEYS = frozenset({"SEGMENT_ENGINE_DATA", "SEGMENT_ENGINE_LOG_FORMAT", *_NUMBERS})


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment; an empty value counts as not set.

    Raises: SettingsError naming every missing, unknown or unsafe setting at once.
    """
    values = {key: value.strip() for key, value in (os.environ if environment is None else environment).items()}
    values = {key: value for key, value in values.items() if value}
    problems: list[str] = list(_unknown_keys(values))
    numbers = {key: _whole_number(values, key, problems) for key in _NUMBERS}
    if numbers["SEGMENT_ENGINE_HEARTBEAT_SECONDS"] * 2 > numbers["SEGMENT_ENGINE_LEASE_SECONDS"]:
        problems.append(
            "SEGMENT_ENGINE_HEARTBEAT_SECONDS must be at most half of SEGMENT_ENGINE_LEASE_SECONDS, "
            "so that one late heartbeat does not lose a run; lower the first or raise the second."
        )
    settings = Settings(
        data_directory=Path(values.get("SEGMENT_ENGINE_DATA", PROJECT_DIRECTORY / ".data")).absolute(),
        database_url=_database_url(values, "DATABASE_URL", problems),
        app_database_url=_login_url(values, "DATABASE_URL_APP", problems),
        worker_database_url=_login_url(values, "DATABASE_URL_WORKER", problems),
        postgres_binaries=_postgres_binaries(values, problems),
        app_port=numbers["SEGMENT_ENGINE_PORT"],
        lease_seconds=numbers["SEGMENT_ENGINE_LEASE_SECONDS"],
        heartbeat_seconds=numbers["SEGMENT_ENGINE_HEARTBEAT_SECONDS"],
        worker_statement_seconds=numbers["SEGMENT_ENGINE_WORKER_STATEMENT_SECONDS"],
        web_statement_seconds=numbers["SEGMENT_ENGINE_WEB_STATEMENT_SECONDS"],
        lock_seconds=numbers["SEGMENT_ENGINE_LOCK_SECONDS"],
        idle_in_transaction_seconds=numbers["SEGMENT_ENGINE_IDLE_IN_TRANSACTION_SECONDS"],
        log_format=_log_format(values, problems),
    )
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _unknown_keys(values: Mapping[str, str]) -> tuple[str, ...]:
    """Name every SEGMENT_ENGINE_ key that means nothing: a misspelled setting must not be ignored in silence."""
    unknown = sorted(key for key in values if key.startswith(OWN_PREFIX) and key not in _OWN_KEYS)
    known = ", ".join(sorted(_OWN_KEYS))
    return tuple(f"{key} is not a setting; correct the spelling or remove it (known: {known})." for key in unknown)


def _whole_number(values: Mapping[str, str], key: str, problems: list[str]) -> int:
    """Read one number, or note the problem and go on with the default."""
    rule = _NUMBERS[key]
    text = values.get(key)
    if text is None:
        return rule.default
    readable = text.isascii() and text.isdigit() and len(text) <= len(str(rule.highest))
    if readable and rule.lowest <= int(text) <= rule.highest:
        return int(text)
    problems.append(
        f"{key} ({rule.meaning}) must be a whole number from {rule.lowest} to {rule.highest}, not {text!r}; "
        f"correct it, or remove it to get {rule.default}."
    )
    return rule.default


def _log_format(values: Mapping[str, str], problems: list[str]) -> LogFormat | None:
    """Read how the log is written; None leaves it to where it goes."""
    text = values.get("SEGMENT_ENGINE_LOG_FORMAT")
    if text is None or text in set(LogFormat):
        return None if text is None else LogFormat(text)
    problems.append(
        f"SEGMENT_ENGINE_LOG_FORMAT (how the log is written) must be text or json, not {text!r}; correct it, or remove "
        "it to get text on a terminal and json elsewhere."
    )
    return None


def _login_url(values: Mapping[str, str], key: str, problems: list[str]) -> Secret | None:
    """Read the URL of a separate login, which makes sense only beside the owner's URL."""
    if key in values and "DATABASE_URL" not in values:
        problems.append(f"{key} is set but DATABASE_URL is not; set DATABASE_URL to the owner's URL as well.")
    return _database_url(values, key, problems)


def _database_url(values: Mapping[str, str], key: str, problems: list[str]) -> Secret | None:
    """Read a database URL without ever repeating it: it may hold a password."""
    text = values.get(key)
    if text is None:
        return None
    advice = f"set {key} to postgresql://user:password@host:5432/database, or remove it to use the embedded server."
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        problems.append(f"{key} cannot be read as a URL; {advice}")
        return None
    if parts.scheme not in URL_SCHEMES:
        problems.append(f"{key} is not a PostgreSQL URL; {advice}")
    elif not parts.path.strip("/"):
        problems.append(f"{key} names no database; {advice}")
    elif any(placeholder in text.lower() for placeholder in PLACEHOLDERS):
        problems.append(f"{key} still holds a placeholder instead of a real value; {advice}")
    return Secret("postgresql+psycopg:" + text.partition(":")[2])


def _postgres_binaries(values: Mapping[str, str], problems: list[str]) -> Path | None:
    """Read PG_BINDIR, which must name a folder with PostgreSQL's programs."""
    text = values.get("PG_BINDIR")
    if text is None:
        return None
    folder = Path(text).absolute()
    if not (folder / "pg_ctl").is_file():
        problems.append(
            f"PG_BINDIR names {folder}, which holds no pg_ctl; set it to the bin folder of a PostgreSQL "
            "installation, or remove it to use the bundled one."
        )
    return folder
