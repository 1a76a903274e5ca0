from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from protonet.errors import DataError, StorageError, UsageError
from protonet.net import Net
from protonet.predict.files import find_pictures
from protonet.predict.predictor import Pace
from protonet.run.measure import measure
from protonet.run.model import Asked, Model, open_model
from protonet.run.predicting import Done, Wanted, predict_pictures
from protonet.run.sets import open_sets
from protonet.run.train import train
from protonet.schema import load_spec
from tests.predict.photos import photo, photo_spec
from tests.run.test_output import Shown


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    train(photo_spec(tmp_path))
    return open_model("photos.yaml", Asked(), Shown())


def told(model: Model, paths: Sequence[str], shown: Shown | None = None, **wanted: Any) -> str:
    text = io.StringIO()
    predict_pictures(model, paths, Wanted(**wanted), text.write, shown or Shown())
    return text.getvalue()


def test_predicting_the_test_set_gives_the_test_accuracy(model: Model) -> None:
    right = 0
    for table in ("train", "test"):
        spec = load_spec("photos.yaml", [f"data.test.source=photos.lmdb/{table}"])
        right += (measure(spec, None, "test", Shown())["test"]["accuracy"].counts or (0,))[0]
    text = told(model, find_pictures(["photos"]), top=1, form="csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 12
    assert sum(row["name"] == Path(row["path"]).parent.name for row in rows) == right


def test_the_net_is_fed_what_its_test_fed_it(model: Model) -> None:
    spec = load_spec("photos.yaml")
    net = Net(spec.net, "test")
    opened = open_sets(spec, {"test": net}, pytest.fail)["test"]
    feed = opened.feed(net, endless=False)
    tested = torch.cat([batch[0] for batch in feed])
    told(model, find_pictures(["photos"]), blobs=("data",), out=Path("f.h5"))
    with h5py.File("f.h5") as file:
        fed = {row.tobytes() for row in file["data"][:]}
    rows = {row.contiguous().numpy().tobytes() for row in tested}
    assert len(rows) == 6
    assert rows <= fed  # bit for bit


def test_batches_and_threads_change_nothing(model: Model) -> None:
    paths = find_pictures(["photos"])
    expected = told(model, paths, form="csv", pace=Pace(12, 1))
    assert told(model, paths, form="csv", pace=Pace(12, 3)) == expected
    few = [row.rpartition(",") for row in told(model, paths, form="csv", pace=Pace(5, 2)).split()]
    for row, (place, _, score) in zip(expected.split()[1:], few[1:], strict=True):
        assert row.rpartition(",")[0] == place
        assert float(row.rpartition(",")[2]) == pytest.approx(float(score), rel=1e-5)


def test_ten_windows_are_averaged(model: Model) -> None:
    path = find_pictures(["photos"])[0]
    told(model, [path], blobs=("data", "prob"), out=Path("f.h5"), ten_crop=True)
    told(model, [path], blobs=("data", "prob"), out=Path("one.h5"))
    with h5py.File("f.h5") as ten, h5py.File("one.h5") as one:
        assert ten["prob"][:].sum() == pytest.approx(1)
        assert not np.array_equal(ten["data"][:], one["data"][:])
        # averaged over their mirror images, the columns are symmetric
        assert np.allclose(ten["data"][:], ten["data"][:][..., ::-1], atol=1e-5)


def test_what_cannot_be_read_stops_or_is_left_out(model: Model) -> None:
    Path("bad.jpg").write_bytes(b"no")
    paths = ["bad.jpg", str(photo(Path("good.png"), 30, 20, 0, "L"))]
    why = (
        "bad.jpg: cannot be read as an image: it is none of JPEG, PNG, BMP, GIF, TIFF, WEBP, PPM, "
        "or damaged at its beginning"
    )
    with pytest.raises(DataError) as caught:
        told(model, paths)
    assert str(caught.value) == f"{why}; --on-error skip leaves it out"
    output, done = Shown(), []
    wanted = Wanted(skip=True, top=1)
    text = io.StringIO()
    result = predict_pictures(
        model, paths, wanted, text.write, output, lambda now, total: done.append((now, total))
    )
    assert (result, done) == (Done(1, 1), [(2, 2)])
    assert output.lines == [f"left out: {why}"]
    assert text.getvalue().startswith("good.png")
    with pytest.raises(DataError) as caught:
        told(model, ["bad.jpg"], skip=True)
    assert str(caught.value) == "none of the 1 pictures can be read"


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl", "a.h5"])
def test_a_file_appears_when_it_is_complete_or_never(model: Model, name: str) -> None:
    Path("bad.jpg").write_bytes(b"no")
    good = find_pictures(["photos"])[0]
    with pytest.raises(DataError):
        told(model, [good, "bad.jpg"], out=Path(name))
    assert not Path(name).exists()
    assert told(model, [good], out=Path(name)) == ""
    assert Path(name).stat().st_size > 0
    with pytest.raises(UsageError) as caught:
        told(model, [good], out=Path(name))
    assert (
        str(caught.value) == f"{name}: exists already; give another name, or --force to replace it"
    )
    told(model, [good], out=Path(name), force=True)
    assert not list(Path().glob(".a*"))


def test_scores_go_to_hdf5_with_the_names_of_the_classes(model: Model) -> None:
    told(model, find_pictures(["photos"]), out=Path("a.h5"))
    with h5py.File("a.h5") as file:
        assert file["prob"].shape == (12, 2)
        assert file["classes/name"].asstr()[:].tolist() == ["bright", "dark"]


def test_a_folder_that_is_not_there_is_named(model: Model) -> None:
    with pytest.raises(StorageError) as caught:
        told(model, find_pictures(["photos"]), out=Path("gone/a.csv"))
    assert str(caught.value) == (
        "gone/a.csv: cannot be written: the folder gone does not exist; make it first"
    )


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"blobs": ("ip",)}, "--blob ip: blobs go to a file: --out FILE.h5"),
        (
            {"blobs": ("ip",), "out": Path("a.csv")},
            "--blob ip: blobs go to a file: --out FILE.h5",
        ),
        (
            {"blobs": ("ip",), "out": Path("a.h5"), "form": "csv"},
            "--blob writes blobs as they are; --format is for scores of classes",
        ),
        (
            {"blobs": ("ip",), "out": Path("a.h5"), "output": "ip"},
            "--blob writes blobs as they are; --output is for scores of classes",
        ),
        (
            {"out": Path("a.h5"), "form": "csv"},
            "--format csv: a.h5 is an HDF5 file by its name",
        ),
        (
            {"out": Path("a.xyz")},
            "--out a.xyz: expected a name that ends in .txt, .csv, .jsonl, .h5, .hdf5, or --format",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    model: Model, wanted: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError) as caught:
        told(model, ["photos"], **wanted)
    assert str(caught.value) == why


def test_names_of_another_number_of_classes_are_not_taken(model: Model) -> None:
    known = model.evaluation.model_copy(update={"classes": ("a", "b", "c")})
    output = Shown()
    line = told(replace(model, evaluation=known), find_pictures(["photos"])[:1], output, top=1)
    assert line.split()[-1] in ("0", "1")
    assert output.lines == ["the model names 3 classes, and prob has 2: classes are told by number"]


def test_a_choice_between_several_scores_is_told(model: Model) -> None:
    output = Shown()
    text = told(model, find_pictures(["photos"])[:1], output, output="ip", form="jsonl")
    assert (text.count("class"), output.lines) == (2, [])
