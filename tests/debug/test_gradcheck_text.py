from __future__ import annotations

import json
import math
from dataclasses import replace

from protonet.debug.gradcheck_report import EVERYWHERE, Fault, Row, Worst
from protonet.debug.gradcheck_slopes import Slope
from protonet.debug.gradcheck_text import fault_lines, report_data, report_lines
from tests.debug.test_gradcheck_report import REPORT, RIGHT, WHOLE, WRONG

CUT = Row("lstm", "LSTM", "bottom", "h0", 10, "cut", note="the type gives it no gradient")
KINKS = replace(RIGHT, compared=0, kinks=12, worst=None, verdict="kinks")
SMALL = replace(RIGHT, name="bias", elements=8, kinks=0)


def test_a_check_that_found_something_wrong() -> None:
    lines = report_lines(replace(REPORT, layers=(RIGHT, WRONG, CUT)))
    rule = "─" * 116
    assert lines == [
        "net, phase train, N = 2, float64, epsilon 1e-06",
        "",
        "layer    type          gradient of  compared  at      analytic  numeric    error",
        rule,
        "ip       InnerProduct  weight       8 of 600  [1, 2]      1.25     1.25  2.0e-09  right",
        "square   Square        bottom ip    8 of 600  [0, 3]       1.5        3  5.0e-01  wrong",
        "lstm     LSTM          bottom h0    none                                          "
        "cut: the type gives it no gradient",
        rule,
        "the net                x            all 600   all            2        4  5.0e-01  "
        "wrong: through square",
        rule,
        "drop has no gradient: why",
        "1 wrong of 4 gradients, of the loss for the net",
    ]


def test_a_check_of_one_layer_that_is_right() -> None:
    report = replace(REPORT, layers=(SMALL, KINKS), whole=None, objective="", skipped={})
    rule = "─" * 98
    assert report_lines(report)[3:] == [
        rule,
        "ip     InnerProduct  bias         all 8                  [1, 2]      1.25     1.25"
        "  2.0e-09  right",
        "ip     InnerProduct  weight       0 of 600, 12 at kinks"
        "                                      kinks",
        rule,
        "2 gradients: largest relative error 2.0e-09, 0.0001 allowed; 12 at kinks passed over",
    ]


def test_where_nothing_was_compared() -> None:
    report = replace(REPORT, layers=(CUT,), whole=None, objective="", skipped={})
    assert report_lines(report)[-1] == "1 gradient: largest relative error none, 0.0001 allowed"


def test_on_a_narrow_terminal_the_types_go_first() -> None:
    lines = report_lines(replace(REPORT, layers=(RIGHT, WRONG)), 80)
    assert max(map(len, lines)) <= 80
    assert "InnerProduct" not in "\n".join(lines)
    assert "1.25" in lines[4]


def test_each_wrong_gradient_is_a_line() -> None:
    lost = replace(WRONG, note="it gets no gradient, and the tops depend on it")
    fault = Fault("log", "Log", "log[0, 2] is nan, where no slope can be seen")
    assert fault_lines(replace(REPORT, layers=(WRONG, lost), faults=(fault,))) == [
        "layer log (Log): log[0, 2] is nan, where no slope can be seen",
        "layer square (Square): the gradient of the bottom ip is wrong at [0, 3]: 1.5, and"
        " differences say 3",
        "layer square (Square): the gradient of the bottom ip is wrong at [0, 3]: 1.5, and"
        " differences say 3 (it gets no gradient, and the tops depend on it)",
    ]


def test_a_wrong_gradient_of_the_whole_net_or_along_all_elements() -> None:
    slope = Slope(2, 4, 0.5, "wrong")
    along = replace(WRONG, role="parameter", name="weight", worst=Worst(EVERYWHERE, slope))
    assert fault_lines(replace(REPORT, layers=(along,))) == [
        "layer square (Square): the gradient of weight is wrong along all of it: 2, and"
        " differences say 4"
    ]
    assert fault_lines(replace(REPORT, layers=(RIGHT,))) == [
        "the whole net: the gradient of the bottom x is wrong along all of it: 2, and differences"
        " say 4 (through square)"
    ]


def test_as_plain_data() -> None:
    endless = replace(WRONG, worst=Worst((0, 3), Slope(math.nan, 3.0, math.inf, "wrong")))
    data = json.loads(
        json.dumps(report_data(replace(REPORT, layers=(RIGHT, endless))), allow_nan=False)
    )
    assert data["right"] is False
    assert data["options"] == {"epsilon": 1e-6, "tolerance": 1e-4, "elements": 8, "seed": 0}
    assert data["skipped"] == {"drop": "why"}
    assert data["layers"][0] == {
        "layer": "ip",
        "type": "InnerProduct",
        "role": "parameter",
        "name": "weight",
        "elements": 600,
        "verdict": "right",
        "compared": 8,
        "kinks": 0,
        "worst": {"element": [1, 2], "analytic": 1.25, "numeric": 1.25, "error": 2e-9},
        "note": "",
        "place": None,
    }
    assert data["layers"][1]["worst"] == {
        "element": [0, 3],
        "analytic": None,
        "numeric": 3.0,
        "error": None,
    }
    assert data["net"][0]["worst"]["element"] == "all"
    assert report_data(replace(REPORT, whole=None))["net"] is None
    assert WHOLE.name == data["net"][0]["name"]
