"""The table of layer types: nothing is missing, misnamed, undocumented or untried."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import pytest

import protonet.layers
from protonet.caffe.fields import PARAMS_OF_TYPE, RENAMED, UNREAD
from protonet.caffe.layer_fields import LAYER_PARAMS
from protonet.caffe.layers import NEEDLESS
from protonet.caffe.prices import READ
from protonet.language.block import INSTANCE_KEYS
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.records import fields_of
from protonet.spec.layer import COMMON
from tests.layers.contract_cases import CASES

FOLDER = Path(protonet.layers.__file__).parent

CAFFES = """
AbsVal Accuracy ArgMax BNLL BatchNorm BatchReindex Bias Clip Concat ContrastiveLoss
Convolution Crop Data Deconvolution Dropout DummyData ELU Eltwise Embed EuclideanLoss Exp
Filter Flatten HDF5Data HDF5Output HingeLoss Im2col ImageData InfogainLoss InnerProduct
Input LRN LSTM LSTMUnit Log MVN MemoryData MultinomialLogisticLoss PReLU Parameter Pooling
Power Python RNN ReLU Reduction Reshape SPP Scale Sigmoid SigmoidCrossEntropyLoss Silence
Slice Softmax SoftmaxWithLoss Split Swish TanH Threshold Tile WindowData
"""
"""The 61 types of Caffe's registry."""
OURS = frozenset(
    [
        "Axpy",
        "DetectionOutput",
        "DepthwiseConvolution",
        "FocalLoss",
        "Interp",
        "L1Loss",
        "Normalize",
        "Permute",
        "PriorBox",
        "ReLU6",
        "Reorg",
        "ROIPooling",
        "ShuffleChannel",
        "SmoothL1Loss",
        "Upsample",
    ]
)
"""Types that Caffe does not have: those of its forks."""
PROTONETS = frozenset(
    [
        "AUROC",
        "ConfusionMatrix",
        "F1Score",
        "MeanAbsoluteError",
        "MeanIoU",
        "MeanSquaredError",
        "Noise",
        "Precision",
        "Print",
        "Recall",
        "Recurrent",
    ]
)
"""Types that no prototxt has."""

each_type = pytest.mark.parametrize("kind", LAYERS.values(), ids=list(LAYERS))


def declared() -> list[LayerType]:
    """Return every layer type that a file of the folder declares."""
    modules = [import_module(f"protonet.layers.{file.stem}") for file in FOLDER.glob("[!_]*.py")]
    found = [value for module in modules for value in vars(module).values()]
    return [value for value in found if isinstance(value, LayerType)]


def test_every_declared_type_is_in_the_table() -> None:
    assert {kind.name for kind in declared()} == {*LAYERS}
    assert all(LAYERS[kind.name] is kind for kind in declared())


def test_the_table_is_sorted_by_name() -> None:
    assert [*LAYERS] == sorted(LAYERS, key=str.lower)


def test_names_are_caffes() -> None:
    assert len({*CAFFES.split()}) == 61
    assert {*LAYERS} - {*CAFFES.split()} == OURS | PROTONETS


@each_type
def test_own_keys_do_not_collide_with_the_keys_of_every_layer(kind: LayerType) -> None:
    common = {*COMMON, *INSTANCE_KEYS}
    assert not common & fields_of(kind.params).keys()


@each_type
def test_every_key_is_documented(kind: LayerType) -> None:
    texts = {key: field.description or "" for key, field in fields_of(kind.params).items()}
    assert [key for key, text in texts.items() if not text.strip().endswith(".")] == []
    assert (kind.params.__doc__ or "").strip()


@each_type
def test_every_field_that_caffe_reads_is_a_key(kind: LayerType) -> None:
    read: Iterable[str] = () if kind.name in PROTONETS else PARAMS_OF_TYPE[kind.name]
    pairs = {(param, field) for param in read for field in LAYER_PARAMS[param]}
    fields = {RENAMED.get(pair, pair[1]) for pair in pairs}
    fields -= UNREAD.get(kind.name, frozenset()) | READ.get(kind.name, frozenset())
    assert fields - NEEDLESS.keys() <= fields_of(kind.params).keys()


@each_type
def test_every_builder_says_what_it_takes_gives_and_where_that_is_written(kind: LayerType) -> None:
    text = kind.build.__doc__ or ""
    assert "Top: " in text or "Tops: " in text
    assert "Bottom: " in text or "Bottoms: " in text or kind.bottoms.most == 0
    assert "Source: Caffe, " in text or kind.name in OURS | PROTONETS


def test_every_type_is_tried_by_the_contract() -> None:
    assert {*CASES} == {*LAYERS}


@each_type
def test_exclusions_name_a_part_of_the_contract_and_a_reason(kind: LayerType) -> None:
    parts = {"run", "gradient", "shape", "compile", "export", "autocast"}
    assert {*kind.exclusions} <= parts
    assert all(kind.exclusions.values())
