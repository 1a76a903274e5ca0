from __future__ import annotations

import pytest
import torch

from protonet.debug.gradcheck_inputs import random_inputs, uses_of
from protonet.net import Net
from tests.specs import net_of

SIZES = {"N": 40, "T": 3}


def made(*lines: str, inputs: str) -> dict[str, torch.Tensor]:
    return random_inputs(Net(net_of(*lines, inputs=inputs)), SIZES, 0)


def test_numbers_are_float64_of_the_shapes_asked_for_and_normal() -> None:
    found = made("name: a, type: TanH", inputs="{x: [T, N, 50]}")["x"]
    assert (found.shape, found.dtype) == ((3, 40, 50), torch.float64)
    assert abs(float(found.mean())) < 0.05
    assert abs(float(found.std()) - 1) < 0.05


def test_they_follow_from_the_seed_and_the_name() -> None:
    net = Net(net_of("name: a, type: Eltwise, bottom: [x, y]", inputs="{x: [3], y: [3]}"))
    one, same, other = (random_inputs(net, SIZES, seed) for seed in (1, 1, 2))
    assert torch.equal(one["x"], same["x"])
    assert not torch.equal(one["x"], one["y"])
    assert not torch.equal(one["x"], other["x"])


@pytest.mark.parametrize("dtype", ["int64", "float32"])
@pytest.mark.parametrize(
    ("loss", "scores", "shape", "classes"),
    [
        ("type: SoftmaxWithLoss", "[3]", "[]", 3),
        ("type: SoftmaxWithLoss, axis: -1", "[2, 5]", "[2]", 5),
        ("type: HingeLoss", "[2, 2]", "[]", 4),  # every further axis is a class's
        ("type: InfogainLoss, matrix: [[1, 0], [0, 1]]", "[2]", "[]", 2),
        ("type: Accuracy", "[3]", "[]", 3),
    ],
)
def test_labels_are_classes_that_the_scores_have(
    loss: str, scores: str, shape: str, classes: int, dtype: str
) -> None:
    found = made(
        f"name: loss, {loss}, bottom: [x, label]",
        inputs=f"{{x: {scores}, label: {{shape: {shape}, dtype: {dtype}}}}}",
    )["label"]
    wide = torch.int64 if dtype == "int64" else torch.float64
    assert found.dtype == wide
    assert set(found.flatten().tolist()) == set(range(classes))


def test_labels_are_known_through_layers_that_only_move_them() -> None:
    found = made(
        "name: cut, type: Slice, axis: 1, slice_point: [1], bottom: labels, top: [one, two]",
        "name: flat, type: Flatten, bottom: one",
        "name: loss, type: SoftmaxWithLoss, bottom: [x, flat]",
        "name: quiet, type: Silence, bottom: two",
        inputs="{x: [3], labels: {shape: [2, 1], dtype: int64}}",
    )["labels"]
    assert set(found.flatten().tolist()) == {0, 1, 2}


@pytest.mark.parametrize(
    ("line", "inputs", "values"),
    [
        ("type: Embed, num_output: 2, input_dim: 4", "{i: []}", {0, 1, 2, 3}),
        (
            "type: nn.Embedding, num_embeddings: 3, embedding_dim: 2",
            "{i: {shape: [], dtype: int64}}",
            {0, 1, 2},
        ),
        ("type: LSTM, num_output: 2, bottom: [x, i]", "{x: [T, N, 2], i: [T, N]}", {0, 1}),
        ("type: Filter, bottom: [x, i]", "{x: [2], i: []}", {0, 1}),
    ],
)
def test_indices_and_marks(line: str, inputs: str, values: set[int]) -> None:
    assert set(made(f"name: a, {line}", inputs=inputs)["i"].flatten().tolist()) == values


def test_samples_that_are_listed_exist() -> None:
    found = made(
        "name: a, type: BatchReindex, bottom: [x, i]",
        inputs="{x: {shape: [4, 2], batch: false}, i: {shape: [90], batch: false}}",
    )["i"]
    assert set(found.tolist()) == {0, 1, 2, 3}


def test_boxes_lie_in_the_first_image() -> None:
    found = made(
        "name: a, type: ROIPooling, bottom: [x, boxes], pooled_h: 2, pooled_w: 2",
        inputs="{x: [2, 6, 6], boxes: [5]}",
    )["boxes"]
    assert set(found[:, 0].tolist()) == {0}
    assert bool((found[:, 1:3] < found[:, 3:] + 2).all())
    assert (float(found.min()), float(found.max())) == (0, 3)


@pytest.mark.parametrize(
    ("line", "least", "most"),
    [("type: Log", 0.5, 1.5), ("type: Power, power: 0.5", 0.5, 1.5), ("type: nn.BCELoss", 0, 1)],
)
def test_numbers_stay_where_a_function_is_defined(line: str, least: float, most: float) -> None:
    bottoms = ", bottom: [x, y]" if "BCE" in line else ", bottom: x"
    found = made(f"name: a, {line}{bottoms}", inputs="{x: [30], y: [30]}")
    assert all(least <= float(one.min()) <= float(one.max()) <= most for one in found.values())


def test_whole_numbers_without_a_meaning_are_small_and_bytes_are_grays() -> None:
    found = made(
        "name: a, type: Silence, bottom: [b, i, t]",
        inputs="{b: {shape: [99], dtype: uint8}, i: {shape: [9], dtype: int32},"
        " t: {shape: [9], dtype: bool}}",
    )
    assert (int(found["b"].max()), found["b"].dtype) == (255, torch.uint8)
    assert (set(found["i"].flatten().tolist()), found["i"].dtype) == ({0, 1}, torch.int32)
    assert found["t"].dtype == torch.bool


def test_places_of_a_map_are_all_different() -> None:
    found = made(
        "name: a, type: Upsample, scale: 2, bottom: [x, mask]",
        inputs="{x: [2, 3, 3], mask: [2, 3, 3]}",
    )["mask"]
    assert bool((found.flatten(2).sort(-1).values == torch.arange(9.0)).all())


def test_what_is_no_number_to_be_moved_is_known() -> None:
    net = Net(
        net_of(
            "name: a, type: EuclideanLoss, bottom: [x, y]",
            "name: b, type: SoftmaxWithLoss, bottom: [x, label]",
            inputs="{x: [3], y: [3], label: []}",
        )
    )
    uses = {value.blob: use.differs for value, use in uses_of(net, SIZES).items()}
    assert uses == {"label": False, "y": True}  # y is a share from 0 to 1


@pytest.mark.parametrize("ignored", [0, 1])
@pytest.mark.parametrize(
    "line", ["SoftmaxWithLoss, ignore_label", "nn.CrossEntropyLoss, ignore_index"]
)
def test_some_label_counts(line: str, ignored: int) -> None:
    net = Net(
        net_of(
            f"name: a, type: {line}: {ignored}, bottom: [x, y]",
            inputs="{x: [2], y: {shape: [], dtype: int64}}",
        )
    )
    labels = [random_inputs(net, {"N": 2}, seed)["y"].tolist() for seed in range(30)]
    assert all(1 - ignored in two for two in labels)
    assert any(ignored in two for two in labels)
