from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from protonet.errors import UsageError
from protonet.net import Net
from protonet.predict.scoring import Scores, best, check_blobs, on_host, scores_of
from protonet.schema import load_spec

HEAD = """\
net:
  inputs: {data: [3, 4, 4]}
  layers:
    - {name: conv, type: Convolution, num_output: 2, kernel_size: 4, weight_filler: xavier}
"""
SOFTMAX = "    - {name: prob, type: Softmax, bottom: conv}\n"
SECOND = "    - {name: second, type: InnerProduct, bottom: conv, num_output: 5}\n"
IMAGE = "    - {name: wide, type: ReLU, bottom: data, top: wide}\n"
GATHERED = "    - {name: all, type: Reduction, bottom: data, axis: 0, operation: SUM}\n"


def net(folder: Path, *layers: str) -> Net:
    path = folder / "net.yaml"
    path.write_text(HEAD + "".join(layers))
    return Net(load_spec(path).net, "deploy")


def test_the_scores_are_the_output_that_can_be_it_whatever_axes_of_one_follow(
    tmp_path: Path,
) -> None:
    assert scores_of(net(tmp_path), None) == Scores("conv", 2)
    assert scores_of(net(tmp_path, SOFTMAX, IMAGE), None) == Scores("prob", 2)


def test_of_several_outputs_prob_is_taken_else_the_last(tmp_path: Path) -> None:
    note = "scores are those of prob; there are also second: --output NAME"
    assert scores_of(net(tmp_path, SOFTMAX, SECOND), None) == Scores("prob", 2, note)
    third = SECOND.replace("second", "third").replace("5", "7")
    note = "scores are those of third; there are also second: --output NAME"
    assert scores_of(net(tmp_path, SECOND, third), None) == Scores("third", 7, note)


def test_a_blob_can_be_named_inner_ones_too(tmp_path: Path) -> None:
    assert scores_of(net(tmp_path, SOFTMAX), "conv") == Scores("conv", 2)


@pytest.mark.parametrize(
    ("layers", "wanted", "why"),
    [
        ((SOFTMAX,), "prop", "the net has no blob prop; did you mean prob?"),
        (
            (SOFTMAX,),
            "data",
            "data is (N, 3, 4, 4): scores of classes are (N, classes); --blob data --out FILE.h5 "
            "writes it as it is",
        ),
        (
            (IMAGE, "    - {name: end, type: Silence, bottom: conv}\n"),
            None,
            "the net gives no scores of classes, (N, classes), but wide (N, 3, 4, 4); --blob NAME "
            "--out FILE.h5 writes a blob as it is",
        ),
    ],
)
def test_what_holds_no_scores_is_refused(
    tmp_path: Path, layers: tuple[str, ...], wanted: str | None, why: str
) -> None:
    with pytest.raises(UsageError) as caught:
        scores_of(net(tmp_path, *layers), wanted)
    assert str(caught.value) == why


def test_a_blob_that_is_written_belongs_to_single_pictures(tmp_path: Path) -> None:
    gathered = net(tmp_path, GATHERED)
    check_blobs(gathered, ["conv", "data"])
    for name, why in (
        ("all", "all is (), and holds nothing for each picture"),
        ("con", "the net has no blob con; did you mean conv?"),
    ):
        with pytest.raises(UsageError) as caught:
            check_blobs(gathered, [name])
        assert str(caught.value) == why


def test_the_best_come_first_and_of_equals_the_lower_number() -> None:
    scores = np.array([[0.1, 0.7, 0.1, 0.1], [np.nan, 1.0, 2.0, 1.0]], np.float32)
    assert best(scores, 3).tolist() == [[1, 0, 2], [2, 1, 3]]


def test_what_numpy_has_no_type_for_comes_as_float32() -> None:
    found = on_host(torch.tensor([1.5], dtype=torch.bfloat16))
    assert found.dtype == np.float32
    assert found.tolist() == [1.5]
