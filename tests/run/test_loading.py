"""A file with everything that it may refer to: the classes of its data, its plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protonet.errors import DataError, SpecError, UsageError
from protonet.run.loading import load, load_plain, number_of_classes
from tests.convert.pictures import class_folders
from tests.data.tables import TINY, write
from tests.data.window_set import write_windows
from tests.small import small_file

CLASSES = """\
data:
  train: {source: points.lmdb/train, batch_size: 8}
net:
  inputs: {data: [6], label: {shape: [], dtype: int64}}
  layers:
    - {name: ip, type: InnerProduct, num_output: $data.classes}
    - {name: twice, type: InnerProduct, num_output: $(2 * data.classes)}
"""


def outputs(path: Path, *overrides: str) -> list[int]:
    return [layer.params.num_output for layer in load(path, overrides).net.layers]


def classes_file(folder: Path) -> Path:
    """Write a dataset of three classes, and a net that asks for their number."""
    small_file(folder)
    path = folder / "classes.yaml"
    path.write_text(CLASSES)
    return path


def test_the_number_of_classes_is_that_of_the_header(tmp_path: Path) -> None:
    assert outputs(classes_file(tmp_path)) == [3, 6]


def test_a_window_file_has_a_class_for_the_background_too(tmp_path: Path) -> None:
    path = classes_file(tmp_path)
    write_windows(tmp_path)
    changes = ("data.train.windows={}", "data.train.transform={crop_size: 4}")
    assert outputs(path, f"data.train.source={tmp_path}/windows.txt", *changes) == [4, 8]


def test_of_a_known_set_it_is_known_without_having_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROTONET_DATA", str(tmp_path))
    monkeypatch.setenv("PROTONET_CACHE", str(tmp_path / "cache"))
    path = classes_file(tmp_path)
    assert outputs(path, "data.train.source=dataset://fashion_mnist/train") == [10, 20]
    assert not (tmp_path / "cache").exists()


def test_paths_begin_where_they_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = classes_file(tmp_path)
    (tmp_path / "here").mkdir()
    write(tmp_path / "here" / "two.lmdb", TINY, classes=("cat", "dog"))
    monkeypatch.chdir(tmp_path / "here")
    assert outputs(Path("../classes.yaml")) == [3, 6]
    assert outputs(path, "data.train.source=two.lmdb") == [2, 4]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("far_away.h5", "far_away.h5: there is no such dataset"),
        (
            "points.lmdb",
            "points.lmdb: it holds 2 tables; open points.lmdb/test or points.lmdb/train",
        ),
        ("nameless.lmdb", "nameless.lmdb names no classes"),
        (
            "dataset://mnits/train",
            'dataset://mnits/train: there is no known set "mnits"; did you mean mnist?',
        ),
    ],
)
def test_where_it_is_not_known_the_reason_stands_where_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, why: str
) -> None:
    path = classes_file(tmp_path)
    write(tmp_path / "nameless.lmdb", TINY)
    path.write_text(CLASSES.replace("points.lmdb/train", source))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as caught:
        load("classes.yaml")
    first, second = caught.value.problems
    assert (first.code, str(first.mark), first.path, first.why) == (
        "PN032",
        "classes.yaml:6:50",
        "net.layers.ip.num_output",
        f"$data.classes is not known: {why}",
    )
    assert (second.path, second.why) == ("net.layers.twice.num_output", first.why)


def test_without_a_training_set_there_are_no_classes(tmp_path: Path) -> None:
    path = classes_file(tmp_path)
    path.write_text(CLASSES[CLASSES.index("net:") :])
    with pytest.raises(SpecError) as caught:
        load(path)
    assert caught.value.problems[0].why == (
        "$data.classes needs a training set: there is no data.train"
    )


def test_of_several_sources_the_first_with_classes_counts(tmp_path: Path) -> None:
    write(tmp_path / "nameless.lmdb", TINY)
    write(tmp_path / "two.lmdb", TINY, classes=("cat", "dog"))
    small_file(tmp_path)
    nameless, two = {"source": "nameless.lmdb"}, {"source": "two.lmdb"}
    assert number_of_classes([nameless, two, {"source": "points.lmdb/train"}], tmp_path) == 2
    with pytest.raises(UsageError) as caught:
        number_of_classes([nameless, nameless], tmp_path)
    assert str(caught.value) == "nameless.lmdb and nameless.lmdb name no classes"
    with pytest.raises(DataError, match=r": there is no such dataset; did you mean .*two\.lmdb\?$"):
        number_of_classes({"source": "tow.lmdb"}, tmp_path)


@pytest.mark.parametrize("train", [{}, [], "points.lmdb", {"source": 5}, [{"source": None}, 3]])
def test_a_training_set_that_is_no_such_thing_names_no_classes(train: Any) -> None:
    """What is wrong with it is told by the model of a set."""
    with pytest.raises(UsageError, match=r"^data\.train names no classes$"):
        number_of_classes(train, Path())


def test_shapes_are_told_with_what_else_is_wrong(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    with pytest.raises(SpecError) as caught:
        load(path, ["solver.max_itr=1", "net.layers.drop={name: drop, type: Softmax, axis: 4}"])
    assert [one.code for one in caught.value.problems] == ["PN012", "PN026"]
    load(path, ["net.layers.drop={name: drop, type: Softmax, axis: 4}"])  # proved when it is used


def test_there_must_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "gone.yaml")
    assert str(caught.value) == f"{tmp_path}/gone.yaml: no such file"


PLUGIN = """\
import dataclasses
from protonet.layers.relu import RELU
MINE = dataclasses.replace(RELU, name="Mine")
"""


def test_plugins_of_a_base_are_loaded_where_they_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN)
    (tmp_path / "base.yaml").write_text(
        "plugins: [mine.py]\nnet: {inputs: {x: [1]}, layers: [{name: a, type: Mine}]}\n"
    )
    path = tmp_path / "net.yaml"
    path.write_text("base: base.yaml\n")
    assert load(path, allow_plugins=True).net.layers[0].type == "Mine"
    with pytest.raises(SpecError) as caught:
        load(path)
    assert "PN035" in [one.code for one in caught.value.problems]
    assert load(tmp_path / "base.yaml").net.layers[0].type == "Mine"


PROTOTXT = """\
layer { name: "in" type: "Data" top: "data" data_param { source: "s" batch_size: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        inner_product_param { num_output: 2 engine: 3 } }
"""


def test_a_prototxt_is_loaded_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(PROTOTXT.replace("engine: 3", ""))

    spec = load(path, ["net.inputs.data=[3]", "net.layers.ip.num_output=5"])

    assert spec.net.inputs["data"].shape == (3,)
    assert spec.net.layers[0].params.num_output == 5


def test_a_prototxt_that_is_wrong_is_refused_at_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(PROTOTXT)

    with pytest.raises(SpecError) as error:
        load(path)
    assert [(one.code, one.mark and one.mark.line) for one in error.value.problems] == [
        ("PN011", 1),
        ("PN051", 3),
    ]


def test_plain_data_are_a_spec_wherever_they_were_kept(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    plain = load(path).origin.data
    assert load_plain(plain, "state.json").net == load(path).net
    with pytest.raises(SpecError) as caught:
        load_plain({**plain, "nett": 1}, "state.json")
    first = str(caught.value).splitlines()[0]
    assert first.startswith("error[PN012] state.json:")
    assert first.endswith("nett: unknown key")


def test_overrides_change_plain_data(tmp_path: Path) -> None:
    plain = load(small_file(tmp_path)).origin.data
    assert (
        load_plain(plain, "state.json", ["net.layers.hidden.num_output=9"])
        .net.layers[0]
        .params.num_output
        == 9
    )
    assert load_plain(plain, "state.json").net.layers[0].params.num_output == 5


def test_a_folder_and_a_list_have_classes_and_made_up_samples_have_none(tmp_path: Path) -> None:
    class_folders(tmp_path / "photos", cat=1, dog=1, emu=1)
    (tmp_path / "list.txt").write_text("000.png 4\n")
    assert number_of_classes({"source": "photos"}, tmp_path) == 3
    train = {"source": "list.txt", "root_folder": "photos/cat"}
    assert number_of_classes(train, tmp_path) == 5
    assert number_of_classes({"source": {"random": 1, "photos": 2}}, tmp_path) == 3
    with pytest.raises(UsageError) as caught:
        number_of_classes([{"source": "random"}, {"source": 3}, None], tmp_path)
    assert str(caught.value) == "random names no classes"
