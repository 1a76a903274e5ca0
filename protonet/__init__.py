"""Train, test and ship neural networks from one readable YAML file, in the manner of Caffe.

The names below are the whole public Python API. Each is imported when it is first used, so that
`import protonet` and `protonet --help` do not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ["Net", "load_spec", "load_weights", "open_dataset", "train"]

if TYPE_CHECKING:
    from protonet.data.torch_dataset import open_dataset
    from protonet.net import Net
    from protonet.run.loading import load as load_spec
    from protonet.run.train import train
    from protonet.zoo.find import load_weights
else:  # hidden from type checkers: to them a module's __getattr__ makes every misspelt name valid
    _HOMES = {
        "Net": "protonet.net",
        "load_spec": "protonet.run.loading",
        "load_weights": "protonet.zoo.find",
        "open_dataset": "protonet.data.torch_dataset",
        "train": "protonet.run.train",
    }

    def __getattr__(name):
        """Return a public name from the module that defines it, importing that module."""
        if name not in _HOMES:
            raise AttributeError(f"module 'protonet' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the names defined so far and the public ones still to be imported."""
    return sorted({*globals(), *__all__})
