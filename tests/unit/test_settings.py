"""What the environment may say, and what it is told when it says it wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from segment_engine.errors import SettingsError
from segment_engine.settings import PROJECT_DIRECTORY, Secret, Settings, load_settings

URL = "postgresql://owner:s3cr3t-word@db.example.org:5432/segments"


def test_defaults() -> None:
    """An empty environment gives the documented defaults and the embedded server."""
    assert load_settings({}) == Settings(
        data_directory=PROJECT_DIRECTORY / ".data",
        database_url=None,
        app_database_url=None,
        worker_database_url=None,
        postgres_binaries=None,
        app_port=8501,
        lease_seconds=30,
        heartbeat_seconds=10,
        worker_statement_seconds=120,
        web_statement_seconds=5,
        lock_seconds=2,
        idle_in_transaction_seconds=10,
    )
    assert (PROJECT_DIRECTORY / "requirements.txt").is_file()


def test_real_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument the process's own environment is read."""
    monkeypatch.setenv("SEGMENT_ENGINE_PORT", "9000")
    assert load_settings().app_port == 9000


def test_empty_counts_as_not_set() -> None:
    """An empty or blank value is the same as none, as shells and containers write it."""
    assert load_settings({"DATABASE_URL": "", "SEGMENT_ENGINE_PORT": "  ", "SEGMENT_ENGINE_DATA": ""}) == load_settings(
        {}
    )


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_database_url_names_the_driver(scheme: str) -> None:
    """Every usual way to write the address ends in the one form the engine uses."""
    settings = load_settings({"DATABASE_URL": URL.replace("postgresql", scheme)})
    assert settings.database_url == Secret(URL.replace("postgresql", "postgresql+psycopg"))


def test_separate_logins() -> None:
    """The pages and the worker may have logins of their own."""
    settings = load_settings({"DATABASE_URL": URL, "DATABASE_URL_APP": URL + "1", "DATABASE_URL_WORKER": URL + "2"})
    assert settings.app_database_url == Secret(URL.replace("sql:", "sql+psycopg:") + "1")
    assert settings.worker_database_url == Secret(URL.replace("sql:", "sql+psycopg:") + "2")


def test_relative_data_directory() -> None:
    """A relative folder is taken from where the program was started, and made absolute at once."""
    assert load_settings({"SEGMENT_ENGINE_DATA": "elsewhere"}).data_directory == Path.cwd() / "elsewhere"


def test_secret_prints_asterisks() -> None:
    """No way of printing settings shows a password."""
    settings = load_settings({"DATABASE_URL": URL})
    assert "s3cr3t" not in f"{settings} {settings!r} {settings.database_url} {settings.database_url!r:>10}"
    assert settings.database_url is not None
    assert settings.database_url.reveal().startswith("postgresql+psycopg://owner:s3cr3t-word@")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://owner:s3cr3t@localhost/segments",
        "segments.db",
        "postgresql://owner:s3cr3t@localhost",
        "postgresql://owner:s3cr3t@localhost:port/segments",
        "postgresql://owner:s3cr3t@[::1/segments",
        "postgresql://owner:changeme@localhost/segments",
        "postgresql://owner:<s3cr3t>@localhost/segments",
    ],
)
def test_bad_database_url(url: str) -> None:
    """A wrong address is refused with the way to write it, and never repeated: it may hold a password."""
    with pytest.raises(SettingsError, match=r"DATABASE_URL .*; set DATABASE_URL to postgresql://") as raised:
        load_settings({"DATABASE_URL": url})
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.parametrize("text", ["0", "65536", "-1", "8501.0", "port", "٣٤٥", "9" * 5000])
def test_bad_number(text: str) -> None:
    """A number outside its limits is refused with both limits and the default."""
    with pytest.raises(SettingsError, match=r"SEGMENT_ENGINE_PORT .* from 1 to 65535, .* to get 8501\."):
        load_settings({"SEGMENT_ENGINE_PORT": text})


def test_heartbeat_must_fit_the_lease() -> None:
    """A heartbeat that may come too late for its lease is refused."""
    with pytest.raises(SettingsError, match="at most half"):
        load_settings({"SEGMENT_ENGINE_LEASE_SECONDS": "19"})


def test_unknown_key() -> None:
    """A misspelled setting is refused with the known ones; other programs' keys are none of our business."""
    with pytest.raises(SettingsError, match=r"SEGMENT_ENGINE_PROT is not a setting.*SEGMENT_ENGINE_PORT"):
        load_settings({"SEGMENT_ENGINE_PROT": "1"})
    assert load_settings({"STREAMLIT_SERVER_PORT": "1", "PGHOST": "x"}) == load_settings({})


def test_binaries_folder(tmp_path: Path) -> None:
    """PG_BINDIR must hold PostgreSQL's programs."""
    with pytest.raises(SettingsError, match="holds no pg_ctl"):
        load_settings({"PG_BINDIR": str(tmp_path)})
    (tmp_path / "pg_ctl").touch()
    assert load_settings({"PG_BINDIR": str(tmp_path)}).postgres_binaries == tmp_path


def test_all_problems_at_once() -> None:
    """One message lists every problem, a line each."""
    environment = {
        "DATABASE_URL_APP": URL,
        "SEGMENT_ENGINE_PORT": "x",
        "SEGMENT_ENGINE_LEASE_SECONDS": "1",
        "SEGMENT_ENGINE_TYPO": "x",
        "PG_BINDIR": "/nowhere",
    }
    with pytest.raises(SettingsError) as raised:
        load_settings(environment)
    lines = str(raised.value).splitlines()
    assert len(lines) == 5
    assert all(any(key in line for line in lines) for key in environment)
