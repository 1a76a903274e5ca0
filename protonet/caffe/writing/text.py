"""A tree of fields → protocol buffer text format, as protobuf's own printer writes it.

```
layer {
  name: "conv1"
  convolution_param {
    num_output: 20
  }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from protonet.caffe.text_format import Message, Scalar

_INDENT = "  "
_LETTERS = MappingProxyType(
    {ord(a): f"\\{b}" for a, b in zip("\n\r\t\"'\\", "nrt\"'\\", strict=True)}
)


def text_of(message: Message) -> str:
    """Return a message as text, a field a line.

    >>> from protonet.caffe.text_format import parse
    >>> print(text_of(parse("layer { name: 'conv1' } base_lr: .5", "")), end="")
    layer {
      name: "conv1"
    }
    base_lr: 0.5
    """
    return "".join(f"{line}\n" for line in _lines(message, ""))


def _lines(message: Message, indent: str) -> Iterator[str]:
    for field in message.fields:
        if isinstance(field.value, Message):
            yield f"{indent}{field.name} {{"
            yield from _lines(field.value, indent + _INDENT)
            yield f"{indent}}}"
        else:
            yield f"{indent}{field.name}: {_shown(field.value)}"


def _shown(scalar: Scalar) -> str:
    """Return a value, whether it was checked, and so may be a flag, or not."""
    value = scalar.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{_quoted(value)}"' if scalar.form == "text" else value
    return repr(value)  # inf and nan are words of text format, too


def _quoted(value: str) -> str:
    """Return a text without its quotes: bytes outside of ASCII by their octal numbers."""
    raw = value.encode("utf-8", "surrogateescape")
    return "".join(
        _LETTERS.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw
    )
