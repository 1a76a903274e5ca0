from __future__ import annotations

from pathlib import Path

import pytest

from protonet.caffe.opening import (
    import_prototxt,
    is_of_inputs,
    is_prototxt,
    is_solver,
    shapes_of,
)
from protonet.errors import SpecError

NET = """\
layer { name: "d" type: "Data" top: "data" top: "label" data_param { batch_size: 1 source: "s" } }
layer { name: "r" type: "ReLU" bottom: "data" top: "r" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 1'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)
    Path("solver.prototxt").write_text(f"debug_info: true {SOLVER}")


def test_a_solver_is_known_by_its_fields() -> None:
    assert is_solver(Path("solver.prototxt"))
    assert not is_solver(Path("net.prototxt"))
    Path("empty.prototxt").write_text("debug_info: true")
    assert not is_solver(Path("empty.prototxt"))


def test_prototxt_files_are_known_by_their_names() -> None:
    assert is_prototxt("a/deploy.prototxt")
    assert is_prototxt("x.pbtxt")
    assert not is_prototxt("net.yaml")


def test_the_command_line_says_the_shapes_of_inputs() -> None:
    overrides = ["net.inputs.data=[1,28,28]", "net.inputs.x.shape=[2]", "solver.base_lr=1"]

    assert shapes_of(overrides) == {"data": [1, 28, 28], "x": {"shape": [2]}}
    assert [is_of_inputs(text) for text in overrides] == [True, True, False]
    assert shapes_of([]) == {}


def test_a_shape_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(SpecError) as error:
        shapes_of(["net.inputs.data=[1,"])
    assert str(error.value).startswith("error[PN030] command line:1:")


@pytest.mark.parametrize("name", ["net.prototxt", "solver.prototxt"])
def test_a_net_or_a_solver_is_imported(name: str) -> None:
    found = import_prototxt(Path(name), ["net.inputs.data=[3,4,4]"])

    assert found.origin.data["net"]["inputs"]["data"] == {"shape": [3, 4, 4]}
    assert ("solver" in found.origin.data) == (name == "solver.prototxt")


def test_a_solver_beside_a_net_trains_it() -> None:
    Path("other.prototxt").write_text(NET.replace('"r"', '"other"'))

    found = import_prototxt(
        Path("other.prototxt"), ["net.inputs.data=[4]"], solver=Path("solver.prototxt")
    )

    assert [layer["name"] for layer in found.origin.data["net"]["layers"]] == ["other"]
    assert found.origin.data["solver"]["max_iter"] == 1
