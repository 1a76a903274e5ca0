"""What sources name, opened as a spec says; and training on it from end to end."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protonet.convert.datum import write_array
from protonet.data.known import Search
from protonet.data.layout import Array
from protonet.data.memory import memory_dataset
from protonet.errors import DataError, PathError, SpecError, UsageError
from protonet.net import prove_phases
from protonet.run.opening import Opener
from protonet.run.train import train
from protonet.schema import load_spec
from tests.convert.pictures import class_folders, plain, save
from tests.convert.test_datum_database import database

SPEC = """\
name: direct
data:
  train: {{source: {source}, batch_size: 4, {more}}}
net:
  inputs: {{data: [{channels}, 6, 8], label: {{shape: [], dtype: int64}}}}
  layers:
    - {{name: ip, type: InnerProduct, num_output: 2}}
    - {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}}
solver: {{base_lr: 0.001, max_iter: 6, snapshot: 3, random_seed: 1, threads: 1}}
"""


def spec_file(folder: Path, source: str, more: str = "", channels: int = 3) -> Path:
    path = folder / "a.yaml"
    path.write_text(SPEC.format(source=source, more=more, channels=channels))
    return path


def opened(path: Path) -> tuple[tuple[int, ...] | None, list[str]]:
    """Return the shape of the images of the training set, and what was said of them."""
    spec, said = load_spec(path), list[str]()
    opener = Opener(spec, Search(), said.append, prove_phases(spec.net)["train"])
    place, source = ("data", "train"), spec.data["train"]
    dataset = opener.open(str(source.source), place, source).dataset
    return dataset.header.fields[0].shape, said


def iterations(count: int) -> dict[str, Any]:
    """Return the override that trains so long."""
    return {"solver.max_iter": count}


def refusal(path: Path, **overrides: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        train(path, **{key.replace("__", "."): value for key, value in overrides.items()})
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


def test_images_are_read_as_the_keys_and_the_net_say(tmp_path: Path) -> None:
    class_folders(tmp_path / "photos", cat=2, dog=2)
    (tmp_path / "photos" / "x.jpg").touch()
    size = "new_height: 6, new_width: 8"
    assert opened(spec_file(tmp_path, "photos", size)) == (
        (3, 6, 8),
        [f"{tmp_path}/photos: left out 1 image beside the class folders: x.jpg"],
    )
    assert opened(spec_file(tmp_path, "photos", size, channels=1))[0] == (1, 6, 8)
    assert opened(spec_file(tmp_path, "photos", "is_color: true", channels=1))[0] == (3, 3, 4)
    gray, color = (f"transform: {{force_{name}: true}}" for name in ("gray", "color"))
    assert opened(spec_file(tmp_path, "photos", gray))[0] == (1, 3, 4)
    assert opened(spec_file(tmp_path, "photos", color, channels=1))[0] == (3, 3, 4)


@pytest.mark.parametrize(
    ("transform", "shape"),
    [
        ("[]", (3, 3, 4)),
        ("{scale: 2, mirror: true}", (3, 3, 4)),
        ("[{type: Mirror}, {type: Normalize, mean: dataset, std: dataset}]", (3, 3, 4)),
        ("[{type: RandomResizedCrop, size: [6, 8]}]", None),
        ("[{type: Resize, short: 9}, {type: CenterCrop, size: [6, 8]}, {type: Mirror}]", None),
        ("{crop_size: 3, mean: dataset}", None),
    ],
)
def test_images_of_any_size_go_with_transforms_that_give_them_one(
    transform: str, shape: tuple[int, ...] | None, tmp_path: Path
) -> None:
    class_folders(tmp_path / "photos", cat=1)
    assert opened(spec_file(tmp_path, "photos", f"transform: {transform}"))[0] == shape


def test_a_list_lies_beside_the_spec_and_its_images_where_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    save(tmp_path / "far" / "a.png", plain((1, 2, 3), 8, 6))
    (tmp_path / "list.txt").write_text("a.png 1\n")
    path = spec_file(tmp_path, "list.txt", "root_folder: far")
    here = str(tmp_path)[1:]  # as it is called from the root
    note = f"{here}/list.txt: of the 2 labels from 0 to 1, 1 never occur"
    assert opened(path) == ((3, 6, 8), [note])


def test_samples_are_made_up_for_a_net_and_for_all_of_it(tmp_path: Path) -> None:
    path = spec_file(tmp_path, "random", "records: 5")
    assert opened(path)[0] == (3, 6, 8)
    spec = load_spec(path)
    source = spec.data["train"]
    for opener, place, why in (
        (Opener(spec, Search(), print), ("data", "train"),
         "random makes samples for a net, and there is none"),
        (Opener(spec, Search(), print, prove_phases(spec.net)["train"]), ("data", "train", 0),
         "random makes samples for every input of the net, so it is read alone"),
    ):  # fmt: skip
        with pytest.raises(PathError) as caught:
            opener.open("random", place, source)
        assert (caught.value.path, caught.value.why) == ((*place, "source"), why)


def test_a_net_is_trained_on_a_folder_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped half-way and resumed, it ends with the weights of the undisturbed training."""
    monkeypatch.chdir(tmp_path)
    for label, name in enumerate(("cat", "dog")):
        for number in range(5):
            image = plain((40 * number, 200 * label, 9), 9 + number, 7 + label)
            save(tmp_path / "photos" / name / f"{number}.png", image)
    more = "shuffle: true, transform: [{type: RandomResizedCrop, size: [6, 8]}]"
    path = spec_file(tmp_path, "photos", more)
    whole = train(path, run="whole").folder
    train(path, run="half", **iterations(3))
    resumed = train(path, run="half", resume=True).folder
    weights = [
        (run / "snapshots/iter_6/weights.safetensors").read_bytes() for run in (whole, resumed)
    ]
    assert weights[0] == weights[1]
    facts = json.loads((whole / "run.json").read_text())
    assert facts["data"]["train"]["path"] == "photos"

    os.utime(tmp_path / "photos" / "cat" / "0.png", ns=(1, 1))
    with pytest.raises(UsageError, match="data.train holds other records now"):
        train(path, run="half", resume=True, **iterations(9))


