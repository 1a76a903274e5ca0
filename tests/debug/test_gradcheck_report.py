from __future__ import annotations

from dataclasses import replace

from protonet.debug.gradcheck_report import EVERYWHERE, Fault, Report, Row, Worst
from protonet.debug.gradcheck_slopes import Options, Slope

RIGHT = Row(
    "ip",
    "InnerProduct",
    "parameter",
    "weight",
    600,
    "right",
    8,
    0,
    Worst((1, 2), Slope(1.25, 1.25, 2e-9, "right")),
)
WRONG = replace(
    RIGHT,
    layer="square",
    type="Square",
    role="bottom",
    name="ip",
    verdict="wrong",
    worst=Worst((0, 3), Slope(1.5, 3.0, 0.5, "wrong")),
)
WHOLE = Row(
    "",
    "",
    "bottom",
    "x",
    600,
    "wrong",
    600,
    0,
    Worst(EVERYWHERE, Slope(2.0, 4.0, 0.5, "wrong")),
    "through square",
)
REPORT = Report(
    "net", "train", {"N": 2}, "the loss", Options(), (RIGHT, WRONG), (WHOLE,), {"drop": "why"}, ()
)


def test_what_is_wrong_is_the_layers_part_where_a_layer_is() -> None:
    assert REPORT.wrong == (WRONG,)
    assert not REPORT.is_right


def test_it_is_the_whole_nets_where_each_layer_is_right() -> None:
    assert replace(REPORT, layers=(RIGHT,)).wrong == (WHOLE,)
    assert not replace(REPORT, layers=(RIGHT,)).is_right


def test_a_fault_is_not_right() -> None:
    sound = replace(REPORT, layers=(RIGHT,), whole=None)
    assert sound.is_right
    assert not replace(sound, faults=(Fault("a", "A", "why"),)).is_right


def test_a_cut_is_a_bottom_without_a_gradient() -> None:
    assert replace(WRONG, verdict="cut").is_cut
    assert not replace(RIGHT, verdict="cut").is_cut
    assert not WRONG.is_cut
