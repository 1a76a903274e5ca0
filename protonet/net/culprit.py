"""Which layer a batch failed in: the name that a layer's own error cannot know."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from protonet.errors import DataError
from protonet.net.form import Form


@contextmanager
def naming_layers(net: Form) -> Iterator[None]:
    """Add to an error of the data which layer it came up in.

    Nothing is done until there is one, so that a loop may stand in it.

    Raises: DataError, beginning with the layer's name where a layer raised it.
    """
    try:
        yield
    except DataError as error:
        name = _layer(net, error)
        if name is None:
            raise
        raise DataError(f"layer {name}: {error}") from error


def _layer(net: Form, error: BaseException) -> str | None:
    """Return the layer whose module was at work when an error was raised, if one was."""
    names = {id(leaf.module): leaf.node.layer.name for leaf in net.leaves()}
    at_work = (frame.f_locals.get("self") for frame, _ in traceback.walk_tb(error.__traceback__))
    found = [names[id(module)] for module in at_work if id(module) in names]
    return found[-1] if found else None
