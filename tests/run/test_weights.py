from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from protonet.errors import DataError
from protonet.run.job import Job, prepare
from protonet.run.weights import Told, own_weights, start_from
from protonet.schema import load_spec, respecified
from tests.small import small_file, small_spec


def job(folder: Path, more: str = "") -> Job:
    return prepare(small_spec(folder, more=more), None, pytest.fail)


def saved(path: Path, **shapes: tuple[int, ...]) -> str:
    """Write sevens of these shapes; in a name, _ stands for the slash."""
    arrays = {name.replace("_", "/"): np.full(shape, 7, "f4") for name, shape in shapes.items()}
    np.savez(path, allow_pickle=False, **arrays)
    return str(path)


def test_the_files_of_a_spec_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    spec = load_spec(small_file(tmp_path / "home", more="weights: [a.npz, /b.npz, zoo://c]"))
    made = prepare(spec, None, pytest.fail)
    assert own_weights(spec, made) == [str(tmp_path / "home/a.npz"), "/b.npz", "zoo://c"]


def test_without_files_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert start_from(job(tmp_path), []) == Told()


def test_several_files_are_told_one_by_one_and_together(tmp_path: Path) -> None:
    paths = [
        saved(tmp_path / "a.npz", hidden_weight=(5, 6), scores_bias=(3,)),
        saved(tmp_path / "b.npz", hidden_bias=(5,)),
    ]
    told = start_from(job(tmp_path), paths)
    assert told.shown == (
        f"weights from {paths[0]}: 2 of 4 parameters loaded",
        "  left as they were, not in the file: hidden/bias, scores/weight",
        f"weights from {paths[1]}: 1 of 4 parameters loaded",
        "  left as they were, not in the file: hidden/weight, scores/weight, scores/bias",
        "weights of all 2: 3 of 4 loaded",
    )
    assert told.whole == (
        told.shown[0],
        "  loaded: hidden/weight, scores/bias",
        *told.shown[1:3],
        "  loaded: hidden/bias",
        *told.shown[3:],
        "  left as they were: scores/weight",
    )


def test_what_the_spec_does_not_allow_to_be_missing_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", hidden_weight=(5, 6), hidden_bias=(5,))
    spec = small_spec(tmp_path, more="allow_missing: scores")
    assert len(start_from(prepare(spec, None, pytest.fail), [path]).shown) == 2
    strict = respecified(spec, ["solver.allow_missing=false"])
    with pytest.raises(DataError) as caught:
        start_from(prepare(strict, None, pytest.fail), [path])
    assert str(caught.value) == (
        f"{path}: 2 of 4 parameters would stay as they are, and solver.allow_missing does not "
        "permit it: scores/weight, scores/bias"
    )


def test_the_average_begins_with_the_weights_that_were_loaded(tmp_path: Path) -> None:
    made = job(tmp_path, "ema: 0.9")
    start_from(made, [saved(tmp_path / "a.npz", scores_bias=(3,))])
    assert made.average is not None
    assert made.average.tensors["scores/bias"].tolist() == [7, 7, 7]
    own = made.net.named_tensors()
    assert all(torch.equal(own[name], kept) for name, kept in made.average.tensors.items())
