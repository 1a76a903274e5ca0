"""The net as a table, shown when a run starts: layer, type, shape of its tops, parameters."""

from __future__ import annotations

from protonet.net import Net


def net_table(net: Net) -> list[str]:
    """Return the lines of the table, with the number of parameters below."""
    rows = [("layer", "type", "top", "parameters")]
    for node, tops, count in net.table():
        shapes = " ".join(f"({', '.join(map(str, axes))})" for axes in tops)
        rows.append((node.layer.name, node.layer.type, shapes, f"{count:,}" if count else ""))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    total = sum(tensor.numel() for tensor in net.named_tensors().values())
    learnable = sum(slot.tensor.numel() for slot in net.learnable)
    return [*(_line(row, widths) for row in rows), f"{total:,} parameters, {learnable:,} learnable"]


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    *texts, number = row
    cells = [text.ljust(width) for text, width in zip(texts, widths, strict=False)]
    return "  ".join([*cells, number.rjust(widths[-1])]).rstrip()
