from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protonet.caffe import import_solver
from protonet.errors import SpecError, UsageError
from protonet.schema import check_spec
from tests.caffe.reading import lines

NET = """\
layer {
  name: "in" type: "HDF5Data" top: "data" top: "target"
  hdf5_data_param { source: "list.txt" batch_size: 4 }
}
layer {
  name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 2 }
}
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "target" top: "loss" }
"""
RULES = 'base_lr: 0.1 lr_policy: "fixed" max_iter: 10'
SHAPES = {"data": (3,), "target": (2,)}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the current folder `work`, beside `caffe/examples/tiny` with a net."""
    examples = tmp_path / "caffe" / "examples" / "tiny"
    examples.mkdir(parents=True)
    (examples / "net.prototxt").write_text(NET)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def solver(text: str, folder: str = ".") -> Path:
    file = Path(folder) / "solver.prototxt"
    file.write_text(f"{text}\n")
    return file


def refusal(text: str) -> str:
    with pytest.raises(SpecError) as error:
        import_solver(solver(text), SHAPES)
    return str(error.value)


def test_a_solver_and_its_net_are_one_spec() -> None:
    Path("net.prototxt").write_text(NET)

    found = import_solver(solver(f'net: "net.prototxt" {RULES}'), SHAPES)

    entry = {"source": "list.txt", "batch_size": 4}
    assert found.origin.data["data"] == {"train": entry, "test": entry}
    assert [layer["name"] for layer in found.origin.data["net"]["layers"]] == ["ip", "loss"]
    assert found.origin.data["solver"] == {
        "base_lr": 0.1,
        "lr_policy": {"type": "fixed"},
        "max_iter": 10,
        "channels_last": False,
    }
    assert not found.notes
    spec = check_spec(found.origin)
    assert spec.solver is not None
    assert spec.run_name == "solver"


def test_a_net_may_stand_in_the_solver() -> None:
    found = import_solver(solver(f"net_param {{ {NET} }} {RULES}"), SHAPES)

    assert found.origin.data["net"]["inputs"] == {"data": {"shape": [3]}, "target": {"shape": [2]}}
    assert list(found.origin.data["data"]) == ["train", "test"]


@pytest.mark.parametrize("field", ["train_net", "train_net_param"])
def test_a_net_for_training_has_a_training_set_only(field: str) -> None:
    Path("net.prototxt").write_text(NET)
    value = f"{{ {NET} }}" if field.endswith("param") else ': "net.prototxt"'

    found = import_solver(solver(f"{field} {value} {RULES}"), SHAPES)

    assert list(found.origin.data["data"]) == ["train"]


def test_a_net_is_found_from_the_root_of_caffes_repository(tmp_path: Path) -> None:
    folder = tmp_path / "caffe" / "examples" / "tiny"
    (tmp_path / "caffe" / "list.txt").touch()

    found = import_solver(solver(f'net: "examples/tiny/net.prototxt" {RULES}', str(folder)), SHAPES)

    assert found.origin.folder == folder
    assert found.origin.data["data"]["train"]["source"] == str(tmp_path / "caffe" / "list.txt")
    assert not found.notes


def test_a_net_that_moved_is_found_beside_the_solver(tmp_path: Path) -> None:
    Path("net.prototxt").write_text(NET)

    found = import_solver(solver(f'net: "examples/other/net.prototxt" {RULES}'), SHAPES)

    assert lines(found.notes) == [
        f"1:6 net: examples/other/net.prototxt is missing, {tmp_path}/work/net.prototxt is taken"
    ]


def test_a_missing_net_is_named() -> None:
    with pytest.raises(UsageError) as error:
        import_solver(solver(f'net: "a/b.prototxt" {RULES}'))
    assert str(error.value) == (
        "solver.prototxt:1:6: the net a/b.prototxt is neither beside solver.prototxt, nor in a "
        "folder above it, nor in the current one"
    )


def test_a_solver_without_a_net_is_refused() -> None:
    assert refusal(RULES) == (
        "error[PN011] solver.prototxt:1:1 net: "
        "the solver names no net; one of net, net_param, train_net, train_net_param does\n"
        '    1 | base_lr: 0.1 lr_policy: "fixed" max_iter: 10\n'
        "      | ^\n"
        "      see: protonet explain PN011\n"
        "1 error in solver.prototxt"
    )


def test_a_solver_of_two_nets_is_refused() -> None:
    assert (
        refusal('net: "a"\ntrain_net: "b"')
        == """\
error[PN015] solver.prototxt:2:1 train_net: net names the net already
    2 | train_net: "b"
      | ^^^^^^^^^
      see: protonet explain PN015
