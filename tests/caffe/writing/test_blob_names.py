from __future__ import annotations

from tests.caffe.writing.writing import refusals, written


def blobs(*lines: str, **keys: object) -> list[str]:
    """Return what each layer reads and gives."""
    made = written(*lines, **keys)  # type: ignore[arg-type]
    return [
        f"{wired.node.layer.name}: {' '.join(wired.bottoms)} > {' '.join(wired.tops)}"
        for wired in made.layers
    ]


def test_a_layer_that_computes_in_place_keeps_the_name() -> None:
    assert blobs(
        "name: conv, type: Convolution, num_output: 2, kernel_size: 1",
        "name: norm, type: BatchNorm, top: conv",
        "name: relu, type: ReLU, top: conv",
    ) == ["conv: data > conv", "norm: conv > conv", "relu: conv > conv"]


def test_a_value_that_somebody_else_reads_is_not_written_over() -> None:
    made = written(
        "name: conv, type: Convolution, num_output: 2, kernel_size: 1",
        "name: relu, type: ReLU, bottom: conv, top: conv",
        "name: sum, type: Eltwise, bottom: [conv, 'layer:conv']",
    )

    assert made.names.renamed == {"layer:conv": "conv_2"}
    assert [wired.bottoms for wired in made.layers] == [("data",), ("conv_2",), ("conv", "conv_2")]


def test_a_layer_that_cannot_compute_in_place_gets_a_blob_of_its_own() -> None:
    assert blobs(
        "name: conv, type: Convolution, num_output: 2, kernel_size: 1, top: x",
        "name: pool, type: Pooling, kernel_size: 2, bottom: x, top: x",
        "name: sigmoid, type: Sigmoid, bottom: x, top: x",
    ) == ["conv: data > conv", "pool: conv > x", "sigmoid: x > x"]


def test_an_input_keeps_its_name() -> None:
    assert blobs(
        "name: pool, type: Pooling, kernel_size: 2, bottom: data, top: data",
        "name: relu, type: ReLU, bottom: data, top: data",
        "name: last, type: ReLU, bottom: data",
    ) == ["pool: data > pool", "relu: pool > pool", "last: pool > last"]


def test_a_second_top_gets_a_name_that_nobody_has() -> None:
    made = written(
        "name: cut, type: Slice, top: [a, b]",
        "name: b_2, type: Pooling, kernel_size: 2, bottom: b, top: b",
        "name: c, type: Eltwise, bottom: [a, 'layer:cut']",
        "name: d, type: ReLU, bottom: b",
    )

    assert made.names.renamed == {"layer:cut.1": "cut"}


def test_a_name_of_another_phase_is_no_hindrance() -> None:
    assert blobs(
        "name: conv, type: Convolution, num_output: 2, kernel_size: 1, top: x",
        "name: drop, type: Dropout, bottom: x, top: x, phase: train",
        "name: relu, type: ReLU, bottom: x, top: x",
        phases=("train", "test"),
    ) == ["conv: data > x", "drop: x > x", "relu: x > x"]


def test_a_layer_that_reads_another_blob_in_another_phase_is_told() -> None:
    made_in = (
        "name: conv, type: Convolution, num_output: 2, kernel_size: 1, top: x",
        "name: pool, type: Pooling, kernel_size: 2, bottom: x, top: x, phase: train",
        "name: relu, type: ReLU, bottom: x, top: x",
    )
    assert refusals(*made_in, phases=("train", "test")) == [
        "net.layers.1: blobs of one name around pool are others in phase test than in phase train "
        "(Caffe has one name for each: give the blobs names of their own)"
    ]
