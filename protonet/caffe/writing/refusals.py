"""What a net has and Caffe has not: each problem at its layer, with what could be done."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from protonet.caffe.fields import PARAMS_OF_TYPE
from protonet.errors import PathError
from protonet.spec.net import BATCH, InputSpec

CODE = "PN052"

CAFFES: Mapping[str, str] = MappingProxyType(
    {
        "nn.AvgPool2d": "Pooling, pool: AVE",
        "nn.BatchNorm2d": "BatchNorm, and a Scale with bias_term: true after it",
        "nn.Conv2d": "Convolution",
        "nn.ConvTranspose2d": "Deconvolution",
        "nn.Dropout": "Dropout",
        "nn.ELU": "ELU",
        "nn.Embedding": "Embed",
        "nn.Flatten": "Flatten",
        "nn.LSTM": "LSTM",
        "nn.LeakyReLU": "ReLU with a negative_slope",
        "nn.Linear": "InnerProduct",
        "nn.MaxPool2d": "Pooling",
        "nn.PReLU": "PReLU",
        "nn.ReLU": "ReLU",
        "nn.SiLU": "Swish",
        "nn.Sigmoid": "Sigmoid",
        "nn.Softmax": "Softmax",
        "nn.Softplus": "BNLL",
        "nn.Tanh": "TanH",
        "Recurrent": "LSTM or RNN",
    }
)
"""What Caffe has for a type that it has not; weights do not always go over."""

_OTHERS = "end the net before it (net.deploy.outputs), or export with --to onnx or --to torch"


def missing_type(name: str, index: int) -> PathError | None:
    """Return what is said of a layer whose type neither Caffe nor a fork of it has; None of others.

    Args:
        name: of the type.
        index: of the layer in the spec.
    """
    if name in PARAMS_OF_TYPE:
        return None
    nearest = CAFFES.get(name)
    hint = f"it has {nearest}" if nearest else _OTHERS
    return PathError(
        CODE, ("net", "layers", index, "type"), f"Caffe has no layer type {name}", hint=hint
    )


def missing_keys(name: str, keys: Collection[str], index: int) -> Iterator[PathError]:
    """Yield what is said of keys that a type has here and not in Caffe."""
    for key in keys:
        why = f"Caffe's {name} has no {key}"
        yield PathError(CODE, ("net", "layers", index, key), why, hint="leave it out")


def missing_reading(layer: str, index: int) -> PathError:
    """Return what is said of a layer around which the phase decides what a name means."""
    why = f"blobs of one name around {layer} are others in phase test than in phase train"
    hint = "Caffe has one name for each: give the blobs names of their own"
    return PathError(CODE, ("net", "layers", index), why, hint=hint)


def free_axes(inputs: Mapping[str, InputSpec]) -> Iterator[PathError]:
    """Yield what is said of inputs with axes of any length, the batch axis aside."""
    for name, one in inputs.items():
        for axis in one.axes():
            if isinstance(axis, str) and axis != BATCH:
                why = f"the axis {axis} may have any length, and every axis of Caffe's has one"
                path = ("net", "inputs", name)
                yield PathError(CODE, path, why, hint="give a number in its place")
