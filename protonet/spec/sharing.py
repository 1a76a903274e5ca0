"""Which parameters are one tensor, and how each learns: equal `name`s in `param` are shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from protonet.errors import PathError
from protonet.layers.record import LayerType
from protonet.records import suggestion
from protonet.spec.layer import LayerSpec, ParamSpec
from protonet.spec.net import NetSpec


@dataclass(frozen=True, slots=True)
class Use:
    """One parameter of one layer of the spec: where it stands, and how it is to learn."""

    index: int
    layer: str
    parameter: str
    spec: ParamSpec
    frozen: bool

    @property
    def name(self) -> str:
        """The name it would have if it were not shared."""
        return f"{self.layer}/{self.parameter}"


class Sharing:
    """The parameters of a whole net, by the layers' types; a layer may have fewer.

    A shared parameter belongs to the first layer of the file that names it. It takes `lr_mult` and
    `decay_mult` from the layer that gives them, as in Caffe.

    Args:
        net: the net.
        layers: the table of layer types.
    """

    def __init__(self, net: NetSpec, layers: Mapping[str, LayerType]) -> None:
        self.uses: dict[str, list[Use]] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._net, self._layers = net, layers
        owners: dict[str, str] = {}
        for use in _uses(net, layers):
            owner = self._owner(use, owners)
            self._names[use.layer, use.parameter] = owner
            self.uses.setdefault(owner, []).append(use)

    def owner(self, layer: str, parameter: str) -> str:
        """Return the name, `layer/parameter`, that a parameter is stored under."""
        return self._names.get((layer, parameter), f"{layer}/{parameter}")

    def _owner(self, use: Use, owners: dict[str, str]) -> str:
        """Return what a parameter is stored under; `owners` are those of shared names so far."""
        if use.spec.name:
            return owners.setdefault(use.spec.name, use.name)
        other = self._net.layers[use.index].share
        if other is None:
            return use.name
        return self._names.get((other, use.parameter), use.name)

    def multiplier(self, owner: str, key: str) -> float:
        """Return `lr_mult` or `decay_mult` of a stored parameter."""
        given = next(self._given(owner, key), None)
        return 1.0 if given is None else float(getattr(given.spec, key))

    def learns(self, owner: str) -> bool:
        """Return whether some layer trains a stored parameter."""
        thawed = any(not use.frozen for use in self.uses.get(owner, ()))
        return thawed and self.multiplier(owner, "lr_mult") > 0

    def is_held(self, layer: LayerSpec, parameter: str) -> bool:
        """Return whether a frozen layer uses what another layer trains: no gradient may come from
        this use."""
        return layer.frozen and self.learns(self.owner(layer.name, parameter))

    def errors(self) -> Iterator[PathError]:
        """Yield the multipliers that contradict those of the same parameter in another layer, and
        the layers that share what is not there."""
        yield from self._unshared()
        for owner in self.uses:
            for key in ("lr_mult", "decay_mult"):
                yield from self._contradictions(owner, key)

    def _unshared(self) -> Iterator[PathError]:
        above: dict[str, LayerSpec] = {}
        for index, layer in enumerate(self._net.layers):
            kind = self._layers.get(layer.type)
            if layer.share is not None and kind is not None and kind.parameters:
                other, path = above.get(layer.share), ("net", "layers", index, "share")
                if other is None:
                    why = f"no layer above is named {layer.share}"
                    yield PathError("PN036", path, why, hint=suggestion(layer.share, above, most=8))
                elif other.type != layer.type:
                    why = f"{layer.share} is of type {other.type}, {layer.name} of {layer.type}"
                    hint = "only layers of one type share their parameters"
                    yield PathError("PN036", path, why, hint=hint)
            above[layer.name] = layer

    def _contradictions(self, owner: str, key: str) -> Iterator[PathError]:
        first = next(self._given(owner, key), None)
        for use in self._given(owner, key):
            value, known = getattr(use.spec, key), getattr(first.spec, key) if first else None
            if first and use.layer != first.layer and value != known:
                why = f"{use.name} is shared with {first.name}, whose {key} is {known:g}"
                path = ("net", "layers", use.index, "param", use.parameter, key)
                hint = "give it in one of the layers, or the same in both"
                yield PathError("PN028", path, why, got=f"{value:g}", hint=hint)

    def _given(self, owner: str, key: str) -> Iterator[Use]:
        uses = self.uses.get(owner, ())
        return (use for use in uses if key in use.spec.model_fields_set)


def _uses(net: NetSpec, layers: Mapping[str, LayerType]) -> Iterator[Use]:
    for index, layer in enumerate(net.layers):
        kind = layers.get(layer.type)
        for parameter in kind.parameters if kind else ():
            yield Use(index, layer.name, parameter, layer.param_spec(parameter), layer.frozen)
