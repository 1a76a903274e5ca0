"""From a file to a checked spec, with every problem at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from protonet.errors import PathError, PathErrors, SpecError
from protonet.net import shape_errors
from protonet.schema import Spec, Tables, check_spec, load_spec, located, respecified, warnings_of
from tests.specs import origin_of, spec_of

LENET = """
name: lenet
data:
  train: {source: dataset://mnist/train, batch_size: 64, shuffle: true}
net:
  inputs: {data: [1, 28, 28], label: {shape: [], dtype: int64}}
  layers:
    - {name: ip, type: InnerProduct, num_output: 10}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
solver: {base_lr: 0.01, max_iter: 10}
"""


def test_a_file_becomes_a_spec(tmp_path: Path) -> None:
    path = tmp_path / "lenet.yaml"
    path.write_text(LENET)
    spec = load_spec(path, ["solver.base_lr=0.02", "net.layers.ip.num_output=20"])
    assert (spec.name, spec.run_name) == ("lenet", "lenet")
    assert spec.data["train"].batch_size == 64
    assert spec.net.layers[0].params.num_output == 20
    assert spec.solver is not None
    assert spec.solver.base_lr == 0.02
    assert spec.origin.folder == tmp_path


def test_a_run_is_called_after_the_file_where_the_spec_has_no_name(tmp_path: Path) -> None:
    path = tmp_path / "my_net.yaml"
    path.write_text("net: {layers: []}\n")
    assert load_spec(path).run_name == "my_net"


def test_only_the_net_is_needed() -> None:
    spec = spec_of("net: {layers: []}")
    assert (spec.data, spec.solver) == ({}, None)


def test_a_spec_that_was_read_from_no_text_has_no_origin() -> None:
    spec = Spec.model_validate({"net": {"layers": []}}, context={"layers": {}})
    with pytest.raises(ValueError, match=r"^this spec was not loaded from a text$"):
        _ = spec.origin


def test_a_spec_is_changed_by_overrides_and_the_first_stays() -> None:
    spec = spec_of(LENET)
    other = respecified(spec, ["solver.max_iter=20"])
    assert spec.solver is not None
    assert other.solver is not None
    assert (spec.solver.max_iter, other.solver.max_iter) == (10, 20)
    with pytest.raises(SpecError) as caught:
        respecified(other, ["solver.max_iterr=1", "net.layers.x.y=1"])
    assert [one.path for one in caught.value.problems] == ["net.layers.x.y", "solver.max_iterr"]


MANY = """\
name: 5
net:
  inputs: {data: [1, 28, 28], label: {shape: [], dtype: int64}}
  layers:
    - {name: a, type: InnerProduct, num_output: 010, num_outputs: 3, num_outputs: 4}
    - {name: b, type: ReLU, bottom: aa}
    - {name: c, type: Convolution, bottom: data, num_output: 1, kernel_size: 30}
solver: {max_iter: 0}
"""


def test_all_problems_are_told_in_the_order_of_the_file() -> None:
    with pytest.raises(SpecError) as caught:
        check_spec(origin_of(MANY).overridden(["x"]), prove=shape_errors)
    assert [(one.code, str(one.mark)) for one in caught.value.problems] == [
        ("PN030", "command line:1:1"),
        ("PN010", "net.yaml:1:7"),
        ("PN003", "net.yaml:5:49"),
        ("PN002", "net.yaml:5:70"),
        ("PN012", "net.yaml:5:70"),
        ("PN023", "net.yaml:6:37"),
        ("PN026", "net.yaml:7:7"),
        ("PN011", "net.yaml:8:1"),
        ("PN013", "net.yaml:8:20"),
    ]
    assert str(caught.value).endswith("\n9 errors in net.yaml")


def test_what_was_refused_as_it_was_read_is_not_judged_again() -> None:
    with pytest.raises(SpecError) as caught:
        spec_of("net: {layers: []}\nsolver: {base_lr: 1, max_iter: 000}\n")
    assert [one.code for one in caught.value.problems] == ["PN003"]


def test_shapes_are_not_proved_where_nothing_else_is_wrong() -> None:
    def never(net: object) -> list[PathError]:
        raise AssertionError("asked")

    check_spec(origin_of(LENET), prove=never)


def test_shapes_are_not_proved_where_the_net_cannot_be_read() -> None:
    text = LENET.replace("[1, 28, 28]", "[1, x y]")
    with pytest.raises(SpecError) as caught:
        check_spec(origin_of(text), prove=shape_errors)
    assert [one.code for one in caught.value.problems] == ["PN013"]


def test_errors_at_paths_are_located_in_order() -> None:
    spec = spec_of(LENET)
    first = PathError("PN042", ("solver",), "late")
    second = PathError("PN040", ("data", "train", "source"), "early")
    with pytest.raises(SpecError) as caught, located(spec):
        raise PathErrors([first, second])
    assert [one.why for one in caught.value.problems] == ["early", "late"]
    with pytest.raises(SpecError) as caught, located(spec):
        raise first
    assert str(caught.value.problems[0].mark) == "net.yaml:10:9"


CLASSES = LENET.replace("num_output: 10", "num_output: $data.classes")


def test_the_number_of_classes_is_asked_of_the_training_set_once(tmp_path: Path) -> None:
    asked: list[tuple[object, Path]] = []

    def classes(train: object, folder: Path) -> int:
        asked.append((train, folder))
        return 7

    path = tmp_path / "lenet.yaml"
    twice = CLASSES.replace("InnerProduct,", "InnerProduct, axis: $(data.classes - 6),")
    path.write_text(twice)
    tables = Tables(classes=classes)
    spec = load_spec(path, tables=tables)
    train = {"source": "dataset://mnist/train", "batch_size": 64, "shuffle": True}
    assert asked == [(train, tmp_path)]
    params = spec.net.layers[0].params
    assert (params.num_output, params.axis) == (7, 1)
    assert spec.tables is tables
    load_spec(path, ["net.layers.ip.num_output=3", "net.layers.ip.axis=1"], tables=tables)
    assert len(asked) == 1


def test_without_data_the_number_of_classes_is_not_known() -> None:
    with pytest.raises(SpecError) as caught:
        spec_of(CLASSES)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.why) == (
        "PN032",
        "net.layers.ip.num_output",
        "$data.classes cannot be known here: no data is read",
    )


DOUBTFUL = """\
net:
  inputs: {data: [4], label: {shape: [], dtype: int64}}
  layers:
    - {name: norm, type: BatchNorm}
    - {name: ip, type: InnerProduct, num_output: 10}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
solver: {base_lr: 20, max_iter: 10, momentum: 0.9, params: [{match: 'conv*', lr_mult: 0.1}]}
"""


def test_what_is_probably_not_meant_is_told_in_the_order_of_the_file() -> None:
    found = warnings_of(spec_of(DOUBTFUL))
    assert [(one.severity, one.code, str(one.mark), one.path) for one in found] == [
        ("warning", "PN046", "net.yaml:4:26", "net.layers.norm.type"),
        ("warning", "PN044", "net.yaml:7:19", "solver.base_lr"),
        ("warning", "PN014", "net.yaml:7:69", "solver.params.0.match"),
    ]
    assert found[2].why == "no parameter of the net has such a name"


def test_a_spec_without_a_solver_is_judged_by_its_net() -> None:
    text = DOUBTFUL[: DOUBTFUL.index("solver:")]
    assert [one.code for one in warnings_of(spec_of(text))] == ["PN046"]
    assert warnings_of(spec_of("net: {layers: []}")) == []


HEAVY = ["torch._dynamo", "torch._inductor", "sympy", "torch.optim.adam", "tensorboard", "h5py"]
"""What takes a tenth of a second or more, beyond what `import torch` brings itself."""


def test_a_net_is_made_without_importing_what_is_slow(tmp_path: Path) -> None:
    path = tmp_path / "lenet.yaml"
    path.write_text(LENET + "\n")
    code = f"""
import sys
import torch
before = set(sys.modules)
from protonet.net import Net
from protonet.schema import load_spec
net = Net(load_spec({str(path)!r}).net)
net.graph_module, net.in_phase("test").measuring_module, net.in_phase("deploy").graph_module
print([name for name in {HEAVY} if name in sys.modules.keys() - before])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("keys", "codes"), [(50, {"PN012", "PN023"}), (51, {"PN012"})])
def test_where_more_is_wrong_than_is_told_the_wiring_is_not_judged(
    keys: int, codes: set[str]
) -> None:
    unknown = "".join(f"k{i}: 1\n" for i in range(keys))
    text = "net: {inputs: {data: [3]}, layers: [{name: r, type: ReLU, bottom: nowhere}]}\n"
    with pytest.raises(SpecError) as caught:
        spec_of(text + unknown)
    assert {problem.code for problem in caught.value.problems} == codes
