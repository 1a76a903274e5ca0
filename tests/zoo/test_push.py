"""`push`: a model into a folder of models, whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from protonet.errors import DataError, StorageError, UsageError
from protonet.zoo.model import damage_of, read_model
from protonet.zoo.push import push
from tests.zoo.made import ABOUT, NET, files_of, pushed, weights


def test_a_model_is_a_folder_of_three_files_in_the_index(tmp_path: Path) -> None:
    folder = pushed(tmp_path / "models")
    assert sorted(files_of(folder)) == [
        "index.json",
        "tiny/model.json",
        "tiny/net.yaml",
        "tiny/weights.safetensors",
    ]
    model = read_model((folder / "tiny/model.json").read_bytes(), "x")
    assert (model.parameters, model.multiply_adds) == (15, 12)  # 3 * 4 + 3, 3 * 4
    assert (model.licence, model.evaluation) == ("CC0", ABOUT.evaluation)
    assert damage_of(folder / "tiny", model) == ""
    assert json.loads((folder / "index.json").read_bytes()) == {
        "version": 1,
        "models": {"tiny": ["classification", "accuracy 0.7500", "CC0"]},
    }


def test_one_of_that_name_is_replaced_on_request_only(tmp_path: Path) -> None:
    folder = pushed(tmp_path)
    before = files_of(folder)
    with pytest.raises(UsageError) as raised:
        pushed(folder, 2.0)
    assert str(raised.value) == (
        f"{folder}/tiny: there is such a model already; replace it: --force"
    )
    assert files_of(folder) == before
    pushed(folder, 2.0, force=True)
    changed = {name for name, data in files_of(folder).items() if data != before[name]}
    assert changed == {"tiny/model.json", "tiny/weights.safetensors"}


def test_weights_that_are_not_the_nets_are_refused_and_nothing_changes(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        push(tmp_path, ABOUT, NET, {**weights(), "ip2/weight": torch.zeros(1)})
    assert str(raised.value) == (
        f"{tmp_path}/.tiny.partial/weights.safetensors: these are other weights than the net's: "
        "the net has no ip2/weight"
    )
    assert files_of(tmp_path) == {}


def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^'\.\./x': a model is named by"):
        push(tmp_path, replace(ABOUT, name="../x"), NET, weights())


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError) as raised:
        pushed(tmp_path / "file")
    assert str(raised.value) == f"{tmp_path}/file: cannot be written: File exists"
