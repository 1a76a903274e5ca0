from __future__ import annotations

from tests.caffe.writing.writing import prototxt

LABELLED = "{data: [2, 4, 4], label: {shape: [], dtype: int64}}"


def test_a_layer_is_written_with_its_common_keys() -> None:
    assert prototxt(
        "name: ip, type: InnerProduct, num_output: 3, param: {bias: {lr_mult: 2, decay_mult: 0}}",
        "name: loss, type: SoftmaxWithLoss, bottom: [ip, label], loss_weight: 0.5, "
        "propagate_down: [true, false]",
        inputs=LABELLED,
        phases=("train", "test"),
    ).splitlines() == [
        'name: "ip" type: "InnerProduct" bottom: "data" top: "ip" param { } '
        "param { lr_mult: 2.0 decay_mult: 0.0 } inner_product_param { num_output: 3 }",
        'name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" '
        "loss_weight: 0.5 propagate_down: true propagate_down: false",
    ]


def test_parameters_that_layers_share_have_a_name() -> None:
    made = prototxt(
        "name: a, type: InnerProduct, num_output: 2, bias_term: false",
        "name: b, type: InnerProduct, num_output: 2, bias_term: false, bottom: data, share: a",
        "name: c, type: Scale, bottom: b, param: {weight: {name: w}}",
        "name: d, type: Eltwise, bottom: [a, c]",
    ).splitlines()

    assert 'param { name: "a/weight" }' in made[0]
    assert 'param { name: "a/weight" }' in made[1]
    assert 'param { name: "w" }' in made[2]


def test_what_is_frozen_learns_nothing_in_caffe() -> None:
    made = prototxt(
        "name: ip, type: Scale, frozen: true, param: {weight: {lr_mult: 3}}",
        "name: norm, type: BatchNorm, frozen: true",
        phases=("train", "test"),
    ).splitlines()

    assert "param { lr_mult: 0.0 }" in made[0]
    assert made[1].endswith("batch_norm_param { use_global_stats: true }")
    assert "lr_mult" not in made[1]  # Caffe sets these rates to 0 itself


def test_a_loss_becomes_its_activation_where_the_net_is_deployed() -> None:
    assert (
        prototxt(
            "name: ip, type: InnerProduct, num_output: 3",
            "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]",
            inputs=LABELLED,
        ).splitlines()[1]
        == 'name: "prob" type: "Softmax" bottom: "ip" top: "prob"'
    )
