from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from protonet.errors import DataError, DeviceError, UsageError
from protonet.net import Net
from protonet.predict.files import find_pictures
from protonet.run import serving
from protonet.run.model import Asked, Model, open_model
from protonet.run.predicting import Wanted, predict_pictures
from protonet.run.serving import Place, open_service, serve_model
from protonet.run.train import train
from protonet.schema import load_spec
from protonet.serve.limits import Limits
from protonet.serve.runner import Runner
from protonet.snapshot import Evaluation
from protonet.zoo import model as zoo
from protonet.zoo.cache import Pulled
from protonet.zoo.model import FileFacts
from tests.predict.photos import photo_spec
from tests.run.test_output import Shown
from tests.serve.nets import png
from tests.serve.serving import FORM, PNG, Running, answering, form
from tests.zoo.made import pushed

LIMITS, PLACE = Limits(batch_size=4, threads=2), Place()


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    train(photo_spec(tmp_path))
    return open_model("photos.yaml", Asked(), Shown())


@contextmanager
def served(model: Model, place: Place = PLACE, shown: Shown | None = None) -> Iterator[Running]:
    with (
        open_service(model, place, LIMITS, shown or Shown()) as (app, service),
        answering(app, service, LIMITS) as running,
    ):
        yield running


def predicted(model: Model, path: str) -> Any:
    """Return what `protonet predict` tells of one picture."""
    text = io.StringIO()
    predict_pictures(model, [path], Wanted(form="jsonl"), text.write, Shown())
    return json.loads(text.getvalue())["top"]


def test_a_picture_gets_the_very_numbers_that_predict_gives(model: Model) -> None:
    paths = find_pictures(["photos"])
    assert len(paths) == 12
    with served(model) as server:
        for path in paths:
            (picture,) = server.post("/predict", Path(path).read_bytes()).body["pictures"]
            assert picture["top"] == predicted(model, path)
        files = [(path, Path(path).read_bytes()) for path in paths]
        pictures = server.post("/predict", form(*files), FORM).body["pictures"]
    assert [one["name"] for one in pictures] == paths
    for path, picture in zip(paths, pictures, strict=True):
        expected = predicted(model, path)
        assert [one["name"] for one in picture["top"]] == [one["name"] for one in expected]
        scores = [one["score"] for one in picture["top"]]
        assert scores == pytest.approx([one["score"] for one in expected], rel=1e-5)


def test_the_model_is_told_without_a_path_of_this_machine(model: Model, tmp_path: Path) -> None:
    with served(model) as server:
        facts = server.get("/model").body
        assert server.counted()["protonet_batch_size_count"] == 0  # to be warm is no request
    assert str(tmp_path) not in json.dumps(facts)
    assert facts["name"] == "photos"
    assert facts["input"] == {"blob": "data", "shape": [3, 8, 8], "channels": "BGR"}
    assert facts["classes"] == {"count": 2, "names": ["bright", "dark"]}
    assert (facts["scores"], facts["outputs"]) == ("prob", ["prob"])
    assert facts["blobs"]["conv"] == ["N", 4, 6, 6]
    assert [step["type"] for step in facts["transform"]] == ["CenterCrop", "Mean", "Scale"]
    # 4 filters of 3 x 3 x 3 and 4 numbers, 2 classes of 4 x 6 x 6 and 2 numbers
    assert facts["parameters"] == 4 * 27 + 4 + 2 * 144 + 2
    assert facts["limits"]["batch_size"] == 4


def test_of_a_model_of_the_zoo_its_licence_is_told(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        name: FileFacts(size=1, sha256="0" * 64) for name in ("net.yaml", "weights.safetensors")
    }
    about = zoo.Model(
        name="photos",
        task="image classification",
        source="ours",
        licence="CC0-1.0",
        parameters=1,
        multiply_adds=1,
        files=files,
    )
    monkeypatch.setattr(serving, "find", lambda name: Pulled(Path(), about))
    facts = serving._facts(replace(model, name="zoo://photos"), None, LIMITS)
    assert facts["name"] == "zoo://photos"
    assert (facts["task"], facts["source"]) == ("image classification", "ours")
    assert (facts["licence"], facts["accuracy"]) == ("CC0-1.0", [])


def test_of_a_model_in_a_folder_too(model: Model, tmp_path: Path) -> None:
    folder = pushed(tmp_path) / "tiny"
    facts = serving._facts(replace(model, name=str(folder)), None, LIMITS)
    assert facts["licence"] == "CC0"
    assert facts["name"] == "photos"  # no path of this machine


def test_long_lists_are_counted(model: Model) -> None:
    step = {"type": "Mean", "value": [1.0, 2.0, 3.0], "image": [[0.5] * 20] * 10}
    known = model.evaluation.model_copy(update={"transform": (step,)})
    facts = serving._facts(replace(model, evaluation=known), None, LIMITS)
    assert facts["transform"] == [{**step, "image": "200 numbers"}]


def test_a_net_without_scores_tells_its_outputs(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "net:\n  inputs: {data: [3, 4, 4]}\n  layers: [{name: sums, type: Reduction, axis: 1}, "
        "{name: whole, type: Convolution, bottom: data, num_output: 2, kernel_size: 2}]\n"
    )
    spec = load_spec("net.yaml")
    known = Evaluation(input="data", shape=(3, 4, 4), transform=(), channels="RGB")
    bare = Model("net.yaml", spec, Net(spec.net, "deploy"), known)
    shown = Shown()
    with served(bare, PLACE, shown) as server:
        (picture,) = server.post("/predict", png(1, 2, 3), PNG).body["pictures"]
    assert shown.lines == ["the net gives no scores of classes: its outputs are told as they are"]
    assert picture["blobs"]["sums"] == {"shape": [], "dtype": "float32", "values": 96.0}
    assert picture["blobs"]["whole"]["shape"] == [2, 3, 3]


def test_scores_that_are_named_have_to_be_there(model: Model) -> None:
    with pytest.raises(UsageError) as caught, served(model, Place(output="pro")):
        pass
    assert str(caught.value) == "the net has no blob pro; did you mean prob?"


def test_what_the_net_cannot_take_is_known_before_it_listens(model: Model) -> None:
    crop = ({"type": "CenterCrop", "size": [99, 99]},)
    known = model.evaluation.model_copy(update={"transform": crop})
    with pytest.raises(DataError) as caught, served(replace(model, evaluation=known)):
        pass
    assert str(caught.value).startswith("photos.yaml: a picture of 12x10: cannot be prepared: ")


def test_too_little_memory_has_a_word_of_its_own(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> object:
        raise MemoryError

    monkeypatch.setattr(Runner, "run", fail)
    with pytest.raises(DeviceError) as caught, served(model):
        pass
    assert str(caught.value) == (
        "out of memory: there is none left; a smaller --batch-size than 1 needs less"
    )


def test_a_port_is_refused_before_the_model_is_opened() -> None:
    with pytest.raises(UsageError) as caught:
        serve_model("gone", Asked(), Place("192.0.2.1", 0), LIMITS, Shown())
    assert str(caught.value).startswith("cannot listen at 192.0.2.1, port 0: ")
