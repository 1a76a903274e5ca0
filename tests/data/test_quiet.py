from __future__ import annotations

import io
import warnings

import pytest
from PIL import Image

from protonet.data.quiet import quiet_pillow


def large() -> bytes:
    stream = io.BytesIO()
    Image.new("1", (8, 8)).save(stream, "PNG")
    return stream.getvalue()


def test_pillow_is_quiet_within_the_block_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)  # of twice as many it warns
    data = large()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with quiet_pillow():
            Image.open(io.BytesIO(data))
            with pytest.raises(UserWarning, match="of somebody else"):
                warnings.warn("of somebody else", stacklevel=1)
        with pytest.raises(Image.DecompressionBombWarning):
            Image.open(io.BytesIO(data))
