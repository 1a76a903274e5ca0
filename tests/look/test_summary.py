from __future__ import annotations

import pytest

from protonet.errors import PathErrors, UsageError
from protonet.look.summary import Row, Summary, Top, Totals, summarise
from protonet.spec.state import Phase
from tests.specs import spec_of

LENET = """\
    name: lenet
    data: {train: {source: gone.lmdb, batch_size: 64}}
    net:
      inputs: {data: [1, 28, 28], label: {shape: [], dtype: int64}}
      layers:
        - {name: conv1, type: Convolution, num_output: 20, kernel_size: 5}
        - {name: pool1, type: Pooling, pool: MAX, kernel_size: 2, stride: 2}
        - {name: ip1, type: InnerProduct, num_output: 500}
        - {name: relu1, type: ReLU, top: ip1}
        - {name: ip2, type: InnerProduct, num_output: 10}
        - {name: loss, type: SoftmaxWithLoss, bottom: [ip2, label]}
        - {name: accuracy, type: Accuracy, bottom: [ip2, label], phase: test}
"""


def summary(phase: Phase = "train", **sizes: int) -> Summary:
    return summarise(spec_of(LENET), phase, sizes)


def test_each_layer_is_counted() -> None:
    conv1, pool1, ip1, relu1, ip2, loss = summary().layers
    assert conv1 == Row(
        "conv1",
        "Convolution",
        (Top("conv1", ("N", 20, 24, 24), "float32"),),
        parameters=520,  # 20 * 5 * 5 + 20
        statistics=0,
        shared_with=None,
        multiply_adds=288_000,  # 20 * 24 * 24 * 5 * 5
        activation_bytes=2_949_120,  # 64 * 20 * 24 * 24 * 4
    )
    assert (pool1.parameters, pool1.multiply_adds, pool1.activation_bytes) == (0, 0, 737_280)
    assert ip1.parameters == 1_440_500  # 20 * 12 * 12 * 500 + 500
    assert ip1.multiply_adds == 1_440_000
    assert relu1.tops == (Top("ip1", ("N", 500), "float32"),)
    assert (ip2.parameters, loss.tops[0].axes) == (5010, ())


def test_totals_and_sizes() -> None:
    given = summary()
    assert (given.name, given.phase, given.sizes, given.per_sample) == (
        "lenet",
        "train",
        {"N": 64},
        True,
    )
    # 520 + 1,440,500 + 5,010 parameters; 288,000 + 1,440,000 + 5,000 multiply-adds
    assert given.totals == Totals(1_446_030, 1_446_030, 0, 1_733_000)
    assert [*given.memory] == ["train", "test"]


def test_the_batch_changes_memory_and_not_the_work_per_sample() -> None:
    one, two = summary(N=1), summary(N=2)
    assert one.totals == two.totals
    sizes = [row.activation_bytes for row in one.layers[:-1]]
    assert [row.activation_bytes for row in two.layers[:-1]] == [2 * size for size in sizes]
    assert {part.name: part.bytes for part in one.memory["test"]}["data"] == 28 * 28 * 4 + 8


def test_another_phase_has_its_own_layers_and_the_same_memory() -> None:
    assert [row.name for row in summary("test").layers][-1] == "accuracy"
    assert [row.name for row in summary("deploy").layers][-1] == "prob"
    assert summary("test").memory == summary().memory == summary("deploy").memory


def test_without_data_the_batch_is_one() -> None:
    text = LENET.replace("data: {train: {source: gone.lmdb, batch_size: 64}}", "")
    assert summarise(spec_of(text)).sizes == {"N": 1}


def test_statistics_stand_apart_and_what_is_shared_counts_once() -> None:
    given = summarise(
        spec_of("""\
            name: pair
            net:
              inputs: {a: [4], b: [4]}
              layers:
                - {name: one, type: InnerProduct, num_output: 3, bottom: a, frozen: true,
                   param: {weight: {name: w}, bias: {name: v}}}
                - {name: two, type: InnerProduct, num_output: 3, bottom: b, frozen: true,
                   param: {weight: {name: w}, bias: {name: v}}}
                - {name: norm, type: BatchNorm}
                - {name: scale, type: Scale, bias_term: true}
            """)
    )
    assert [(row.parameters, row.statistics, row.shared_with) for row in given.layers] == [
        (15, 0, None),  # 4 * 3 + 3
        (15, 0, "one"),
        (0, 7, None),  # mean and variance of 3 channels, and the factor they are summed with
        (6, 0, None),
    ]
    assert given.totals == Totals(15 + 6, 6, 7, 2 * 12 + given.layers[3].multiply_adds)
    assert [*given.memory] == ["test"]  # without a loss there is no training


def test_a_net_of_fixed_shapes_is_counted_as_it_is_written() -> None:
    given = summarise(
        spec_of("""\
            name: fixed
            net:
              layers:
                - {name: data, type: Input, shape: [10, 4]}
                - {name: ip, type: InnerProduct, num_output: 3}
            """),
        "deploy",
    )
    assert (given.sizes, given.per_sample) == ({}, False)
    assert given.totals.multiply_adds == 10 * 4 * 3


def test_other_named_axes_have_a_size_too() -> None:
    text = """\
        name: sequence
        net:
          inputs: {data: [N, T, 4]}
          layers:
            - {name: ip, type: InnerProduct, num_output: 3, axis: 2}
        """
    assert summarise(spec_of(text)).sizes == {"N": 1, "T": 100}
    given = summarise(spec_of(text), sizes={"T": 7, "N": 2})
    assert given.layers[0].tops[0].axes == ("N", "T", 3)
    assert given.layers[0].multiply_adds == 7 * 4 * 3


def test_a_size_of_no_axis_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        summary(T=3)
    assert str(caught.value) == "no input of the net has an axis T; known: N"


def test_a_net_that_cannot_be_is_refused() -> None:
    with pytest.raises(PathErrors, match="axis 7"):
        summarise(spec_of(LENET, "net.layers.relu1={name: relu1, type: Softmax, axis: 7}"))
