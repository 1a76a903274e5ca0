from __future__ import annotations

from pathlib import Path

import h5py
import pytest
import torch

from protonet.errors import DataError
from protonet.evaluate import evaluate
from protonet.net import Net
from protonet.net.passing import files_of
from tests.specs import net_of


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Net:
    monkeypatch.chdir(tmp_path)
    spec = net_of(
        "name: flat, type: Flatten, bottom: data",
        "name: written, type: HDF5Output, bottom: [flat, label], file_name: out.h5",
        "name: accuracy, type: Accuracy, bottom: [flat, label]",
        inputs="{data: [3], label: {shape: [], dtype: int64}}",
    )
    return Net(spec, "test")


def batches(*labels: list[int]) -> list[tuple[torch.Tensor, ...]]:
    return [(torch.eye(3)[one], torch.tensor(one)) for one in labels]


def labels_in(file: str) -> list[int]:
    with h5py.File(file) as opened:
        found: list[int] = opened["label"][()].tolist()
        return found


def test_a_file_is_whole_when_the_pass_is_over(net: Net) -> None:
    with files_of(net):
        for batch in batches([0, 1], [2]):
            net.graph_module(*batch)
        assert not Path("out.h5").exists()
    assert labels_in("out.h5") == [0, 1, 2]


def test_a_pass_that_fails_leaves_no_file(net: Net) -> None:
    with pytest.raises(KeyboardInterrupt), files_of(net):
        net.graph_module(*batches([0, 1])[0])
        raise KeyboardInterrupt
    assert list(Path().iterdir()) == []


def test_each_test_of_a_set_writes_the_file_anew(net: Net) -> None:
    assert evaluate(net, batches([0, 1], [2]))["accuracy"].value == 1
    assert labels_in("out.h5") == [0, 1, 2]
    evaluate(net, batches([2]))
    assert labels_in("out.h5") == [2]
    with pytest.raises(DataError) as caught:
        evaluate(net, [*batches([1]), (torch.eye(3)[:1], torch.tensor([7]))])
    assert str(caught.value).startswith("layer accuracy: label 7 is outside the 3 classes")
    assert labels_in("out.h5") == [2]


def test_nothing_is_written_for_blobs_that_are_asked_for(net: Net) -> None:
    data, label = batches([0])[0]
    net({"data": data, "label": label}, ["flat"])
    assert list(Path().iterdir()) == []