1 error in solver.prototxt"""
    )


def test_what_is_wrong_in_either_file_is_told_at_once() -> None:
    Path("net.prototxt").write_text("layer { nam: 'x' }")

    assert (
        refusal('net: "net.prototxt" base_lrr: 0.1')
        == """\
error[PN051] net.prototxt:1:9 layer.nam: Caffe has no such field here
    1 | layer { nam: 'x' }
      |         ^^^
      did you mean name?                        see: protonet explain PN051
error[PN051] solver.prototxt:1:21 base_lrr: Caffe has no such field here
    1 | net: "net.prototxt" base_lrr: 0.1
      |                     ^^^^^^^^
      did you mean base_lr?                     see: protonet explain PN051
2 errors in solver.prototxt"""
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("type: 'Adamm'", ("PN014", "solver.prototxt:2:7", "solver.type")),
        ("lr_policy: 'plateau'", ("PN014", "solver.prototxt:2:12", "solver.lr_policy.type")),
        (
            "type: 'AdaGrad' momentum: 0.9",
            ("PN015", "solver.prototxt:2:27", "solver.momentum"),
        ),
        ("momentum: -1", ("PN013", "solver.prototxt:2:11", "solver.momentum")),
        ("test_iter: 0", ("PN013", "solver.prototxt:2:12", "solver.test_iter")),
    ],
)
def test_what_the_spec_refuses_is_shown_at_its_line(text: str, place: tuple[str, ...]) -> None:
    Path("net.prototxt").write_text(NET)
    file = solver(f"net: 'net.prototxt' base_lr: 0.1 max_iter: 10\n{text}")

    with pytest.raises(SpecError) as error:
        check_spec(import_solver(file, SHAPES).origin)

    assert [(one.code, str(one.mark), one.path) for one in error.value.problems] == [place]


def test_other_nets_and_states_are_noted() -> None:
    Path("net.prototxt").write_text(NET)
    text = f"""\
net: "net.prototxt" {RULES}
test_net: "other.prototxt"
test_net_param {{ name: "x" }}
train_state {{ stage: "a" }}
test_state {{ stage: "b" }}
test_state {{ level: 1 }}
test_state {{ }}
"""

    found = import_solver(solver(text), SHAPES)

    once = "protonet tests once for each evaluation set, which may set one stage"
    assert lines(found.notes) == [
        "2:1 test_net: this version tests one net",
        "3:1 test_net_param: this version tests one net",
        "4:1 train_state: the stages and levels of protonet's training net are those of the net "
        "itself",
        f"5:1 test_state: {once}",
        f"6:1 test_state: {once}",
    ]


def test_a_net_for_testing_is_one_with_that_for_training() -> None:
    test = NET.replace("list.txt", "other.txt").replace("EuclideanLoss", "SmoothL1Loss")
    Path("train.prototxt").write_text(NET)
    Path("test.prototxt").write_text(test)

    found = import_solver(
        solver(f'train_net: "train.prototxt" test_net: "test.prototxt" {RULES}'), SHAPES
    )

    sets = {name: entry["source"] for name, entry in found.origin.data["data"].items()}
    assert sets == {"train": "list.txt", "test": "other.txt"}
    layers = found.origin.data["net"]["layers"]
    assert [(layer["type"], layer.get("phase")) for layer in layers] == [
        ("InnerProduct", None),
        ("EuclideanLoss", "train"),
        ("SmoothL1Loss", ["test", "deploy"]),
    ]
    assert not found.notes


def test_a_net_may_be_given_in_place_of_the_one_that_is_named() -> None:
    Path("net.prototxt").write_text(NET)

    found = import_solver(solver(f'net: "none.prototxt" {RULES}'), SHAPES, net=Path("net.prototxt"))

    assert [layer["name"] for layer in found.origin.data["net"]["layers"]] == ["ip", "loss"]


def test_a_state_that_a_data_layer_asks_for_is_an_evaluation_set() -> None:
    net = """
        layer {
          name: "in" type: "HDF5Data" top: "data" top: "target"
          include { phase: TEST stage: "hard" }
          hdf5_data_param { source: "hard.txt" batch_size: 4 }
        }"""
    Path("net.prototxt").write_text(
        NET.replace('target"\n', 'target" include { phase: TRAIN }\n', 1) + net
    )

    found = import_solver(
        solver(f'net: "net.prototxt" {RULES} test_state {{ stage: "hard" }} test_iter: 2'), SHAPES
    )

    sets: dict[str, Any] = found.origin.data["data"]
    assert {name: entry.get("stage") for name, entry in sets.items()} == {
        "train": None,
        "hard": "hard",
    }
    assert not found.notes
