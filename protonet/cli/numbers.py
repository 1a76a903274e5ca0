"""Numbers of the command line."""

from __future__ import annotations

from protonet.errors import UsageError

_MOST = 2**31 - 1


def whole_number(option: str, text: str, least: int = 1, most: int = _MOST) -> int:
    """Return a whole number in Arabic digits, without a sign.

    Args:
        option: whose it is, for the message.
        text: what was given.
        least, most: the smallest and the largest that is taken.

    Raises: UsageError if it is none.
    """
    if text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text)
    raise UsageError(f'{option} "{text}": a whole number from {least} to {most} is needed')


def axis_size(word: str) -> tuple[str, int]:
    """Return what `--axis NAME=SIZE` gives.

    Raises: UsageError if the size is none.
    """
    name, _, size = word.partition("=")
    return name, whole_number("--axis", size)
