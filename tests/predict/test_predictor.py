from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from protonet.net import Net
from protonet.predict.predictor import Pace, predict
from protonet.predict.preparation import Preparation
from protonet.schema import load_spec
from protonet.snapshot import Evaluation
from tests.predict.photos import photo

NET = """\
net:
  inputs: {data: [3, 4, 4]}
  layers:
    - {name: sums, type: Reduction, axis: 1, operation: SUM}
    - {name: half, type: Power, scale: 0.5}
"""


def net(folder: Path) -> Net:
    (folder / "net.yaml").write_text(NET)
    return Net(load_spec(folder / "net.yaml").net, "deploy")


def views(*windows: int | None) -> list[Preparation]:
    crop = {"type": "CenterCrop", "size": [4, 4]}
    known = Evaluation(input="data", shape=(3, 4, 4), transform=(crop,), channels="RGB")
    return [Preparation(known, window=window) for window in windows]


def test_blobs_come_batch_by_batch_for_what_can_be_read(tmp_path: Path) -> None:
    paths = [photo(tmp_path / f"{n}.png", 4, 4, n) for n in range(5)]
    paths[1].write_bytes(b"")
    found = list(
        predict(net(tmp_path), views(None), ["sums", "half"], list(map(str, paths)), Pace(2))
    )
    assert [len(one.paths) for one in found] == [1, 2, 1]
    assert [len(one.rejected) for one in found] == [1, 0, 0]
    sums = [_pixels(path).sum(dtype=np.float64) for path in paths if path.stat().st_size]
    assert [value for one in found for value in one.blobs["sums"]] == sums
    assert [value for one in found for value in one.blobs["half"]] == [x / 2 for x in sums]


def test_a_batch_of_nothing_that_can_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (found,) = predict(net(tmp_path), views(None), ["half"], [str(tmp_path / "a.png")], Pace(2))
    assert (found.paths, dict(found.blobs)) == ((), {})
    assert found.rejected[0].why.endswith("a.png: cannot be read as an image: the file is empty")


def test_several_views_are_averaged(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png", 8, 4, 0)
    (found,) = predict(net(tmp_path), views(0, 1), ["sums"], [str(path)], Pace())
    # windows 0 and 1 are the left half and the right half
    assert found.blobs["sums"].tolist() == [_pixels(path).sum(dtype=np.float64) / 2]


def test_nothing_is_kept_for_a_backward_pass(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png", 4, 4, 0)
    list(predict(net(tmp_path), views(None), ["half"], [str(path)], Pace()))
    assert torch.is_grad_enabled()


def _pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image)
