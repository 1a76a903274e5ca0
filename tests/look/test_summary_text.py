from __future__ import annotations

import json

from protonet.look.memory import Part
from protonet.look.summary import Row, Summary, Top, Totals
from protonet.look.summary_text import summary_data, summary_lines

ROWS = (
    Row(
        "inception_3a/5x5_reduce",
        "Convolution",
        (Top("inception_3a/5x5_reduce", ("N", 16, 28, 28), "float32"),),
        3088,
        0,
        None,
        2_408_448,
        50_176,
    ),
    Row(
        "inception_3a/relu",
        "ReLU",
        (Top("inception_3a/5x5_reduce", ("N", 16, 28, 28), "float32"),),
        0,
        0,
        None,
        0,
        0,
    ),
    Row(
        "two",
        "Slice",
        (Top("left", ("N", 8), "float32"), Top("right", ("N", 8), "float32")),
        12,
        0,
        "one",
        0,
        64,
    ),
)
PARTS = (Part("weights", 1000, "each once"), Part("data", 24, "one batch"))
SUMMARY = Summary(
    "net", "train", {"N": 2}, True, ROWS, Totals(3088, 3000, 7, 2_408_448), {"train": PARTS}
)


def test_a_summary_that_is_not_cut() -> None:
    head = "layer                    type         blob                     shape            "
    rule = "─" * 114
    assert summary_lines(SUMMARY) == [
        "net, phase train, N = 2",
        "",
        head + "parameters  multiply-adds   memory",
        rule,
        "inception_3a/5x5_reduce  Convolution                           (N, 16, 28, 28)"
        "      3.09 k         2.41 M  50.2 kB",
        "inception_3a/relu        ReLU         inception_3a/5x5_reduce  (N, 16, 28, 28)",
        "two                      Slice        left                     (N, 8)         "
        "      as one                    64 B",
        "                                      right                    (N, 8)",
        rule,
        "parameters     3.09 k (3,088, 88 of them frozen, and 7 statistics)",
        "multiply-adds  2.41 M per sample (2,408,448)",
        "",
        "memory to train: 1.02 kB, without the work space of kernels",
        "  weights      1.00 kB  each once",
        "  data            24 B  one batch",
    ]


def test_on_a_terminal_names_make_room_for_numbers() -> None:
    lines = summary_lines(SUMMARY, 80)
    assert [lines[2], *lines[4:6]] == [
        "layer             type       shape            parameters  multiply-adds   memory",
        "incep…5x5_reduce  Con…ution  (N, 16, 28, 28)      3.09 k         2.41 M  50.2 kB",
        "incep…on_3a/relu  ReLU       (N, 16, 28, 28)",
    ]


def test_data_are_exact() -> None:
    data = summary_data(SUMMARY)
    assert json.loads(json.dumps(data))["layers"][0] == {
        "name": "inception_3a/5x5_reduce",
        "type": "Convolution",
        "tops": [
            {"blob": "inception_3a/5x5_reduce", "axes": ["N", 16, 28, 28], "dtype": "float32"}
        ],
        "parameters": 3088,
        "statistics": 0,
        "shared_with": None,
        "multiply_adds": 2408448,
        "activation_bytes": 50176,
    }
    assert data["memory"] == {"train": {"weights": 1000, "data": 24, "total": 1024}}
    assert data["totals"] == {
        "parameters": 3088,
        "trained": 3000,
        "statistics": 7,
        "multiply_adds": 2408448,
    }
