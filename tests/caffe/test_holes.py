from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from protonet.caffe import import_net
from protonet.caffe.opening import holes_of
from protonet.errors import ShapeError, SpecError
from protonet.layers.record import Setting

NET = """\
input: "data" input_shape { dim: 1 dim: 3 }
layer { name: "w" type: "Whiten-2d" bottom: "data" top: "w" param { lr_mult: 2 }
  whiten_param { eps: 0.1 class: true name: "x" sizes: 1 sizes: 2 _y: 3 inner { mode: FULL } }
  convolution_param { num_output: 3 } more: false }
layer { name: "v" type: "whiten 2d" bottom: "w" top: "v" }
layer { name: "r" type: "ReLU" bottom: "v" top: "r" }
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)


def test_a_layer_of_an_unknown_type_keeps_its_keys() -> None:
    holes = holes_of()

    found = import_net("net.prototxt", holes=holes)

    assert found.origin.data["net"]["layers"][0] == {
        "name": "w",
        "type": "Whiten-2d",
        "bottom": ["data"],
        "top": ["w"],
        "eps": 0.1,
        "class_": True,
        "name_": "x",
        "sizes": [1, 2],
        "y_": 3,
        "inner": {"mode": "FULL"},
        "num_output": 3,
        "more": False,
    }
    assert holes.types == {
        "Whiten-2d": ["eps", "class_", "name_", "sizes", "y_", "inner", "num_output", "more"],
        "whiten 2d": [],
    }
    assert [note.path for note in found.notes] == ["layer.w.param"]


def test_without_holes_it_is_refused_and_so_is_the_other() -> None:
    with pytest.raises(SpecError) as error:
        import_net("net.prototxt")
    assert [(one.mark and one.mark.line, one.path) for one in error.value.problems] == [
        (2, "layer.w.type"),
        (4, "layer.w.more"),
        (5, "layer.v.type"),
    ]


def test_a_hole_cannot_be_built() -> None:
    holes = holes_of()
    import_net("net.prototxt", holes=holes)
    kind = holes.layer_types()["Whiten-2d"]

    params = kind.params.model_validate({"eps": 0.1, "inner": {"mode": "FULL"}})

    with pytest.raises(ShapeError) as error:
        kind.build(params, [], Setting())
    assert (error.value.why, error.value.hint) == (
        "Whiten-2d is a hole: nothing computes it yet",
        "fill it in holes.py",
    )


def test_the_plugin_is_python_with_a_type_for_each() -> None:
    holes = holes_of()
    import_net("net.prototxt", holes=holes)
    Path("holes.py").write_text(holes.plugin())

    made = runpy.run_path("holes.py")

    assert made["WHITEN_2D"].name == "Whiten-2d"
    assert made["WHITEN_2D_2"].name == "whiten 2d"
    assert list(made["Whiten2dParams"].model_fields) == holes.types["Whiten-2d"]
    with pytest.raises(ShapeError) as error:
        made["build_whiten_2d_2"](None, [], Setting())
    assert error.value.why == "whiten 2d is a hole: nothing computes it yet"


@pytest.mark.parametrize("kind", ["3", "'\\n raise SystemExit #", "lambda", "Ä"])
def test_no_name_of_a_type_becomes_code(kind: str) -> None:
    holes = holes_of()
    quoted = kind.replace("\\", "\\\\").replace("\n", "\\n")
    Path("net.prototxt").write_text(f'layer {{ name: "w" type: "{quoted}" }}')
    import_net("net.prototxt", holes=holes)
    Path("holes.py").write_text(holes.plugin(), encoding="utf-8")

    made = runpy.run_path("holes.py")

    assert list(holes.types)[0] in [getattr(one, "name", "") for one in made.values()]
