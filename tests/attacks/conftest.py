"""The marked organizations, for attacks on what people type."""

from __future__ import annotations

from tests.isolation.conftest import made_worlds, worlds

__all__ = ("made_worlds", "worlds")
