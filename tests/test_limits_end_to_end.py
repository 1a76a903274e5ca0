"""Hostile and broken files through the command line: one clear error each, in bounded memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

NET = "net:\n  inputs: {data: [3, 4, 4]}\n  layers:\n"
RELU = "    - {name: a, type: ReLU}\n"
CHECK = """
import os, resource, sys
import protonet.net, protonet.run.checking, protonet.run.loading
from protonet.cli import main
for place, path in enumerate(sys.argv[2:]):
    child = os.fork()
    if not child:
        os.chdir(os.path.dirname(path))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with open(f"{sys.argv[1]}/{place}.told", "w") as sys.stderr:
            code = main(["check", path])
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        with open(f"{sys.argv[1]}/{place}.code", "w") as file:
            print(code, grown, file=file)
        os._exit(0)
    os.waitpid(child, 0)
"""
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
        "4:37 net.layers.a.repeat: a whole number from 0 to 15,000 is needed",
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
    "scalar": (
        f"{NET}{RELU}name: {'x' * 10_000_000}",
        "spec.yaml:1:1: the text has 10,000,077 characters; a spec has at most 4,000,000",
    ),
    "expressions": (
        f"{NET}{RELU}vars: {{x: 1}}\nname: {'$(x)' * 900_000}\n",
        "6:7 name: a text with expressions has at most 20,000 characters, here 3,600,000",
    ),
    "deep expression": (
        f"vars: {{x: '$({'-' * 350}1)'}}\n{NET}{RELU}",
        "1:11 vars.x: the expression has more than 120 parts",
    ),
    "variables": (
        "vars:\n" + "".join(f"  v{i}: $w{i}\n" for i in range(100_000)) + NET + RELU,
        "spec.yaml:25002:11: one map or list has more than 25,000 entries",
    ),
    "bottoms": (
        f"{NET}{RELU}    - {{name: c, type: Concat, bottom: [{'a, ' * 100_000}a]}}\n",
        "spec.yaml:5:75040: one map or list has more than 25,000 entries",
    ),
    "texts for layers": (
        NET + "    - a\n" * 20_000,
        "15004:7 net.layers: the net grows beyond 15,000 layers",
    ),
}
"""Files, and the one error of each."""


def layers(keys: str, count: int = 14_900) -> str:
    """Return a net of many layers; `$` stands for the number of each."""
    text = "".join(f"    - {{name: r$, {keys}}}\n".replace("$", str(i)) for i in range(count))
    return NET + text


UNKNOWN_KEYS = "".join(f"k{i}: 1\n" for i in range(24_990))
MANY = {
    "unknown keys": (NET + RELU + UNKNOWN_KEYS, "5:1 k0: unknown key", "24,990"),
    "failing keys": (
        NET + RELU + UNKNOWN_KEYS.replace("1\n", "$x\n"),
        "5:1 k0: unknown key",
        "49,980",
    ),
    "keys of a layer": (
        f"{NET}    - name: a\n      type: ReLU\n{UNKNOWN_KEYS.replace('k', '      k')}",
        "6:7 net.layers.a.k0: unknown key",
        "24,990",
    ),
    "variables": (
        "vars:\n" + "".join(f"  v{i}: $w{i}\n" for i in range(24_999)) + NET + RELU,
        "2:7 vars.v0: no variable or argument is named w0",
        "24,999",
    ),
    "keys": (
        layers("type: ReLU, negativ_slope: $"),
        "4:30 net.layers.r0.negativ_slope: unknown key",
        "14,900",
    ),
    "types": (layers("type: Rel$"), "4:24 net.layers.r0.type: unknown layer type", "14,900"),
    "bottoms": (
        layers("type: ReLU, bottom: b$"),
        "4:38 net.layers.r0.bottom: no input or layer above gives a blob b0",
        "14,900",
    ),
    "outputs": (
        layers("type: ReLU, bottom: 'layer:b$'"),
        "4:38 net.layers.r0.bottom: no layer above is named b0",
        "14,900",
    ),
    "shares": (
        layers("type: InnerProduct, num_output: 1, share: q$"),
        "4:60 net.layers.r0.share: no layer or instance above is named q0",
        "14,900",
    ),
    "names": (
        NET + "    - {name: r, type: ReLU}\n" * 14_900,
        "5:14 net.layers.r.name: the name r is taken by a layer above, in phase train",
        "14,899",
    ),
    "places": (
        f"base: small.yaml\n{layers('type: ReLU, after: m$')}",
        "5:37 net.layers.m0: the base has no layer m0",
        "14,900",
    ),
}
"""Files with a mistake in each of many places: the first, and how many there are."""


def complaints(paths: list[Path]) -> list[str]:
    """Return what a check of each file prints to stderr, each in a process of its own; it ends with
    code 2, and without much memory."""
    told = []
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", CHECK, folder, *paths],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )
        assert (done.returncode, done.stderr) == (0, "")
        for place, path in enumerate(paths):
            code, grown = map(int, Path(folder, f"{place}.code").read_text().split())
            assert (code, grown < MOST_KIBIBYTES) == (2, True), path
            told.append(Path(folder, f"{place}.told").read_text("utf-8"))
    return told


def complaint(path: Path) -> str:
    """Return what a check of one file prints to stderr."""
    return complaints([path])[0]


def checked(folder: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """Return what a check prints of each text, read from a file `spec.yaml` beside which one file
    builds on it, and one is small."""
    paths = [folder / name / "spec.yaml" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.parent.mkdir()
        path.write_text(text, "utf-8")
        (path.parent / "other.yaml").write_text("base: spec.yaml\n")
        (path.parent / "small.yaml").write_text(NET + RELU)
    return dict(zip(texts, complaints(paths), strict=True))


@pytest.mark.slow
def test_a_hostile_file_gets_one_clear_error(tmp_path: Path) -> None:
    told = checked(tmp_path, {name: text for name, (text, _) in TEXTS.items()})
    for name, (_, expected) in TEXTS.items():
        assert f"{expected}\n" in told[name], name
        assert re.search(r"^1 error in ", told[name], re.MULTILINE), name


@pytest.mark.slow
def test_a_file_of_many_mistakes_is_told_the_first_and_how_many_there_are(tmp_path: Path) -> None:
    told = checked(tmp_path, {name: text for name, (text, _, _) in MANY.items()})
    for name, (_, expected, number) in MANY.items():
        first, last = told[name].splitlines()[0], told[name].splitlines()[-1]
        assert first.endswith(f"spec.yaml:{expected}"), name
        assert last.startswith(f"{number} errors in "), name
        assert told[name].count("\nerror[") == 49, name


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
    assert told.endswith(f"and 1,010 more\n1,060 errors in {path}\n")
