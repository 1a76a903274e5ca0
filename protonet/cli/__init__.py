"""The command `protonet`, one small file per command; the only room that prints and sets exit
codes."""

from protonet.cli.command_line import main

__all__ = ["main"]
