"""What is known of the classes of torch.nn."""

from __future__ import annotations

import pytest

from protonet.layers.record import Arity
from protonet.layers.torch_nn import classes


@pytest.mark.parametrize(
    ("name", "bottoms", "tops"),
    [
        ("Conv2d", Arity(1, 1), Arity(1, 1)),
        ("ConvTranspose2d", Arity(1, 1), Arity(1, 1)),
        ("Bilinear", Arity(2, 2), Arity(1, 1)),
        ("LSTM", Arity(1, 3), Arity(1, 3)),
        ("GRUCell", Arity(1, 2), Arity(1, 1)),
        ("LSTMCell", Arity(1, 3), Arity(1, 2)),
        ("MaxPool2d", Arity(1, 1), Arity(1, 2)),
        ("MaxUnpool2d", Arity(2, 2), Arity(1, 1)),
        ("MultiheadAttention", Arity(3, 5), Arity(1, 2)),
        ("EmbeddingBag", Arity(1, 3), Arity(1, 1)),
        ("TripletMarginLoss", Arity(3, 3), Arity(1, 1)),
        ("CTCLoss", Arity(4, 4), Arity(1, 1)),
        ("TransformerDecoderLayer", Arity(2, 6), Arity(1, 1)),
        ("Transformer", Arity(2, 8), Arity(1, 1)),
    ],
)
def test_bottoms_and_tops_are_counted(name: str, bottoms: Arity, tops: Arity) -> None:
    assert (classes.bottoms(name), classes.tops(name)) == (bottoms, tops)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CrossEntropyLoss", (1,)),
        ("CTCLoss", (1, 2, 3)),
        ("CosineEmbeddingLoss", (2,)),
        ("AdaptiveLogSoftmaxWithLoss", (1,)),
        ("GaussianNLLLoss", (1,)),
        ("TripletMarginLoss", ()),
    ],
)
def test_targets_are_found_by_name(name: str, expected: tuple[int, ...]) -> None:
    assert classes.targets(name) == expected


def test_the_constructors_of_recurrent_modules_are_laid_open() -> None:
    common = ["input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout"]
    assert [*classes.constructor("GRU")] == [*common, "bidirectional"]
    assert [*classes.constructor("LSTM")] == [*common, "bidirectional", "proj_size"]
    assert [*classes.constructor("RNN")] == [*common, "bidirectional", "nonlinearity"]


def test_a_stack_takes_the_numbers_of_its_layers() -> None:
    taken = classes.constructor("TransformerEncoder")
    assert {"d_model", "nhead", "num_layers", "norm"} <= taken.keys()
    assert taken["norm"].default is False


def test_a_loss_is_known_by_its_name() -> None:
    assert classes.is_loss("MSELoss")
    assert not classes.is_loss("Softmax")
