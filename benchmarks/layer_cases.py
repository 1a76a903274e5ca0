"""What benchmarks/layers.py measures: each layer, and what a user of torch writes in its place.

An expression gets the layer, for its parameters, and the bottoms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import torch
from torch.nn import functional as F

Expression = Callable[..., Any]
Maker = Callable[[], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison.

    Attributes:
        type: of the layer.
        keys: its own, in YAML.
        expression: `expression(layer, *bottoms)`, the obvious torch for it.
        makers: make the bottoms.
        tops: how many are asked of the layer.
        is_exact: whether both give the same numbers; random ones differ, and some orders.
        size: in words, where there are several cases of a type.
    """

    type: str
    keys: str
    expression: Expression
    makers: tuple[Maker, ...]
    tops: int = 1
    is_exact: bool = True
    size: str = ""

    @property
    def title(self) -> str:
        """What the table calls it."""
        return f"{self.type} {self.size}".rstrip()

    def bottoms(self) -> list[torch.Tensor]:
        """Return the bottoms, drawn from torch's present seed."""
        return [make() for make in self.makers]


def normal(*shape: int) -> Maker:
    """Return what makes normal numbers."""
    return lambda: torch.randn(shape)


def share(*shape: int) -> Maker:
    """Return what makes numbers from 0.01 to 0.99."""
    return lambda: torch.rand(shape) * 0.98 + 0.01


def label(below: int, *shape: int) -> Maker:
    """Return what makes whole numbers."""
    return lambda: torch.randint(0, below, shape)


def goes_on(*shape: int) -> Maker:
    """Return what makes marks that sequences begin at the first step."""
    return lambda: (torch.arange(shape[0]) > 0).float()[:, None].expand(shape).contiguous()


