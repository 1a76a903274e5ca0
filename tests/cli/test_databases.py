from __future__ import annotations

import argparse
import os

from protonet.cli.databases import add_database, printable


def test_a_database_is_an_argument() -> None:
    parser = argparse.ArgumentParser()
    add_database(parser)
    assert parser.parse_args(["a.lmdb/train"]).database == "a.lmdb/train"


def test_what_is_no_utf8_can_be_printed() -> None:
    assert printable(os.fsdecode(b"caf\xe9")) == "caf\N{REPLACEMENT CHARACTER}"
