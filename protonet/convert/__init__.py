"""Images and labels → dataset: `convert(source, destination, ConvertOptions(…))`."""

from protonet.convert.conversion import convert
from protonet.convert.options import ConvertOptions, parse_resize, parse_split
from protonet.convert.report import Report, TableReport

__all__ = ["ConvertOptions", "Report", "TableReport", "convert", "parse_resize", "parse_split"]
