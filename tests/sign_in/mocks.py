"""Two honest providers in one process of their own: `python -m tests.sign_in.mocks PORT PORT`."""

from __future__ import annotations

import sys
import threading
import warnings

warnings.simplefilter("ignore")  # the library warns about its own libraries

import oidc_provider_mock  # noqa: E402 - only after the warnings are silenced
from werkzeug.serving import make_server  # noqa: E402 - as above

PEOPLE = (
    oidc_provider_mock.User(
        sub="ada", claims={"name": "Ada Young", "email": "ada@example.org", "email_verified": True}
    ),
    oidc_provider_mock.User(sub="stranger", claims={"name": "A *Stranger*", "email": "stranger@example.org"}),
)


def main() -> None:
    """Serve until killed."""
    servers = [
        make_server(
            "127.0.0.1", int(port), oidc_provider_mock.app(user_claims=PEOPLE, require_nonce=True), threaded=True
        )
        for port in sys.argv[1:]
    ]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
