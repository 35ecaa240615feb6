"""docs/sign-in.md lists every setting, and its examples are accepted once they are filled in."""

from __future__ import annotations

import re
from pathlib import Path

from segment_engine.settings import load_settings
from segment_engine.settings.sign_in import _FIELDS_OF_CLIENT, _FIELDS_OF_FILE, _GENERAL_OF_FILE
from segment_engine.settings.sign_in_values import DEFAULT_HOURS, DEFAULT_SCOPE, GENERAL_KEYS, PROMPTS, PROVIDER_KEYS
from tests.documents import table, text_of

DOCUMENT = "docs/sign-in.md"


def test_every_setting_of_the_sign_in_is_listed() -> None:
    """Each name in the environment and in the file, with its default, and no other."""
    general = table(DOCUMENT, "sign-in setting")
    assert set(general.column("sign-in setting")) == set(GENERAL_KEYS)
    in_file = {re.findall(r"`(\w+)`", row[1])[0]: row[0].strip("`") for row in general.rows}
    assert {GENERAL_KEYS[key]: name for name, key in in_file.items()} == {
        short: name for name, short in _GENERAL_OF_FILE.items()
    }
    assert general.rows[-1][2] == str(DEFAULT_HOURS)
    provider = table(DOCUMENT, "setting of a provider")
    listed = dict(zip(provider.column("in `[auth.name]`"), provider.column("setting of a provider"), strict=True))
    names = _FIELDS_OF_FILE | {f"client_kwargs.{name}": field for name, field in _FIELDS_OF_CLIENT.items()}
    assert listed == {name: f"SEGMENT_ENGINE_PROVIDER_NAME_{field.upper()}" for name, field in names.items()}
    assert set(listed.values()) == {f"SEGMENT_ENGINE_PROVIDER_NAME_{key}" for key in PROVIDER_KEYS}
    assert DEFAULT_SCOPE in provider.column("default")
    assert all(f"`{prompt}`" in provider.rows[-1][3] for prompt in PROMPTS)


def test_the_examples_are_accepted(tmp_path: Path) -> None:
    """With real secrets in place of the dots, environment and file mean the same sign-in."""
    text = text_of(DOCUMENT)
    shell, toml = (re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("sh", "toml"))
    assert shell
    assert toml
    lines = (line.partition("#")[0].strip().partition("=") for line in shell[1].splitlines())
    secrets = {"COOKIE": "kJ3_9sdfKJH23kjhsdf98hKJHskjh2oiuHKJH8s", "CLIENT": "hKJHskjh2oiuHKJH8s"}
    environment = {
        key: value.replace("…", secrets["COOKIE" if "COOKIE" in key else "CLIENT"]) for key, _, value in lines
    }
    file = tmp_path / "secrets.toml"
    written = toml[1].replace('cookie_secret = "…"', f'cookie_secret = "{secrets["COOKIE"]}"')
    file.write_text(written.replace("…", secrets["CLIENT"]), encoding="utf-8")
    by_environment = load_settings(environment).sign_in
    assert by_environment is not None
    assert by_environment == load_settings({}, secrets_files=[file]).sign_in
