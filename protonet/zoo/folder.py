"""A model that lies in a folder of one's own and is named by its path: what `protonet import` has
written, or one of a mirror."""

from __future__ import annotations

import os
from pathlib import Path

from protonet.errors import DataError
from protonet.zoo.model import MODEL, Model, read_model


def model_in(folder: Path) -> Model | None:
    """Return what the model.json of a folder says; None where the folder has none.

    Raises: DataError if it cannot be read, is none, or of a newer protonet.
    """
    file = folder / MODEL
    if not os.path.lexists(file):
        return None
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror or error}") from error
    return read_model(data, str(file))
