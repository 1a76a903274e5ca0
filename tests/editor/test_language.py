from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from protonet.editor import language_schema, schema_text
from protonet.errors import SpecError, UsageError
from tests.json_schema import LANGUAGE, refused, refused_in_file, validator

ROOT = Path(__file__).parent.parent.parent
CONFIGS = ROOT / "configs"
SHIPPED = sorted(CONFIGS.rglob("*.yaml"))

RESNET = """\
vars: {blocks: [3, 4]}
net:
  inputs: {data: [3, 224, 224]}
  blocks:
    conv_bn:
      args: {out: , k: 1, relu: true}
      layers:
        - {name: conv, type: Convolution, num_output: $out, kernel_size: $k, pad: $(k // 2)}
        - {name: bn, type: BatchNorm}
        - {name: relu, type: ReLU, if: $relu}
    stage:
      args: {width: , n: , s: 2}
      layers:
        - {name: first, type: conv_bn, out: $width}
        - {name: rest, type: conv_bn, out: $(4 * width), repeat: $(n - 1)}
  layers:
    - {name: res2, type: stage, width: 64, n: "$(blocks[0])", s: 1}
    - {name: res3, type: stage, width: 128, n: "$(blocks[1])"}
"""


def written(path: Path, text: str) -> Path:
    path.write_text(dedent(text), encoding="utf-8")
    return path


def test_the_shipped_schema_is_the_generated_one() -> None:
    text = (CONFIGS / "schema.json").read_text(encoding="utf-8")
    if text != schema_text(language_schema()):
        pytest.fail("write it anew: protonet schema --out configs/schema.json", pytrace=False)


def test_the_schema_is_valid_itself() -> None:
    validator(LANGUAGE()).check_schema(LANGUAGE())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_specs_are_accepted(path: Path) -> None:
    assert refused_in_file(LANGUAGE(), path) == []
    assert refused_in_file(language_schema(path), path) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_spec_names_the_schema_in_its_first_line(path: Path) -> None:
    up = "../" * (len(path.relative_to(CONFIGS).parts) - 1)
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first == f"# yaml-language-server: $schema={up}schema.json"


DEEPER = {
    "PN012_solver_torch_argument": "the arguments of torch's classes are torch's to check",
}
"""Unknown keys that the schema does not know to be unknown."""


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "errors").glob("PN012_*.yaml")), ids=lambda path: path.stem
)
def test_an_unknown_key_anywhere_is_refused(path: Path) -> None:
    assert bool(refused_in_file(language_schema(path), path)) == (path.stem not in DEEPER)


def test_a_spec_with_blocks_is_accepted_with_and_without_its_own_schema(tmp_path: Path) -> None:
    path = written(tmp_path / "net.yaml", RESNET)
    assert refused_in_file(LANGUAGE(), path) == []
    assert refused_in_file(language_schema(path), path) == []


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("width: 128", "widht: 128", ["net.layers.1"]),
        ("width: 128, ", "", ["net.layers.1"]),
        ("s: 1}", "loss_weight: 1}", ["net.layers.0"]),
        ("repeat: $", "k: 3, repeat: $", []),
        ("out: $width}", "outt: $width}", ["net.blocks.stage.layers.0"]),
    ],
)
def test_a_spec_s_own_schema_knows_the_arguments_of_its_blocks(
    old: str, new: str, wrong: list[str], tmp_path: Path
) -> None:
    schema = language_schema(written(tmp_path / "net.yaml", RESNET))
    assert refused(schema, RESNET.replace(old, new, 1)) == wrong
    assert refused(LANGUAGE(), RESNET.replace(old, new, 1)) == []


def test_blocks_of_a_base_are_known_and_changed_uses_need_not_be_whole(tmp_path: Path) -> None:
    written(tmp_path / "resnet.yaml", RESNET)
    text = "base: resnet.yaml\nnet: {layers: [{name: res2, type: stage, %s}]}\n"
    schema = language_schema(written(tmp_path / "net.yaml", text % "s: 2"))
    assert refused(schema, text % "s: 2") == []
    assert refused(schema, text % "ss: 2") == ["net.layers.0"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("net: other.yaml", []),
        ("net: {base: other.yaml, layers: [{name: a, remove: true}]}", []),
        ("base: other.yaml\nsolver: {max_iter: 5}", []),
        ("base: a.yaml\ndata: {train: {batch_size: 32}}", []),
        ("base: a.yaml\nsolver: {lr_policy: {gamma: 0.2}}", []),
        ("net: {layers: []}\nplugins: [a.py]\nvars: {a: [1, {b: 2}]}\nname: x", []),
        ("solver: {base_lr: 1, max_iter: 5}", [""]),
        ("net: {layers: []}\nsovler: {}", [""]),
        ("net: {layers: []}\nsolver: {max_iter: 5}", ["solver"]),
        ("net: {inputs: {}}", ["net"]),
    ],
)
def test_what_is_missing_may_stand_in_a_base_only(text: str, wrong: list[str]) -> None:
    assert refused(LANGUAGE(), text) == wrong


def test_uses_of_a_block_that_is_wrong_are_not_checked(tmp_path: Path) -> None:
    text = "net: {blocks: {b: {args: {out: }, layer: []}}, layers: [{name: x, type: b, out: 3}]}"
    path = written(tmp_path / "net.yaml", text)
    assert refused_in_file(language_schema(path), path) == ["net.blocks.b"]


PLUGIN = """\
from protonet.layers.record import LayerType, NoParams
GLOW = LayerType(name="Glow", params=NoParams, build=lambda params, bottoms, setting: None)
"""


def test_the_types_of_plugins_are_known(tmp_path: Path) -> None:
    written(tmp_path / "glow.py", PLUGIN)
    text = "plugins: [glow.py]\nnet: {layers: [{name: a, type: Glow, heat: 3}]}\n"
    path = written(tmp_path / "net.yaml", text)
    assert refused_in_file(language_schema(path), path) == ["net.layers.0"]


def test_a_base_that_is_missing_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path / "net.yaml", "base: nowhere.yaml\nnet: {layers: []}\n")
    with pytest.raises(SpecError) as caught:
        language_schema(path)
    assert [problem.code for problem in caught.value.problems] == ["PN034"]


def test_a_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        language_schema(tmp_path / "nowhere.yaml")


def test_the_text_is_json_in_utf_8_that_ends_with_a_line() -> None:
    text = schema_text({"description": "a … b"})
    assert text == '{\n "description": "a … b"\n}\n'
    assert json.loads(text) == {"description": "a … b"}
