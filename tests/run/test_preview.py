from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from protonet.data.header import FieldSpec
from protonet.data.layout import Array
from protonet.data.table import create_tables
from protonet.errors import SpecError, UsageError
from protonet.run.preview import Preview, Wanted, preview, told
from protonet.schema import Spec, load_spec, located
from tests.data.tables import read_path, write
from tests.run.pairs import write_pairs

SIDE, GAP, LINE = 192, 6, 15
"""Of the grid: pixels of a picture, between two, and of a line of text."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images of 4 x 4 pixels, each even: image k is (40 k, 10 k, 0)."""
    levels = np.arange(6, dtype=np.uint8)
    pixels = np.stack([40 * levels, 10 * levels, 0 * levels], 1)[:, :, None, None]
    columns: dict[str, Array] = {
        "data": pixels.repeat(4, 2).repeat(4, 3),
        "label": np.arange(6, dtype=np.int64) % 3,
    }
    write(tmp_path / "images.lmdb", columns, classes=("ape", "bee", "cat"))
    return tmp_path


def spec_of(folder: Path, transform: Any, label: Any = None, channels: int = 3) -> Spec:
    net = {
        "inputs": {"data": [channels, 4, 4], "label": label or {"shape": [], "dtype": "int64"}},
        "layers": [
            {"name": "ip", "type": "InnerProduct", "num_output": 3},
            {"name": "loss", "type": "SoftmaxWithLoss", "bottom": ["ip", "label"]},
        ],
    }
    data = {"train": {"source": "images.lmdb", "batch_size": 4, "transform": transform}}
    data["val"] = {"source": "images.lmdb", "batch_size": 4, "transform": transform}
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump({"data": data, "net": net}, sort_keys=False))
    return load_spec(path)


def cells(made: Preview, columns: int, lines: int = 1) -> list[tuple[int, ...]]:
    """Return the colour in the middle of each picture, row by row."""
    image = Image.open(io.BytesIO(made.picture.png))
    step = SIDE + GAP
    found = []
    for number in range(made.count):
        row, column = divmod(number, columns)
        place = GAP + column * step + SIDE // 2, GAP + row * (step + LINE * lines) + SIDE // 2
        found.append(image.getpixel(place))
    return found  # type: ignore[return-value]


def test_samples_are_shown_in_their_colours(folder: Path) -> None:
    made = preview(spec_of(folder, []), Wanted(count=6))

    assert made.count == 6
    assert cells(made, columns=3) == [(40 * k, 10 * k, 0) for k in range(6)]
    assert made.notes == ("data: as stored",)


def test_mean_and_scale_are_undone(folder: Path) -> None:
    steps = [{"type": "Normalize", "mean": [10, 20, 30], "std": [3, 4, 5]}, {"type": "Mirror"}]

    made = preview(spec_of(folder, [*steps, {"type": "Scale", "factor": 2}]), Wanted(count=6))

    assert cells(made, columns=3) == [(40 * k, 10 * k, 0) for k in range(6)]
    assert made.notes == ("data: mean and scale undone",)


def test_blue_green_red_are_shown_as_they_are(folder: Path) -> None:
    write_channels(folder, "BGR")

    made = preview(spec_of(folder, [{"type": "ToRGB"}, {"type": "ToBGR"}]), Wanted(count=4))

    assert cells(made, columns=2) == [(0, 10 * k, 40 * k) for k in range(4)]


