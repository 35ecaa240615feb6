"""Settings: what the environment decides, read once, completely, with every problem reported together.

The only reader of the environment in the project. Values are checked here, so the rest never meets a bad one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from segment_engine.errors import SettingsError
from segment_engine.faults import Fault, read_fault
from segment_engine.logs import LogFormat
from segment_engine.settings.outward import OUTWARD_KEYS, OutwardSettings, read_outward
from segment_engine.settings.secret import Secret, is_placeholder
from segment_engine.settings.sign_in import SignInSettings, is_sign_in_key, read_sign_in
from segment_engine.settings.sign_in_values import GENERAL_KEYS, PROVIDER_PREFIX
from segment_engine.settings.urls import read_url

PROJECT_DIRECTORY = Path(__file__).resolve().parents[2]
OWN_PREFIX = "SEGMENT_ENGINE_"
# Where Streamlit looks as well; of two files the later one has the word.
SECRETS_FILES = (Path.home() / ".streamlit" / "secrets.toml", PROJECT_DIRECTORY / ".streamlit" / "secrets.toml")
URL_SCHEMES = ("postgresql", "postgresql+psycopg", "postgres")


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
    fault: Fault | None = None
    metrics_port: int = 0
    outward: OutwardSettings = field(default_factory=OutwardSettings)
    sign_in: SignInSettings | None = None

    def passwords(self) -> tuple[str, ...]:
        """Give the passwords in the settings, so that the log can mask them wherever they turn up."""
        urls = (self.database_url, self.app_database_url, self.worker_database_url, self.outward.smtp_url)
        found = [urlsplit(url.reveal()).password for url in urls if url is not None]
        own = () if self.sign_in is None else self.sign_in.secrets()
        return (*own, *(text for quoted in found if quoted for text in {quoted, unquote(quoted)}))


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
    "SEGMENT_ENGINE_METRICS_PORT": _WholeNumber(0, 0, 65535, "the port of a worker's figures and health; 0 means none"),
    "SEGMENT_ENGINE_IDLE_IN_TRANSACTION_SECONDS": _WholeNumber(10, 1, 600, "the longest pause inside a transaction"),
}
_OWN_KEYS = frozenset(
    {"SEGMENT_ENGINE_DATA", "SEGMENT_ENGINE_LOG_FORMAT", "SEGMENT_ENGINE_FAULT", *OUTWARD_KEYS, *_NUMBERS}
)


def load_settings(
    environment: Mapping[str, str] | None = None, *, secrets_files: Sequence[Path] | None = None
) -> Settings:
    """Read the settings from the environment; an empty value counts as not set.

    Shape: the section `auth` of the files adds to those of the sign-in. An environment that is given stands alone.
    Raises: SettingsError naming every missing, unknown or unsafe setting at once.
    """
    values = {key: value.strip() for key, value in (os.environ if environment is None else environment).items()}
    values = {key: value for key, value in values.items() if value}
    files = secrets_files if secrets_files is not None else SECRETS_FILES if environment is None else ()
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
        fault=_fault(values, problems),
        metrics_port=numbers["SEGMENT_ENGINE_METRICS_PORT"],
        outward=read_outward(values, problems),
        sign_in=read_sign_in(values, _section_of(files, problems), problems),
    )
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _unknown_keys(values: Mapping[str, str]) -> tuple[str, ...]:
    """Name every SEGMENT_ENGINE_ key that means nothing: a misspelled setting must not be ignored in silence."""
    own = {key for key in values if key.startswith(OWN_PREFIX) and not is_sign_in_key(key)}
    unknown = sorted(own - _OWN_KEYS)
    known = ", ".join((*sorted(_OWN_KEYS), *GENERAL_KEYS, f"{PROVIDER_PREFIX}…"))
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


def _fault(values: Mapping[str, str], problems: list[str]) -> Fault | None:
    """Read where a worker of the tests goes wrong on purpose; anywhere else this keeps the program from starting."""
    text = values.get("SEGMENT_ENGINE_FAULT")
    try:
        database = urlsplit(values.get("DATABASE_URL", "")).path.strip("/") or None
        return None if text is None else read_fault(text, database=database)
    except (SettingsError, ValueError) as error:
        problems.append(str(error))
        return None


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
    parts = read_url(text)
    if parts is None:
        problems.append(f"{key} cannot be read as a URL; {advice}")
        return None
    if parts.scheme not in URL_SCHEMES:
        problems.append(f"{key} is not a PostgreSQL URL; {advice}")
    elif not parts.path.strip("/"):
        problems.append(f"{key} names no database; {advice}")
    elif is_placeholder(text):
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


def _section_of(files: Sequence[Path], problems: list[str]) -> Mapping[str, object]:
    """Read the section `auth` of the secrets files, where there are any."""
    section: Mapping[str, object] = {}
    for file in files:
        try:
            found = tomllib.loads(file.read_text(encoding="utf-8")).get("auth")
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            problems.append(f"{file} cannot be read as a TOML file; correct it, or remove it.")
            continue
        if isinstance(found, dict):
            section = cast("dict[str, object]", found)
        elif found is not None:
            problems.append(f"{file}: auth must be a section, [auth].")
    return section
