from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from protonet.errors import ProtonetError, SnapshotError, StorageError, UsageError
from protonet.run.replay import Facts, Replay, batches_of, read_replay, write_replay
from protonet.snapshot import Machine

MACHINE = Machine(device="cpu", threads=3, channels_last=False, processor="SSE", torch="2.11.0")
FACTS = Facts(
    iteration=7,
    seed=-3,
    lr=0.1,
    records=60,
    samples=4,
    rows=((5, 1), (2, 0)),
    machine=MACHINE,
    what="the output of layer ip is not finite",
)


def replay() -> Replay:
    weight = torch.tensor([[1.0, -2.0]])
    return Replay(
        FACTS,
        "name: a\n",
        {"ip/weight": weight, "again/weight": weight},  # two names of one memory
        {"history/ip/weight": torch.zeros(1, 2)},
        [
            {"data": torch.full((2, 1), float("inf")), "label": torch.tensor([0, 1])},
            {"data": torch.ones(2, 1), "label": torch.tensor([2, 0])},
        ],
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_replay(tmp_path / "replay_iter_7", replay())
    found = read_replay(tmp_path / "replay_iter_7")
    assert (found.facts, found.spec) == (FACTS, "name: a\n")
    for own, other in (
        (found.weights, replay().weights),
        (found.state, replay().state),
        *zip(found.batches, replay().batches, strict=True),
    ):
        assert own.keys() == other.keys()
        assert all(torch.equal(own[name], other[name]) for name in own)
    assert [path.name for path in tmp_path.iterdir()] == ["replay_iter_7"]


def test_the_format_is_this_one(tmp_path: Path) -> None:
    write_replay(tmp_path / "a", replay())
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == [
        "batch.safetensors",
        "replay.json",
        "spec.yaml",
        "state.safetensors",
        "weights.safetensors",
    ]
    document = json.loads((tmp_path / "a" / "replay.json").read_text())
    assert document["replay"] == {
        "version": 1,
        "iteration": 7,
        "seed": -3,
        "lr": 0.1,
        "records": 60,
        "samples": 4,
        "rows": [[5, 1], [2, 0]],
        "machine": MACHINE.model_dump(),
        "rank": 0,
        "what": "the output of layer ip is not finite",
    }
    # safetensors: 8 bytes of length, then names in JSON, then the numbers
    header = json.loads(
        (tmp_path / "a" / "batch.safetensors").read_bytes()[8:].split(b"}}")[0] + b"}}"
    )
    assert sorted(header) == ["0/data", "0/label", "1/data", "1/label"]


def test_a_second_one_takes_the_place_of_the_first(tmp_path: Path) -> None:
    write_replay(tmp_path / "a", replay())
    (tmp_path / "a" / "stray").touch()
    write_replay(tmp_path / "a", replay())
    assert not (tmp_path / "a" / "stray").exists()


@pytest.mark.parametrize(
    ("mischief", "kind", "message"),
    [
        (
            lambda path: (path / "replay.json").unlink(),
            UsageError,
            "is no replay; name a folder replay_iter_… of a run, which has a replay.json",
        ),
        (
            lambda path: (path / "replay.json").write_text("{"),
            SnapshotError,
            "the replay is damaged: replay.json: it was cut short or changed",
        ),
        (
            lambda path: edit(path, '"iteration": 7', '"iteration": 8'),
            SnapshotError,
            "the replay is damaged: replay.json: its checksum is another",
        ),
        (
            lambda path: (path / "batch.safetensors").unlink(),
            SnapshotError,
            "the replay is damaged: batch.safetensors: No such file or directory",
        ),
        (
            lambda path: (path / "spec.yaml").write_text("name: b\n"),
            SnapshotError,
            "the replay is damaged: spec.yaml: its checksum is another",
        ),
    ],
)
def test_what_is_damaged_is_refused(
    mischief: object, kind: type[ProtonetError], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "a"
    write_replay(path, replay())
    mischief(path)  # type: ignore[operator]  # the lambdas above
    with pytest.raises(kind) as caught:
        read_replay(path)
    assert str(caught.value) == f"{path}: {message}"


def edit(path: Path, old: str, new: str) -> None:
    text = (path / "replay.json").read_text()
    assert old in text
    (path / "replay.json").write_text(text.replace(old, new))


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "a"
    with pytest.raises(StorageError) as caught:
        write_replay(path, replay())
    assert str(caught.value) == f"{path}: cannot be written: No such file or directory"
    assert list(tmp_path.iterdir()) == []


def test_batches_are_named_by_the_inputs() -> None:
    first, second = torch.zeros(1), torch.ones(1)
    assert batches_of(("data", "label"), [(first, second)]) == [{"data": first, "label": second}]
