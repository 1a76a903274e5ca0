"""Protocol buffer text format → a tree of fields in their order, each with its place.

The tree knows nothing of Caffe: `protonet.caffe.check` holds it against Caffe's own fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from protonet.caffe.tokens import Token, refuse, tokens
from protonet.problems import Mark

MOST_DEPTH = 100
"""Messages inside messages; Caffe's own nest four deep."""

MOST_CHARACTERS = 4_000_000
"""The largest nets people wrote have some 200,000."""

Form = Literal["word", "whole", "decimal", "text"]
_CLOSERS = {"{": "}", "<": ">"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    Attributes:
        form: how it was written: an identifier, a number without or with a fraction, a quoted text.
        value: the identifier or text, or the number.
        mark: where it stands.
    """

    form: Form
    value: str | int | float
    mark: Mark


@dataclass(frozen=True, slots=True)
class Field:
    """`name: value`. A list gives one field per item, as a repeated name does."""

    name: str
    value: Scalar | Message
    mark: Mark
    """Where the name stands."""


@dataclass(frozen=True, slots=True)
class Message:
    """Fields in the order of the text; the mark is that of the opening bracket."""

    fields: tuple[Field, ...]
    mark: Mark

    def named(self, name: str) -> tuple[Field, ...]:
        """Return the fields of one name."""
        return tuple(field for field in self.fields if field.name == name)


def parse(text: str, name: str) -> Message:
    """Return the tree of a whole text.

    Args:
        text: the text, decoded with `surrogateescape`.
        name: what errors call it, usually its path.

    Raises: SpecError with the first thing that is not text format (PN050) or is too large (PN004).
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MOST_CHARACTERS:
        start = Mark(next(tokens("", name)).mark.source, 1, 1, 2)
        refuse(start, f"the file is larger than {MOST_CHARACTERS:,} characters", code="PN004")
    return _Parser(tokens(text, name)).whole()


class _Parser:
    """Reads tokens one ahead."""

    def __init__(self, stream: Iterator[Token]) -> None:
        self.stream = stream
        self.next = next(stream)

    def whole(self) -> Message:
        start = Mark(self.next.mark.source, 1, 1, 2)
        return Message(tuple(self._fields(None, 0)), start)

    def _take(self) -> Token:
        token = self.next
        if token.kind != "end":
            self.next = next(self.stream)
        return token

    def _sees(self, *symbols: str) -> bool:
        return self.next.kind == "symbol" and self.next.value in symbols

    def _fields(self, opener: Token | None, depth: int) -> Iterator[Field]:
        closer = _CLOSERS[str(opener.value)] if opener else ""
        while not self._sees(closer):
            if self.next.kind == "end" and opener is None:
                return
            yield from self._field(opener, depth)
            if self._sees(",", ";"):
                self._take()
        self._take()

    def _field(self, opener: Token | None, depth: int) -> Iterator[Field]:
        name = self._take()
        if name.kind != "word":
            self._refuse_name(name, opener)
        colon = self._sees(":") and self._take()
        if not colon and not self._sees("{", "<", "["):
            refuse(
                self.next.mark,
                f"{name.value} has no value",
                f"write {name.value}: value or {name.value} {{ … }}",
            )
        for value in self._values(depth):
            if isinstance(value, Scalar) and not colon:
                refuse(value.mark, f"a colon is missing after {name.value}")
            yield Field(str(name.value), value, name.mark)

    def _refuse_name(self, found: Token, opener: Token | None) -> None:
        if found.kind == "end" and opener:
            closer = _CLOSERS[str(opener.value)]
            refuse(opener.mark, f"this {opener.value} is never closed", f"a {closer} is missing")
        if found.value in ("}", ">"):
            hint = f"the {opener.value} of line {opener.mark.line} is still open" if opener else ""
            refuse(found.mark, f"this {found.value} closes nothing", hint)
        refuse(found.mark, f"the name of a field is needed, not {_shown(found)}")

    def _values(self, depth: int) -> Iterator[Scalar | Message]:
        if not self._sees("["):
            yield self._value(depth)
            return
        opener = self._take()
        while not self._sees("]"):
            yield self._value(depth)
            if not self._sees(",", "]"):
                refuse(
                    opener.mark,
                    "this list is never closed",
                    f"found {_shown(self.next)} instead of , or ]",
                )
            if self._sees(","):
                self._take()
        self._take()

    def _value(self, depth: int) -> Scalar | Message:
        if self._sees("{", "<"):
            return self._message(depth + 1)
        token = self._take()
        if token.kind == "text":
            return self._text(token)
        if token.kind == "symbol" and token.value == "-":
            return self._negative(token)
        if token.kind == "symbol" or token.kind == "end":  # mypy narrows only this form
            refuse(token.mark, f"a value is needed, not {_shown(token)}")
        return Scalar(token.kind, token.value, token.mark)

    def _message(self, depth: int) -> Message:
        opener = self._take()
        if depth > MOST_DEPTH:
            refuse(opener.mark, f"messages nest deeper than {MOST_DEPTH} levels", code="PN004")
        return Message(tuple(self._fields(opener, depth)), opener.mark)

    def _text(self, first: Token) -> Scalar:
        """Join neighbouring texts, as C does."""
        parts = [str(first.value)]
        while self.next.kind == "text":
            parts.append(str(self._take().value))
        return Scalar("text", "".join(parts), first.mark)

    def _negative(self, minus: Token) -> Scalar:
        token = self._take()
        mark = _spanned(minus.mark, token.mark)
        if isinstance(token.value, int | float):
            return Scalar("whole" if token.kind == "whole" else "decimal", -token.value, mark)
        if token.kind != "word" or token.value.lower() not in ("inf", "infinity", "nan"):
            refuse(token.mark, f"a number is needed after -, not {_shown(token)}")
        return Scalar("decimal", -float(token.value), mark)


def _spanned(start: Mark, end: Mark) -> Mark:
    """Return the stretch from one mark to another, the first alone where they differ in line."""
    if start.line != end.line:
        return start
    return Mark(start.source, start.line, start.column, end.end)


def _shown(token: Token) -> str:
    return f'"{token.value}"' if token.kind == "text" else str(token.value)
