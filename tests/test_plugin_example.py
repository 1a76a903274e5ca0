"""The shipped plugin: its layers are what the built-in ones are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from protonet.cli import main
from protonet.layers.record import Blob, LayerType
from protonet.look.summary import summarise
from protonet.net import Net
from protonet.schema import load_spec
from tests.json_schema import refused_in_file
from tests.layers.building import gradient, numbers, refusal, top_of
from tests.layers.contract_types import LAYERS, MAXOUT

SPEC = str(MAXOUT)


def kind(name: str) -> LayerType:
    return LAYERS[name]


def told(capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, str, str]:
    code = main(command)
    return code, *capsys.readouterr()


def test_a_maxout_unit_is_the_largest_of_its_sums() -> None:
    net = Net(load_spec(MAXOUT).net, "deploy")
    weight, bias = (net.params["max1"][name] for name in ("weight", "bias"))
    bias.data.uniform_(-0.1, 0.1, generator=torch.Generator().manual_seed(1))
    images = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(2))
    found = net({"data": images}, ["max1"])["max1"].detach().numpy()
    sums = images.numpy().reshape(2, 784) @ weight.detach().numpy().T + bias.detach().numpy()
    expected = np.stack([sums[:, 3 * unit : 3 * unit + 3].max(1) for unit in range(100)], 1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert 0 < weight.std() <= (3 / 784) ** 0.5  # xavier: between -√(3 / 784) and √(3 / 784)


def test_a_maxout_needs_numbers_to_weigh() -> None:
    assert refusal(kind("Maxout"), Blob((2,)), num_output=1) == (
        "a bottom of shape (2) has no numbers to be weighed",
        "its first axis is that of the samples, and Maxout needs another",
    )


def test_a_signed_root_has_the_gradient_that_it_says() -> None:
    bottom = numbers(4.0, -0.25, 0.0, 1e-8)
    top = top_of(kind("SignedSquareRoot"), bottom)
    assert top.tolist() == pytest.approx([2.0, -0.5, 0.0, 1e-4])
    # 1 / (2 · 2), 1 / (2 · 0.5), and at most 100 where it would be infinite or 5,000
    assert gradient(top, bottom).tolist() == pytest.approx([0.25, 1.0, 100.0, 100.0])


@pytest.mark.parametrize("name", ["Maxout", "SignedSquareRoot"])
def test_whole_numbers_are_refused(name: str) -> None:
    keys = {"num_output": 1} if name == "Maxout" else {}
    assert refusal(kind(name), Blob((2, 3), torch.int64), **keys) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )


def test_the_spec_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = told(capsys, "check", SPEC, "--strict")
    assert (code, err) == (0, "")
    assert out == f"{SPEC}: no error; layers: 5 in train, 6 in test, 5 in deploy\n"


def test_a_summary_counts_parameters_and_work() -> None:
    rows = {row.name: row for row in summarise(load_spec(MAXOUT), "train", {"N": 1}).layers}
    # 784 inputs or 100, of 100 units with 3 sums each, and a bias for each sum
    assert (rows["max1"].parameters, rows["max1"].multiply_adds) == (784 * 300 + 300, 784 * 300)
    assert (rows["max2"].parameters, rows["max2"].multiply_adds) == (100 * 300 + 300, 100 * 300)
    assert rows["root"].parameters == 0


def test_a_drawing_shows_its_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "maxout.dot"
    assert told(capsys, "draw", SPEC, str(out))[0] == 0
    assert "Maxout 100" in out.read_text(encoding="utf-8")


def test_a_page_tells_its_keys(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "layers", "Maxout", "--spec", SPEC, "--format", "json")
    page: dict[str, Any] = json.loads(out)
    assert code == 0
    assert page["sentence"].startswith("Give the largest of `pieces` weighted sums")
    assert [(key["name"], key["description"]) for key in page["keys"]][1] == (
        "pieces",
        "Number of weighted sums of which each output is the largest.",
    )


def test_the_list_of_types_has_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "layers", "--spec", SPEC, "--format", "json")
    assert code == 0
    assert {"Maxout", "SignedSquareRoot", "ReLU"} <= json.loads(out)["layer"].keys()


def test_the_schema_of_the_spec_knows_its_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = told(capsys, "schema", SPEC)
    schema = json.loads(out)
    assert code == 0
    pieces = schema["definitions"]["layer.Maxout"]["properties"]["pieces"]
    assert pieces["description"] == (
        "Number of weighted sums of which each output is the largest. Default: 2"
    )
    wrong = tmp_path / "wrong.yaml"
    text = MAXOUT.read_text(encoding="utf-8")
    wrong.write_text(text.replace("num_output: 100", "num_outputs: 100", 1), encoding="utf-8")
    assert refused_in_file(schema, wrong) == ["net.layers.0"]


def test_what_it_raises_while_a_net_runs_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "from protonet.layers.record import LayerType, NoParams\n"
        "from torch import nn\n\n\n"
        "def work(params, bottoms, tops):\n"
        "    return bottoms[1]\n\n\n"
        "MINE = LayerType(name='Mine', params=NoParams, multiply_adds=work,\n"
        "                 build=lambda *given: nn.Identity())\n"
    )
    Path("a.yaml").write_text(
        "plugins: [mine.py]\nnet: {inputs: {x: [1]}, layers: [{name: m, type: Mine}]}\n"
    )
    assert told(capsys, "summary", "a.yaml") == (
        2,
        "",
        "error: mine.py:6: IndexError: list index out of range\n",
    )
