"""`protonet new`: a first spec for a dataset of one's own."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from protonet.errors import SpecError, StorageError, UsageError

HELP = "write a small, commented spec for your own dataset"
EXAMPLE = """\
protonet new my.yaml --data out.lmdb
protonet new my.yaml --data out.lmdb --net resnet18
protonet new my.yaml --data out.lmdb --net zoo://squeezenet1_0"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("spec", metavar="SPEC", type=Path, help="the YAML file to write")
    parser.add_argument("--data", metavar="DATASET", type=Path, required=True)
    parser.add_argument(
        "--net",
        metavar="NAME",
        help="a net of configs/nets, or a YAML file, to build on; or a model of the zoo, to begin "
        "with its weights (default: a small net)",
    )


def run(options: argparse.Namespace) -> int:
    """Write the spec, if it would be valid, and say what comes next."""
    from protonet.net import prove_phases
    from protonet.run.loading import load
    from protonet.run.starter import starter
    from protonet.schema import located

    path: Path = options.spec
    if path.exists():
        raise UsageError(f"{path} exists; a spec is not written over another file")
    first = starter(path, options.data, options.net)
    text = first.text()
    draft = path.with_name(f".{path.name}.{os.getpid()}.yaml")
    try:
        draft.write_text(text, encoding="utf-8")
        spec = load(draft)
        with located(spec):
            prove_phases(spec.net)
        os.link(draft, path)  # fails where another process has written it meanwhile
    except FileExistsError as error:
        raise UsageError(f"{path} exists; a spec is not written over another file") from error
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
    except SpecError as error:  # located in the draft, which nobody ever sees
        worst, net = error.problems[0], options.net or "a first net"
        why = f"{net} does not fit {options.data}: {worst.path}: {worst.why}{first.other_shape()}"
        raise UsageError(why) from error
    finally:
        draft.unlink(missing_ok=True)
    print(f"made {path}; next: protonet check {path} --data, then protonet train {path}")
    return 0
