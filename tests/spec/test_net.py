"""The net section: inputs, state and layers."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from protonet.spec.net import InputSpec
from protonet.spec.state import State
from tests.specs import net_of, spec_of


@pytest.mark.parametrize(
    ("written", "axes"),
    [
        ("[1, 28, 28]", ("N", 1, 28, 28)),
        ("[]", ("N",)),
        ("{shape: [3]}", ("N", 3)),
        ("[T, N, 4]", ("T", "N", 4)),
        ("[T, 4]", ("N", "T", 4)),
        ("{shape: [2, 3], batch: false}", (2, 3)),
        ("{shape: [], batch: false}", ()),
    ],
)
def test_the_batch_axis_goes_in_front_unless_it_is_named(
    written: str, axes: tuple[int | str, ...]
) -> None:
    net = net_of("name: r, type: ReLU", inputs=f"{{data: {written}}}")
    assert net.inputs["data"].axes() == axes


def test_named_axes_take_sizes() -> None:
    assert InputSpec(shape=("T", "N", 4)).sized({"N": 2, "T": 7}) == (7, 2, 4)


def test_an_input_says_its_type_and_channels() -> None:
    net = net_of(
        "name: r, type: ReLU",
        inputs="{image: {shape: [3, 8, 8], dtype: uint8, channels: BGR}, label: []}",
    )
    image, label = net.inputs.values()
    assert (image.dtype, image.channels) == ("uint8", "BGR")
    assert (label.dtype, label.channels) == ("float32", None)
    assert list(net.inputs) == ["image", "label"]


def test_the_state_has_the_nets_level_and_stages_and_those_asked_for() -> None:
    net = spec_of("net: {state: {level: 3, stage: [a]}, layers: []}").net
    assert net.net_state("test", ("b",)) == State("test", 3, frozenset({"a", "b"}))


@pytest.mark.parametrize(
    ("written", "path", "why"),
    [
        (
            "[1, -2]",
            "net.inputs.data.1",
            "an axis is a whole number from 1 to 2147483647, or a name",
        ),
        (
            "[true]",
            "net.inputs.data.0",
            "an axis is a whole number from 1 to 2147483647, or a name",
        ),
        (
            "[2147483648]",
            "net.inputs.data.0",
            "an axis is a whole number from 1 to 2147483647, or a name",
        ),
        ("[1.5]", "net.inputs.data.0", "an axis is a whole number from 1 to 2147483647, or a name"),
        (
            "['a b']",
            "net.inputs.data.0",
            "an axis is a whole number from 1 to 2147483647, or a name",
        ),
        (
            "{shape: [1, 0]}",
            "net.inputs.data.shape.1",
            "an axis is a whole number from 1 to 2147483647, or a name",
        ),
        ("{shape: 5}", "net.inputs.data.shape", "a list is needed"),
        ("{dtype: int64}", "net.inputs.data.shape", "missing"),
        ("data", "net.inputs.data", "a list of sizes or a map is needed"),
        ("{shape: [1], channels: rgb}", "net.inputs.data.channels", "must be RGB, BGR or gray"),
    ],
)
def test_a_shape_that_is_none_is_told(written: str, path: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        net_of("name: r, type: ReLU", inputs=f"{{data: {written}}}")
    (problem,) = caught.value.problems
    assert (problem.path, problem.why) == (path, why)
