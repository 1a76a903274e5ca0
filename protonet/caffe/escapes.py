"""Escapes inside a quoted text: `\\n`, `\\"`, octal and hexadecimal bytes, Unicode."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_THEMSELVES = "\\'\"?"


def unescape(quoted: str) -> str:
    """Return the text that stands between the quotes.

    Octal and hexadecimal escapes are bytes, and all bytes together must be UTF-8.

    >>> unescape(r"caf\\303\\251")
    'café'

    Raises: ValueError with what is wrong.
    """
    replaced = _ESCAPE.sub(_character, quoted) if "\\" in quoted else quoted
    try:
        text = replaced.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError as error:
        raise ValueError("the text is not UTF-8") from error
    if "\0" in text:
        raise ValueError("the text holds a NUL byte")
    return text


def _character(match: re.Match[str]) -> str:
    octal, hexadecimal, short, long, letter = match.groups()
    if octal or hexadecimal:
        return _byte(int(octal, 8) if octal else int(hexadecimal, 16), match.group())
    if short or long:
        return _code_point(int(short or long, 16), match.group())
    if letter in _THEMSELVES:
        return letter
    if letter in _LETTERS:
        return _LETTERS[letter]
    raise ValueError(f"unknown escape {match.group()}")


def _byte(value: int, written: str) -> str:
    """Return a character that encodes to this one byte."""
    if value > 255:
        raise ValueError(f"the escape {written} is above 255")
    return chr(value) if value < 128 else chr(0xDC00 + value)


def _code_point(value: int, written: str) -> str:
    if value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:
        raise ValueError(f"the escape {written} is no Unicode character")
    return chr(value)
