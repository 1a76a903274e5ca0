"""Overrides of the command line change the data and say where they came from."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.source import Origin
from protonet.source.overrides import is_of_inner_layer
from tests.language.expansions import loaded
from tests.specs import origin_of

TEXT = """
solver: {base_lr: 0.1}
net:
  inputs: {data: [1, 28, 28]}
  layers:
    - {name: conv1, type: Convolution, num_output: 20}
    - {name: inception_3a/1x1, type: Convolution, num_output: 64}
data:
"""


def overridden(*overrides: str) -> Origin:
    return origin_of(TEXT).overridden(overrides)


def value(origin: Origin, *path: Any) -> Any:
    data = origin.data
    for step in path:
        data = data[step]
    return data


@pytest.mark.parametrize(
    ("override", "path", "expected"),
    [
        ("solver.base_lr=0.02", ("solver", "base_lr"), 0.02),
        ("solver.base_lr=1e-3", ("solver", "base_lr"), 0.001),
        ("solver.type=SGD", ("solver", "type"), "SGD"),
        ("solver.weights=", ("solver", "weights"), None),
        ("solver.note=a=b", ("solver", "note"), "a=b"),
        ("net.layers.conv1.num_output=32", ("net", "layers", 0, "num_output"), 32),
        (
            "net.layers.inception_3a/1x1.num_output=8",
            ("net", "layers", 1, "num_output"),
            8,
        ),
        ("net.layers.1.num_output=8", ("net", "layers", 1, "num_output"), 8),
        ("net.inputs.data=[3, 32, 32]", ("net", "inputs", "data"), [3, 32, 32]),
        ("net.layers.conv1={name: c}", ("net", "layers", 0), {"name": "c"}),
        ("data.train.batch_size=64", ("data", "train"), {"batch_size": 64}),
        ("other.deep.key=true", ("other", "deep", "key"), True),
    ],
)
def test_an_override_sets_a_value(override: str, path: tuple[Any, ...], expected: object) -> None:
    origin = overridden(override)
    assert origin.problems == ()
    assert value(origin, *path) == expected
    assert origin.marks.locate(path).source.name == "command line"


def test_later_overrides_win_and_the_origin_stays() -> None:
    origin = origin_of(TEXT)
    later = origin.overridden(["solver.base_lr=1", "solver.base_lr=2"])
    assert (origin.data["solver"]["base_lr"], later.data["solver"]["base_lr"]) == (0.1, 2)
    assert str(origin.marks.locate(("solver", "base_lr"))) == "net.yaml:2:19"


def test_marks_point_into_the_override() -> None:
    marks = overridden("net.layers.conv1={name: c, pad: [1, 2]}").marks
    layer = ("net", "layers", 0)
    assert marks.locate((*layer, "pad", 1)).column == len("net.layers.conv1={name: c, pad: [1, 2")
    assert marks.locate((*layer, "pad"), key=True).column == len("net.layers.conv1={name: c, p")
    assert marks.locate(layer, key=True).end == len("net.layers.conv1") + 1


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (
            "solver.base_lr",
            "error[PN030] command line:1:1: an override is written path=value\n"
            "    1 | solver.base_lr\n"
            "      | ^^^^^^^^^^^^^^\n"
            "      for example solver.base_lr=0.02           see: protonet explain PN030",
        ),
        (
            "solver..lr=1",
            "error[PN030] command line:1:1: an override is written path=value\n"
            "    1 | solver..lr=1\n"
            "      | ^^^^^^^^^^^^\n"
            "      for example solver.base_lr=0.02           see: protonet explain PN030",
        ),
        (
            "net.layers.conv2.pad=1",
            "error[PN030] command line:1:1 net.layers.conv2.pad: nothing in net.layers is named"
            " conv2\n"
            "    1 | net.layers.conv2.pad=1\n"
            "      | ^^^^^^^^^^^^^^^^^^^^\n"
            "      did you mean conv1?                       see: protonet explain PN030",
        ),
        (
            "net.layers.conv2=1",
            "error[PN030] command line:1:1 net.layers.conv2: nothing in net.layers is named conv2\n"
            "    1 | net.layers.conv2=1\n"
            "      | ^^^^^^^^^^^^^^^^\n"
            "      did you mean conv1?                       see: protonet explain PN030",
        ),
        (
            "net.inputs.data.5=1",
            "error[PN030] command line:1:1 net.inputs.data.5: nothing in net.inputs.data is named"
            " 5\n"
            "    1 | net.inputs.data.5=1\n"
            "      | ^^^^^^^^^^^^^^^^^\n"
            "      it has 3 items, counted from 0            see: protonet explain PN030",
        ),
        (
            "solver.base_lr.x.y=1",
            "error[PN030] command line:1:1 solver.base_lr.x.y: solver.base_lr is no map\n"
            "    1 | solver.base_lr.x.y=1\n"
            "      | ^^^^^^^^^^^^^^^^^^\n"
            "      see: protonet explain PN030",
        ),
        (
            "solver.x=}",
            "error[PN030] command line:1:10 solver.x: the value is no YAML: did not find expected"
            " node content\n"
            "    1 | solver.x=}\n"
            "      |          ^\n"
            "      see: protonet explain PN030",
        ),
        (
            "solver.x=\udcff",  # a byte of the command line that is no UTF-8
            "error[PN030] command line:1:1: the override is not UTF-8\n"
            "    1 | solver.x=\ufffd\n"
            "      | ^^^^^^^^^^\n"
            "      see: protonet explain PN030",
        ),
        (
            "solver.max_iter=010",
            "error[PN003] command line:1:17: 010 is ambiguous: a leading zero\n"
            "    1 | solver.max_iter=010\n"
            "      |                 ^^^\n"
            "      write 10, or quote it if it is a text     see: protonet explain PN003",
        ),
    ],
)
def test_what_fits_nothing_is_told(override: str, expected: str) -> None:
    (problem,) = overridden(override).problems
    assert problem.render() == expected


def test_an_index_of_thousands_of_digits_fits_nothing() -> None:
    # Python itself refuses to turn more than 4,300 digits into a number
    digits = "5" * 5000
    (problem,) = overridden(f"net.inputs.data.{digits}=1").problems
    assert problem.why == f"nothing in net.inputs.data is named {digits}"


def test_all_overrides_that_fit_nothing_are_told() -> None:
    problems = overridden("a", "solver.base_lr=1", "net.layers.x.y=1").problems
    assert [problem.why for problem in problems] == [
        "an override is written path=value",
        "nothing in net.layers is named x",
    ]


@pytest.mark.parametrize(
    ("override", "later"),
    [
        ("net.layers.res2a/conv1.num_output=32", True),
        ("net.layers.r_2.num_output=32", True),
        ("net.layers.r.num_output=32", False),
        ("net.layers.x/y.num_output=32", False),
        ("net.layers.other.num_output=32", False),
        ("net.inputs.a/b.dtype=int64", False),
        ("solver.base_lr=1", False),
    ],
)
def test_an_override_of_a_layer_that_a_block_makes_is_kept_for_later(
    override: str, later: bool
) -> None:
    layers = [{"name": "r", "type": "ReLU", "repeat": 2}, {"name": "x/y", "type": "ReLU"}]
    assert is_of_inner_layer({"net": {"layers": layers}}, override) is later


def test_an_override_changes_a_layer_inside_one_instance_only() -> None:
    spec = loaded(
        "name: a, type: dense, out: 4",
        "name: b, type: dense, out: 4",
        overrides=("net.layers.a/ip.num_output=32",),
    )
    outputs = {layer.name: getattr(layer.params, "num_output", None) for layer in spec.net.layers}
    assert (outputs["a/ip"], outputs["b/ip"]) == (32, 4)
