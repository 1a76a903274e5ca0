"""A first spec: what stands in it, and for which datasets and nets there is one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from protonet.data.header import FieldSpec
from protonet.data.table import create_tables
from protonet.errors import DataError, UsageError
from protonet.net import prove_phases
from protonet.run.loading import load
from protonet.run.starter import net_file, starter

CLASSES = ("ant", "bee", "cat", "dog", "elk", "fox")


def dataset(path: Path, shape: tuple[int, ...], *tables: str | None, classes: int = 3) -> Path:
    """Write tables of nine records each."""
    fields = (
        FieldSpec(name="data", dtype="uint8", shape=shape),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    numbers = np.arange(9 * int(np.prod(shape)), dtype=np.int64) % 256
    records: Mapping[str, npt.NDArray[np.generic]] = {
        "data": numbers.astype(np.uint8).reshape(9, *shape),
        "label": np.arange(9) % max(classes, 1),
    }
    with create_tables(path) as created:
        for name in tables or (None,):
            names = CLASSES[:classes] or None
            created.table(name, fields, classes=names).write(records)
    return path


def text_for(folder: Path, data: Path, net: str | None = None, name: str = "my.yaml") -> str:
    return starter(folder / name, data, net).text()


VECTORS = """\
# protonet train my.yaml
#
# 9 records of 6 numbers to train on
# 3 classes: ant, bee, cat
name: my
data:
  train:
    source: out.lmdb/train
    batch_size: 64
    shuffle: true                # a new order every epoch
    transform: {mean: dataset, std: dataset}   # from the header of the training set
  test:
    source: out.lmdb/test
    batch_size: 64
    transform: {mean: dataset, std: dataset}   # from the header of the training set
net:
  inputs: {data: [6], label: {shape: [], dtype: int64}}   # the batch axis N goes in front
  defaults:
    InnerProduct: {weight_filler: xavier}
  layers:                        # a layer without bottom reads the one above it
    - {name: hidden, type: InnerProduct, num_output: 128}
    - {name: relu, type: ReLU}
    - {name: scores, type: InnerProduct, num_output: $data.classes}
    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}
    - {name: accuracy, type: Accuracy, bottom: [scores, label], phase: test}
solver:
  type: SGD
  base_lr: 0.01                  # try 0.1 and 0.001, too
  momentum: 0.9
  weight_decay: 0.0005
  lr_policy: {type: poly, power: 1}   # down to 0 at the end
  max_iter: 20 epochs
  test_interval: 1 epoch
  snapshot: 5 epochs
  random_seed: 1                 # everything random follows from it
"""


def test_a_first_spec_is_small_and_commented(tmp_path: Path) -> None:
    data = dataset(tmp_path / "out.lmdb", (6,), "train", "test")
    assert text_for(tmp_path, data) == VECTORS


def test_images_get_convolutions_where_there_is_room_for_them(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(text_for(tmp_path, dataset(tmp_path / "a.lmdb", (3, 16, 20))))
    assert "# 9 records of 3 x 16 x 20 to train on\n" in path.read_text()
    spec = load(path)
    shapes = prove_phases(spec.net)["train"].shapes
    # three poolings halve 16 x 20 to 8 x 10, 4 x 5 and, rounded up as Caffe does, 2 x 3
    assert shapes["conv3"].small.shape[1:] == (128, 2, 3)
    assert shapes["scores"].small.shape[1:] == (3,)
    assert "Convolution" not in text_for(tmp_path, dataset(tmp_path / "b.lmdb", (3, 15, 20)))


@pytest.mark.parametrize(
    ("tables", "sets"),
    [
        ((None,), {"train": "a.lmdb"}),
        (("only",), {"train": "a.lmdb/only"}),
        (("train",), {"train": "a.lmdb/train"}),
        (("b", "c"), {"train": "a.lmdb/b", "c": "a.lmdb/c"}),
        (
            ("test", "train", "val"),
            {"train": "a.lmdb/train", "test": "a.lmdb/test", "val": "a.lmdb/val"},
        ),
    ],
)
def test_every_table_is_a_set_the_training_set_first(
    tmp_path: Path, tables: tuple[str | None, ...], sets: dict[str, str]
) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(text_for(tmp_path, dataset(tmp_path / "a.lmdb", (6,), *tables)))
    spec = load(path)
    assert [(name, one.source) for name, one in spec.data.items()] == list(sets.items())
    assert [name for name, one in spec.data.items() if one.shuffle] == ["train"]


def test_of_many_classes_five_are_named(tmp_path: Path) -> None:
    data = dataset(tmp_path / "a.lmdb", (6,), classes=6)
    assert text_for(tmp_path, data).splitlines()[3] == "# 6 classes: ant, bee, cat, dog, elk, …"
    five = dataset(tmp_path / "b.lmdb", (6,), classes=5)
    assert text_for(tmp_path, five).splitlines()[3] == "# 5 classes: ant, bee, cat, dog, elk"


@pytest.mark.parametrize("name", ["012", "no", "a: b", "$x", "a b", "é#", "5 $ each"])
def test_names_are_written_so_that_they_are_read_again(tmp_path: Path, name: str) -> None:
    data = dataset(tmp_path / f"{name}.lmdb", (6,))
    path = tmp_path / f"{name}.yaml"
    path.write_text(text_for(tmp_path, data, name=path.name))
    spec = load(path)
    assert (spec.name, spec.data["train"].source) == (name, f"{name}.lmdb")


def test_paths_begin_in_the_folder_of_the_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("data", "specs"):
        (tmp_path / name).mkdir()
    dataset(tmp_path / "data" / "a.lmdb", (6,))
    monkeypatch.chdir(tmp_path)
    made = starter(Path("specs/my.yaml"), Path("data/a.lmdb"), None)
    assert made.sets == {"train": "../data/a.lmdb"}


LINEAR = """\
net:
  inputs: {data: [4], label: {shape: [], dtype: int64}}
  layers:
    - {name: fc1, type: InnerProduct, num_output: 50}
    - {name: fc2, type: InnerProduct, num_output: 1000}
    - {name: relu, type: ReLU}
    - {name: loss, type: SoftmaxWithLoss, bottom: [relu, label]}
    - {name: aux, type: InnerProduct, bottom: fc1, num_output: 1000}
    - {name: aux_loss, type: SoftmaxWithLoss, bottom: [aux, label], phase: train}
