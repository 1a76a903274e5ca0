"""All that is known of one model, as people and as programs read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import UsageError
from protonet.zoo.find import find
from protonet.zoo.info import data_of, info, lines_of
from protonet.zoo.model import Model
from tests.zoo.made import pushed


def test_a_model_of_the_index_is_told_without_being_pulled() -> None:
    lines = lines_of(data_of(info("resnet18")), None)
    assert lines == [
        "resnet18: image classification",
        "  net            11,689,512 parameters, 1,814,073,344 multiply-adds per sample",
        "  accuracy       top1 0.6976, top5 0.8908 (ImageNet ILSVRC 2012, the 50,000 validation "
        "images; torchvision, one crop)",
        "  source         torchvision (resnet18-f37072fd.pth), trained on ImageNet",
        "  licence        BSD-3-Clause (torchvision); trained on ImageNet, whose images are for "
        "non-commercial research",
        "  input          3 x 224 x 224, RGB",
        "  preprocessing  Resize short 256; CenterCrop size [224, 224]; Normalize mean [123.675, "
        "116.28, 103.53] std [58.395, 57.12, 57.375]",
        "  classes        1,000: tench, goldfish, great white shark, tiger shark, hammerhead and "
        "995 more",
        "  weights        not pulled yet: https://download.pytorch.org/models/resnet18-f37072fd.pth",
        "  use            net: {base: zoo://resnet18}, --weights zoo://resnet18",
    ]


def test_a_model_of_a_mirror_is_told_before_and_after_it_is_pulled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROTONET_ZOO", str(pushed(tmp_path / "models")))
    found = info("zoo://tiny")
    assert isinstance(found, Model)
    lines = lines_of(data_of(found), None)
    assert lines == [
        "tiny: classification",
        "  net            15 parameters, 12 multiply-adds per sample",
        "  accuracy       accuracy 0.7500 (test; hand)",
        "  source         the test",
        "  licence        CC0",
        "  input          4",
        "  preprocessing  Scale factor [0.5]",
        "  classes        3: a, b, c",
        "  weights        0.0 MB, not pulled yet",
        "  use            net: {base: zoo://tiny}, --weights zoo://tiny",
    ]
    pulled = find("zoo://tiny")
    assert lines_of(data_of(info("tiny")), pulled)[-2] == (
        f"  weights        0.0 MB in {pulled.folder}"
    )


def test_what_others_say_of_a_model_does_nothing_to_a_terminal() -> None:
    data = {**data_of(info("resnet18")), "licence": "\x1b[2J", "task": "a\nb"}
    lines = lines_of(data, None)
    assert lines[0] == "resnet18: a?b"
    assert "  licence        ?[2J" in lines


def test_an_unknown_model_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        info("resnet81")
    assert str(raised.value) == "zoo://resnet81: there is no such model; did you mean resnet18?"
