"""Hostile and broken files through the command line: one clear error each, in bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NET = "net:\n  inputs: {data: [3, 4, 4]}\n  layers:\n"
RELU = "    - {name: a, type: ReLU}\n"
CHECK = """
import resource, sys
import protonet.net, protonet.run.checking, protonet.run.loading
from protonet.cli.main import main
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
code = main(["check", sys.argv[1]])
print("grown by", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
sys.exit(code)
""".replace("cli.main", "cli")
MOST_KIBIBYTES = 1024 * 1024

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS = {
    "bomb": (BOMB, "spec.yaml:6:44: the aliases unfold to more than 1,000,000 values"),
    "10 MB": (
        "# " + "x" * 9_999_998,
        "spec.yaml:1:1: the text has 10,000,000 characters; a spec has at most 4,000,000",
    ),
    "deep": (
        "net: " + "[" * 50_000 + "]" * 50_000,
        "spec.yaml:1:65: lists and maps nest deeper than 60 levels",
    ),
    "loop": ("a: &a [*a]\n", "spec.yaml:1:8: *a stands inside &a itself, so it would never end"),
    "power": (f"vars: {{n: $(9**9**9)}}\n{NET}{RELU}", "1:11 vars.n: the power is too large"),
    "itself": (f"base: spec.yaml\n{NET}{RELU}", "1:7 base: spec.yaml builds on itself"),
    "ring": (f"base: other.yaml\n{NET}{RELU}", "other.yaml:1:7 base: spec.yaml builds on itself"),
    "repeat": (
        NET + "    - {name: a, type: ReLU, repeat: 1000000000}\n",
        "4:37 net.layers.a.repeat: a whole number from 0 to 15000 is needed",
    ),
    "vars": (
        "vars:\n  v0: [1, 2]\n"
        + "".join(f"  v{i + 1}: [{', '.join([f'$v{i}'] * 10)}]\n" for i in range(20))
        + NET
        + RELU,
        "6:7 vars.v4: the value holds more than 20,000 values",
    ),
    "calls": (
        "net:\n  inputs: {data: [3]}\n  blocks:\n    a: {layers: [{name: x, type: b}]}\n"
        "    b: {layers: [{name: y, type: a}]}\n  layers:\n    - {name: z, type: a}\n",
        "5:34 net.layers.z/x/y.type: a block contains itself: a → b → a",
    ),
    "million": (
        "net:\n  inputs: {data: [3]}\n  blocks:\n    b: {layers: [{name: r, type: ReLU,"
        " repeat: 1000}]}\n  layers:\n    - {name: z, type: b, repeat: 1000}\n",
        "4:18 net.layers: the net grows beyond 15,000 layers",
    ),
    "NULs": ("\0" * 100_000, "spec.yaml:1:1: control characters are not allowed"),
}


def complaint(path: Path) -> str:
    """Return what a check prints to stderr; it ends with code 2, and without much memory."""
    done = subprocess.run(
        [sys.executable, "-c", CHECK, path],
        capture_output=True,
        text=True,
        cwd=path.parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert int(done.stdout.split()[-1]) < MOST_KIBIBYTES
    return done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_hostile_file_gets_one_clear_error(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "other.yaml").write_text("base: spec.yaml\n")
    path = tmp_path / "spec.yaml"
    path.write_text(text, "utf-8")
    assert f"{expected}\n" in complaint(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"\xa5\x00\xff")
    assert ":1:1: the text is not UTF-8\n" in complaint(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert complaint(pipe) == f"error: {pipe}: cannot be read: it is no regular file\n"
    assert complaint(tmp_path) == f"error: {tmp_path}: cannot be read: Is a directory\n"
    zero = Path("/dev/zero")
    assert complaint(zero) == "error: /dev/zero: cannot be read: it is no regular file\n"


def test_of_many_problems_the_first_fifty_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(NET + RELU + "".join(f"k{index}: 1\n" for index in range(1_060)))
    told = complaint(path)
    assert told.count("error[PN012]") == 50
    assert told.endswith(f"and 1,010 more\n1060 errors in {path}\n")
