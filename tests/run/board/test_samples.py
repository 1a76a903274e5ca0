from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from protonet.net import Net
from protonet.run.board.samples import Question, Samples, Shown, are_drawable, question
from protonet.run.job import prepare
from tests.run.board.pictures import squares, squares_spec
from tests.run.board.test_grid import decoded
from tests.small import small_spec
from tests.specs import net_of

SCORES = "name: ip, type: InnerProduct, num_output: 10"
LOSS = "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]"


def test_samples_are_spread_over_a_sorted_set_with_what_the_net_says(tmp_path: Path) -> None:
    job = prepare(squares_spec(tmp_path), None, pytest.fail)
    samples = Samples(job.sets["test"], job.tests["test"])
    shown = samples.read()
    images, labels = squares(40)
    rows = np.linspace(0, 39, 24).astype(np.int64)

    assert np.array_equal(shown.images, images[rows])
    assert shown.answers is not None
    assert np.array_equal(shown.answers[0], labels[rows])
    data = torch.from_numpy(images[rows]).float() * 0.01
    blobs = {"data": data, "label": torch.from_numpy(labels[rows])}
    with torch.no_grad():
        shares = job.tests["test"](blobs, ["ip"])["ip"].softmax(1)
    assert np.array_equal(shown.answers[1], shares.argmax(1))
    np.testing.assert_allclose(shown.answers[2], shares.amax(1), rtol=1e-5)
    again = samples.read()
    assert np.array_equal(again.images, shown.images)

    picture = decoded(samples.picture(shown))
    # 8 x 3 of 96 pixels, with 2 lines of 15 below each, and gaps of 6
    assert picture.shape == (3 * (96 + 30 + 6) + 6, 8 * (96 + 6) + 6, 3)
    assert picture[6, 6].tolist() == images[0, :, 0, 0].tolist()
    assert picture[6 + 95, 6 + 95].tolist() == images[0, :, 3, 3].tolist()


def test_images_are_turned_round_where_the_net_reads_bgr(tmp_path: Path) -> None:
    spec = squares_spec(tmp_path)
    job = prepare(spec, None, pytest.fail)
    samples = Samples(job.sets["test"], job.tests["test"])
    colour = np.array([10, 20, 90], np.uint8).reshape(1, 3, 1, 1)
    turned = Shown(np.broadcast_to(colour, (1, 3, 4, 4)), "BGR", None)
    assert decoded(samples.picture(turned))[6, 6].tolist() == [90, 20, 10]


def test_gray_levels_of_few_bits_can_be_seen(tmp_path: Path) -> None:
    job = prepare(squares_spec(tmp_path), None, pytest.fail)
    samples = Samples(job.sets["test"], job.tests["test"])
    levels = np.zeros((2, 1, 2, 2), np.uint8)
    levels[0, 0, 0, 0], levels[1, 0, 1, 1] = 8, 16
    picture = decoded(samples.picture(Shown(levels, None, None)))
    assert picture[6, 6].tolist() == [128, 128, 128]
    assert picture[6 + 95, 6 + 102 + 95].tolist() == [255, 255, 255]


def test_points_are_no_pictures(tmp_path: Path) -> None:
    job = prepare(small_spec(tmp_path), None, pytest.fail)
    assert not are_drawable(job.sets["test"])
    assert are_drawable(prepare(squares_spec(tmp_path), None, pytest.fail).sets["test"])


def test_the_question_is_what_the_loss_compares_with_the_labels() -> None:
    net = Net(net_of(SCORES, "name: right, type: Accuracy, bottom: [ip, label]", LOSS))
    assert question(net) == Question("ip", "label", 10, is_softmax=True)


def test_scores_that_are_no_softmax_have_no_probability() -> None:
    net = Net(net_of(SCORES, "name: right, type: Accuracy, bottom: [ip, label]"), "test")
    assert question(net) == Question("ip", "label", 10, is_softmax=False)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["name: loss, type: EuclideanLoss, bottom: [data, data]"], id="numbers"),
        pytest.param(
            ["name: ip, type: InnerProduct, num_output: 1", LOSS.replace("Softmax", "Hinge")],
            id="one class",
        ),
    ],
)
def test_a_net_that_chooses_no_class_is_asked_nothing(lines: list[str]) -> None:
    lines = [line.replace("HingeWithLoss", "SoftmaxWithLoss") for line in lines]
    assert question(Net(net_of(*lines))) is None


def test_a_class_per_pixel_is_not_asked_for() -> None:
    inputs = "{data: [3, 8, 8], label: {shape: [8, 8], dtype: int64}}"
    net = net_of("name: ip, type: Convolution, num_output: 5, kernel_size: 1", LOSS, inputs=inputs)
    assert question(Net(net)) is None
