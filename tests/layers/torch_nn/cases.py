"""Every module of torch.nn that a layer can be: keys, bottoms, and what torch is given besides."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch

_TEXT = r"""
# activations: name | keys | bottoms | what torch needs besides
CELU | alpha: 1.5 | 4
ELU | alpha: 0.5 | 4
GELU | approximate: tanh | 4
GLU | dim: 1 | 4
Hardshrink | lambd: 0.3 | 4
Hardsigmoid | | 4
Hardswish | | 4
Hardtanh | min_val: -0.5, max_val: 0.5 | 4
Identity | | 4
LeakyReLU | negative_slope: 0.1 | 4
LogSigmoid | | 4
LogSoftmax | dim: 1 | 4
Mish | | 4
PReLU | num_parameters: 4 | 4
RReLU | lower: 0.2, upper: 0.2 | 4
ReLU | inplace: false | 4
ReLU6 | | 4
SELU | | 4
SiLU | | 4
Sigmoid | | 4
Softmax | dim: -1 | 4
Softmax2d | | 3 2 2
Softmin | dim: 1 | 4
Softplus | beta: 2, threshold: 10 | 4
Softshrink | lambd: 0.2 | 4
Softsign | | 4
Tanh | | 4
Tanhshrink | | 4
Threshold | threshold: 0.1, value: 0.2 | 4

# convolutions
Conv1d | out_channels: 4, kernel_size: 3, padding: same | 2 6 | in_channels: 2
Conv2d | out_channels: 4, kernel_size: [3, 2], stride: 2, groups: 2 | 2 6 5 | in_channels: 2
Conv3d | out_channels: 2, kernel_size: 2, bias: false | 2 3 3 3 | in_channels: 2
ConvTranspose1d | out_channels: 3, kernel_size: 3, stride: 2 | 2 4 | in_channels: 2
ConvTranspose2d | out_channels: 3, kernel_size: 2, dilation: 2 | 2 4 3 | in_channels: 2
ConvTranspose3d | out_channels: 2, kernel_size: 2 | 2 2 3 2 | in_channels: 2
Fold | output_size: [4, 4], kernel_size: 2, stride: 2 | 8 4
Unfold | kernel_size: 2, stride: 2 | 2 4 4

# dense
Bilinear | out_features: 3 | 4; 5 | in1_features: 4, in2_features: 5
Embedding | num_embeddings: 7, embedding_dim: 3, padding_idx: 0 | i7:5
EmbeddingBag | num_embeddings: 7, embedding_dim: 3, mode: sum | i7:5
Linear | out_features: 3 | 5 4 | in_features: 4

# normalisations
BatchNorm1d | momentum: 0.2 | 3 5 | num_features: 3
BatchNorm2d | eps: 0.001 | 3 4 4 | num_features: 3
BatchNorm3d | affine: false | 2 2 3 2 | num_features: 2
GroupNorm | num_groups: 2 | 4 3 3 | num_channels: 4
InstanceNorm1d | affine: true | 3 5 | num_features: 3
InstanceNorm2d | track_running_stats: true | 3 4 4 | num_features: 3
InstanceNorm3d | | 2 2 3 2 | num_features: 2
LayerNorm | | 3 4 | normalized_shape: 4
LocalResponseNorm | size: 3 | 5 4 4
RMSNorm | normalized_shape: [3, 4] | 3 4

