from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from protonet.cli import main
from protonet.debug.timing import Timing, measure_times
from protonet.net import Net
from protonet.schema import load_spec
from tests.small import small_file

Capture = pytest.CaptureFixture[str]
QUICK = ["--iterations", "2", "--threads", "1"]


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_the_times_are_printed_and_no_data_are_read(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    (tmp_path / "points.lmdb").rename(tmp_path / "gone.lmdb")

    assert main(["time", str(path), *QUICK]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small, phase train, N = 8, on cpu, 1 thread, contiguous, float32"
    assert lines[1] == "medians of 2 iterations, in ms"
    assert [line.split()[0] for line in lines[5:10]] == [
        "hidden",
        "relu",
        "drop",
        "scores",
        "loss",
    ]


def test_batch_layout_phase_and_json(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    look = "net.layers.drop={name: drop, type: Print}"
    words = ["--batch-size", "3", "--layout", "channels_last", "--phase", "test"]

    assert main(["time", str(path), look, *QUICK, *words, "--format", "json"]) == 0

    shown = capsys.readouterr()
    data = json.loads(shown.out)
    assert (data["phase"], data["samples"], data["layout"]) == ("test", 3, "channels_last")
    assert [layer["type"] for layer in data["layers"]][2] == "Print"
    assert data["whole"]["backward"] is None
    assert data["compiled"] is None
    assert shown.err == ""  # the layer that prints is silent


def test_a_net_without_a_solver_is_timed(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "bare.yaml"
    path.write_text(
        "net:\n  inputs: {data: [T, 3]}\n  layers:\n"
        "    - {name: ip, type: InnerProduct, num_output: 2, axis: 2}\n"
    )

    assert main(["time", str(path), *QUICK, "--axis", "T=5", "--device", "cpu"]) == 0

    assert "ip     InnerProduct  (N, T, 2)" in capsys.readouterr().out


def other_net(folder: Path) -> Net:
    """Return the small net with other first values than a command gives it."""
    return Net(load_spec(folder / "small.yaml").net, seed=9)


def weights_of(net: Net, path: Path) -> str:
    """Write the weights of a net into a file; return its path."""
    save_file(net.named_tensors(), path)
    return str(path)


@pytest.mark.parametrize("phase", ["train", "test", "deploy"])
def test_the_net_computes_with_the_weights_that_are_given(
    phase: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, net = small_file(tmp_path), other_net(tmp_path)
    weights, timed = weights_of(net, tmp_path / "w.safetensors"), []

    def watched(net: Net, *rest: Any, **more: Any) -> Timing:
        timed.append(net)
        return measure_times(net, *rest, **more)

    monkeypatch.setattr("protonet.debug.timing.measure_times", watched)
    words = ["--weights", weights, "--phase", phase]

    assert main(["time", str(path), *QUICK, *words]) == 0

    assert capsys.readouterr().err == f"weights from {weights}: 4 of 4 parameters loaded\n"
    assert timed[0].phase == phase
    tensors = timed[0].named_tensors()
    assert tensors.keys() == net.named_tensors().keys()
    for name, tensor in net.named_tensors().items():
        assert torch.equal(tensors[name], tensor)


def test_weights_that_leave_something_random_are_refused(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    weights = weights_of(other_net(tmp_path), tmp_path / "w.safetensors")
    wrong = "net.layers.scores.num_output=4"

    assert main(["time", str(path), wrong, *QUICK, "--weights", weights]) == 2

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        f"weights from {weights}: 2 of 4 parameters loaded",
        "  left as they were, of another shape in the file: scores/bias (3,) for (4,), "
        "scores/weight (3, 5) for (4, 5)",
        f"error: {weights}: 2 of the net's 4 parameters are not in it, or of another shape: "
        "scores/weight, scores/bias",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--iterations", "0"], '--iterations "0": a whole number from 1 to 2147483647 is needed'),
        (["--batch-size", "x"], '--batch-size "x": a whole number from 1 to 2147483647 is needed'),
        (["--threads", "1025"], '--threads "1025": a whole number from 1 to 1024 is needed'),
        (["--axis", "T"], '--axis "": a whole number from 1 to 2147483647 is needed'),
        (["--axis", "T=4"], "no input of the net has an axis T; known: N"),
        (["--device", "gpu"], '--device "gpu": auto, cpu, mps, cuda or cuda:0 is needed'),
    ],
)
def test_what_cannot_be_is_refused(
    words: list[str], message: str, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["time", str(small_file(tmp_path)), *words]) == 2
    assert capsys.readouterr().err == f"error: {message}\n"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there(tmp_path: Path, capsys: Capture) -> None:
    assert main(["time", str(small_file(tmp_path)), "--device", "cuda"]) == 1
    assert capsys.readouterr().err == (
        "error: solver.device cuda: this machine, or this build of torch, has no CUDA device; "
        "try device: auto\n"
    )


@pytest.mark.gpu
def test_a_gpu_is_timed_by_its_own_clock(tmp_path: Path, capsys: Capture) -> None:
    words = ["--device", "cuda", "--batch-size", "4096", "--format", "json"]
    assert main(["time", str(small_file(tmp_path)), "--iterations", "20", *words]) == 0

    data = json.loads(capsys.readouterr().out)
    assert (data["device"], data["threads"]) == ("cuda:0", None)
    assert all(layer["forward"]["median"] > 0 for layer in data["layers"])
    assert data["added"]["backward"]["median"] > 0


def test_wrong_shapes_are_told_with_their_place(tmp_path: Path, capsys: Capture) -> None:
    bad = "net.layers.drop={name: drop, type: Softmax, axis: 4}"
    assert main(["time", str(small_file(tmp_path)), bad]) == 2
    assert capsys.readouterr().err.startswith("error[PN026] ")


def test_a_run_is_timed_by_its_folder(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["train", str(small_file(tmp_path))])
    capsys.readouterr()
    assert main(["time", "runs/small/1", "--weights", "runs/small/1", *QUICK]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("small, phase train, N = 8, on cpu")
    assert shown.err == "weights from runs/small/1: 4 of 4 parameters loaded\n"
