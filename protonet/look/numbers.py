"""Counts and bytes as people read them."""

from __future__ import annotations

_UNITS = ("", "k", "M", "G", "T", "P")


def readable(number: int) -> str:
    """Return a count with three digits and a unit.

    >>> readable(999), readable(61_100_840), readable(714_188_480), readable(1_500)
    ('999', '61.1 M', '714 M', '1.50 k')
    """
    value, power = _scaled(number)
    return f"{value} {_UNITS[power]}".strip()


def readable_bytes(number: int) -> str:
    """Return a number of bytes with three digits, in powers of 1,000.

    >>> readable_bytes(999), readable_bytes(1_234_000_000), readable_bytes(46_080)
    ('999 B', '1.23 GB', '46.1 kB')
    """
    value, power = _scaled(number)
    return f"{value} {_UNITS[power]}B"


def _scaled(number: int) -> tuple[str, int]:
    """Return three digits and the power of 1,000 that they are counted in."""
    power, value = 0, float(number)
    while value >= 999.5 and power < len(_UNITS) - 1:
        value, power = value / 1000, power + 1
    if power == 0:
        return str(number), 0
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{digits}f}", power