# pooling
AdaptiveAvgPool1d | output_size: 2 | 2 5
AdaptiveAvgPool2d | output_size: [2, null] | 2 5 4
AdaptiveAvgPool3d | output_size: 2 | 2 4 4 4
AdaptiveMaxPool1d | output_size: 2 | 2 5
AdaptiveMaxPool2d | output_size: [2, 1] | 2 5 4
AdaptiveMaxPool3d | output_size: 2 | 2 4 4 4
AvgPool1d | kernel_size: 2 | 2 6
AvgPool2d | kernel_size: 3, stride: 2, ceil_mode: true | 2 6 6
AvgPool3d | kernel_size: 2 | 2 4 4 4
FractionalMaxPool2d | kernel_size: 2, output_size: 3 | 2 6 6
FractionalMaxPool3d | kernel_size: 2, output_ratio: 0.5 | 2 6 6 6
LPPool1d | norm_type: 2, kernel_size: 2 | 2 6
LPPool2d | norm_type: 2, kernel_size: 2 | 2 6 6
LPPool3d | norm_type: 2, kernel_size: 2 | 2 4 4 4
MaxPool1d | kernel_size: 2 | 2 6
MaxPool2d | kernel_size: 3, stride: 2, padding: 1 | 2 6 6
MaxPool3d | kernel_size: 2 | 2 4 4 4
MaxUnpool1d | kernel_size: 2 | 1 2; u4:1 2
MaxUnpool2d | kernel_size: 2 | 1 1 2; u8:1 1 2
MaxUnpool3d | kernel_size: 2 | 1 1 1 2; u16:1 1 1 2

# padding and shape
ChannelShuffle | groups: 2 | 4 2 2
CircularPad1d | padding: 1 | 2 4
CircularPad2d | padding: [1, 0, 1, 2] | 2 4 4
CircularPad3d | padding: 1 | 2 3 3 3
ConstantPad1d | padding: 1, value: 0.5 | 2 4
ConstantPad2d | padding: 1, value: 0.5 | 2 4 4
ConstantPad3d | padding: 1, value: 0.5 | 2 3 3 3
Flatten | | 2 4 4
PixelShuffle | upscale_factor: 2 | 4 2 3
PixelUnshuffle | downscale_factor: 2 | 1 4 6
ReflectionPad1d | padding: [1, 2] | 2 4
ReflectionPad2d | padding: 1 | 2 4 4
ReflectionPad3d | padding: 1 | 2 3 3 3
ReplicationPad1d | padding: 1 | 2 4
ReplicationPad2d | padding: 1 | 2 4 4
ReplicationPad3d | padding: 1 | 2 3 3 3
Unflatten | dim: 1, unflattened_size: [2, 3] | 6
Upsample | scale_factor: 2, mode: bilinear, align_corners: false | 2 3 3
UpsamplingBilinear2d | scale_factor: 2 | 2 3 3
UpsamplingNearest2d | size: [5, 6] | 2 3 3
ZeroPad1d | padding: 1 | 2 4
ZeroPad2d | padding: 1 | 2 4 4
ZeroPad3d | padding: 1 | 2 3 3 3

# dropout
AlphaDropout | p: 0.3 | 4
Dropout | p: 0.3 | 4
Dropout1d | p: 0.3 | 2 4
Dropout2d | p: 0.3 | 2 4 4
Dropout3d | p: 0.3 | 2 2 3 2
FeatureAlphaDropout | p: 0.3 | 4 3

# distances
CosineSimilarity | dim: 1 | 4; 4
PairwiseDistance | p: 2 | 4; 4

# losses
AdaptiveLogSoftmaxWithLoss | n_classes: 8, cutoffs: [2, 4], div_value: 2 | 4; i8: | in_features: 4
BCELoss | | p:3; p:3
BCEWithLogitsLoss | | 3; p:3
CTCLoss | | [6, N, 4]; j:2; l6:; l2:
CosineEmbeddingLoss | margin: 0.1 | 4; 4; s:
CrossEntropyLoss | ignore_index: 0 | 4 3; i4:3
GaussianNLLLoss | full: true | 3; 3; p:3
HingeEmbeddingLoss | | 3; s:3
HuberLoss | delta: 0.5 | 3; 3
KLDivLoss | reduction: batchmean | 4; p:4
L1Loss | | 3; 3
LinearCrossEntropyLoss | num_classes: 3, bias: true | 4; i3: | in_features: 4
MSELoss | reduction: sum | 3; 3
MarginRankingLoss | | ; ; s:
MultiLabelMarginLoss | | 4; i4:4
MultiLabelSoftMarginLoss | | 4; p:4
MultiMarginLoss | p: 2 | 4; i4:
NLLLoss | | 4; i4:
PoissonNLLLoss | | 3; p:3
SmoothL1Loss | beta: 0.5 | 3; 3
SoftMarginLoss | | 3; s:3
TripletMarginLoss | | 4; 4; 4

