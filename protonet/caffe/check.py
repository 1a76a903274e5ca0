"""A prototxt's tree held against Caffe's fields: unknown names, wrong types, repeated fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from protonet.caffe.field_types import FieldType
from protonet.caffe.fields import MESSAGES, RETIRED
from protonet.caffe.report import Report
from protonet.caffe.text_format import Field, Message, Scalar
from protonet.records import shortened, suggestion

_TRUE, _FALSE = frozenset({"true", "True", "t"}), frozenset({"false", "False", "f"})
_NOT_FINITE = frozenset({"inf", "infinity", "nan"})


class _Wrong(Exception):
    """A value of the wrong type: code, what is wrong, what would be right."""

    def __init__(self, code: str, why: str, hint: str = "") -> None:
        self.code, self.why, self.hint = code, why, hint
        super().__init__(why)


def check(message: Message, name: str, report: Report, path: str = "") -> Message:
    """Return the message with every value as its field's type has it; what is wrong is left out.

    Choices become names whether they were written as name or number, flags become bool, numbers
    stay as they were written.

    Args:
        message: the tree as it was read.
        name: what it is, a name of `MESSAGES`.
        report: gains every problem.
        path: the words before a field's name in problems.
    """
    fields = MESSAGES[name]
    first: dict[str, Field] = {}
    kept: list[Field] = []
    for field in message.fields:
        where = f"{path}.{field.name}" if path else field.name
        if (name, field.name) in RETIRED:
            if field.name not in first:  # a layer has several: say it once
                report.refuse("PN051", field.mark, where, *RETIRED[name, field.name])
            first.setdefault(field.name, field)
        elif field.name not in fields:
            hint = suggestion(field.name, fields)
            report.refuse("PN051", field.mark, where, "Caffe has no such field here", hint)
        elif field.name in first and not fields[field.name].repeated:
            hint = f"it stands first in line {first[field.name].mark.line}"
            report.refuse(
                "PN002", field.mark, where, "the field stands twice, and Caffe takes one", hint
            )
        else:
            first[field.name] = field
            kept += _checked(field, fields[field.name], report, where)
    return Message(tuple(kept), message.mark)


def _checked(field: Field, kind: FieldType, report: Report, path: str) -> Iterator[Field]:
    try:
        value = _value(field.value, kind)
    except _Wrong as wrong:
        report.refuse(wrong.code, field.value.mark, path, wrong.why, wrong.hint)
        return
    if isinstance(value, Message):
        value = check(value, kind.message, report, _named(path, value))
    yield replace(field, value=value)


def _named(path: str, message: Message) -> str:
    """Return the path of a message, under its own name where it has one."""
    names = [
        field.value.value for field in message.named("name") if isinstance(field.value, Scalar)
    ]
    return f"{path}.{names[0]}" if names else path


def _value(value: Scalar | Message, kind: FieldType) -> Scalar | Message:
    if isinstance(value, Message) != (kind.kind == "message"):
        right = (
            "a group { … } is needed"
            if kind.kind == "message"
            else "a value is needed, not a group { … }"
        )
        raise _Wrong("PN010", right)
    if isinstance(value, Message):
        return value
    return replace(value, value=_CONVERT[kind.kind](value, kind))


def _whole(value: Scalar, kind: FieldType) -> int:
    if not isinstance(value.value, int):
        raise _Wrong("PN010", f"a whole number is needed, not {_shown(value)}", _unquoted(value))
    least, most = kind.bounds
    if not least <= value.value <= most:
        raise _Wrong("PN013", f"{shortened(value.value, 30)} lies outside {least} to {most}")
    return value.value


def _number(value: Scalar, kind: FieldType) -> int | float:
    if isinstance(value.value, str):
        if value.form == "word" and value.value.lower() in _NOT_FINITE:
            return float(value.value)
        raise _Wrong("PN010", f"a number is needed, not {_shown(value)}", _unquoted(value))
    return value.value


def _flag(value: Scalar, kind: FieldType) -> bool:
    if value.form == "whole" and value.value in (0, 1):
        return bool(value.value)
    if value.form == "word" and value.value in _TRUE | _FALSE:
        return value.value in _TRUE
    raise _Wrong("PN010", f"true or false is needed, not {_shown(value)}", _unquoted(value))


def _text(value: Scalar, kind: FieldType) -> str:
    if value.form != "text":
        raise _Wrong("PN010", f"a text is needed, not {_shown(value)}", f'write "{value.value}"')
    return str(value.value)


def _choice(value: Scalar, kind: FieldType) -> str:
    if value.form == "word" and value.value in kind.choices:
        return str(value.value)
    by_number = {number: name for name, number in kind.choices.items()}
    if value.form == "whole" and value.value in by_number:
        return by_number[int(value.value)]
    if value.form == "text" and value.value in kind.choices:
        raise _Wrong("PN010", "a name without quotes is needed", _unquoted(value))
    raise _Wrong("PN014", f"{_shown(value)} is none of {', '.join(kind.choices)}")


_CONVERT = {"whole": _whole, "number": _number, "flag": _flag, "text": _text, "choice": _choice}


def _shown(value: Scalar) -> str:
    return shortened(value.value, 40) if value.form == "text" else str(value.value)[:40]


def _unquoted(value: Scalar) -> str:
    return (
        f"write {value.value} without quotes"
        if value.form == "text" and len(str(value.value)) < 40
        else ""
    )
