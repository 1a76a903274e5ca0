"""What every test gets: fixed seeds, no trace of the user's settings and cache, no network."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

import hypothesis
import numpy as np
import pytest

from tests.forking import Nursery

os.environ.setdefault("OMP_NUM_THREADS", "1")
# Before torch is imported: on a machine whose cores are busy, two threads that wait for each other
# take a hundred times as long for the small things that tests compute.

SEED = 1701
"""The seed Caffe's own tests use."""

GIVEN = {"PROTONET_REFERENCE", "PROTONET_GOLDEN"}
"""Where recorded numbers lie; every other variable PROTONET_… is taken away."""

NOWHERE = "http://127.0.0.1:9"
"""A proxy that refuses at once (port 9, discard), for whatever would leave this machine."""

hypothesis.settings.register_profile("protonet", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("protonet")


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hold for fixtures of wider scope, and for processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [
            name for name in os.environ if name.startswith("PROTONET_") and name not in GIVEN
        ]:
            patch.delenv(name)
        for name in ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy"):
            patch.setenv(name, NOWHERE)
            patch.setenv(name.upper(), NOWHERE)
        for name in ("no_proxy", "NO_PROXY"):
            patch.setenv(name, "localhost,127.0.0.1,::1")
        patch.setenv("PROTONET_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("COLUMNS", "100")  # the width that help texts are wrapped to
        yield


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test an empty cache, not made yet, and outside `tmp_path`."""
    monkeypatch.setenv(
        "PROTONET_CACHE", str(tmp_path_factory.getbasetemp() / "caches" / uuid4().hex)
    )


@pytest.fixture(autouse=True)
def seed() -> int:
    """Seed every global generator that is loaded; a test that makes its own uses the number."""
    random.seed(SEED)
    np.random.seed(SEED)
    if "torch" in sys.modules:  # a test that does not use torch should not wait for it
        _seed_torch()
    return SEED


def _seed_torch() -> None:
    import torch

    if _has_gpu():
        torch.manual_seed(SEED)
    else:  # the same for the CPU, without the stack that is written down for a GPU not started yet
        torch.default_generator.manual_seed(SEED)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Give what forks processes that have torch imported already."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="session")
def reference() -> Path:
    """Return the folder of data, nets and recorded numbers that is too large to be committed."""
    named = os.environ.get("PROTONET_REFERENCE")
    if not named:
        pytest.skip(
            "PROTONET_REFERENCE does not name the folder of Caffe's data and recorded numbers"
        )
    folder = Path(named).resolve()
    if not folder.is_dir():
        pytest.fail(f"PROTONET_REFERENCE names {folder}, which is no folder")
    return folder


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a GPU where there is none."""
    if item.get_closest_marker("gpu") and not _has_gpu():
        pytest.skip("needs a CUDA device")


@cache
def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()
