from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from protonet.layers.print_values import LOGGER, PRINT, described
from protonet.layers.record import Blob
from protonet.net import Net
from tests.layers.building import build, gradient, numbers, refusal, tops_of
from tests.specs import spec_of

Log = pytest.LogCaptureFixture

NET = """
net:
  inputs: {data: [2], label: {shape: [], dtype: int64}}
  layers:
    - {name: look, type: Print, bottom: data, top: data, values: 3}
    - {name: tests, type: Print, bottom: [data, label], top: [a, b], phase: test}
"""


@pytest.fixture(autouse=True)
def _listening(caplog: Log) -> None:
    caplog.set_level(logging.INFO, LOGGER)


def test_a_blob_is_told_in_numbers() -> None:
    values = np.array([[1.0, -2.0, 4.0], [0.5, 3.0, -1.0]], np.float32)

    # numpy's std divides by the count
    assert described(torch.tensor(values)) == (
        f"(2, 3) float32, mean {values.mean():.6g}, std {values.std():.6g}, min -2, max 4, "
        "non-finite 0"
    )


def test_what_is_not_finite_is_counted_and_left_out_of_the_rest() -> None:
    blob = torch.tensor([1.0, float("nan"), 3.0, float("-inf")], dtype=torch.float16)

    # mean (1 + 3) / 2, std 1
    assert described(blob, values=2) == (
        "(4) float16, mean 2, std 1, min 1, max 3, non-finite 2, values 1 nan"
    )


@pytest.mark.parametrize(
    ("blob", "text"),
    [
        (torch.tensor([1, 2, 6]), "(3) int64, mean 3, std 2.16025, min 1, max 6, non-finite 0"),
        (torch.tensor(True), "() bool, mean 1, std 0, min 1, max 1, non-finite 0"),
        (torch.empty(0, 3), "(0, 3) float32, non-finite 0"),
        (torch.tensor([float("nan")]), "(1) float32, non-finite 1"),
    ],
)
def test_any_type_and_size_can_be_told(blob: torch.Tensor, text: str) -> None:
    assert described(blob) == text


def test_bottoms_and_gradients_pass_unchanged(caplog: Log) -> None:
    first, second = numbers(1.0, -2.0), numbers(3.0)

    tops = tops_of(PRINT, first, second, tops=2)

    assert [top.tolist() for top in tops] == [[1, -2], [3]]
    assert gradient(tops[0] * torch.tensor([5.0, 7.0]), first).tolist() == [5, 7]
    assert caplog.messages == [
        "Print layer, train, call 0, bottom 0: "
        "(2) float32, mean -0.5, std 1.5, min -2, max 1, non-finite 0",
        "Print layer, train, call 0, bottom 1: "
        "(1) float32, mean 3, std 0, min 3, max 3, non-finite 0",
    ]


def test_only_every_so_many_calls_are_printed(caplog: Log) -> None:
    layer = build(PRINT, numbers(1.0), interval=3)
    for value in range(7):
        layer(numbers(float(value)))

    assert [message.split(",")[2] for message in caplog.messages] == [
        " call 0: (1) float32",
        " call 3: (1) float32",
        " call 6: (1) float32",
    ]


def test_the_net_gives_the_layer_its_name(caplog: Log) -> None:
    net = Net(spec_of(NET).net)
    blobs = {"data": torch.tensor([[1.0, 2.0], [3.0, 4.0]]), "label": torch.tensor([0, 1])}

    assert not caplog.messages  # proving the net prints nothing
    net(blobs, ["data"])
    net.in_phase("test")(blobs, ["a", "b"])

    # std of 1, 2, 3, 4: sqrt(5 / 4)
    look = "(2, 2) float32, mean 2.5, std 1.11803, min 1, max 4, non-finite 0"
    assert caplog.messages == [
        f"Print look, train, call 0: {look}, values 1 2 3",
        f"Print look, test, call 0: {look}, values 1 2 3",
        f"Print tests, test, call 0, bottom 0: {look}",
        "Print tests, test, call 0, bottom 1: "
        "(2) int64, mean 0.5, std 0.5, min 0, max 1, non-finite 0",
    ]


def test_lines_that_nobody_takes_go_to_standard_error(
    caplog: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING, LOGGER)

    build(PRINT, numbers(1.0))(numbers(1.0))

    assert capsys.readouterr().err == (
        "Print layer, train, call 0: (1) float32, mean 1, std 0, min 1, max 1, non-finite 0\n"
    )


def test_an_exported_net_passes_the_blobs_on_and_prints_nothing(caplog: Log) -> None:
    exported = torch.export.export(build(PRINT, torch.ones(2)), (torch.ones(2),))

    assert exported.module()(torch.tensor([1.0, 2.0])).tolist() == [1, 2]
    assert not caplog.messages


def test_a_compiled_net_prints_every_call(caplog: Log) -> None:
    layer = torch.nn.Sequential(torch.nn.Tanh(), build(PRINT, torch.ones(2)), torch.nn.ReLU())
    compiled = torch.compile(layer, backend="eager")

    results = [compiled(torch.full((2,), value)) for value in (1.0, -2.0)]

    # tanh(1), 0
    assert [result[0].item() for result in results] == [pytest.approx(0.7615942), 0]
    assert [message.split(", ")[3] for message in caplog.messages] == [
        "mean 0.761594",
        "mean -0.964028",
    ]


def test_refuses_another_number_of_tops() -> None:
    blob = Blob((2, 3))
    assert refusal(PRINT, blob, blob) == (
        "2 bottoms and 1 top",
        "each bottom is given on as a top: name as many",
    )
