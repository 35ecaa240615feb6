"""The server starts with safe settings or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.browser.serving import PROJECT, free_port
from tests.sign_in.conftest import environment_of


def refused(*options: str, **environment: str) -> str:
    """Start the pages as an operator does, and give what they say when they end."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("SEGMENT_ENGINE_")}
    command = ("streamlit", "run", "app.py", f"--server.port={free_port()}", "--server.headless=true", *options)
    answer = subprocess.run(
        (sys.executable, "-m", *command), cwd=PROJECT, env=inherited | environment, capture_output=True, text=True,
        check=False, timeout=100, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert answer.returncode == 2, answer.stderr
    assert "Traceback" not in answer.stderr
    return answer.stderr


def test_the_server_refuses_every_unsafe_setting_at_once(tmp_path: Path) -> None:
    """A weak secret, an unsafe address and an unsafe option of the server: it ends and names all of them (C10, C13)."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('[auth.my_company]\nclient_id = "x"\n', encoding="utf-8")
    environment = environment_of("http://segments.company.com", "changeme", company="https://login.company.com")
    said = refused(
        f"--secrets.files={secrets}", "--server.enableAgentApi=true", "--server.enableXsrfProtection=false",
        **environment,
    )  # fmt: skip
    for sentence in (
        "SEGMENT_ENGINE_COOKIE_SECRET has 8 characters", "SEGMENT_ENGINE_PUBLIC_URL (the address people open) must",
        "“my_company” cannot be called so", "server.enableAgentApi must stay False",
        "server.enableXsrfProtection must stay True",
    ):  # fmt: skip
        assert sentence in said
    assert "changeme" not in said
