"""The modules of torch.nn that no layer can be, and why."""

from __future__ import annotations

from types import MappingProxyType

_CONTAINER = "it holds other modules, and a spec holds its layers in net.layers or net.blocks"
_LAZY = "every size follows from the bottoms here: write nn.{} instead"
_LAZY_NAMES = (
    *("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "Conv1d", "Conv2d", "Conv3d"),
    *("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
    *("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "Linear"),
)
_CONTAINERS = (
    *("Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"),
)

UNUSABLE = MappingProxyType(
    {
        **dict.fromkeys(_CONTAINERS, _CONTAINER),
        **{f"Lazy{name}": _LAZY.format(name) for name in _LAZY_NAMES},
        "CrossMapLRN2d": "torch keeps it for old files: write nn.LocalResponseNorm or LRN instead",
        "DataParallel": "it spreads a whole net over devices, which is no layer's work",
        "Module": "it is the base of all modules and computes nothing",
        "NLLLoss2d": "torch has given it up: write nn.NLLLoss instead",
        "RNNBase": "it is the base of nn.RNN, nn.LSTM and nn.GRU",
        "RNNCellBase": "it is the base of nn.RNNCell, nn.LSTMCell and nn.GRUCell",
        "SyncBatchNorm": "it needs a group of processes: write nn.BatchNorm2d instead",
        "TripletMarginWithDistanceLoss": "it is made for a distance in Python: write"
        " nn.TripletMarginLoss instead",
    }
)
"""By name without the prefix."""
