"""A run that is killed at any moment and resumed ends as one that was left alone.

`scripts/kill` does the same at a hundred moments.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.killing import RULES, Point, points

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_a_run_that_is_killed_and_resumed_ends_with_the_same_bits(
    rule: str, tmp_path: Path
) -> None:
    """In a process of its own: runs are forked from it, and it must compute with one thread."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.killing", rule, "9"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    steps, writes = re.findall(r"(\d+) kills in a step +(\d+) inside a snapshot", done.stdout)[0]
    assert int(steps) >= 6
    assert int(writes) >= 3


def test_a_third_of_the_moments_lie_inside_the_writing_of_a_snapshot() -> None:
    drawn = points(9, 50, seed=0)
    assert drawn == points(9, 50, seed=0)
    assert [point.step is None for point in drawn] == [False, False, True] * 3
    assert str(Point(None, 7)) == "before call 7 to the disk"
    assert str(Point(3, 0.0015)) == "1.5 ms into iteration 3"
