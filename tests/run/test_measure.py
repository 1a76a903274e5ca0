from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import DataError, SpecError, UsageError
from protonet.run.measure import measure
from protonet.run.train import train
from protonet.schema import load_spec
from tests.run.test_output import Shown
from tests.run.test_sets import images, write_images
from tests.small import small_file, small_spec


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_newest_run_is_worth_what_its_training_said(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    result = train(spec)
    output = Shown()

    scores = measure(spec, None, None, output)

    assert {blob: score.value for blob, score in scores["test"].items()} == result.metrics["test"]
    assert output.lines == [
        "weights from runs/small/1: 4 of 4 parameters loaded",
        *result.lines,
    ]


def test_weights_and_set_can_be_named(tmp_path: Path) -> None:
    spec = small_spec(tmp_path)
    train(spec, run="there")
    output = Shown()
    assert list(measure(spec, Path("there/snapshots/iter_4"), "test", output)) == ["test"]
    assert output.lines[0] == "weights from there/snapshots/iter_4: 4 of 4 parameters loaded"


def test_the_runs_own_spec_tests_it_from_anywhere(tmp_path: Path) -> None:
    result = train(small_spec(tmp_path))
    spec = load_spec(result.folder / "spec.yaml")
    assert measure(spec, result.folder, None, Shown())["test"]["accuracy"].value == pytest.approx(
        result.metrics["test"]["accuracy"]
    )


PHOTOS = """\
name: photos
data:
  train: {source: bright.lmdb, batch_size: 4, transform: {mean: dataset, std: dataset}}
  val: {source: dark.lmdb, batch_size: 3, transform: {mean: dataset, std: dataset}}
  test: {source: dark.lmdb, batch_size: 2, transform: [{type: Mean, value: dataset}]}
net:
  inputs: {data: [3, 4, 4], label: {shape: [], dtype: int64}}
  layers:
    - {name: ip, type: InnerProduct, num_output: 3, weight_filler: xavier}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
solver: {base_lr: 0.0001, max_iter: 5, threads: 1}
"""


def photos() -> None:
    write_images(Path("bright.lmdb"), images(5) + 15)
    write_images(Path("dark.lmdb"), images(4) // 2)
    Path("photos.yaml").write_text(PHOTOS)


@pytest.mark.parametrize("name", [None, "val", "test"])
def test_the_mean_and_deviation_are_the_training_sets_here_too(name: str | None) -> None:
    photos()
    result = train("photos.yaml")
    scores = measure(load_spec("photos.yaml"), None, name, Shown(), "spec")
    for key, measured in scores.items():
        assert measured["loss"].value == result.metrics[key]["loss"]


def test_images_are_prepared_as_is_stored_with_the_weights() -> None:
    photos()
    result = train("photos.yaml")
    output = Shown()
    scores = measure(load_spec("photos.yaml"), None, None, output)
    # val decides, so its transform is what belongs to the weights; the sets hold the same images
    assert scores["val"]["loss"].value == result.metrics["val"]["loss"]
    assert scores["test"]["loss"].value == pytest.approx(result.metrics["val"]["loss"], rel=1e-6)
    # images(5) + 15: channel c has 15 + 48 n + 16 c + 0 … 15, n from 0 to 4, whose variance is
    # 48² · 2 + (16² - 1) / 12 = 4629.25, so the factor is 1 / 68.0386 …
    assert [line for line in output.lines if "prepared" in line] == [
        "data.test: images are prepared as runs/photos/1 says, by Mean {value: [118.5, 134.5, "
        "150.5]}, Scale {factor: [0.014697541068236657, 0.01469…; the spec says Mean {value: "
        "[118.5, 134.5, 150.5]}, and --transform spec does that"
    ]


def test_a_stored_transform_that_does_not_fit_is_refused() -> None:
    photos()
    Path("own.yaml").write_text(PHOTOS.replace("{mean: dataset, std: dataset}", "{crop_size: 4}"))
    train("own.yaml")
    write_images(Path("small.lmdb"), images(4)[:, :, :3, :3].copy())
    overrides = [
        "data.test={source: small.lmdb, batch_size: 2, transform: [{type: Pad, pad: [0, 1, 0, 1]}]}"
    ]
    with pytest.raises(DataError) as caught:
        measure(load_spec("own.yaml", overrides), None, "test", Shown())
    assert str(caught.value) == (
        "data.test: what runs/photos/1 says of preparing images does not fit: transform 1 "
        "(CenterCrop): a window of 4 x 4 does not fit into images of 3 x 3: 3 - 4 = -1 rows left, "
        "3 - 4 = -1 columns left; --transform spec prepares them as the spec says"
    )


def test_a_training_set_that_is_lost_is_one_error() -> None:
    photos()
    spec = load_spec("photos.yaml", ["data.train.source=lost.lmdb"])
    with pytest.raises(SpecError) as caught:
        measure(spec, Path(), None, Shown())
    assert [problem.path for problem in caught.value.problems] == ["data.train.source"]


def test_without_a_training_set_the_numbers_have_to_be_given() -> None:
    photos()
    lines = [line for line in PHOTOS.splitlines() if not line.startswith("  train:")]
    Path("photos.yaml").write_text("\n".join(lines))
    with pytest.raises(SpecError) as caught:
        measure(load_spec("photos.yaml"), Path(), "val", Shown())
    assert str(caught.value).splitlines()[0] == (
        "error[PN040] photos.yaml:3:54 data.val.transform: `dataset` means the training set, and "
        "there is no data.train"
    )


def test_refuses_a_set_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        measure(small_spec(tmp_path), None, "tset", Shown())
    assert str(caught.value) == "the spec has no evaluation set tset; did you mean test?"


def test_refuses_where_there_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        measure(small_spec(tmp_path), None, None, Shown())
    assert str(caught.value) == (
        "there is no run of small in the current folder; name the weights: --weights FILE"
    )


def test_refuses_a_spec_without_evaluation_sets(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    lines = [line for line in path.read_text().splitlines() if not line.startswith("  test:")]
    path.write_text("\n".join(lines))
    with pytest.raises(SpecError, match="there is no evaluation set, such as data.test"):
        measure(load_spec(path), tmp_path, None, Shown())
