"""The specs in the documents are valid."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
import yaml

from protonet.cli import main
from protonet.data.header import FieldSpec
from protonet.data.layout import Array
from protonet.data.table import create_tables
from protonet.schema import load_spec
from protonet.transforms import TRANSFORMS, Context, build_pipeline, read_transform

ROOT = Path(__file__).parent.parent
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLUGIN = ROOT / "configs" / "plugins" / "my_layers.py"


def document(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def examples() -> list[str]:
    return _YAML.findall(document("language.md"))


def test_the_language_is_shown_by_examples() -> None:
    assert len(examples()) >= 4


@pytest.mark.parametrize("text", examples())
def test_an_example_of_the_language_is_valid(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path / "docs")
    if "$data.classes" in text:
        text = text.replace("photos.lmdb/train", "dataset://mnist/train")
    Path("example.yaml").write_text(text, encoding="utf-8")
    code = main(["check", "example.yaml", "--strict"])
    assert (code, capsys.readouterr().err) == (0, "")


def test_the_page_on_plugins_shows_parts_of_the_plugin_that_is_shipped() -> None:
    plugin, parts = PLUGIN.read_text(encoding="utf-8"), _PYTHON.findall(document("plugins.md"))
    assert len(parts) >= 4
    assert [part for part in parts if f"\n\n{part}\n" not in f"{plugin}\n"] == []


def test_the_spec_on_the_page_on_plugins_is_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (text,) = _YAML.findall(document("plugins.md"))
    (tmp_path / PLUGIN.name).symlink_to(PLUGIN)
    monkeypatch.chdir(tmp_path)
    Path("example.yaml").write_text(text, encoding="utf-8")
    code = main(["check", "example.yaml", "--strict"])
    assert (code, capsys.readouterr().err) == (0, "")


@pytest.mark.parametrize("text", _YAML.findall(document("solver.md")))
def test_a_solver_section_of_its_page_is_valid(text: str, tmp_path: Path) -> None:
    net = "net: {inputs: {data: [4]}, layers: [{name: ip, type: InnerProduct, num_output: 2}]}\n"
    path = tmp_path / "example.yaml"
    path.write_text(net + text, encoding="utf-8")
    spec = load_spec(path)
    assert spec.solver is not None


TRANSFORMED = _YAML.findall(document("transforms.md"))


def write_photos(folder: Path) -> None:
    """Write images as the page has them: 20 of 5 classes, (3, 32, 40), red, green, blue."""
    generator = np.random.default_rng(1)
    columns: dict[str, Array] = {
        "data": generator.integers(0, 256, (20, 3, 32, 40)).astype(np.uint8),
        "label": np.arange(20, dtype=np.int64) % 5,
    }
    fields = (
        FieldSpec(name="data", dtype="uint8", shape=(3, 32, 40)),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    with create_tables(folder / "photos.lmdb") as tables:
        for name in ("train", "val"):
            table = tables.table(name, fields, channels="RGB", classes=("a", "b", "c", "d", "e"))
            table.write(columns)


def test_every_transform_is_on_its_page() -> None:
    shown = "".join(TRANSFORMED)
    assert [name for name in TRANSFORMS if f"type: {name}" not in shown] == []


@pytest.mark.parametrize("text", TRANSFORMED)
def test_a_transform_of_its_page_works(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_photos(tmp_path)
    if text.startswith("transform"):
        label = "[5]" if "MixUp" in text else "{shape: [], dtype: int64}"
        text = (
            "data:\n  train:\n    source: photos.lmdb/train\n    batch_size: 8\n    shuffle: true\n"
            + textwrap.indent(text, "    ")
            + f"net: {{inputs: {{data: [C, H, W], label: {label}}}, layers: ["
            "{name: pool, type: Pooling, pool: AVE, global_pooling: true, bottom: data}]}\n"
        )
        shape = fed_shape(text)
        text = text.replace("[C, H, W]", str(list(shape)))
    Path("example.yaml").write_text(text, encoding="utf-8")
    code = main(["preview", "example.yaml", "out.png"])
    assert (code, capsys.readouterr().err) == (0, "")
    if "solver" in text:
        assert main(["train", "example.yaml"]) == 0


def fed_shape(text: str) -> tuple[int, ...]:
    """Return the shape that the transforms of a spec give to images of 3 x 32 x 40."""
    steps = yaml.safe_load(text)["data"]["train"]["transform"]
    known = {"channels": "RGB", "mean": (1.0,) * 3, "std": (1.0,) * 3}
    context = Context(shape=(3, 32, 40), training=True, **known)  # type: ignore[arg-type]
    return build_pipeline(read_transform(steps), context).shape


def parts_of_data() -> list[str]:
    return _YAML.findall(document("data.md"))


@pytest.mark.parametrize("text", parts_of_data())
def test_a_data_section_that_is_shown_is_valid(text: str, tmp_path: Path) -> None:
    net = "{inputs: {data: [3, 224, 224], label: {shape: [], dtype: int64}}, layers: [*a, *b]}"
    net = net.replace("*a", "{name: fc, type: InnerProduct, num_output: 5}")
    net = net.replace("*b", "{name: loss, type: SoftmaxWithLoss, bottom: [fc, label]}")
    path = tmp_path / "spec.yaml"
    path.write_text(f"{text}net: {net}\n", encoding="utf-8")
    assert load_spec(path).data["train"].batch_size == 64


def test_the_page_on_data_shows_the_ways_to_read() -> None:
    assert len(parts_of_data()) >= 5
