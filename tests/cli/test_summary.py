from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.torch import save_file

from protonet.cli import main
from tests.small import small_file, small_net

Capture = pytest.CaptureFixture[str]


def test_the_summary_is_printed_uncut_where_it_is_piped(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    long = "net.layers.relu.top=" + "a_long_name_" * 8
    drop = "net.layers.drop={name: drop, type: Dropout, bottom: " + "a_long_name_" * 8 + "}"
    assert main(["summary", str(path), long, drop, "--phase", "deploy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small, phase deploy, N = 8"
    assert "a_long_name_" * 8 in lines[5]
    # 6 * 5 + 5 + 5 * 3 + 3
    assert "parameters     53 (53)" in lines


def test_batch_and_json(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    assert main(["summary", str(path), "--batch", "32", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["sizes"] == {"N": 32}
    assert [layer["name"] for layer in data["layers"]] == [
        "hidden",
        "relu",
        "drop",
        "scores",
        "loss",
    ]
    assert data["layers"][0]["activation_bytes"] == 32 * 5 * 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batch", "0"], '--batch "0": a whole number from 1 to 2147483647 is needed'),
        (["--batch", "x"], '--batch "x": a whole number from 1 to 2147483647 is needed'),
        (["--axis", "T"], '--axis "": a whole number from 1 to 2147483647 is needed'),
        (["--axis", "T=4"], "no input of the net has an axis T; known: N"),
    ],
)
def test_a_size_that_cannot_be_is_refused(
    words: list[str], message: str, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["summary", str(small_file(tmp_path)), *words]) == 2
    assert capsys.readouterr().err == f"error: {message}\n"


def test_shapes_that_cannot_be_are_told_with_their_place(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    bad = "net.layers.drop={name: drop, type: Softmax, axis: 4}"
    assert main(["summary", str(path), bad]) == 2
    assert capsys.readouterr().err.startswith("error[PN026] ")


@pytest.fixture
def weights(tmp_path: Path) -> str:
    path = tmp_path / "w.safetensors"
    other = tmp_path / "other"
    other.mkdir()
    save_file(small_net(other).named_tensors(), path)
    return str(path)


def test_weights_that_fit_are_the_last_line(tmp_path: Path, weights: str, capsys: Capture) -> None:
    path = str(small_file(tmp_path))
    assert main(["summary", path]) == 0
    without = capsys.readouterr().out
    for phase in ("train", "test", "deploy"):
        assert main(["summary", path, "--weights", weights, "--phase", phase]) == 0
        shown = capsys.readouterr()
        assert shown.err == ""
        assert shown.out.splitlines()[-2:] == [
            "",
            f"weights        4 of 4 parameters match {weights}",
        ]
        if phase == "train":
            assert shown.out.startswith(without)


def test_what_does_not_fit_is_named_and_an_error(
    tmp_path: Path, weights: str, capsys: Capture
) -> None:
    words = ["--weights", weights, "net.layers.scores.num_output=4"]
    assert main(["summary", str(small_file(tmp_path)), *words]) == 2
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-2:] == [
        f"weights        2 of 4 parameters match {weights}",
        "  left as they were, of another shape in the file: scores/bias (3,) for (4,), "
        "scores/weight (3, 5) for (4, 5)",
    ]
    assert shown.err == (
        f"error: {weights}: 2 of the net's 4 parameters are not in it, or of another shape: "
        "scores/weight, scores/bias\n"
    )


def test_weights_as_json(tmp_path: Path, weights: str, capsys: Capture) -> None:
    path = str(small_file(tmp_path))
    assert main(["summary", path, "--weights", weights, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["weights"] == {
        "matched": 4,
        "total": 4,
        "path": weights,
        "loaded": ["hidden/bias", "hidden/weight", "scores/bias", "scores/weight"],
        "reshaped": [],
        "skipped": [],
        "misfit": [],
        "left": [],
    }
    wrong = "net.layers.scores.num_output=4"
    assert main(["summary", path, wrong, "--weights", weights, "--format", "json"]) == 2
    fit = json.loads(capsys.readouterr().out)["weights"]
    assert (fit["matched"], fit["total"]) == (2, 4)
    assert fit["misfit"] == ["scores/bias (3,) for (4,)", "scores/weight (3, 5) for (4, 5)"]
    assert main(["summary", path, "--format", "json"]) == 0
    assert "weights" not in json.loads(capsys.readouterr().out)


def test_weights_of_which_nothing_fits(tmp_path: Path, weights: str, capsys: Capture) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(
        "net:\n  inputs: {data: [3]}\n  layers:\n"
        "    - {name: ip, type: InnerProduct, num_output: 2}\n"
    )
    assert main(["summary", str(path), "--weights", weights]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"error: {weights}: none of its 4 arrays fits the net. It has ")


def test_a_run_is_summed_up_by_its_folder(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["train", str(small_file(tmp_path))])
    capsys.readouterr()
    assert main(["summary", "runs/small/1", "--weights", "runs/small/1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small, phase train, N = 8"
    assert lines[-1] == "weights        4 of 4 parameters match runs/small/1"
