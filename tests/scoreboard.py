"""A pytest plugin: what the tests of attacks and faults counted, in one table at the end of the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Scored = Callable[..., None]
_KEY = pytest.StashKey[dict[str, dict[str, int]]]()
_SENT = "scoreboard"


def _board(config: pytest.Config) -> dict[str, dict[str, int]]:
    return config.stash.setdefault(_KEY, {})


def _add(board: dict[str, dict[str, int]], what: str, counted: int, more: dict[str, int]) -> None:
    line = board.setdefault(what, {})
    for name, figure in {"tried": counted, **more}.items():
        line[name] = line.get(name, 0) + figure


@pytest.fixture
def scored(request: pytest.FixtureRequest) -> Scored:
    """Count something for the table: `scored("probes", 2_000, leaks=0)`. Figures of one name are added up."""

    def count(what: str, counted: int, **more: int) -> None:
        _add(_board(request.config), what, counted, more)

    return count


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a process of several, hand the counts to the one that prints."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_SENT] = _board(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a process of several counted; one that was lost has nothing to say."""
    sent: dict[str, dict[str, int]] = getattr(node, "workeroutput", {}).get(_SENT, {})
    board = _board(node.config)
    for what, line in sent.items():
        _add(board, what, line.pop("tried"), line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, if anything was counted."""
    board = _board(config)
    if board:
        terminalreporter.section("scoreboard")
        for what in sorted(board):
            line = dict(board[what])
            tried = line.pop("tried")
            rest = "".join(f", {figure:,} {name.replace('_', ' ')}" for name, figure in sorted(line.items()))
            terminalreporter.line(f"{what}: {tried:,} tried{rest}")
