"""The settings of the sign-in: complete and safe, or a sentence for everything that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from segment_engine.errors import SettingsError
from segment_engine.settings import load_settings
from segment_engine.settings.sign_in import Provider, sign_in_of

COOKIE_SECRET = "kJ3_9sdfKJH23kjhsdf98hKJHskjh2oiuHKJH8s"  # noqa: S105 - of these tests alone
CLIENT_SECRET = "hKJHskjh2oiuHKJH8s"  # noqa: S105 - as above
GOOD = {
    "SEGMENT_ENGINE_PUBLIC_URL": "https://segments.company.com",
    "SEGMENT_ENGINE_COOKIE_SECRET": COOKIE_SECRET,
    "SEGMENT_ENGINE_PROVIDER_COMPANY_ISSUER": "https://login.company.com/realm/",
    "SEGMENT_ENGINE_PROVIDER_COMPANY_CLIENT_ID": "segments",
    "SEGMENT_ENGINE_PROVIDER_COMPANY_CLIENT_SECRET": CLIENT_SECRET,
}
FILE = f"""[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "{COOKIE_SECRET}"
session_hours = 8
[auth.partner]
label = "Partner's account"
client_id = "segments"
client_secret = "{CLIENT_SECRET}x"
server_metadata_url = "https://partner.test/.well-known/openid-configuration"
client_kwargs = {{ scope = "openid email", prompt = "login" }}
"""


def problems(changes: dict[str, str]) -> list[str]:
    """What is said about the good settings after some changes."""
    with pytest.raises(SettingsError) as refused:
        load_settings(GOOD | changes)
    assert COOKIE_SECRET not in str(refused.value)
    assert CLIENT_SECRET not in str(refused.value)
    return str(refused.value).splitlines()


def test_without_any_setting_there_is_no_sign_in() -> None:
    """Nothing set means local mode."""
    assert load_settings({}).sign_in is None
    assert sign_in_of(None) is None


def test_a_provider_of_the_environment() -> None:
    """An issuer, an id and a secret are enough; the rest has defaults."""
    settings = load_settings(GOOD).sign_in
    assert settings is not None
    (provider,) = settings.providers
    assert isinstance(provider, Provider)
    assert (provider.name, provider.label, provider.issuer) == ("company", "Company", "https://login.company.com/realm")
    assert provider.metadata_url == "https://login.company.com/realm/.well-known/openid-configuration"
    assert (provider.scope, provider.prompt, settings.session_hours) == ("openid email profile", "select_account", 12)
    assert (settings.host, settings.secure) == ("segments.company.com", True)
    assert COOKIE_SECRET not in repr(settings)
    assert CLIENT_SECRET not in repr(settings)
    assert {COOKIE_SECRET, CLIENT_SECRET} <= set(load_settings(GOOD).passwords())
    assert sign_in_of(settings.section()) == settings


def test_file_and_environment_add_up(tmp_path: Path) -> None:
    """Providers of both stand side by side; what both say, the environment decides."""
    file = tmp_path / "secrets.toml"
    file.write_text(FILE, encoding="utf-8")
    alone = load_settings({}, secrets_files=[tmp_path / "none.toml", file]).sign_in
    assert alone is not None
    assert (alone.public_url, alone.session_hours, alone.secure) == ("http://localhost:8501", 8, False)
    (partner,) = alone.providers
    assert (partner.issuer, partner.label) == ("https://partner.test", "Partner's account")
    assert (partner.scope, partner.prompt) == ("openid email", "login")
    both = load_settings(GOOD, secrets_files=[file]).sign_in
    assert both is not None
    assert [provider.name for provider in both.providers] == ["company", "partner"]
    assert both.public_url == "https://segments.company.com"


COOKIE = "SEGMENT_ENGINE_COOKIE_SECRET"
PREFIX = "SEGMENT_ENGINE_PROVIDER_COMPANY_"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (COOKIE, "", "is missing"),
        (COOKIE, "abc123", "has 6 characters where at least 32"),
        (COOKIE, "x" * 64, "different characters"),
        (COOKIE, "aB3dE5gH7jK9" * 4, "repeats itself"),
        (COOKIE, "0123456789abcdefghijklmnopqrstuvwxyz", "runs along"),
        (COOKIE, "replace-me-with-a-long-random-text-please", "can be guessed"),
        (COOKIE, "my-own-very-secret-cookie-key-2026-xyz", "can be guessed"),
        (COOKIE, "<a-long-random-text-of-your-own-9876>", "can be guessed"),
        (f"{PREFIX}CLIENT_SECRET", "", "is missing"),
        (f"{PREFIX}CLIENT_SECRET", "short", "at least 16"),
        (f"{PREFIX}CLIENT_SECRET", "your-client-secret-here", "can be guessed"),
        (f"{PREFIX}CLIENT_SECRET", COOKIE_SECRET, "also a client secret"),
        (f"{PREFIX}CLIENT_ID", "", "is missing"),
        (f"{PREFIX}CLIENT_ID", "<client id>", "placeholder"),
        (f"{PREFIX}ISSUER", "", "is missing"),
        (f"{PREFIX}ISSUER", "http://login.company.com", "must begin with https"),
        (f"{PREFIX}ISSUER", "login.company.com", "is not an address"),
        (f"{PREFIX}ISSUER", "https://me:pw@login.company.com", "no user"),
        (f"{PREFIX}METADATA_URL", "http://login.company.com/x", "must begin with https"),
        (f"{PREFIX}SCOPE", "email", "must contain openid"),
        (f"{PREFIX}PROMPT", "never", "must be one of"),
        (f"{PREFIX}LABEL", "[click](javascript:x)", "at most 40 letters"),
        (f"{PREFIX}COLOR", "red", "is not a setting"),
        ("SEGMENT_ENGINE_PROVIDER_MY_COMPANY_ISSUER", "https://a.test", "no underscore"),
        ("SEGMENT_ENGINE_PROVIDER_OTHER_ISSUER", "https://login.company.com/realm", "same issuer"),
        ("SEGMENT_ENGINE_PUBLIC_URL", "", "is missing"),
        ("SEGMENT_ENGINE_PUBLIC_URL", "http://segments.company.com", "must begin with https"),
        ("SEGMENT_ENGINE_PUBLIC_URL", "https://company.com/segments", "no path"),
        ("SEGMENT_ENGINE_PUBLIC_URL", "https://segments.company.com:{port}", "cannot be read"),
        ("SEGMENT_ENGINE_SESSION_HOURS", "0", "from 1 to 168"),
        ("SEGMENT_ENGINE_SESSION_HOURS", "forever", "from 1 to 168"),
        ("SEGMENT_ENGINE_COOKIE_SECRETS", "x", "is not a setting"),
    ],
)
def test_what_is_weak_or_missing_is_named(key: str, value: str, said: str) -> None:
    """A default, short, guessable or missing secret, an unsafe address, an unknown key: one sentence each (C10)."""
    assert any(said in problem for problem in problems({key: value}))


def test_everything_wrong_is_said_at_once() -> None:
    """Nobody has to start the server once per mistake."""
    found = problems(
        {COOKIE: "short", "SEGMENT_ENGINE_PUBLIC_URL": "http://segments.company.com", f"{PREFIX}SCOPE": "email"}
        | {"SEGMENT_ENGINE_PORT": "0"}
    )
    assert len(found) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('auth = "yes"', "must be a section"),
        ("[auth\n", "cannot be read as a TOML file"),
        (FILE.replace("session_hours = 8", 'client_id = "x"'), "[auth] client_id is not a setting"),
        (FILE.replace("label", "colour"), "[auth.partner] colour is not a setting"),
        (FILE.replace("scope =", "scopes ="), "client_kwargs scopes is not a setting"),
        (FILE.replace(f'"{COOKIE_SECRET}"', "12"), "must be a text"),
        (FILE.replace("/oauth2callback", "/back"), "must end with /oauth2callback"),
        ('[auth]\ncookie_secret = ""\n', "has no provider"),
    ],
)
def test_the_file_is_held_to_the_same(tmp_path: Path, text: str, said: str) -> None:
    """What the file says wrongly is named with its place (C10)."""
    file = tmp_path / "secrets.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=said.replace("[", r"\[").replace(".", r"\.")):
        load_settings({}, secrets_files=[file])
