"""What bad input gets: each scene of `bad_input.txt`, played on the command line as it stands there.

A scene is a title, the mischief done, the command, everything that it writes to standard error,
its exit code, and what it leaves behind, which is nothing unless it is named:

    == a title
    > verb word …              a function of MISCHIEF, in an empty folder with the set of `small.py`
    $ protonet train …
    the whole of standard error, with {here} for that folder
    [2] leaves runs
"""

from __future__ import annotations

import os
import resource
import shlex
import shutil
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch

from protonet.cli import main
from protonet.data.header import FieldSpec
from protonet.data.table import create_tables
from tests.small import points, small_file

SCENES = Path(__file__).with_name("bad_input.txt")


@dataclass(frozen=True)
class Scene:
    """One scene of the file."""

    mischief: list[list[str]]
    command: list[str]
    told: str
    code: int
    leaves: list[str]


def scenes() -> dict[str, Scene]:
    """Read the file."""
    parts = SCENES.read_text(encoding="utf-8").split("\n== ")[1:]
    return {title: _scene(body) for title, _, body in (part.partition("\n") for part in parts)}


def _scene(body: str) -> Scene:
    before, _, played = body.partition("$ protonet ")
    command, _, rest = played.partition("\n")
    told, _, end = f"\n{rest}".rpartition("\n[")
    code, _, leaves = end.partition("]")
    mischief = [shlex.split(line[2:]) for line in before.splitlines()]
    words = leaves.split()[1:]
    return Scene(mischief, shlex.split(command), told.removeprefix("\n"), int(code), words)


def write(file: str, *lines: str) -> None:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text("".join(f"{line}\n" for line in lines))


def append(file: str, *lines: str) -> None:
    with Path(file).open("a") as stream:
        stream.writelines(f"{line}\n" for line in lines)


def replace(file: str, old: str, new: str) -> None:
    text = Path(file).read_text()
    assert old in text
    Path(file).write_text(text.replace(old, new))


def raw(file: str, digits: str) -> None:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_bytes(bytes.fromhex(digits))


def cut(file: str, size: str) -> None:
    os.truncate(file, int(size))


def flip(file: str, what: str) -> None:
    """Flip one bit of every occurrence of a text, or of the first record of the training set."""
    data = Path(file).read_bytes()
    found = points(60, 1)["data"][0].tobytes() if what == "RECORD" else what.encode()
    assert found in data
    Path(file).write_bytes(data.replace(found, bytes([found[0] ^ 1]) + found[1:]))


def remove(path: str) -> None:
    shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink()


def folder(path: str) -> None:
    Path(path).mkdir(parents=True)


def loop(path: str) -> None:
    """Make what not even root can read: a link to itself."""
    Path(path).symlink_to(Path(path).name)


def setting(name: str, value: str) -> None:
    os.environ[name] = value


def train(*words: str) -> None:
    assert main(["train", "small.yaml", *words]) == 0


def dataset(path: str, labels: str, *classes: str) -> None:
    """Write a set in which the classes follow each other; `nan` for a value that is none."""
    values = dict(points(60, 1))
    if labels == "nan":
        values["data"][17] = np.nan
    else:
        values["label"] = np.resize(np.array(labels.split(","), np.int64), 60)
    fields = [FieldSpec(name="data", dtype="float32", shape=(6,)),
              FieldSpec(name="label", dtype="int64", shape=())]  # fmt: skip
    with create_tables(Path(path)) as tables:
        tables.table(None, fields, classes=classes or None).write(values)


def idx(path: str, images: str) -> None:
    """Write images of 2 x 2 pixels and their labels, as MNIST's files are called."""
    count = int(images)
    Path(path).mkdir(parents=True)
    head = struct.pack(">4B3I", 0, 0, 8, 3, count, 2, 2)
    Path(path, "train-images-idx3-ubyte").write_bytes(head + bytes(4 * count))
    labels = struct.pack(">4BI", 0, 0, 8, 1, count) + bytes(count)
    Path(path, "train-labels-idx1-ubyte").write_bytes(labels)


def arrays(file: str, *names: str) -> None:
    np.savez(file, allow_pickle=False, **{name: np.zeros(2, np.float32) for name in names})


def full_disk(size: str) -> None:
    """Let no file grow past a size: what writes more is told so, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), resource.RLIM_INFINITY))


MISCHIEF: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            *(write, append, replace, raw, cut, flip, remove, folder, loop, setting, train),
            *(dataset, idx, arrays, full_disk),
        )
    }
)
