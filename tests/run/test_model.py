from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from protonet.errors import DataError, UsageError
from protonet.run.by_hand import ByHand
from protonet.run.model import Asked, Model, open_model
from protonet.run.train import train
from protonet.snapshot import Stored
from tests.predict.photos import photo_spec
from tests.run.test_output import Shown


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return train(photo_spec(tmp_path)).folder


def model(name: str | Path, asked: Asked | None = None, output: Shown | None = None) -> Model:
    return open_model(str(name), asked or Asked(), output or Shown())


def scores(opened: Model) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return opened.net({"data": torch.randn(2, 3, 8, 8, generator=generator)})["prob"]


def test_a_run_a_snapshot_a_spec_and_weights_are_one_model(run: Path) -> None:
    snapshot = run / "snapshots" / "iter_4"
    shutil.copytree(snapshot, "alone")
    weights = str(snapshot / "weights.safetensors")
    expected = model(run)
    assert expected.net.phase == "deploy"
    assert expected.seed == 3
    for other in (
        model(snapshot),
        model("alone"),
        model("photos.yaml"),
        model("photos.yaml", Asked(weights=weights)),
    ):
        assert torch.equal(scores(other), scores(expected))
        assert other.evaluation == expected.evaluation
    assert expected.evaluation.stored == Stored(shape=(3, 10, 12), channels="RGB", resize="12x10")
    assert expected.evaluation.classes == ("bright", "dark")


def test_a_run_needs_its_data_no_more(run: Path) -> None:
    shutil.rmtree("photos.lmdb")
    output = Shown()
    assert model(run, output=output).evaluation.shape == (3, 8, 8)
    assert output.lines == [f"weights from {run}: 4 of 4 parameters loaded"]


def test_other_weights_may_be_put_into_a_run(run: Path) -> None:
    other = model(run, Asked(weights=str(run / "snapshots" / "iter_4")))
    assert torch.equal(scores(other), scores(model(run)))


NET = """\
name: fixed
net:
  inputs: {data: {shape: [10, 3, 8, 8], batch: false}}
  layers:
    - {name: conv, type: Convolution, num_output: 4, kernel_size: 3}
    - {name: relu, type: ReLU}
    - {name: ip, type: InnerProduct, num_output: 2}
    - {name: prob, type: Softmax}
"""


def test_a_batch_of_one_size_becomes_one_of_any(run: Path) -> None:
    Path("fixed.yaml").write_text(NET)
    by_hand = ByHand("[{type: Scale, factor: 0.5}]", "BGR")
    opened = model(
        "fixed.yaml",
        Asked(weights=str(run / "snapshots/iter_4/weights.safetensors"), by_hand=by_hand),
    )
    assert torch.equal(scores(opened), scores(model(run)))
    assert opened.evaluation.transform == ({"type": "Scale", "factor": [0.5]},)


def test_what_is_known_is_not_to_be_said(run: Path) -> None:
    by_hand = ByHand(channels="BGR")
    with pytest.raises(UsageError) as caught:
        model(run, Asked(by_hand=by_hand))
    assert str(caught.value) == f"{run} says how samples are prepared; leave --channels out"
    weights = str(run / "snapshots" / "iter_4" / "weights.safetensors")
    with pytest.raises(UsageError) as caught:
        model("photos.yaml", Asked(weights=weights, by_hand=ByHand("{scale: 1}")))
    assert str(caught.value) == (
        "photos.yaml, data.test, says how samples are prepared; leave --transform out"
    )


def test_a_parameter_that_would_stay_random_is_refused(run: Path) -> None:
    text = Path("photos.yaml").read_text().replace("name: ip,", "name: ip2,")
    Path("other.yaml").write_text(text.replace("[ip, label]", "[ip2, label]"))
    weights = str(run / "snapshots" / "iter_4" / "weights.safetensors")
    with pytest.raises(DataError) as caught:
        model("other.yaml", Asked(weights=weights))
    assert str(caught.value) == (
        f"{weights}: 2 of the net's 4 parameters are not in it, or of another shape: ip2/weight, "
        "ip2/bias"
    )


TWO = """\
name: photos
net:
  inputs: {data: [3, 8, 8], more: [3, 8, 8]}
  layers:
    - {name: conv, type: Convolution, bottom: data, num_output: 4, kernel_size: 3}
    - {name: ip, type: InnerProduct, num_output: 2}
    - {name: sum, type: Reduction, bottom: more}
"""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (
            "gone",
            "gone: there is no such run, snapshot, model or spec; a model of the zoo is named zoo://NAME",
        ),
        ("photos", "photos: neither a snapshot nor a run that has one"),
        (
            "w.safetensors",
            "w.safetensors: these are weights alone; name the net, too: SPEC.yaml --weights "
            "w.safetensors",
        ),
        (
            "two.yaml",
            "two.yaml: the net takes data and more, and what is known of preparing samples is for "
            "data",
        ),
        (
            "lonely.yaml",
            "there is no run of lonely in the current folder; name the weights: --weights FILE",
        ),
    ],
)
def test_what_is_no_model_is_refused(run: Path, name: str, why: str) -> None:
    Path("w.safetensors").write_bytes(b"")
    Path("two.yaml").write_text(TWO)
    Path("lonely.yaml").write_text(NET.replace("fixed", "lonely"))
    with pytest.raises((UsageError, DataError)) as caught:
        model(name)
    assert str(caught.value) == why
