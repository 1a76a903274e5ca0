"""Plain data → YAML text that reads back as the same data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from protonet.source import yaml_text


class _Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.2 would read as something else, `1e-3` among them."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = yaml_text.means_itself(text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else "'")


_Dumper.add_representer(str, _text)


def written(plain: Mapping[str, Any]) -> str:
    """Return a map as YAML, its keys in their order, what is short on one line."""
    return yaml.dump(
        dict(plain),
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=None,
        width=100,
        allow_unicode=True,
    )
