from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from protonet.run.heap import keep_freed_memory

STEPS = 20
FAULTS = f"""
import resource, sys, threading
from protonet.run.heap import keep_freed_memory
def steps():
    for _ in range({STEPS}):
        one, two = b"1" * (40 << 20), b"2" * (70 << 20)
        del one, two
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    if sys.argv[1] == "main":
        steps()
    else:
        thread = threading.Thread(target=steps)
        thread.start()
        thread.join()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(sys.argv[2] == "keep" and keep_freed_memory(), faults())
"""


def faults(thread: str, keep: str, **environment: str) -> tuple[bool, int]:
    """Return what was said, and how often the system had to make a page."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, thread, keep],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    kept, found = done.stdout.split()
    return kept == "True", int(found)


@pytest.fixture
def glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GLIBC_", "MALLOC_"))]:
        monkeypatch.delenv(name)
    if "glibc" not in (os.confstr("CS_GNU_LIBC_VERSION") or ""):
        pytest.skip("only glibc can be told")


@pytest.mark.usefixtures("glibc")
@pytest.mark.parametrize("thread", ["main", "other"])
def test_the_system_makes_each_page_once(thread: str) -> None:
    _, otherwise = faults(thread, "leave")
    kept, found = faults(thread, "keep")
    assert kept
    assert found < 2 * otherwise / STEPS  # all pages of one step, instead of those of each


@pytest.mark.usefixtures("glibc")
def test_what_the_environment_says_holds() -> None:
    kept, found = faults("main", "keep", MALLOC_TRIM_THRESHOLD_="131072")
    assert not kept
    assert found > faults("main", "leave")[1] / 2


@pytest.mark.usefixtures("glibc")
def test_an_older_glibc_keeps_smaller_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    def mallopt(parameter: int, value: int) -> int:
        asked.append((parameter, value))
        return int(value <= 1 << 25)

    monkeypatch.setattr(
        "protonet.run.heap.ctypes.CDLL", lambda name: SimpleNamespace(mallopt=mallopt)
    )
    assert keep_freed_memory()
    assert asked == [(-3, 1 << 30), (-3, 1 << 25), (-1, -1), (-8, 1)]


def test_another_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protonet.run.heap.ctypes.CDLL", lambda name: SimpleNamespace())
    assert not keep_freed_memory()
    monkeypatch.setattr("protonet.run.heap.sys.platform", "darwin")
    assert not keep_freed_memory()
