"""Both ways of computing every update."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from protonet.optim import Optimizer, lists
from tests.optim.building import built

Build = Callable[..., Optimizer]


@pytest.fixture(params=["fused", "portable"])
def build(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Build a rule by its name on either way of computing it."""
    if request.param == "portable":
        monkeypatch.setattr(lists, "FUSED_DEVICES", frozenset())
    return built