# recurrent
GRU | hidden_size: 3, batch_first: true | 5 4 | input_size: 4
GRUCell | hidden_size: 3 | 4; 3 | input_size: 4
LSTM | hidden_size: 3, num_layers: 2 | [5, N, 4] | input_size: 4
LSTMCell | hidden_size: 3 | 4; 3; 3 | input_size: 4
RNN | hidden_size: 3, bidirectional: true | [5, N, 4]; [2, N, 3] | input_size: 4
RNNCell | hidden_size: 3, nonlinearity: relu | 4 | input_size: 4

# attention
MultiheadAttention | num_heads: 2, batch_first: true | 3 4; 5 4; 5 4 | embed_dim: 4
Transformer | @T, num_encoder_layers: 1, num_decoder_layers: 1 | 3 4; 2 4 | d_model: 4
TransformerDecoder | @T, num_layers: 2 | 3 4; 2 4 | d_model: 4
TransformerDecoderLayer | @T | 3 4; 2 4 | d_model: 4
TransformerEncoder | @T, num_layers: 2 | 3 4 | d_model: 4
TransformerEncoderLayer | @T, activation: gelu | 3 4 | d_model: 4
"""
_TRANSFORMER = "nhead: 2, dim_feedforward: 6, dropout: 0, batch_first: true"


@dataclass(frozen=True, slots=True)
class Fed:
    """One bottom: its shape as a spec has it, and what its elements are.

    Attributes:
        shape: as in YAML; N goes in front unless it is named.
        kind: "" normal numbers, p from 0 to 1, s -1 or 1, i and u whole numbers below `below`
            (u without two alike in a sample), j from 1 to 3, l exactly `below`.
        below: the bound.
    """

    shape: str
    kind: str = ""
    below: int = 0

    @property
    def dtype(self) -> str:
        """Element type."""
        return "int64" if self.kind and self.kind in "iujl" else "float32"

    def tensor(self, batch: int) -> torch.Tensor:
        """Return elements of this kind, drawn from torch's present seed."""
        axes = [one.strip() for one in self.shape.strip("[]").split(",") if one.strip()]
        shape = [batch if one == "N" else int(one) for one in axes]
        shape = shape if "N" in axes else [batch, *shape]
        count = max(1, torch.Size(shape).numel() // batch)
        match self.kind:
            case "p":
                return torch.rand(shape) * 0.8 + 0.1
            case "s":
                return torch.randint(0, 2, shape).float() * 2 - 1
            case "i":
                return torch.randint(0, self.below, shape)
            case "u":
                rows = [torch.randperm(self.below)[:count] for _ in range(batch)]
                return torch.stack(rows).reshape(shape)
            case "j":
                return torch.randint(1, 4, shape)
            case "l":
                return torch.full(shape, self.below)
            case _:
                return torch.randn(shape)


@dataclass(frozen=True, slots=True)
class Case:
    """One module: its keys in YAML, its bottoms, and the sizes that follow from these."""

    name: str
    keys: str
    bottoms: tuple[Fed, ...]
    sizes: str


def _fed(text: str) -> Fed:
    found = re.fullmatch(r"(?:([a-z])(\d*):)?(.*)", text.strip())
    assert found
    kind, below, shape = found[1] or "", int(found[2] or 0), found[3].strip()
    written = shape if shape.startswith("[") else f"[{', '.join(shape.split())}]"
    return Fed(written, kind, below)


def _case(line: str) -> Case:
    name, keys, bottoms, *sizes = (part.strip() for part in line.split("|"))
    keys = keys.replace("@T", _TRANSFORMER)
    return Case(name, keys, tuple(map(_fed, bottoms.split(";"))), sizes[0] if sizes else "")


CASES = [_case(line) for line in _TEXT.splitlines() if line and not line.startswith("#")]
