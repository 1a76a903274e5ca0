from __future__ import annotations

import argparse

from protonet.cli.arguments import add_overrides, add_spec


def test_a_spec_and_overrides_are_taken_apart() -> None:
    parser = argparse.ArgumentParser()
    add_spec(parser)
    add_overrides(parser)
    options = parser.parse_args(["a.yaml", "solver.base_lr=0.1", "name=x"])
    assert (options.spec, options.overrides) == ("a.yaml", ["solver.base_lr=0.1", "name=x"])
    assert parser.parse_args(["a.yaml"]).overrides == []
