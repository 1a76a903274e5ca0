"""The words of protocol buffer text format: names, numbers, texts, signs, each with its place.

Every pattern is possessive, so the time is linear in the text whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NoReturn

from protonet.caffe.escapes import unescape
from protonet.errors import SpecError
from protonet.problems import Mark, Problem, SourceText

Kind = Literal["word", "whole", "decimal", "text", "symbol", "end"]

MOST_DIGITS = 400
"""A longer number is no number that anyone wrote; converting it would take quadratic time."""

_SPACE_AND_COMMENTS = re.compile(r"(?:[ \t\r\n\f\v]++|#[^\n]*+)*+")
_TOKEN = re.compile(
    r"""
      (?P<word>   [A-Za-z_][A-Za-z0-9_]*+ )
    | (?P<number> (?: 0[xX][0-9a-fA-F]++
                    | (?: [0-9]++ (?: \.[0-9]*+ )?+ | \.[0-9]++ ) (?: [eE][+-]?[0-9]++ )?+ [fF]?+ )
                  (?![A-Za-z0-9_.]) )
    | (?P<text>   "[^"\\\n]*+ (?: \\. [^"\\\n]*+ )*+ " | '[^'\\\n]*+ (?: \\. [^'\\\n]*+ )*+ ' )
    | (?P<symbol> [:{}<>\[\],;-] )
    """,
    re.VERBOSE,
)
_STRETCH = re.compile(r"[^\s{}<>\[\],;:#\"']+|.", re.DOTALL)
_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the text.

    Attributes:
        kind: `whole` and `decimal` are numbers, `text` is quoted, `end` follows the last token.
        value: the number, the text without its quotes and escapes, or the word itself.
        mark: where it stands.
    """

    kind: Kind
    value: str | int | float
    mark: Mark


def refuse(mark: Mark, why: str, hint: str = "", code: str = "PN050") -> NoReturn:
    """Raise SpecError with the one problem found at the mark."""
    raise SpecError([Problem(code, mark, "", why, "", hint)], mark.source.name)


def tokens(text: str, name: str) -> Iterator[Token]:
    """Yield every token of the text, then one of kind `end`.

    Args:
        text: decoded with `surrogateescape`, so that a comment in another encoding does no harm.
        name: what errors call the text, usually its path.

    Raises: SpecError at the first character that fits nothing.
    """
    # A lone surrogate cannot be printed, and the lines are shown in errors.
    lines = _SURROGATES.sub("\ufffd", text).split("\n")
    source = SourceText(name, tuple(line.rstrip("\r") for line in lines))
    position, line, line_start = 0, 1, 0
    while True:
        start = _skipped(text, position)
        newlines = text.count("\n", position, start)
        if newlines:
            line, line_start = line + newlines, text.rfind("\n", position, start) + 1
        column = start - line_start + 1
        match = _TOKEN.match(text, start)
        if match is None:
            break
        position = match.end()
        yield _token(match, Mark(source, line, column, column + position - start))
    if start < len(text):
        _refuse_character(text, start, Mark(source, line, column, column + 1))
    yield Token("end", "the end of the file", Mark(source, line, column, column + 1))


def _skipped(text: str, position: int) -> int:
    match = _SPACE_AND_COMMENTS.match(text, position)
    return match.end() if match else position


def _token(match: re.Match[str], mark: Mark) -> Token:
    found = match.group()
    match match.lastgroup:
        case "number":
            return _number(found, mark)
        case "text":
            return Token("text", _text(found[1:-1], mark), mark)
        case "word":
            return Token("word", found, mark)
        case _:
            return Token("symbol", found, mark)


def _number(found: str, mark: Mark) -> Token:
    if len(found) > MOST_DIGITS:
        refuse(mark, f"a number of {len(found):,} characters")
    if found[:2] in ("0x", "0X"):
        return Token("whole", int(found, 16), mark)
    if not found.isdecimal():
        return Token("decimal", float(found.rstrip("fF")), mark)
    if found[0] == "0" and found.strip("01234567"):
        refuse(mark, f"{found} starts with 0, so it is octal, but it has digits above 7")
    return Token("whole", int(found, 8 if found[0] == "0" else 10), mark)


def _text(quoted: str, mark: Mark) -> str:
    try:
        return unescape(quoted)
    except ValueError as error:
        refuse(mark, str(error))


def _refuse_character(text: str, start: int, mark: Mark) -> NoReturn:
    found = text[start]
    if found == "\0":
        refuse(mark, "the file is binary", "a net is plain text; a .caffemodel holds its weights")
    if found in "\"'":
        refuse(mark, "the text is not closed", f"write {found} at its end, on the same line")
    stretch = _SURROGATES.sub("\ufffd", _STRETCH.match(text, start, start + 40).group())  # type: ignore[union-attr]  # matches any character
    wide = Mark(mark.source, mark.line, mark.column, mark.column + len(stretch))
    if found in "0123456789.":
        refuse(wide, f"{stretch} is not a number")
    refuse(wide, f"{stretch!r} means nothing here")