"""


def test_a_net_is_built_upon_with_the_classes_of_the_dataset(tmp_path: Path) -> None:
    base = tmp_path / "nets" / "linear.yaml"
    base.parent.mkdir()
    base.write_text(LINEAR)
    text = text_for(tmp_path, dataset(tmp_path / "a.lmdb", (6,)), str(base))
    start = text.index("net:")
    assert text[start : text.index("solver:")] == (
        "net:\n"
        "  base: nets/linear.yaml\n"
        "  inputs: {data: [6], label: {shape: [], dtype: int64}}   "
        "# the batch axis N goes in front\n"
        "  layers:                      # what differs from the base\n"
        "    - {name: fc2, num_output: $data.classes}\n"
        "    - {name: aux, num_output: $data.classes}\n"
    )
    path = tmp_path / "my.yaml"
    path.write_text(text)
    numbers = {
        layer.name: layer.params.num_output
        for layer in load(path).net.layers
        if layer.type == "InnerProduct"
    }
    assert numbers == {"fc1": 50, "fc2": 3, "aux": 3}


IN_A_BLOCK = """\
vars: {classes: 10}
net:
  inputs: {data: [4], label: {shape: [], dtype: int64}}
  blocks: {head: {layers: [{name: ip, type: InnerProduct, num_output: $classes}]}}
  layers:
    - {name: out, type: head}
    - {name: loss, type: SoftmaxWithLoss, bottom: [out, label]}
"""


def test_a_net_with_a_variable_for_its_classes_is_given_their_number(tmp_path: Path) -> None:
    (tmp_path / "head.yaml").write_text(IN_A_BLOCK)
    base = str(tmp_path / "head.yaml")
    text = text_for(tmp_path, dataset(tmp_path / "a.lmdb", (6,)), base)
    start = text.index("vars:")
    assert text[start : text.index("solver:")] == (
        "vars: {classes: 3}   # of the base\n"
        "net:\n"
        "  base: head.yaml\n"
        "  inputs: {data: [6], label: {shape: [], dtype: int64}}   "
        "# the batch axis N goes in front\n"
    )
    (tmp_path / "my.yaml").write_text(text)
    first, _ = load(tmp_path / "my.yaml").net.layers
    assert (first.name, first.params.num_output) == ("out/ip", 3)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ((3, 8, 8), ""),
        ((3, 8, 9), "; it was made for 3 x 8 x 8: convert the data again with --resize 8x8"),
        ((8,), ""),
    ],
)
def test_samples_of_another_shape_are_told_that_of_the_nets(
    tmp_path: Path, shape: tuple[int, ...], told: str
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(LINEAR.replace("data: [4]", "data: [3, 8, 8]"))
    data = dataset(tmp_path / "a.lmdb", shape)
    assert starter(tmp_path / "my.yaml", data, str(path)).other_shape() == told
    path.write_text(LINEAR)
    longer = dataset(tmp_path / "b.lmdb", (6,))
    made = starter(tmp_path / "my.yaml", longer, str(path))
    assert made.other_shape() == "; it was made for 4 numbers"


def test_a_net_is_named_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(LINEAR)
    assert net_file(str(path)) == path
    assert net_file("lenet").parts[-3:] == ("configs", "nets", "lenet.yaml")
    with pytest.raises(UsageError, match=r"^no net is named lenett; did you mean lenet\?$"):
        net_file("lenett")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"^gone\.yaml: no such file$"):
        net_file("gone.yaml")


def test_a_dataset_without_classes_or_shape_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dataset(Path("a.lmdb"), (6,), classes=0)
    why = (
        "a.lmdb: a first spec is for records of one shape with one label each, whose classes have "
        "names; write one by hand, as configs/mnist.yaml"
    )
    with pytest.raises(UsageError) as caught:
        starter(Path("my.yaml"), Path("a.lmdb"), None)
    assert str(caught.value) == why
    with pytest.raises(DataError) as missing:
        starter(Path("my.yaml"), Path("b.lmdb"), None)
    assert str(missing.value) == "b.lmdb: there is no such dataset; did you mean a.lmdb?"
