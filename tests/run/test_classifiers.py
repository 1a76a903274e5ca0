"""Which layers of a net give the classes, and whether a file on top can change how many."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import UsageError
from protonet.run.classifiers import Classifiers, classifiers
from protonet.zoo.shipped import shipped_nets
from tests.run.test_starter import IN_A_BLOCK, LINEAR


def test_the_layers_that_give_a_loss_its_scores_are_found_once(tmp_path: Path) -> None:
    path = tmp_path / "linear.yaml"
    path.write_text(LINEAR)
    assert classifiers(path) == Classifiers(("fc2", "aux"), False, (4,))
    again = "    - {name: hinge, type: HingeLoss, bottom: [fc2, label]}\n"
    path.write_text(LINEAR + again)
    assert classifiers(path) == Classifiers(("fc2", "aux"), False, (4,))


def test_layers_inside_blocks_may_have_their_number_from_a_variable(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(IN_A_BLOCK)
    assert classifiers(path) == Classifiers(("out/ip",), True, (4,))


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("googlenet", ("loss1/classifier", "loss2/classifier", "loss3/classifier")),
        ("inception_v3_torchvision", ("auxiliary/fc", "fc")),
        ("nin", ("cccp8",)),
    ],
)
def test_nets_that_come_with_protonet_have_one(name: str, layers: tuple[str, ...]) -> None:
    found = classifiers(shipped_nets()[name])
    assert (found.names, found.by_variable) == (layers, True)


NO_CLASSIFIER = "so its number of classes cannot be changed from outside"


def test_a_net_whose_classes_cannot_be_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("net: {inputs: {data: [4]}, layers: [{name: a, type: ReLU}]}\n")
    with pytest.raises(UsageError) as caught:
        classifiers(path)
    assert str(caught.value) == f"{path}: it has no loss with scores, {NO_CLASSIFIER}"


@pytest.mark.parametrize(
    "other",
    [
        IN_A_BLOCK.replace("$classes", "10"),  # the variable is there, for nothing
        IN_A_BLOCK.replace("$classes", "10").replace("vars: {classes: 10}\n", ""),
        IN_A_BLOCK.replace("$classes", "$(classes + 1)"),
        IN_A_BLOCK.replace("{classes: 10}", "{classes: [10]}").replace(
            "$classes", "'$(classes[0])'"
        ),
    ],
)
def test_a_variable_that_is_not_their_number_is_none(tmp_path: Path, other: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(other)
    with pytest.raises(UsageError) as caught:
        classifiers(path)
    assert str(caught.value) == (
        f"{path}: its layer out/ip lies inside a block, {NO_CLASSIFIER}; write vars: {{classes: N}}"
        " in it, and num_output: $classes for each layer that has as many"
    )
