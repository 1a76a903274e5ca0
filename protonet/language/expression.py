"""`$(4 * width)`: arithmetic, comparison and choice over named values; nothing else, and bounded.

The text is parsed by Python's `ast` and walked by a whitelist: nothing of it is ever run as code.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from protonet.records import shortened, suggestion

MOST_CHARACTERS = 400
MOST_NODES = 120
MOST_BITS = 64
"""Width of the largest whole number that an expression may come to."""
CLASSES = "data.classes"
"""The one name with a dot: the number of classes in the header of the training set."""


class ExpressionError(Exception):
    """Why an expression cannot be computed, and what would be right."""

    def __init__(self, why: str, hint: str = "") -> None:
        self.why, self.hint = why, hint
        super().__init__(why)


class Unknowable(ExpressionError):
    """An expression over something that has failed itself, which has been told."""


FAILED = object()
"""Stands for a value that cannot be computed, which has been told."""
ANYTHING = "*"
"""The name of `FAILED` where names are missing that nothing is known of."""
Names = Mapping[str, Any]
Operation = Callable[[Any, Any], Any]


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, int) and isinstance(exponent, int):
        if exponent > MOST_BITS or abs(exponent) * base.bit_length() > 4 * MOST_BITS:
            raise ExpressionError("the power is too large", f"whole numbers end at 2**{MOST_BITS}")
    elif base < 0 and not float(exponent).is_integer():
        raise ExpressionError("a root of a number below 0")
    return base**exponent


_BINARY: Mapping[type[ast.operator], Operation] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
        ast.Pow: _power,
    }
)
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = MappingProxyType(
    {ast.USub: operator.neg, ast.UAdd: operator.pos}
)
_ORDER: Mapping[type[ast.cmpop], Operation] = MappingProxyType(
    {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
)
_EQUAL: Mapping[type[ast.cmpop], Operation] = MappingProxyType(
    {ast.Eq: operator.eq, ast.NotEq: operator.ne}
)
_FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"min": min, "max": max, "round": round}
)


def evaluate(text: str, names: Names) -> Any:
    """Return what an expression comes to.

    Args:
        text: the expression without its `$( )`.
        names: the value of every name it may use.

    Raises: ExpressionError.

    >>> evaluate("4 * width if wide else width // 2", {"width": 64, "wide": True})
    256
    """
    parsed = _parsed(text)
    try:
        return _bounded(_value(parsed, names))
    except ZeroDivisionError as error:
        raise ExpressionError("a division by 0") from error
    except OverflowError as error:
        raise ExpressionError("the number is too large") from error


@lru_cache(maxsize=1024)  # a block's expressions are computed for each of its uses
def _parsed(text: str) -> ast.expr:
    """Return an expression as a tree that is small enough to walk."""
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"the expression is longer than {MOST_CHARACTERS} characters")
    try:
        with warnings.catch_warnings(action="ignore"):  # of Python, about what is refused anyway
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ExpressionError("this is no expression", _ALLOWED) from error
    if sum(1 for _ in ast.walk(tree)) > MOST_NODES:
        raise ExpressionError(f"the expression has more than {MOST_NODES} parts")
    return tree.body


_ALLOWED = (
    "there are + - * / // % **, comparisons, and, or, not, a if c else b, list[index], "
    "min, max, round"
)


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise ExpressionError("the number is too large", f"whole numbers end at 2**{MOST_BITS}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError("the number is too large")
    return value


def _value(node: ast.expr, names: Names) -> Any:
    found = _KINDS.get(type(node))
    if found is None:
        raise ExpressionError(f"{ast.unparse(node)[:40]} is not allowed here", _ALLOWED)
    return found(node, names)


def _constant(node: ast.Constant, names: Names) -> Any:
    if not isinstance(node.value, bool | int | float | str):
        raise ExpressionError(f"{ast.unparse(node)[:40]} is not allowed here", _ALLOWED)
    return _bounded(node.value)


def _name(node: ast.Name, names: Names) -> Any:
    return lookup(node.id, names)


def _attribute(node: ast.Attribute, names: Names) -> Any:
    text = ast.unparse(node)
    if text != CLASSES:
        raise ExpressionError(f"{text[:40]} is not allowed here", _ALLOWED)
    return lookup(text, names)


def lookup(name: str, names: Names) -> Any:
    """Return the value of a name.

    Raises: ExpressionError naming the nearest known one; Unknowable where the value has failed.
    """
    if name in ("true", "false"):  # as YAML writes them
        return name == "true"
    if names.get(name, names.get(ANYTHING)) is FAILED:
        raise Unknowable(f"{name} cannot be computed")
    if name not in names:
        raise ExpressionError(
            f"no variable or argument is named {name}", suggestion(name, names, most=12)
        )
    value = names[name]
    return value() if callable(value) else value


def _number(value: Any, node: ast.expr) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = f"{ast.unparse(node)[:40]} is {shortened(value, 30)}, which is no number"
        raise ExpressionError(text)
    return _bounded(value)


def _binary(node: ast.BinOp, names: Names) -> Any:
    operation = _BINARY.get(type(node.op))
    if operation is None:
        raise ExpressionError(f"{ast.unparse(node)[:40]} is not allowed here", _ALLOWED)
    left = _number(_value(node.left, names), node.left)
    return _bounded(operation(left, _number(_value(node.right, names), node.right)))


def _unary(node: ast.UnaryOp, names: Names) -> Any:
    if isinstance(node.op, ast.Not):
        return not _truth(node.operand, names)
    operation = _UNARY.get(type(node.op))
    if operation is None:
        raise ExpressionError(f"{ast.unparse(node)[:40]} is not allowed here", _ALLOWED)
    return operation(_number(_value(node.operand, names), node.operand))


def _truth(node: ast.expr, names: Names) -> bool:
    value = _value(node, names)
    if not isinstance(value, bool):
        text = f"{ast.unparse(node)[:40]} is {shortened(value, 30)}, neither true nor false"
        raise ExpressionError(text, "compare it: x > 0")
    return value


def _all_or_any(node: ast.BoolOp, names: Names) -> bool:
    judge = all if isinstance(node.op, ast.And) else any
    return judge(_truth(value, names) for value in node.values)


def _compare(node: ast.Compare, names: Names) -> bool:
    left = node.left
    for kind, right in zip(node.ops, node.comparators, strict=True):
        if type(kind) in _EQUAL:
            holds = _EQUAL[type(kind)](_value(left, names), _value(right, names))
        elif type(kind) in _ORDER:
            low, high = _number(_value(left, names), left), _number(_value(right, names), right)
            holds = _ORDER[type(kind)](low, high)
        else:
            raise ExpressionError(f"{ast.unparse(node)[:40]} is not allowed here", _ALLOWED)
        if not holds:
            return False
        left = right
    return True


def _choice(node: ast.IfExp, names: Names) -> Any:
    return _value(node.body if _truth(node.test, names) else node.orelse, names)


def _call(node: ast.Call, names: Names) -> Any:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in _FUNCTIONS or node.keywords or not node.args:
        raise ExpressionError(f"{ast.unparse(node)[:40]} is not allowed here", _ALLOWED)
    given = [_number(_value(argument, names), argument) for argument in node.args]
    if name == "round" and (len(given) > 2 or any(isinstance(n, float) for n in given[1:])):
        raise ExpressionError("round takes a number, and how many digits to keep")
    if name == "round" and len(given) == 2 and abs(given[1]) > MOST_BITS:
        raise ExpressionError(f"round keeps at most {MOST_BITS} digits")
    if name != "round" and len(given) == 1:
        raise ExpressionError(f"{name} takes at least two numbers")
    return _FUNCTIONS[name](*given)


def _item(node: ast.Subscript, names: Names) -> Any:
    values, index = _value(node.value, names), _value(node.slice, names)
    if not isinstance(values, list):
        raise ExpressionError(f"{ast.unparse(node.value)[:40]} is no list")
    if isinstance(index, bool) or not isinstance(index, int):
        raise ExpressionError(f"{ast.unparse(node.slice)[:40]} is no whole number")
    if not -len(values) <= index < len(values):
        size = f"{len(values)} item{'' if len(values) == 1 else 's'}"
        raise ExpressionError(f"{ast.unparse(node.value)[:40]} has {size}, and no item {index}")
    return values[index]


_KINDS: Mapping[type[ast.expr], Callable[[Any, Names], Any]] = MappingProxyType(
    {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.BinOp: _binary,
        ast.UnaryOp: _unary,
        ast.BoolOp: _all_or_any,
        ast.Compare: _compare,
        ast.IfExp: _choice,
        ast.Call: _call,
        ast.Subscript: _item,
    }
)
