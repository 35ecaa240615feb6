"""Two honest providers in one process of their own: `python -m tests.sign_in.mocks PORT PORT`."""

from __future__ import annotations

import re
import sys
import threading
import warnings

warnings.simplefilter("ignore")  # the library warns about its own libraries

import flask  # noqa: E402 - only after the warnings are silenced
import oidc_provider_mock  # noqa: E402 - as above
from werkzeug.serving import make_server  # noqa: E402 - as above

PEOPLE = (
    oidc_provider_mock.User(
        sub="ada", claims={"name": "Ada Young", "email": "ada@example.org", "email_verified": True}
    ),
    oidc_provider_mock.User(sub="stranger", claims={"name": "A *Stranger*", "email": "stranger@example.org"}),
)


def plain_app() -> flask.Flask:
    """Make a provider whose pages load nothing from elsewhere."""
    app = oidc_provider_mock.app(user_claims=PEOPLE, require_nonce=True)

    def without_foreign_style(answer: flask.Response) -> flask.Response:
        if answer.mimetype == "text/html":
            answer.set_data(re.sub(r"<link[^>]*https://[^>]*>", "", answer.get_data(as_text=True)))
        return answer

    app.after_request(without_foreign_style)
    return app


def main() -> None:
    """Serve until killed."""
    servers = [make_server("127.0.0.1", int(port), plain_app(), threaded=True) for port in sys.argv[1:]]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
