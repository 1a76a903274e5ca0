"""Nets written in Python: `n = NetSpec(); n.conv1 = L.Convolution(n.data, num_output=20)`.

`L.Type(bottoms…, keys…)` is a layer, whose keys go into the message that its type reads
(`convolution_param`), or into the layer itself; `ntop=2` asks for two tops, `in_place=True` gives
the top the name of the bottom. `P.Pooling.MAX` is a named value.
Source: Caffe, python/caffe/net_spec.py.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from protonet.caffe.fields import PARAMS_OF_TYPE
from protonet.errors import UsageError
from protonet.pycaffe.proto.messages import classes
from protonet.records import suggestion

Keys = Mapping[str, Any]

_OWN = ("data_param", "softmax_param")
"""Of the types that read several messages, the one that keys go into."""


class TopTypeError(UsageError, TypeError):
    """Something else than a top where a layer's bottom stands."""


class Top:
    """One blob that a layer gives.

    Attributes:
        fn: the layer.
        n: which of its tops it is.
    """

    def __init__(self, fn: Function, n: int) -> None:
        self.fn, self.n = fn, n

    def to_proto(self) -> Any:
        """Return the net that leads to it, as Caffe's NetParameter."""
        return to_proto(self)


class Function:
    """One layer: its type, its bottoms, and its keys.

    Args:
        type_name: the type.
        inputs: the bottoms.
        params: keys; `ntop`, `in_place` and `name` are those of the layer as a whole.

    Attributes:
        tops: what it gives.

    Raises: UsageError, a TypeError too, for a bottom that is no top.
    """

    def __init__(self, type_name: str, inputs: Iterable[object], params: Keys) -> None:
        self.type_name, self.inputs = type_name, tuple(self._checked(type_name, inputs))
        self.params = dict(params)
        self.ntop = int(self.params.pop("ntop", 1))
        self.in_place = bool(self.params.pop("in_place", False))
        self.tops = tuple(Top(self, n) for n in range(self.ntop))

    def to_proto(self) -> Any:
        """Return the net that leads to it, as Caffe's NetParameter."""
        return to_proto(self)

    @staticmethod
    def _checked(type_name: str, inputs: Iterable[object]) -> Iterable[Top]:
        for place, given in enumerate(inputs):
            if not isinstance(given, Top):
                raise TopTypeError(
                    f"{type_name} input {place} is not a Top (type is {type(given)}); a layer of "
                    "several tops gives a tuple of them, one of none gives no top"
                )
            yield given


