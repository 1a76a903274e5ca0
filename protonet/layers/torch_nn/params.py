"""The model of the keys of a class of torch.nn, made from its constructor."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import PrivateAttr, create_model
from torch import nn

from protonet.layers.torch_nn import classes
from protonet.layers.torch_nn.arguments import field_of, plain, texts_of
from protonet.layers.torch_nn.follows import follows, is_flexible
from protonet.records import Record


class TorchParams(Record):
    """Keys of a class of torch.nn."""

    _held: bool = PrivateAttr(default=False)

    @property
    def held(self) -> bool:
        """Return whether stored statistics are used, and left as they are."""
        return self._held

    def arguments(self) -> dict[str, Any]:
        """Return the arguments as given."""
        return {name: getattr(self, name) for name in type(self).model_fields}


def frozen(params: TorchParams) -> TorchParams:
    """Return the params of the same layer under `frozen: true`."""
    held = params.model_copy()
    held._held = True
    return held


def params_of(name: str) -> type[TorchParams]:
    """Return the model of the keys of a class of torch.nn."""
    texts = _texts(name)
    fields: dict[str, Any] = {}
    for key, parameter in classes.constructor(name).items():
        text = f"{(texts.get(key) or f'{key} of torch.nn.{name}').removesuffix('.')}."
        one = parameter
        if is_flexible(key):
            one = parameter.replace(default=None, annotation=parameter.annotation | None)
            text = f"{text} Left out: the length of the last axis of bottom 0."
        where = follows(key)
        fields[key] = field_of(name, one, where, text)
    return create_model(f"{name}Params", __base__=TorchParams, __doc__=sentence(name), **fields)


def sentence(name: str) -> str:
    """Return what torch's documentation says first of a class."""
    paragraphs = inspect.cleandoc(getattr(nn, name).__doc__ or "").split("\n\n")
    first = next((one for one in paragraphs if not one.startswith("__init__")), "")
    return plain(first) or f"Run torch.nn.{name}."


def _texts(name: str) -> dict[str, str]:
    texts = texts_of(getattr(nn, name).__doc__ or "")
    if name in classes.STACKS:
        own = texts_of(getattr(nn, f"{name}Layer").__doc__ or "")
        return {**own, **texts, "norm": "Whether the last layer is followed by a LayerNorm."}
    return texts
