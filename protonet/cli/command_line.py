"""The command `protonet`: finds what is asked for, prints errors, sets exit codes."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from types import MappingProxyType, ModuleType

from protonet import __version__
from protonet.cli import (
    board,
    check,
    convert,
    diff,
    draw,
    explain,
    export,
    gradcheck,
    import_,
    inspect,
    layers,
    mean,
    new,
    predict,
    preview,
    replay,
    schema,
    serve,
    show,
    summary,
    test,
    time,
    train,
    transforms,
    verify,
    zoo,
)
from protonet.errors import Interrupted, ProtonetError, SpecError, UsageError

COMMANDS = MappingProxyType[str, ModuleType](
    {
        "new": new,
        "train": train,
        "board": board,
        "test": test,
        "predict": predict,
        "serve": serve,
        "export": export,
        "check": check,
        "summary": summary,
        "draw": draw,
        "preview": preview,
        "show": show,
        "diff": diff,
        "gradcheck": gradcheck,
        "time": time,
        "replay": replay,
        "layers": layers,
        "transforms": transforms,
        "schema": schema,
        "convert": convert,
        "import": import_,
        "inspect": inspect,
        "verify": verify,
        "mean": mean,
        "zoo": zoo,
        "explain": explain,
    }
)
"""Every command by name: a module with HELP, EXAMPLE, `add_arguments(parser)` and
`run(options)`."""

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT."""

_OUTPUT_REFUSED = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Errors of standard output: its reader has gone, as in `protonet check … | head`, or the disk that
it goes to is full. Whatever else writes has errors of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code of the process.

    Args:
        arguments: the command line without the program's name; left out: this process's own.
    """
    parser = build_parser()
    options = _parsed(parser, arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        code = _run(options)
        sys.stdout.flush()
    except ProtonetError as error:
        plain = isinstance(error, SpecError | Interrupted)  # a stop that was asked for is no error
        _complain(str(error) if plain else f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted")
        return INTERRUPTED
    except OSError as error:
        if error.errno not in _OUTPUT_REFUSED or error.filename is not None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left
        if error.errno != errno.EPIPE:
            _complain(f"error: the output cannot be written: {error.strerror}")
        return 1
    return code


def _run(options: argparse.Namespace) -> int:
    """Run a command and return its exit code.

    Raises: UsageError for what a user's own file, a plugin, raises.
    """
    try:
        code: int = COMMANDS[options.command].run(options)
    except ProtonetError:
        raise
    except Exception as error:
        plugins = sys.modules.get("protonet.plugins")  # no plugin runs without
        where = plugins.line_in_plugin(error) if plugins else ""
        if not where:
            raise
        why = next(iter(str(error).splitlines()), "")
        raise UsageError(f"{where}: {type(error).__name__}: {why}") from error
    return code


def _parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse, with overrides wherever they stand: argparse takes them only beside the spec."""
    options, rest = parser.parse_known_args(arguments)
    for word in rest:
        if word.startswith("-") or "=" not in word or not hasattr(options, "overrides"):
            parser.error(f"unrecognized arguments: {' '.join(rest)}")
        options.overrides.append(word)
    options.given = sys.argv[1:] if arguments is None else list(arguments)
    return options


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="protonet",
        description="Train, test and ship neural networks from one readable YAML file.",
        epilog="Each command explains itself: protonet train --help",
    )
    parser.add_argument("--version", action="version", version=f"protonet {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, command in COMMANDS.items():
        command.add_arguments(_add_command(commands, name, command))
    return parser


def _add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, command: ModuleType
) -> argparse.ArgumentParser:
    example = "\n".join(f"  {line}" for line in command.EXAMPLE.splitlines())
    return commands.add_parser(
        name,
        help=command.HELP,
        description=f"{command.HELP[0].upper()}{command.HELP[1:]}.",
        epilog=f"example:\n{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # --resum would be taken today, and be ambiguous tomorrow
    )


def _complain(text: str) -> None:
    print(text, file=sys.stderr)
