from __future__ import annotations

import pytest
import torch

from protonet.errors import DataError
from protonet.layers.labels import NO_LABEL
from protonet.net import Net
from protonet.net.label_range import LabelRange, label_ranges
from tests.specs import net_of

IP = "name: ip, type: InnerProduct, num_output: 4"


def ranges(*lines: str, label: str = "{shape: [], dtype: int64}") -> list[LabelRange]:
    """Return what the layers of a net take from its input `label`."""
    inputs = f"{{data: [2, 8, 8], label: {label}}}"
    found = label_ranges(Net(net_of(*lines, inputs=inputs), "test"))
    assert {*found} <= {"label"}
    return list(found.get("label", ()))


@pytest.mark.parametrize("kind", ["SoftmaxWithLoss", "HingeLoss", "MultinomialLogisticLoss"])
def test_a_loss_takes_as_many_labels_as_it_has_scores(kind: str) -> None:
    assert ranges(IP, f"name: loss, type: {kind}, bottom: [ip, label]") == [
        LabelRange("loss", 4, NO_LABEL)
    ]


def test_every_layer_that_reads_the_labels_has_its_range() -> None:
    found = ranges(
        IP,
        "name: loss, type: SoftmaxWithLoss, bottom: [ip, label], ignore_label: 255",
        "name: accuracy, type: Accuracy, bottom: [ip, label]",
    )
    assert found == [LabelRange("loss", 4, 255), LabelRange("accuracy", 4, NO_LABEL)]


def test_every_further_axis_is_a_class_where_there_is_no_axis_to_choose() -> None:
    found = ranges("name: loss, type: HingeLoss, bottom: [data, label]")
    assert found == [LabelRange("loss", 2 * 8 * 8, NO_LABEL)]


def test_classes_lie_along_the_axis_that_is_said() -> None:
    found = ranges(
        "name: loss, type: SoftmaxWithLoss, bottom: [data, label], axis: -1",
        label="{shape: [2, 8], dtype: int64}",
    )
    assert found == [LabelRange("loss", 8, NO_LABEL)]


def test_torchs_losses_have_their_own_word_for_what_is_ignored() -> None:
    found = ranges(
        IP,
        "name: cross, type: nn.CrossEntropyLoss, bottom: [ip, label]",
        "name: margin, type: nn.MultiMarginLoss, bottom: [ip, label]",
    )
    assert found == [LabelRange("cross", 4, -100), LabelRange("margin", 4, NO_LABEL)]


def test_shares_of_every_class_are_no_labels() -> None:
    line = "name: cross, type: nn.CrossEntropyLoss, bottom: [ip, label]"
    assert ranges(IP, line, label="[4]") == []


def test_labels_that_a_layer_changes_are_not_known_before() -> None:
    assert (
        ranges(
            IP,
            "name: flat, type: Flatten, bottom: label, axis: 0",
            "name: loss, type: SoftmaxWithLoss, bottom: [ip, flat]",
        )
        == []
    )


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.uint16, torch.float32])
def test_labels_within_the_classes_pass(dtype: torch.dtype) -> None:
    LabelRange("loss", 4, NO_LABEL).check(torch.tensor([0, 3], dtype=dtype))
    LabelRange("loss", 4, 255).check(torch.tensor([0, 255], dtype=dtype))
    LabelRange("loss", 4, NO_LABEL).check(torch.tensor([], dtype=dtype))


@pytest.mark.parametrize("label", [4, -1, 255])
def test_a_label_outside_them_is_named_with_layer_and_sample(label: int) -> None:
    with pytest.raises(DataError) as caught:
        LabelRange("loss", 4, 254).check(torch.tensor([[0, 1], [254, 2], [3, label]]))
    assert str(caught.value) == (
        f"layer loss: label {label} is outside the 4 classes (0 to 3), first at sample 2 of the"
        " batch"
    )