class NetSpec:
    """A net under construction: its attributes, or items, are named tops.

    Attributes:
        tops: by name, in their order.
    """

    tops: OrderedDict[str, Any]

    def __init__(self) -> None:
        super().__setattr__("tops", OrderedDict())

    def __setattr__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copy and pickle ask for
            raise AttributeError(name)
        if name not in self.tops:
            raise AttributeError(f"the net has no top {name}; {suggestion(name, self.tops)}")
        return self.tops[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getitem__(self, name: str) -> Any:
        return self.__getattr__(name)

    def __delattr__(self, name: str) -> None:
        del self.tops[name]

    def __delitem__(self, name: str) -> None:
        del self.tops[name]

    def keys(self) -> list[str]:
        """Return the names of the tops."""
        return list(self.tops)

    def vals(self) -> list[Any]:
        """Return the tops."""
        return list(self.tops.values())

    def update(self, other: NetSpec) -> None:
        """Add the tops of another net."""
        self.tops.update(other.tops)

    def to_proto(self) -> Any:
        """Return the net as Caffe's NetParameter; `str` of it is a prototxt.

        Raises: UsageError for a key that a layer's type does not have, or a value of another kind.
        """
        names = {value: name for name, value in self.tops.items()}
        writer = _Writer(names)
        for value in self.tops.values():
            writer.write(value.fn if isinstance(value, Top) else value)
        return writer.net()


class Layers:
    """`L`: every attribute makes a layer of the type of that name."""

    def __getattr__(self, name: str) -> Any:
        """Return what makes layers of a type."""
        if name.startswith("__"):
            raise AttributeError(name)

        def layer(*args: object, **kwargs: Any) -> Any:
            function = Function(name, args, kwargs)
            if function.ntop == 0:
                return function
            return function.tops[0] if function.ntop == 1 else function.tops

        return layer


class Parameters:
    """`P`: `P.Pooling.MAX` is what Caffe calls the value MAX of its message PoolingParameter."""

    def __getattr__(self, name: str) -> Any:
        """Return a message's named values."""
        if name.startswith("__"):
            raise AttributeError(name)
        known = classes()
        if f"{name}Parameter" not in known:
            stems = [each.removesuffix("Parameter") for each in known]
            raise AttributeError(f"Caffe has no {name}Parameter; {suggestion(name, stems)}")
        return known[f"{name}Parameter"]


layers, params = Layers(), Parameters()


def to_proto(*tops: Top | Function) -> Any:
    """Return the net that leads to some tops, as Caffe's NetParameter; names are made up."""
    writer = _Writer({})
    for top in tops:
        writer.write(top.fn if isinstance(top, Top) else top)
    return writer.net()


class _Writer:
    """Writes layers, each after those that it reads.

    Args:
        names: of tops, and of layers without tops.
    """

    def __init__(self, names: dict[Any, str]) -> None:
        self.names, self.counts = names, Counter[str]()
        self.written: dict[Function, Any] = {}

    def net(self) -> Any:
        net = classes()["NetParameter"]()
        net.layer.extend(self.written.values())
        return net

    def write(self, last: Function) -> None:
        """Write a layer and those that it needs; a net may be deeper than Python's stack."""
        waiting = [last]
        while waiting:
            function = waiting[-1]
            needed = [top.fn for top in function.inputs if top.fn not in self.written]
            if needed:
                waiting += reversed(needed)
                continue
            waiting.pop()
            if function not in self.written:
                self.written[function] = self._layer(function)

    def _layer(self, function: Function) -> Any:
        layer = classes()["LayerParameter"](type=function.type_name)
        bottoms = [self.written[top.fn].top[top.n] for top in function.inputs]
        layer.bottom.extend(bottoms)
        tops = [self._name(top, function) for top in function.tops]
        layer.top.extend(bottoms if function.in_place else tops)
        own = tops[0] if tops else self._name(function, function)
        layer.name = str(function.params.get("name", own))
        _put_keys(layer, function)
        return layer

    def _name(self, thing: Top | Function, function: Function) -> str:
        if thing not in self.names:
            self.counts[function.type_name] += 1
            self.names[thing] = f"{function.type_name}{self.counts[function.type_name]}"
        return self.names[thing]


def _put_keys(layer: Any, function: Function) -> None:
    read = PARAMS_OF_TYPE.get(function.type_name, ())
    own = next((name for name in (*read[:1], *_OWN) if name in read), None)
    inner = getattr(layer, own, None) if own is not None else None
    inside = inner.DESCRIPTOR.fields_by_name if inner is not None else {}
    outside = layer.DESCRIPTOR.fields_by_name
    for key, value in function.params.items():
        if key in inside and not key.endswith("param"):
            assign_proto(inner, key, value)
        elif key in outside:
            if key != "name":
                assign_proto(layer, key, value)
        else:
            known = [*inside, *outside]
            raise UsageError(f"{function.type_name} has no key {key}; {suggestion(key, known)}")


def assign_proto(proto: Any, name: str, val: Any) -> None:
    """Set a field of a message: lists extend, dictionaries fill messages in.

    Raises: UsageError if there is no such field, or the value is of another kind.
    """
    fields = proto.DESCRIPTOR.fields_by_name
    what = proto.DESCRIPTOR.name
    if name not in fields:
        raise UsageError(f"{what} has no field {name}; {suggestion(name, fields)}")
    try:
        _assign(proto, name, val, is_list=fields[name].is_repeated)
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{what}.{name}: {val!r} is of another kind: {error}") from error


def _assign(proto: Any, name: str, val: Any, *, is_list: bool) -> None:
    if is_list:
        for item in val if isinstance(val, list | tuple) else [val]:
            if isinstance(item, Mapping):
                _fill(getattr(proto, name).add(), item)
            else:
                getattr(proto, name).append(item)
    elif isinstance(val, Mapping):
        getattr(proto, name).SetInParent()
        _fill(getattr(proto, name), val)
    elif hasattr(val, "DESCRIPTOR"):
        getattr(proto, name).CopyFrom(val)
    else:
        setattr(proto, name, val)


def _fill(message: Any, values: Keys) -> None:
    for name, value in values.items():
        assign_proto(message, name, value)