def write_channels(folder: Path, channels: Any) -> None:
    columns = read_path(folder / "images.lmdb")
    fields = (
        FieldSpec(name="data", dtype="uint8", shape=(3, 4, 4)),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    with create_tables(folder / "images.lmdb", force=True) as tables:
        tables.table(None, fields, channels=channels, classes=("a", "b", "c")).write(columns)


def test_what_cannot_be_undone_is_stretched(folder: Path) -> None:
    np.save(folder / "mean.npy", np.full((3, 4, 4), 1, np.float32))

    made = preview(spec_of(folder, {"mean_file": "mean.npy"}), Wanted(count=6))

    # from -1 (0 - 1) to 199 (200 - 1): (40 k) / 200 of 255
    assert cells(made, columns=3) == [(round(51 * k), round(12.75 * k), 0) for k in range(6)]
    assert made.notes == ("data: stretched: -1 is black, 199 white",)


def test_a_later_epoch_begins_at_its_first_sample(folder: Path) -> None:
    """6 samples, batches of 4: epoch 1 begins in the middle of batch 1, at sample 0 again."""
    spec = spec_of(folder, [])

    made = preview(spec, Wanted(count=3, epoch=1))

    assert cells(made, columns=2) == [(40 * k, 10 * k, 0) for k in range(3)]


def test_an_evaluation_set_ends_where_it_ends(folder: Path) -> None:
    made = preview(spec_of(folder, []), Wanted("val", count=100))

    assert made.count == 6


def test_mixed_samples_are_shown_as_they_are(folder: Path) -> None:
    """Colours in between."""
    mixed = [{"type": "MixUp", "alpha": 1}]

    made = preview(spec_of(folder, mixed, label=[3]), Wanted(count=6))

    found = cells(made, columns=3)
    for first, second, (low, high) in ((0, 1, (0, 40)), (2, 3, (80, 120))):
        assert all(low <= found[at][0] <= high for at in (first, second))
    assert found[0] != (0, 0, 0)


def test_a_label_image_stands_beside_its_image(tmp_path: Path) -> None:
    spec = load_spec(write_pairs(tmp_path))

    made = preview(spec, Wanted(count=4))

    assert made.notes == ("data: as stored", "mask: a colour for each class")
    image = Image.open(io.BytesIO(made.picture.png))
    assert image.width > image.height * 1.5  # two columns of two pictures beside each other
    colours = {colour for _, colour in image.getcolors(1 << 20) or []}
    assert (128, 0, 0) in colours  # class 1, as Pascal VOC has it


def refusal(spec: Spec, wanted: Wanted) -> str:
    with pytest.raises(SpecError) as caught, located(spec):
        preview(spec, wanted)
    return str(caught.value).splitlines()[0].rpartition("/")[2]


def test_refuses_what_cannot_be_shown(folder: Path) -> None:
    spec = spec_of(folder, [])
    with pytest.raises(UsageError) as caught:
        preview(spec, Wanted("tset"))
    assert str(caught.value) == "there is no data.tset; known: train, val"
    with pytest.raises(UsageError) as caught:
        preview(spec, Wanted("val", epoch=2))
    assert str(caught.value) == "epochs are those of the training: data.val has none"


def test_refuses_a_set_without_images(folder: Path) -> None:
    rows: dict[str, Array] = {"data": np.zeros((4, 5), np.float32), "label": np.zeros(4, np.int64)}
    write(folder / "images.lmdb", rows, force=True)
    spec_of(folder, [])
    path = folder / "spec.yaml"
    path.write_text(path.read_text().replace("- 3\n    - 4\n    - 4", "- 5"))

    assert refusal(load_spec(path), Wanted()) == (
        "spec.yaml:3:13 data.train.source: the set has no images to show"
    )


@pytest.mark.parametrize(
    ("labels", "classes", "texts"),
    [
        ([[1], [0]], ("ape", "bee"), ["bee", "ape"]),
        ([[1.0], [2.0]], ("ape", "bee"), ["bee", "2"]),
        ([[0.25, 0.0, 0.75]], ("ape", "bee", "cat"), ["cat 75%, ape 25%"]),
        ([[0.0, 1.0, 0.0]], ("ape", "bee", "cat"), ["bee"]),
        ([[0.5, 1.5, 2.0, 3.0]], None, ["0.5 1.5 2 …"]),
        ([[7]], None, ["7"]),
    ],
)
def test_labels_are_told_in_words(labels: Any, classes: Any, texts: list[str]) -> None:
    assert list(told(np.array(labels), classes)) == texts
