"""A pass over data: the files that layers write are whole when it is over, and gone if it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from protonet.layers.hdf5_output import HDF5Output
from protonet.net.form import Form


@contextmanager
def files_of(net: Form) -> Iterator[None]:
    """Complete the files that a net's layers write; remove what was begun if the pass fails.

    Raises: StorageError if one cannot be completed.
    """
    modules = (inner for module in net.modules() for inner in module.modules())
    writers = [module for module in modules if isinstance(module, HDF5Output)]
    try:
        yield
    except BaseException:
        for writer in writers:
            writer.discard()
        raise
    for writer in writers:
        writer.finish()
