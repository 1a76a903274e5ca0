from __future__ import annotations

import numpy as np
import pytest
from torch import fx

from protonet.errors import DataError, UsageError
from protonet.net import Net
from protonet.predict.preparation import Preparation
from protonet.serve.picture import PictureReader
from protonet.serve.runner import Runner
from protonet.snapshot import Evaluation
from tests.serve.nets import means, png, reader, sample
from tests.specs import net_of


def test_pictures_go_through_the_net_together_and_keep_their_order() -> None:
    read = reader()
    sizes = ((4, 4), (9, 5), (4, 4), (5, 9), (9, 5))
    samples = [
        read.read(png(n, 2 * n, 3 * n, size=size), "a.png", n).sample
        for n, size in enumerate(sizes, 1)
    ]
    blobs = Runner(means()).run(samples, ("means", "half"))
    assert blobs["means"].shape == (5, 3, 1, 1)
    assert blobs["means"].reshape(5, 3).tolist() == [[n, 2 * n, 3 * n] for n in range(1, 6)]
    assert blobs["half"][3].reshape(3, 16)[:, 0].tolist() == [2, 4, 6]
    assert list(blobs) == ["means", "half"]


def test_any_blob_is_given_and_none_that_does_not_exist() -> None:
    runner = Runner(means())
    assert np.array_equal(
        runner.run([sample(8, 8, 8)], ("data",))["data"], np.full((1, 3, 4, 4), 8)
    )
    with pytest.raises(UsageError):
        runner.run([sample(8, 8, 8)], ("gone",))


def test_graphs_are_kept_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    net, made = means(), list[tuple[str, ...]]()
    giving = net.giving

    def noted(names: tuple[str, ...]) -> fx.GraphModule:
        made.append(names)
        return giving(names)

    monkeypatch.setattr(net, "giving", noted)
    runner = Runner(net)
    every = [("data",), ("half",), ("means",), ("data", "half")]
    for blobs in (*every, *every):
        runner.run([sample(1, 1, 1)], blobs)
    assert made == every


def test_a_size_that_the_net_cannot_take_is_the_fault_of_the_picture() -> None:
    net = Net(
        net_of(
            "name: conv, type: Convolution, num_output: 1, kernel_size: 3",
            inputs="{data: [3, H, W]}",
        ),
        "deploy",
    )
    known = Evaluation(input="data", shape=(3, "H", "W"), transform=(), channels="RGB")
    small = PictureReader(Preparation(known), 100).read(png(0, 0, 0, size=(2, 2)), "a", 0).sample
    with pytest.raises(DataError) as caught:
        Runner(net).run([small], ("conv",))
    assert str(caught.value).startswith("the net cannot take a picture of this size: ")
