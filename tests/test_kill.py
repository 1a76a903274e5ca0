"""A run that is killed at any moment and resumed ends as one that was left alone.

`scripts/kill` does the same at a hundred moments.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.forking import ROOT
from tests.killing import RULES, Point, points


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what came of all rules, in a process of its own: runs are forked from it, and it must
    compute with one thread."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.killing", "9"],
        cwd=tmp_path_factory.mktemp("kill"),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    assert done.stderr == "", done.stdout
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_a_run_that_is_killed_and_resumed_ends_with_the_same_bits(rule: str, said: str) -> None:
    counts = r" +(\d+) kills in a step +(\d+) inside a snapshot +(\d+) runs ended otherwise"
    steps, writes, otherwise = re.findall(f"^{re.escape(rule)}{counts}", said, re.MULTILINE)[0]
    assert int(otherwise) == 0, said
    assert int(steps) >= 6
    assert int(writes) >= 3


def test_a_third_of_the_moments_lie_inside_the_writing_of_a_snapshot() -> None:
    drawn = points(9, 50, seed=0)
    assert drawn == points(9, 50, seed=0)
    assert [point.step is None for point in drawn] == [False, False, True] * 3
    assert str(Point(None, 7)) == "before call 7 to the disk"
    assert str(Point(3, 0.0015)) == "1.5 ms into iteration 3"