def boxes(count: int, samples: int, side: int) -> Maker:
    """Return what makes boxes within images of so many pixels a side."""

    def make() -> torch.Tensor:
        corners = torch.randint(0, side // 2, (count, 2))
        ends = corners + torch.randint(side // 4, side // 2, (count, 2))
        sample = torch.randint(0, samples, (count, 1))
        return torch.cat([sample, corners, ends], 1).float()

    return make


STAGE = (16, 64, 56, 56)
"""The first stage of a ResNet, a batch of 16."""
LATE = (16, 256, 14, 14)
"""Its third stage."""
LENET = (64, 20, 24, 24)
"""What LeNet's first convolution gives."""
IMAGE, IMAGES = normal(*STAGE), (normal(*STAGE), normal(*STAGE))
SCORES, LABELS = normal(64, 1000), label(1000, 64)
FEATURES = (normal(256, 128), normal(256, 128))
SEQUENCE = (normal(20, 32, 128), goes_on(20, 32))
PRICES = [[1.0 if row == column else 0.1 for column in range(20)] for row in range(20)]


def case(type_: str, keys: str, expression: Expression, *makers: Maker, **more: Any) -> Case:
    """Return a case."""
    return Case(type_, keys, expression, makers, **more)


def batch_norm(layer: Any, x: torch.Tensor) -> torch.Tensor:
    """Normalise as nn.BatchNorm2d without affine does."""
    return F.batch_norm(x, layer.mean, layer.variance, None, None, True, 0.001, 1e-5)


def contrastive(layer: Any, a: torch.Tensor, b: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Compare pairs."""
    distance = F.pairwise_distance(a, b, eps=0)
    apart = (1 - y) * F.relu(1 - distance).square()
    return (y * distance.square() + apart).sum() / (2 * a.shape[0])


def focal(layer: Any, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Weigh a cross-entropy by how wrong it is."""
    costs = F.cross_entropy(scores, labels, reduction="none")
    return (0.25 * (1 - torch.exp(-costs)) ** 2 * costs).mean()


def hinge(layer: Any, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Ask for a margin of 1, one class against all."""
    signs = 2 * F.one_hot(labels, scores.shape[1]) - 1
    return F.relu(1 - signs * scores).sum() / scores.shape[0]


@cache
def price_table() -> torch.Tensor:
    """Return the prices, which a user keeps beside the net."""
    return torch.tensor(PRICES)


def infogain(layer: Any, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Take a row of prices for each label; no logarithm counts as less than that of 1e-20."""
    rows = price_table()[labels]
    return -(rows * F.log_softmax(scores, 1).clamp(min=-46.05)).sum() / scores.shape[0]


def softmax_loss(
    layer: Any, scores: torch.Tensor, labels: torch.Tensor, **keys: Any
) -> torch.Tensor:
    """Take the cross-entropy, no probability counting as less than the smallest float, as Caffe
    has it: `F.cross_entropy` alone, which has no such floor, takes 5 microseconds less."""
    return F.nll_loss(F.log_softmax(scores, 1).clamp(min=-87.34), labels, **keys)


def lstm(layer: Any, x: torch.Tensor, cont: torch.Tensor) -> torch.Tensor:
    """Run cells along a sequence that may begin anew at any step."""
    h = c = x.new_zeros(x.shape[1], layer.W_hc.shape[1])
    outputs = []
    for step, goes in zip(x, cont.unsqueeze(-1), strict=True):
        gates = F.linear(step, layer.W_xc, layer.b_c) + F.linear(h * goes, layer.W_hc)
        i, f, o, g = gates.chunk(4, 1)
        c = torch.sigmoid(f) * (c * goes) + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


def lstm_unit(layer: Any, c: torch.Tensor, gates: torch.Tensor, cont: torch.Tensor) -> Any:
    """Take one step of an LSTM."""
    i, f, o, g = gates.chunk(4, -1)
    c = torch.sigmoid(f) * (c * cont.unsqueeze(-1)) + torch.sigmoid(i) * torch.tanh(g)
    return c, torch.sigmoid(o) * torch.tanh(c)


def rnn(layer: Any, x: torch.Tensor, cont: torch.Tensor) -> torch.Tensor:
    """Run a recurrence along a sequence that may begin anew at any step."""
    h = x.new_zeros(x.shape[1], layer.W_hh.shape[1])
    outputs = []
    for step, goes in zip(x, cont.unsqueeze(-1), strict=True):
        h = torch.tanh(F.linear(step, layer.W_xh, layer.b_h) + F.linear(h * goes, layer.W_hh))
        outputs.append(torch.tanh(F.linear(h, layer.W_ho, layer.b_o)))
    return torch.stack(outputs)


def roi_pooling(layer: Any, x: torch.Tensor, rois: torch.Tensor) -> torch.Tensor:
    """Pool one box after the other."""
    parts = []
    for sample, left, top, right, bottom in rois.long().tolist():
        part = x[sample, :, top : bottom + 1, left : right + 1]
        parts.append(F.adaptive_max_pool2d(part, (7, 7)))
    return torch.stack(parts)


def spp(layer: Any, x: torch.Tensor) -> torch.Tensor:
    """Pool at three levels."""
    return torch.cat([F.adaptive_max_pool2d(x, side).flatten(1) for side in (1, 2, 4)], 1)


def mean_square(layer: Any, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Sum half the squares, a sample."""
    return F.mse_loss(a, b, reduction="sum") / (2 * a.shape[0])


def logistic(layer: Any, scores: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Sum binary cross-entropies, a sample."""
    total = F.binary_cross_entropy_with_logits(scores, shares.detach(), reduction="sum")
    return total / scores.shape[0]


def confusion(layer: Any, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Count pairs of true and named class; tops are numbers that a net can go on with."""
    classes = scores.shape[1]
    pairs = labels * classes + scores.argmax(1)
    return torch.bincount(pairs, minlength=classes**2).view(classes, classes).float()


def last_argmax(layer: Any, x: torch.Tensor) -> torch.Tensor:
    """Find the last of the largest, as Caffe does; argmax alone gives the first."""
    return (x.shape[1] - 1 - x.flip(1).argmax(1, keepdim=True)).float()


def summed_batch_norm(layer: Any, x: torch.Tensor) -> torch.Tensor:
    """Normalise, and keep Caffe's sums and their weight, which torch's running mean is not.

    With so few numbers it matters: beside a batch_norm that keeps the mean, the layer takes 1.2.
    """
    mean, variance = torch.zeros_like(layer.mean), torch.zeros_like(layer.variance)
    top = F.batch_norm(x, mean, variance, None, None, True, 1.0, 1e-5)
    layer.mean.mul_(0.999).add_(mean)
    layer.variance.mul_(0.999).add_(variance)
    layer.scale_factor.mul_(0.999).add_(1)
    return top


WINDOW = "num_output: 64, kernel_size: 3, pad: 1"

CASES: Sequence[Case] = (
    case("AbsVal", "", lambda layer, x: x.abs(), IMAGE),
    case("Accuracy", "", lambda layer, x, y: (x.argmax(1) == y).float().mean(), SCORES, LABELS),
    case("ArgMax", "axis: 1", last_argmax, SCORES),
    case(
        "Axpy", "", lambda layer, a, x, y: a[..., None, None] * x + y, normal(16, 64), IMAGE, IMAGE
    ),
    case("BatchNorm", "", batch_norm, IMAGE),
    case("BatchNorm", "", summed_batch_norm, normal(64, 500), size="of vectors"),
    case("BatchReindex", "", lambda layer, x, y: x[y], normal(*LATE), label(16, 16)),
    case("Bias", "", lambda layer, x: x + layer.bias[:, None, None], IMAGE),
    case("BNLL", "", lambda layer, x: F.softplus(x), IMAGE),
    case("Clip", "min: -1, max: 1", lambda layer, x: x.clamp(-1, 1), IMAGE),
    case("Concat", "", lambda layer, *x: torch.cat(x, 1), *IMAGES),
    case("ContrastiveLoss", "", contrastive, *FEATURES, label(2, 256)),
    case(
        "Convolution",
        WINDOW,
        lambda layer, x: F.conv2d(x, layer.weight, layer.bias, padding=1),
        IMAGE,
    ),
    case(
        "Convolution",
        "num_output: 20, kernel_size: 5",
        lambda layer, x: F.conv2d(x, layer.weight, layer.bias),
        normal(64, 1, 28, 28),
        size="of LeNet",
    ),
    case(
        "Crop",
        "offset: 4, axis: 2",
        lambda layer, x, y: x[:, :, 4:52, 4:52],
        IMAGE,
        normal(16, 64, 48, 48),
    ),
    case(
        "Deconvolution",
        "num_output: 64, kernel_size: 4, stride: 2, pad: 1",
        lambda layer, x: F.conv_transpose2d(x, layer.weight, layer.bias, 2, 1),
        normal(*LATE),
    ),
    case(
        "DepthwiseConvolution",
        WINDOW,
        lambda layer, x: F.conv2d(x, layer.weight, layer.bias, padding=1, groups=64),
        IMAGE,
    ),
    case("Dropout", "", lambda layer, x: F.dropout(x, 0.5), normal(64, 4096), is_exact=False),
    case("Eltwise", "", lambda layer, x, y: x + y, *IMAGES),
    case("Eltwise", "coeff: [1, -0.5]", lambda layer, x, y: x - 0.5 * y, *IMAGES, size="weighed"),
    case("Eltwise", "operation: PROD", lambda layer, x, y: x * y, *IMAGES, size="PROD"),
    case("Eltwise", "operation: MAX", lambda layer, x, y: torch.maximum(x, y), *IMAGES, size="MAX"),
    case("ELU", "", lambda layer, x: F.elu(x), IMAGE),
    case(
        "Embed",
        "num_output: 128, input_dim: 10000, bias_term: false",
        lambda layer, x: F.embedding(x, layer.weight),
        label(10000, 20, 32),
    ),
    case("EuclideanLoss", "", mean_square, *FEATURES),
    case("Exp", "", lambda layer, x: torch.exp(x), IMAGE),
    case("Filter", "", lambda layer, x, y: x[y != 0], normal(*LATE), label(2, 16)),
    case("Flatten", "", lambda layer, x: x.flatten(1), IMAGE),
    case("FocalLoss", "", focal, SCORES, LABELS),
    case("HingeLoss", "", hinge, SCORES, LABELS),
    case(
        "Im2col",
        "kernel_size: 3, pad: 1",
        lambda layer, x: F.unfold(x, 3, padding=1).view(16, -1, 14, 14),
        normal(*LATE),
    ),
    case("InfogainLoss", f"matrix: {PRICES}", infogain, normal(64, 20), label(20, 64)),
    case(
        "InnerProduct",
        "num_output: 500",
        lambda layer, x: F.linear(x.flatten(1), layer.weight, layer.bias),
        normal(64, 50, 4, 4),
    ),
    case(
        "Interp",
        "height: 56, width: 56",
        lambda layer, x: F.interpolate(x, (56, 56), mode="bilinear", align_corners=True),
        normal(16, 64, 14, 14),
    ),
    case("L1Loss", "", lambda layer, a, b: F.l1_loss(a, b, reduction="sum") / 256, *FEATURES),
    case("Log", "", lambda layer, x: torch.log(x), share(*STAGE)),
    case(
        "LRN",
        "alpha: 0.0001",
        lambda layer, x: F.local_response_norm(x, 5, 0.0001, 0.75, 1),
        normal(16, 96, 27, 27),
    ),
    case(
        "LRN",
        "norm_region: WITHIN_CHANNEL, local_size: 3, alpha: 0.00005",
        lambda layer, x: x * (1 + 0.00005 * F.avg_pool2d(x.square(), 3, 1, 1)).pow(-0.75),
        normal(64, 32, 16, 16),
        size="WITHIN_CHANNEL",
    ),
    case("LSTM", "num_output: 128", lstm, *SEQUENCE, is_exact=False),  # the layer keeps a state
    case(
        "LSTMUnit", "", lstm_unit, normal(1, 64, 256), normal(1, 64, 1024), goes_on(1, 64), tops=2
    ),
    case("MeanAbsoluteError", "", lambda layer, a, b: F.l1_loss(a, b), *FEATURES),
    case("MeanSquaredError", "", lambda layer, a, b: F.mse_loss(a, b), *FEATURES),
    case("ConfusionMatrix", "", confusion, normal(256, 10), label(10, 256)),
    case(
        "MultinomialLogisticLoss",
        "",
        lambda layer, p, y: F.nll_loss(p.log(), y),
        share(64, 1000),
        LABELS,
    ),
    case("MVN", "", lambda layer, x: F.instance_norm(x, eps=1e-9), IMAGE),
    case(
        "Normalize",
        "across_spatial: false, channel_shared: false",
        lambda layer, x: F.normalize(x, dim=1) * layer.weight[:, None, None],
        normal(8, 512, 38, 38),
    ),
    case("Permute", "order: [0, 2, 3, 1]", lambda layer, x: x.permute(0, 2, 3, 1), IMAGE),
    case(
        "Pooling",
        "kernel_size: 3, stride: 2",
        lambda layer, x: F.max_pool2d(x, 3, 2, ceil_mode=True),
        normal(16, 64, 112, 112),
    ),
    case(
        "Pooling",
        "kernel_size: 2, stride: 2",
        lambda layer, x: F.max_pool2d(x, 2, 2, ceil_mode=True),
        normal(*LENET),
        size="of LeNet",
    ),
    case(
        "Pooling",
        "pool: AVE, kernel_size: 3, stride: 2",
        lambda layer, x: F.avg_pool2d(x, 3, 2, ceil_mode=True),
        normal(64, 32, 16, 16),
        size="AVE",
    ),
    case(
        "Pooling",
        "pool: AVE, global_pooling: true",
        lambda layer, x: F.adaptive_avg_pool2d(x, 1),
        normal(16, 2048, 7, 7),
        size="AVE, global",
    ),
    case("Power", "power: 2, scale: 0.5, shift: 1", lambda layer, x: (1 + 0.5 * x) ** 2, IMAGE),
    case("PReLU", "", lambda layer, x: F.prelu(x, layer.weight), IMAGE),
    case("Reduction", "axis: 1", lambda layer, x: x.sum((1, 2, 3)), IMAGE),
    case("ReLU", "", lambda layer, x: F.relu(x), IMAGE),
    case(
        "ReLU",
        "negative_slope: 0.1",
        lambda layer, x: F.leaky_relu(x, 0.1),
        IMAGE,
        size="leaky",
    ),
    case("ReLU6", "", lambda layer, x: F.relu6(x), IMAGE),
    case("Reorg", "stride: 2", lambda layer, x: F.pixel_unshuffle(x, 2), IMAGE, is_exact=False),
    case("Reshape", "shape: [0, -1]", lambda layer, x: x.reshape(16, -1), IMAGE),
    case("RNN", "num_output: 128", rnn, *SEQUENCE, is_exact=False),  # the layer keeps a state
    case(
        "ROIPooling",
        "pooled_h: 7, pooled_w: 7",
        roi_pooling,
        normal(*LATE),
        boxes(64, 16, 14),
        is_exact=False,
    ),
    case(
        "Scale",
        "bias_term: true",
        lambda layer, x: x * layer.weight[:, None, None] + layer.bias[:, None, None],
        IMAGE,
    ),
    case("Scale", "", lambda layer, x: x * layer.weight[:, None, None], IMAGE, size="alone"),
    case("ShuffleChannel", "group: 4", lambda layer, x: F.channel_shuffle(x, 4), IMAGE),
    case("Sigmoid", "", lambda layer, x: torch.sigmoid(x), IMAGE),
    case("SigmoidCrossEntropyLoss", "", logistic, SCORES, share(64, 1000)),
    case("Slice", "", lambda layer, x: x.chunk(2, 1), IMAGE, tops=2),
    case(
        "SmoothL1Loss",
        "",
        lambda layer, a, b: F.smooth_l1_loss(a, b, reduction="sum") / 256,
        *FEATURES,
    ),
    case("Softmax", "", lambda layer, x: F.softmax(x, 1), SCORES),
    case("SoftmaxWithLoss", "", softmax_loss, SCORES, LABELS),
    case(
        "SoftmaxWithLoss",
        "",
        softmax_loss,
        normal(64, 10),
        label(10, 64),
        size="of LeNet",
    ),
    case(
        "SoftmaxWithLoss",
        "ignore_label: 255",
        lambda layer, x, y: softmax_loss(layer, x, y, ignore_index=255),
        normal(4, 21, 128, 128),
        label(21, 4, 128, 128),
        size="of maps",
    ),
    case("Split", "", lambda layer, x: (x, x), IMAGE, tops=2),
    case("SPP", "pyramid_height: 3", spp, normal(16, 256, 16, 16)),
    case("Swish", "", lambda layer, x: F.silu(x), IMAGE),
    case("TanH", "", lambda layer, x: torch.tanh(x), IMAGE),
    case("Threshold", "", lambda layer, x: (x > 0).float(), IMAGE),
    case("Tile", "tiles: 2", lambda layer, x: x.repeat(1, 2, 1, 1), IMAGE),
    case("Upsample", "scale: 2", lambda layer, x: F.interpolate(x, scale_factor=2), IMAGE),
)

_NOTHING_TO_RUN = "it stands for inputs of the net and computes nothing"
_NOTHING_LIKE_IT = "torch has nothing like it"
_FROM_NOTHING = "it reads no bottom and computes nothing"
OMITTED: Mapping[str, str] = MappingProxyType(
    {
        "AUROC": _NOTHING_LIKE_IT,
        "DetectionOutput": _NOTHING_LIKE_IT,
        "DummyData": _FROM_NOTHING,
        "F1Score": "it counts as ConfusionMatrix does",
        "HDF5Output": "it writes a file",
        "Input": _NOTHING_TO_RUN,
        "MeanIoU": "it counts as ConfusionMatrix does",
        "MemoryData": _FROM_NOTHING,
        "Noise": _FROM_NOTHING,
        "Parameter": _FROM_NOTHING,
        "Precision": "it counts as ConfusionMatrix does",
        "Print": "it prints",
        "PriorBox": _NOTHING_LIKE_IT,
        "Recall": "it counts as ConfusionMatrix does",
        "Recurrent": "it is what its block is",
        "Silence": "it has no top",
    }
)
"""Types without a case, and why."""
