"""How a dataset was made, kept in its header: the command, the source, and what was asked for."""

from __future__ import annotations

from pathlib import Path

from protonet import __version__
from protonet.convert.encoded_pictures import Encoding
from protonet.convert.files import shown
from protonet.convert.options import ConvertOptions
from protonet.convert.resizing import shown_resize
from protonet.convert.source import Part

_SCALED = ("resize", "gray")


def made_by(source: Path, options: ConvertOptions, part: Part) -> dict[str, str]:
    """Return how the records of a part come about.

    Of a part that is a dataset itself, made by a conversion, what that did to its images is true
    still, for `predict` and `test` must treat new images so: their size and colours, and, where
    they are copied as they are stored, how they are encoded.
    """
    table = options.table
    chosen = {
        "resize": options.resize and shown_resize(options.resize),
        "encode": options.encode and _shown_encoding(options.encode),
        "gray": options.gray or None,
        "shuffle": options.shuffle,
        "split": options.split and ",".join(f"{name}:{share:g}" for name, share in options.split),
        "root": options.root,
        "limit": options.limit,
        "label": table.label and ",".join(table.label),
        "ignore": ",".join(table.ignore) or None,
        "text": ",".join(table.text) or None,
        "tokens": table.tokens if table.tokens != "words" else None,
        "length": table.length,
        "vocabulary": table.vocabulary,
        "numbers": table.numbers or None,
    }
    facts = {name: str(value) for name, value in chosen.items() if value is not None}
    still = _SCALED if part.images is not None else (*_SCALED, "encode")
    before = {name: part.made_by[name] for name in still if name in part.made_by}
    return {
        "command": "convert",
        "source": shown(source),
        "version": __version__,
        **before,
        **facts,
    }


def _shown_encoding(encoding: Encoding) -> str:
    return {"": "kept", "PNG": "png"}.get(encoding.form, f"jpg:{encoding.quality}")
