"""A net put together: blobs, layers at work, and what feeds them; and the same for other shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from protonet.errors import UsageError
from protonet.net import Net as Core
from protonet.pycaffe import mode
from protonet.pycaffe.blob import Blob
from protonet.pycaffe.feeding import MemoryWork, work_of
from protonet.pycaffe.memory import Array
from protonet.pycaffe.opening import Opened
from protonet.pycaffe.plan import SPLIT, Plan, plan_of
from protonet.pycaffe.python_layers import PYTHON
from protonet.pycaffe.step import Layer, layers_of
from protonet.pycaffe.work import Work
from protonet.run.heap import keep_freed_memory
from protonet.schema import located
from protonet.spec.net import InputSpec

Hook = Callable[[int], object]
WHEN = ("before_forward", "after_forward", "before_backward", "after_backward")

_ARE_FED = ("input", "data")


@dataclass(slots=True)
class Built:
    """A net put together.

    Attributes:
        opened: what it was made of.
        core: computes; made anew when inputs take other shapes.
        plan: the layers and blobs as Caffe lists them.
        blobs: by their places in the plan.
        known: the blobs of parameters by the identity of their tensors.
        works: what gives inputs, by layer.
        layers: at work.
        hooks: what is called, with a layer's number, around its passes, by when.
    """

    opened: Opened
    core: Core
    plan: Plan
    blobs: list[Blob]
    works: dict[str, Work]
    known: dict[int, Blob] = field(default_factory=dict)
    layers: list[Layer] = field(default_factory=list)
    hooks: Mapping[str, list[Hook]] = field(default_factory=lambda: {when: [] for when in WHEN})

    def __post_init__(self) -> None:
        """Set the layers to work."""
        self._set_to_work()

    @property
    def inputs(self) -> list[str]:
        """The names of the blobs that whoever runs the net writes."""
        return [top for line in self.opened.lines if line.kind == "input" for top in line.tops]

    @property
    def named(self) -> Mapping[str, Blob]:
        """The blobs by name; of several of one name the last."""
        return dict(zip(self.plan.names, self.blobs, strict=True))

    def parameters(self) -> Iterator[Blob]:
        """Yield the blobs of all parameters and statistics, each once."""
        yield from self.known.values()

    def loss(self) -> float:
        """Return the sum of the blobs that count in the loss, times their weights."""
        pairs = zip(self.blobs, self.plan.weights, strict=True)
        return sum(weight * float(blob.data.sum()) for blob, weight in pairs if weight)

    def is_stale(self) -> bool:
        """Return whether an input has another shape than the net was made for."""
        return any(
            blob.shape != self._proved(place)
            for place, blob in enumerate(self.blobs)
            if place in self._fed()
        )

    def reshape(self) -> None:
        """Make the net anew for the shapes that its inputs have.

        Raises: SpecError where a layer, or the shape of a parameter, does not allow it.
        """
        specs = self.core.spec.inputs
        changed = {
            name: InputSpec(shape=self.blobs[place].shape, dtype=specs[name].dtype, batch=False)
            for place in self._fed()
            if (name := self.plan.names[place]) in specs
        }
        with located(self.opened.spec):
            self.core = self.core.with_inputs(changed)
        self.plan = plan_of(self.opened.lines, self.core)
        self._set_to_work()

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """Hand the MemoryData layer its arrays.

        Raises: UsageError if there is none, or they do not fit.
        """
        found = [work for work in self.works.values() if isinstance(work, MemoryWork)]
        if not found:
            raise UsageError("set_input_arrays: the net has no layer of type MemoryData")
        found[0].reset(data, labels)

    def _fed(self) -> set[int]:
        fed = {line.name for line in self.opened.lines if line.kind in _ARE_FED}
        tops = (stage.tops for stage in self.plan.stages if stage.name in fed)
        return {place for places in tops for place in places}

    def _proved(self, place: int) -> tuple[int, ...]:
        return self.core.shape(self.plan.values[place]).small.shape

    def _set_to_work(self) -> None:
        for place, blob in enumerate(self.blobs):
            blob.reshape(*self._proved(place))
        nodes = self.core.wiring.nodes
        for stage in self.plan.stages:
            if stage.type == PYTHON and stage.node is not None:
                name = nodes[stage.node].layer.name
                self.works[stage.name] = self.opened.python.work(name)
            if stage.type == SPLIT and stage.node is None:
                for top in stage.tops:
                    self.blobs[top].share(self.blobs[stage.bottoms[0]].memory)
        self.layers = layers_of(self.plan, self.core, self.blobs, self.known, self.works)
        for blob, weight in zip(self.blobs, self.plan.weights, strict=True):
            if weight:
                blob.diff_memory.write(weight)


def build(opened: Opened) -> Built:
    """Put a net together.

    Raises: SpecError with everything that does not fit; DataError if its data cannot be read.
    """
    device = mode.device()
    keep_freed_memory()  # as Caffe, whose blobs keep theirs
    with located(opened.spec):
        core = Core(
            opened.net, opened.phase, seed=mode.next_seed(), device=device, channels_last=False
        )
    plan = plan_of(opened.lines, core)
    blobs = [Blob.of_shape(core.shape(value).small.shape, device) for value in plan.values]
    works = {
        line.name: work_of(opened.feeds[line.name], line, opened.phase)
        for line in opened.lines
        if line.kind == "data"
    }
    return Built(opened, core, plan, blobs, works)
