"""`zoo://NAME`: a model of the zoo, named where a file could be."""

from __future__ import annotations

import re

from protonet.errors import UsageError

ZOO = "zoo://"
"""What an address begins with."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}", re.ASCII)
"""A name becomes a folder's, here and on a mirror: it has no slash and does not begin with a
dot."""


def is_address(text: str) -> bool:
    """Return whether a text names a model of the zoo, and no file."""
    return text.startswith(ZOO)


def name_of(address: str) -> str:
    """Return the name of the model that an address, or a name alone, means.

    Raises: UsageError if it is no name of a model.
    """
    name = address.removeprefix(ZOO)
    check_name(name, address)
    return name


def check_name(name: str, shown: str) -> None:
    """Refuse what cannot be a model's name.

    Args:
        name: the name.
        shown: the text that it was given as.

    Raises: UsageError.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{shown!a}: a model is named by up to 100 letters, digits, and . _ + -, such as "
            f"{ZOO}resnet18"
        )
