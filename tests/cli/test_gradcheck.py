from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from protonet.cli import main

Capture = pytest.CaptureFixture[str]

PLUGIN = """\
import torch
from torch import nn

from protonet.layers.record import LayerType, NoParams, same_as_first


class Function(torch.autograd.Function):
    @staticmethod
    def forward(context, bottom):
        context.save_for_backward(bottom)
        return bottom * bottom

    @staticmethod
    def backward(context, slope):
        (bottom,) = context.saved_tensors
        return FACTOR * bottom * slope


class Square(nn.Module):
    def forward(self, bottom):
        return Function.apply(bottom)


def build(*given):
    return Square()


SQUARE = LayerType(name="Square", params=NoParams, build=build, infer=same_as_first)
"""

SPEC = """\
name: mine
plugins: [mine.py]
net:
  inputs: {x: [T, N, 3]}
  layers:
    - {name: ip, type: InnerProduct, num_output: 2, axis: 2}
    - {name: square, type: Square}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a spec whose plugin is right."""
    monkeypatch.chdir(tmp_path)
    write_plugin(2)
    Path("mine.yaml").write_text(SPEC)
    return "mine.yaml"


def write_plugin(factor: int) -> None:
    Path("mine.py").write_text(PLUGIN.replace("FACTOR", str(factor)))


def test_right_gradients_give_a_table_and_0(spec: str, capsys: Capture) -> None:
    assert main(["gradcheck", spec]) == 0
    out, told = capsys.readouterr()
    lines = out.splitlines()
    assert told == ""
    assert lines[0] == "mine, phase train, T = 4, N = 2, float64, epsilon 1e-06"
    assert [line.split()[-1] for line in lines if line[:3] in ("ip ", "squ", "the")] == [
        "right"
    ] * 5
    assert lines[-1].startswith(
        "5 gradients, of a random weighted sum of the outputs for the net: "
    )


def test_a_wrong_gradient_gives_1_and_its_layer(spec: str, capsys: Capture) -> None:
    write_plugin(3)
    assert main(["gradcheck", spec]) == 1
    out, told = capsys.readouterr()
    assert out.splitlines()[-1].startswith("1 wrong of 7 gradients")
    assert told.startswith(
        "error: layer square (Square): the gradient of the bottom ip is wrong at ["
    )
    assert told.count("\n") == 1


def test_a_wide_tolerance_lets_it_pass(spec: str) -> None:
    write_plugin(3)
    assert main(["gradcheck", spec, "--tolerance", "0.5"]) == 0  # (3 - 2) / 3


def test_one_layer_other_sizes_and_json(spec: str, capsys: Capture) -> None:
    words = ["--layer", "ip", "--batch-size", "3", "--axis", "T=5", "--elements", "4"]
    words += ["--epsilon", "1e-5", "--seed", "7", "--phase", "test", "--format", "json"]
    assert main(["gradcheck", spec, *words, "net.layers.ip.num_output=4"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["phase"], data["sizes"], data["net"]) == ("test", {"T": 5, "N": 3}, None)
    assert data["options"] == {"epsilon": 1e-5, "tolerance": 1e-4, "elements": 4, "seed": 7}
    assert [(row["name"], row["elements"], row["compared"]) for row in data["layers"]] == [
        ("x", 45, 4),  # 5 * 3 * 3
        ("weight", 12, 4),
        ("bias", 4, 4),
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batch-size", "0"], '--batch-size "0": a whole number from 1 to 2147483647 is needed'),
        (["--axis", "T"], '--axis "": a whole number from 1 to 2147483647 is needed'),
        (["--axis", "S=4"], "no input of the net has an axis S; known: N, T"),
        (["--elements", "x"], '--elements "x": a whole number from 1 to 2147483647 is needed'),
        (["--seed", "-1"], '--seed "-1": a whole number from 0 to 2147483647 is needed'),
        (["--tolerance", "0"], '--tolerance "0": a number between 0 and 1 is needed'),
        (["--epsilon", "nan"], '--epsilon "nan": a number between 0 and 1 is needed'),
        (["--epsilon", "x"], '--epsilon "x": a number between 0 and 1 is needed'),
        (["--layer", "squar"], "the net has no layer squar in phase train; did you mean square?"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    words: list[str], message: str, spec: str, capsys: Capture
) -> None:
    assert main(["gradcheck", spec, *words]) == 2
    assert capsys.readouterr().err == f"error: {message}\n"


def test_a_wrong_spec_is_told_with_its_place(spec: str, capsys: Capture) -> None:
    assert main(["gradcheck", spec, "net.layers.ip.axis=5"]) == 2
    assert capsys.readouterr().err.startswith("error[PN026] ")
    assert main(["gradcheck", "none.yaml"]) == 2


def test_a_layer_that_cannot_be_run_is_told_with_its_place(spec: str, capsys: Capture) -> None:
    Path("mine.py").write_text(PLUGIN.replace("Function.apply(bottom)", "1 / 0"))
    assert main(["gradcheck", spec]) == 2
    assert capsys.readouterr().err == (
        "error[PN026] mine.yaml:7:7 net.layers.square: it cannot be run: mine.py:21: "
        "ZeroDivisionError: division by zero\n"
        "    7 |     - {name: square, type: Square}\n"
        "      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "      see: protonet explain PN026\n"
        "1 error in mine.yaml\n"
    )


def test_a_plugin_of_another_file_runs_only_where_it_is_allowed(spec: str) -> None:
    Path("above.yaml").write_text(f"base: {spec}\n")
    assert main(["gradcheck", "above.yaml"]) == 2
    assert main(["gradcheck", "above.yaml", "--allow-plugins"]) == 0


def test_ctrl_c_ends_it_at_once(spec: str) -> None:
    """The layer presses it itself, when it is run."""
    pressed = PLUGIN.replace(
        "return Function.apply(bottom)",
        "return bottom if bottom.is_meta else signal.raise_signal(signal.SIGINT)",
    )
    Path("mine.py").write_text(f"import signal\n{pressed}")
    command = [sys.executable, "-m", "protonet", "gradcheck", spec]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