def test_a_net_is_trained_on_a_database_of_caffes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (6, 3, 6, 8)).astype(np.uint8)
    database(
        tmp_path / "ilsvrc_lmdb", *(write_array(image, k % 2) for k, image in enumerate(pixels))
    )
    assert train(spec_file(tmp_path, "ilsvrc_lmdb"), run="a").iteration == 6


def test_a_bad_image_ends_the_training_with_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(4):
        save(tmp_path / "photos" / "x" / f"{number}.png", plain((number, 0, 0), 8, 6))
    (tmp_path / "photos" / "x" / "2.png").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        train(spec_file(tmp_path, "photos"), run="a")
    assert str(caught.value) == (
        "data.train, iteration 0: photos/x/2.png: cannot be read as an image: the file is empty; "
        "repair or remove it; protonet convert --on-error skip leaves such files out"
    )


def test_a_size_that_does_not_fit_says_how_to_make_it_fit(tmp_path: Path) -> None:
    class_folders(tmp_path / "photos", cat=1)
    assert refusal(spec_file(tmp_path, "photos")) == [
        "error[PN041] a.yaml:3:19 data.train.source: a sample of data has the shape (3, 3, 4), the "
        "net's input takes (3, 6, 8)",
        "    3 |   train: {source: photos, batch_size: 4, }",
        "      |                   ^^^^^^",
        "      new_height: 6, new_width: 8 beside the source scales images as they are read, or "
        "let a transform scale or crop them; net.inputs.data: [3, 3, 4] fits these data  see: "
        "protonet explain PN041",
        "1 error in a.yaml",
    ]


def test_labels_that_mean_other_classes_are_refused(tmp_path: Path) -> None:
    for name, classes in (("a", ("cat", "dog")), ("b", ("dog", "emu"))):
        for one in classes:
            save(tmp_path / name / one / "0.png", plain((1, 2, 3), 8, 6))
    path = spec_file(tmp_path, "a")
    lines = refusal(path, data__val={"source": str(tmp_path / "b"), "batch_size": 1})
    assert lines[0] == (
        "error[PN041] command line:1:21 data.val.source: label 0 is dog here, and cat in the "
        "training set"
    )
    assert "a class without images keeps its label if it has an empty folder" in "".join(lines)


def test_arrays_are_handed_over_by_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (8, 3, 6, 8)).astype(np.uint8)
    arrays: dict[str, Array] = {"data": images, "label": np.arange(8) % 2}
    path = spec_file(tmp_path, "memory", "shuffle: true")
    first = train(path, run="a", data={"train": arrays})
    second = train(load_spec(path), run="b", data={"train": memory_dataset(arrays)})
    weights = [
        (one.folder / "snapshots/iter_6/weights.safetensors").read_bytes()
        for one in (first, second)
    ]
    assert weights[0] == weights[1]
    train(path, run="a", data={"train": arrays}, resume=True)
    with pytest.raises(UsageError, match="data.train holds other records now"):
        train(path, run="a", data={"train": {**arrays, "data": images + 1}}, resume=True)
    assert refusal(path)[0] == (
        "error[PN040] a.yaml:3:19 data.train.source: memory is what a program hands over, and "
        "nothing is given for train: "
        'protonet.train(…, data={"train": {"data": array, "label": array}})'
    )
