"""What is wrong between layers. The texts are in tests/errors/; here is what no file shows."""

from __future__ import annotations

import pytest

from protonet.errors import PathError, SpecError
from protonet.spec.joints import check_wiring, once
from tests.kinds import KINDS
from tests.specs import net_of

IP = "name: ip, type: InnerProduct, num_output: 10"


def problems(*lines: str) -> list[tuple[str, str, str]]:
    with pytest.raises(SpecError) as caught:
        net_of(*lines, layers=KINDS)
    return [(one.code, one.path, one.why) for one in caught.value.problems]


def test_a_sound_net_has_no_errors() -> None:
    assert check_wiring(net_of(IP, "name: loss, type: EuclideanLoss, bottom: [ip, label]")) == []


def test_what_is_missing_in_two_phases_is_said_once() -> None:
    assert problems("name: r, type: ReLU, bottom: x") == [
        ("PN023", "net.layers.r.bottom", "no input or layer above gives a blob x")
    ]


def test_layers_of_one_name_may_live_in_different_phases() -> None:
    net_of(f"{IP}, phase: train", f"{IP}, phase: test")


def test_a_layer_whose_chained_bottom_is_missing_is_not_told_to_have_none() -> None:
    with pytest.raises(SpecError) as caught:
        net_of("name: r, type: ReLU", inputs="{}")
    assert [one.code for one in caught.value.problems] == ["PN023"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "name: s, type: Sink, bottom: data, top: t",
            ("PN025", "net.layers.s.top", "Sink gives 0 tops, here 1"),
        ),
        (
            "name: t, type: Two, bottom: data, top: [a, b, c]",
            ("PN025", "net.layers.t.top", "Two gives 1 to 2 tops, here 3"),
        ),
        (
            "name: e, type: Eltwise, bottom: data",
            ("PN024", "net.layers.e.bottom", "Eltwise reads at least 2 bottoms, here 1"),
        ),
        (
            "name: data, type: Input, shape: [[1]]",
            ("PN015", "net.layers.data.name", "the input data is declared twice"),
        ),
        (
            "name: i, type: Input, shape: [[1], [2]], top: [a, b, c]",
            ("PN013", "net.layers.i.shape", "2 shapes for 3 tops"),
        ),
        (
            "name: r, type: ReLU, bottom: data, top: 'layer:x'",
            (
                "PN022",
                "net.layers.r.top",
                "layer: begins the name of a layer's own output, so no blob's",
            ),
        ),
        (
            "name: r, type: ReLU, propagate_down: [true, true]",
            ("PN013", "net.layers.r.propagate_down", "2 values for 1 bottom"),
        ),
    ],
)
def test_counts_and_names_are_checked(line: str, expected: tuple[str, str, str]) -> None:
    assert problems(line) == [expected]


def test_once_keeps_the_first_of_a_place_and_code() -> None:
    first, second = PathError("PN023", ("a",), "x"), PathError("PN023", ("a",), "y")
    other, elsewhere = PathError("PN024", ("a",), "x"), PathError("PN023", ("b",), "x")
    assert once([first, second, other, elsewhere]) == [first, other, elsewhere]
