from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from protonet.errors import DataError
from protonet.snapshot.weights import load_weights
from tests.small import small_net

Arrays = dict[str, npt.NDArray[np.float32]]


def saved(folder: Path, arrays: Arrays) -> Path:
    np.savez(folder / "w.npz", **arrays)  # type: ignore[arg-type]  # numpy types the next argument
    return folder / "w.npz"


def filled(*shape: int) -> npt.NDArray[np.float32]:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@pytest.mark.parametrize(
    ("weight", "bias"),
    [
        ("hidden/weight", "hidden/bias"),
        ("hidden.weight", "hidden.bias"),
        ("hidden/0", "hidden/1"),  # Caffe's blob order
    ],
)
def test_names_of_every_custom_find_their_parameter(weight: str, bias: str, tmp_path: Path) -> None:
    net = small_net(tmp_path)
    path = saved(tmp_path, {weight: filled(5, 6), bias: filled(5)})

    report = load_weights(net, path)

    assert net.params["hidden"]["weight"].tolist() == filled(5, 6).tolist()
    assert net.params["hidden"]["bias"].tolist() == filled(5).tolist()
    assert report.loaded == ("hidden/weight", "hidden/bias")
    assert report.left == ("scores/weight", "scores/bias")


def test_a_net_of_another_phase_sees_the_weights(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    test = net.in_phase("test")
    load_weights(net, saved(tmp_path, {"hidden/weight": filled(5, 6)}))
    blobs = {"data": torch.ones(1, 6), "label": torch.zeros(1, dtype=torch.int64)}
    hidden = test(blobs, ["layer:hidden"])["layer:hidden"]
    assert hidden.tolist() == [[15.0, 51.0, 87.0, 123.0, 159.0]]  # sums of 0-5, 6-11, …


def test_every_mismatch_is_told(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    before = net.params["scores"]["weight"].clone()
    path = saved(
        tmp_path,
        {
            "hidden/weight": filled(5, 6),
            "hidden/bias": filled(1, 1, 1, 5),
            "scores/weight": filled(10, 5),
            "fc8/weight": filled(2),
        },
    )

    report = load_weights(net, path)

    assert torch.equal(net.params["scores"]["weight"], before)
    assert report.lines() == [
        f"weights from {path}: 2 of 4 parameters loaded",
        "  loaded from another shape: hidden/bias",
        "  left as they were, of another size in the file: scores/weight (10, 5) for (3, 5)",
        "  left as they were, not in the file: scores/bias",
        "  in the file, not in the net: fc8/weight",
    ]


def test_refuses_a_file_of_which_nothing_fits(tmp_path: Path) -> None:
    path = saved(tmp_path, {"fc6/weight": filled(2), "fc6/bias": filled(7)})
    with pytest.raises(DataError) as caught:
        load_weights(small_net(tmp_path), path)
    assert str(caught.value) == (
        f"{path}: none of its 2 arrays fits the net. It has fc6/weight, fc6/bias; the net has "
        "hidden/weight, hidden/bias, scores/weight, scores/bias"
    )


def test_refuses_a_file_whose_names_fit_and_sizes_do_not(tmp_path: Path) -> None:
    path = saved(tmp_path, {"fc6/weight": filled(2), "hidden/bias": filled(7)})
    with pytest.raises(DataError) as caught:
        load_weights(small_net(tmp_path), path)
    assert str(caught.value) == (
        f"{path}: no array of it fits the net: of another size are hidden/bias (7,) for (5,)"
    )


def test_refuses_a_file_without_arrays(tmp_path: Path) -> None:
    path = saved(tmp_path, {})
    with pytest.raises(DataError) as caught:
        load_weights(small_net(tmp_path), path)
    assert str(caught.value) == f"{path}: holds no arrays"
