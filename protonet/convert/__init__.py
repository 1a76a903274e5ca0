"""Images, numbers and texts → dataset: `convert(source, destination, ConvertOptions(…))`."""

from protonet.convert.conversion import convert
from protonet.convert.encoded_pictures import Encoding
from protonet.convert.options import (
    ConvertOptions,
    TableOptions,
    parse_encode,
    parse_resize,
    parse_split,
)
from protonet.convert.report import Report, TableReport

__all__ = [
    "Encoding",
    "parse_encode",
    "ConvertOptions",
    "Report",
    "TableOptions",
    "TableReport",
    "convert",
    "parse_resize",
    "parse_split",
]
