from __future__ import annotations

import numpy as np
import torch

from protonet.caffe.writing.net import write_net
from protonet.caffe.writing.text import text_of
from protonet.net import prove_phases
from tests.caffe.writing.writing import written
from tests.specs import spec_of


def test_inputs_are_layers_with_the_batch_that_is_asked_for() -> None:
    made = written("name: sum, type: Reduction, axis: 1", inputs="{data: [3]}", batch=5)

    assert text_of(made.message).startswith(
        "layer {\n"
        '  name: "data"\n'
        '  type: "Input"\n'
        '  top: "data"\n'
        "  input_param {\n"
        "    shape {\n"
        "      dim: 5\n"
        "      dim: 3\n"
        "    }\n"
        "  }\n"
        "}\n"
    )


def test_an_input_whose_name_a_layer_has_is_called_otherwise() -> None:
    made = written("name: data, type: ReLU, bottom: data, top: data")

    assert [field.value for field in made.message.fields]
    assert '  name: "data_2"\n  type: "Input"\n  top: "data"\n' in text_of(made.message)


def test_an_input_of_one_phase_has_its_rule() -> None:
    made = written(
        "name: a, type: Reduction, axis: 1",
        "name: b, type: EuclideanLoss, bottom: [a, label], phase: train",
        inputs="{data: [3], label: []}",
        phases=("train", "test"),
    )
    text = " ".join(text_of(made.message).split())

    assert 'name: "data" type: "Input" top: "data" input_param' in text
    assert 'name: "label" type: "Input" top: "label" include { phase: TRAIN }' in text


def test_the_types_of_forks_are_known() -> None:
    made = written(
        "name: a, type: ReLU6", "name: b, type: ShuffleChannel, group: 2", "name: c, type: ReLU"
    )

    assert made.forks == {"ReLU6": "MobileNetV2", "ShuffleChannel": "ShuffleNet"}


def test_a_matrix_goes_into_a_file() -> None:
    made = written(
        "name: a/loss, type: InfogainLoss, bottom: [data, label], matrix: [[1, 2], [3, 4]]",
        inputs="{data: [2], label: {shape: [], dtype: int64}}",
        phases=("train", "test"),
    )
    (file, matrix), *_ = made.matrices.items()

    assert file == "net_a_loss.binaryproto"
    assert np.array_equal(matrix, [[[[1, 2], [3, 4]]]])
    assert 'infogain_loss_param {\n    source: "net_a_loss.binaryproto"' in text_of(made.message)


def test_the_state_of_a_net_is_kept() -> None:
    spec = spec_of(
        """
        net:
          name: n
          state: {level: 2, stage: [a, b]}
          force_backward: true
          inputs: {data: [3]}
          layers: [{name: a, type: ReLU}]
        """
    )
    forms = prove_phases(spec.net)
    made = write_net(spec.net, {"test": forms["test"]}, {"test": 1}, name="other")

    assert " ".join(text_of(made.message).split()).startswith(
        'name: "n" force_backward: true state { level: 2 stage: "a" stage: "b" } layer {'
    )


def test_each_layer_has_its_arrays_in_caffes_order() -> None:
    made = written(
        "name: norm, type: BatchNorm",
        "name: a, type: InnerProduct, num_output: 2, transpose: true",
        "name: b, type: InnerProduct, num_output: 2, share: a, transpose: true, bottom: norm",
        "name: c, type: Eltwise, bottom: [a, b]",
    )
    tensors = {
        "norm/mean": torch.zeros(2),
        "norm/variance": torch.ones(2),
        "norm/scale_factor": torch.full((1,), 3.0),
        "a/weight": torch.rand(32, 2, dtype=torch.float64),
        "a/bias": torch.rand(2),
    }
    stored = list(made.stored(tensors))

    assert [(one.name, one.type, [array.shape for array in one.blobs]) for one in stored] == [
        ("norm", "BatchNorm", [(2,), (2,), (1,)]),
        ("a", "InnerProduct", [(32, 2), (2,)]),
        ("b", "InnerProduct", [(32, 2), (2,)]),
        ("c", "Eltwise", []),
    ]
    assert stored[0].blobs[2].tolist() == [3]
    assert {array.dtype for one in stored for array in one.blobs} == {np.dtype(np.float32)}
