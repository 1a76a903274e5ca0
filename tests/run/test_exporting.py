from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from protonet.convert.files import ImageFiles
from protonet.errors import ExportError, UsageError
from protonet.predict.files import find_pictures
from protonet.predict.predictor import Pace, predict
from protonet.predict.preparation import Preparation
from protonet.run.exporting import Export, export_model
from protonet.run.model import Asked, open_model
from protonet.run.train import train
from tests.predict.photos import photo_spec
from tests.run.test_output import Shown


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return str(train(photo_spec(tmp_path)).folder)


def exported(
    name: str, kind: Any, out: str, asked: Asked | None = None, **wanted: Any
) -> list[str]:
    output = Shown()
    export_model(name, asked or Asked(device="cpu"), Export(kind, Path(out), **wanted), output)
    return output.lines


@pytest.mark.parametrize("preprocess", [False, True])
def test_a_program_is_compared_on_random_and_real_inputs(run: str, preprocess: bool) -> None:
    lines = exported(
        run, "torch", "a.pt2", images=tuple(find_pictures(["photos"])), preprocess=preprocess
    )
    assert lines == [
        f"weights from {run}: 4 of 4 parameters loaded",
        f"prob on random {'pixels' if preprocess else 'numbers'}: largest difference 0",
        "prob on pictures: largest difference 0",
    ]


def test_a_program_with_preparation_gives_what_predict_gives(run: str) -> None:
    exported(run, "torch", "a.pt2", preprocess=True)
    model = open_model(run, Asked(), Shown())
    preparation = Preparation(model.evaluation)
    paths = find_pictures(["photos"])
    (expected,) = predict(model.net, [preparation], ["prob"], paths, Pace(99))
    files = ImageFiles(paths, gray=False)
    pixels = np.stack([preparation.picture(files.load(n), "x") for n in range(len(paths))])
    found = torch.export.load("a.pt2").module()(torch.from_numpy(pixels))["prob"]
    assert np.allclose(found.detach().numpy(), expected.blobs["prob"], atol=1e-6)


def test_weights_alone_can_be_given_to_the_spec_again(run: str) -> None:
    assert exported(run, "safetensors", "w.safetensors")[-1] == (
        "prob on random numbers: largest difference 0"
    )
    again = open_model("photos.yaml", Asked(weights="w.safetensors"), Shown())
    model = open_model(run, Asked(), Shown())
    for name, tensor in model.net.named_tensors().items():
        assert torch.equal(again.net.named_tensors()[name], tensor)


def test_a_file_that_gives_something_else_is_not_kept(
    run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(path: Path) -> Any:
        return lambda *given: {"prob": torch.full((3, 2), 0.25)}

    monkeypatch.setattr("protonet.run.exporting.run_program", wrong)
    with pytest.raises(ExportError) as caught:
        exported(run, "torch", "a.pt2", tolerance=1e-3)
    text = str(caught.value)
    assert text.startswith(
        "a.pt2: not written: on random numbers, prob differs from the original by 0."
    )
    assert text.endswith(" of its largest magnitude, and 0.001 is allowed (--tolerance)")
    assert not Path("a.pt2").exists()


NORMALISED = """\
name: normalised
net:
  inputs: {data: [3, 8, 8], more: {shape: [T, 3]}}
  layers:
    - {name: conv, type: Convolution, bottom: data, num_output: 4, kernel_size: 3}
    - {name: norm, type: BatchNorm}
    - {name: scale, type: Scale}
    - {name: sum, type: InnerProduct, bottom: more, num_output: 2, axis: 2}
"""


def test_any_net_can_be_exported_with_all_its_inputs(run: str) -> None:
    Path("normalised.yaml").write_text(NORMALISED)
    shapes = {"conv/weight": (4, 3, 3, 3), "conv/bias": (4,), "norm/mean": (4,)}
    shapes |= {"norm/variance": (4,), "norm/scale_factor": (1,), "scale/weight": (4,)}
    shapes |= {"sum/weight": (2, 3), "sum/bias": (2,)}
    generator = np.random.default_rng(0)
    arrays = {name: generator.random(shape, np.float32) + 0.5 for name, shape in shapes.items()}
    np.savez("w.npz", **arrays)  # type: ignore[arg-type]  # NumPy's stub takes keywords for flags
    lines = exported("normalised.yaml", "torch", "a.pt2", Asked("w.npz", "cpu"), fold=True)
    assert lines[1] == "folded 2 layers into convolutions: norm, scale"
    assert len(lines) == 4
    found = torch.export.load("a.pt2").module()(torch.zeros(5, 3, 8, 8), torch.zeros(5, 9, 3))
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "scale": (5, 4, 6, 6),
        "sum": (5, 9, 2),
    }


def test_a_net_of_two_inputs_takes_no_pictures(run: str) -> None:
    text = Path("photos.yaml").read_text()
    text = text.replace("  layers:", "    more: {shape: [3, 8, 8]}\n  layers:")
    added = "    - {name: sum, type: Reduction, bottom: more, axis: 1}\nsolver:"
    Path("two.yaml").write_text(text.replace("solver:", added))
    asked = Asked(run, "cpu")
    with pytest.raises(UsageError) as caught:
        exported("two.yaml", "torch", "a.pt2", asked, preprocess=True)
    assert str(caught.value) == (
        "two.yaml: the net takes data and more, and what is known of preparing samples is for data"
    )


def test_onnx_is_compared_as_well(run: str) -> None:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name)
    lines = exported(run, "onnx", "a.onnx", preprocess=True)
    assert lines[-1].startswith("prob on random pixels: largest difference ")
    assert Path("a.onnx").is_file()


@pytest.mark.parametrize(
    ("kind", "out", "wanted", "why"),
    [
        ("torch", "a.pt", {}, "a.pt: the name of a file for --to torch ends in .pt2"),
        ("onnx", "a", {}, "a: the name of a file for --to onnx ends in .onnx"),
        (
            "safetensors",
            "a.safetensors",
            {"fold": True},
            "--fold: safetensors holds the weights of the net as it is, no net",
        ),
        (
            "safetensors",
            "a.safetensors",
            {"preprocess": True},
            "--preprocess: safetensors holds the weights of the net as it is, no net",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    run: str, kind: str, out: str, wanted: dict[str, Any], why: str
) -> None:
    with pytest.raises(UsageError) as caught:
        exported(run, kind, out, **wanted)
    assert str(caught.value) == why
