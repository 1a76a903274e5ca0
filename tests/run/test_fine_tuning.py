"""What a first spec says of a model of the zoo: its preprocessing, net, weights and rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from protonet.errors import UsageError
from protonet.run.classifiers import Classifiers
from protonet.run.fine_tuning import FineTuning, fine_tuning
from protonet.snapshot import Evaluation
from protonet.zoo import find
from protonet.zoo.push import push
from tests.zoo.made import ABOUT, NET, weights

MEAN: Mapping[str, object] = {"type": "Mean", "value": [1, 2, 3]}


def tuning(*steps: Mapping[str, object], layers: tuple[str, ...] = ("fc",)) -> FineTuning:
    evaluation = Evaluation(input="data", shape=(3, 8, 8), transform=tuple(map(dict, steps)))
    return FineTuning("zoo://tiny", evaluation, layers, (), False)


def test_training_takes_windows_by_chance_where_a_test_takes_the_centre() -> None:
    one = tuning(
        {"type": "Resize", "short": 9, "interpolation": "bicubic"},
        {"type": "CenterCrop", "size": [8, 8]},
        MEAN,
    )
    assert list(one.transform(training=True)) == [
        "    transform:                   # as zoo://tiny takes them",
        "      - {type: RandomResizedCrop, size: [8, 8], interpolation: bicubic}",
        "      - {type: Mirror}",
        "      - {type: Mean, value: [1, 2, 3]}",
    ]
    assert list(one.transform(training=False))[1:] == [
        "      - {type: Resize, short: 9, interpolation: bicubic}",
        "      - {type: CenterCrop, size: [8, 8]}",
        "      - {type: Mean, value: [1, 2, 3]}",
    ]


def test_other_preprocessing_is_that_of_both() -> None:
    one = tuning({"type": "Resize", "size": 8, "short": None}, MEAN)
    assert list(one.transform(training=True)) == list(one.transform(training=False))
    assert list(one.transform(training=True))[1] == "      - {type: Resize, size: 8}"
    assert list(tuning().transform(training=True)) == ["    transform: {}"]


def test_preprocessing_that_nobody_would_write_is_refused() -> None:
    one = tuning({"type": "Mean", "value": [0.5] * 3072})
    # {type: Mean, value: [...]}: 3,072 numbers of 3 characters, 3,071 commas and spaces, and 23
    with pytest.raises(UsageError) as raised:
        list(one.transform(training=False))
    assert str(raised.value) == (
        "zoo://tiny: its Mean is too long for a spec to be read (15,381 characters); write one by "
        "hand, as docs/zoo.md shows"
    )


def test_names_are_written_so_that_they_are_read_again() -> None:
    one = replace(tuning(layers=("a*[1]", "no", "b/$c")), removed=("top5",), normalized=True)
    assert list(one.net()) == [
        "net:\n  base: zoo://tiny",
        "  layers:                      # what differs from the base",
        '    - {name: "a*[1]", num_output: $data.classes}',
        "    - {name: no, num_output: $data.classes}",
        '    - {name: "b/$$c", num_output: $data.classes}',
        "    - {name: top5, remove: true}   # the classes are too few",
    ]
    rates = [line for line in one.solver() if "match" in line or "base_lr:" in line]
    assert rates == [
        "  base_lr: 0.01                  # try a third of it and three times as much, too",
        "    - {match: '*', lr_mult: 0.1}   # what is trained changes slowly",
        '    - {match: "a[*][[]1]", lr_mult: 10}   # new: at base_lr',
        "    - {match: no, lr_mult: 10}   # new: at base_lr",
        '    - {match: "b/$$c", lr_mult: 10}   # new: at base_lr',
    ]


def test_a_net_with_a_variable_for_its_classes_is_given_their_number() -> None:
    one = replace(tuning(), classes=5)
    assert list(one.net()) == ["vars: {classes: 5}   # of the base", "net:\n  base: zoo://tiny"]
    assert list(replace(one, removed=("top5",)).net())[2:] == [
        "  layers:                      # what differs from the base",
        "    - {name: top5, remove: true}   # the classes are too few",
    ]


@pytest.mark.parametrize(
    ("name", "classes", "removed", "normalized"),
    [
        ("resnet18.a1_in1k", 5, ("top5",), True),
        ("squeezenet1_0", 5, ("top5",), False),
        ("squeezenet1_0", 6, (), False),
    ],
)
def test_the_built_in_index_needs_no_download(
    name: str, classes: int, removed: tuple[str, ...], normalized: bool
) -> None:
    found = fine_tuning(
        f"zoo://{name}", classes, Classifiers(("fc",)), find.net_file(f"zoo://{name}")
    )
    assert (found.removed, found.normalized) == (removed, normalized)
    assert found.evaluation.shape == (3, 224, 224)


def test_a_model_whose_preprocessing_is_not_known_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    push(models, replace(ABOUT, evaluation=None), NET, weights())
    monkeypatch.setenv("PROTONET_ZOO", str(models))
    with pytest.raises(UsageError) as raised:
        fine_tuning("zoo://tiny", 3, Classifiers(("ip",)), models / "tiny" / "net.yaml")
    assert str(raised.value) == (
        "zoo://tiny: how its samples are prepared is not known; write a spec by hand, as "
        "docs/zoo.md shows"
    )
