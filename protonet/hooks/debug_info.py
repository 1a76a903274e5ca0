"""What Caffe prints with `debug_info: true`: how large blobs, parameters and gradients are.

The numbers of an iteration are taken while it runs and read from the device when it is over. An
iteration that is not displayed has nothing attached to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from protonet.hooks.hook import Hook, Say, Step
from protonet.hooks.ticker import Interval, is_due
from protonet.net import Net
from protonet.net.modules import present
from protonet.spec.wiring import FROM_INPUTS, Node, Value


@dataclass(frozen=True, slots=True)
class Line:
    """A line whose numbers may still be on the device: text, number, text, number …"""

    parts: tuple[str | Tensor, ...]


@dataclass(slots=True)
class Pass:
    """One forward and backward pass.

    Attributes:
        inputs: lines of what is fed.
        forward: lines of the layers.
        position: of the layer that ran last.
        bottoms: the mean absolute gradient of a bottom, by the layer's position and its place.
        parameters: L1 and squared L2 norm of a gradient, by the parameter's owner.
    """

    inputs: dict[Value, Line] = field(default_factory=dict)
    forward: list[Line] = field(default_factory=list)
    position: int = -1
    bottoms: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    parameters: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)


class DebugInfo(Hook):
    """Says, for every iteration that is displayed, the mean absolute value of each blob, parameter,
    gradient and update, and the norms of all parameters and gradients.

    It stands first among the hooks, so that its lines come before the guard stops a run. Gradients
    are those of the loss as it is differentiated: with iter_size summed so far, with a loss scale
    multiplied by it. A parameter is copied before the step, to know its update.

    Args:
        net: the net in phase train. Its modules must run as they are, not compiled.
        interval: iterations between two displays; 0 for none.
        say: takes each line.

    Source: Caffe, net.cpp: InputDebugInfo, ForwardDebugInfo, BackwardDebugInfo, UpdateDebugInfo,
        Net::Backward; solver.cpp, Solver::Step: only where the iteration is displayed.
    """

    def __init__(self, net: Net, interval: Interval, say: Say) -> None:
        self._net, self._interval, self._say = net, interval, say
        self._nodes, self._modules = net.wiring.nodes, tuple(net.modules())
        self._readers = Counter(bottom for node in self._nodes for bottom in node.bottoms)
        self._handles: list[RemovableHandle] = []
        self._passes: list[Pass] = []
        self._before: dict[str, Tensor] = {}

    def before_step(self, iteration: int) -> None:
        """Attach to the net if this iteration is displayed."""
        if not is_due(iteration, self._interval):
            return
        self._before = {slot.name: slot.tensor.detach().clone() for slot in self._net.learnable}
        for position, module in enumerate(self._modules):
            enter, leave = partial(self._enter, position), partial(self._leave, position)
            self._handles += [
                module.register_forward_pre_hook(enter),
                module.register_forward_hook(leave),
            ]
        for slot in self._net.learnable:
            hook = partial(self._gradient, slot.name)
            self._handles.append(slot.tensor.register_post_accumulate_grad_hook(hook))

    def after_step(self, step: Step) -> bool:
        """Say what was seen."""
        if self._handles:
            self.close()
            lines = [line for one in self._passes for line in self._pass_lines(one)]
            for text in written([*lines, *self._updates()]):
                self._say(text)
            self._passes, self._before = [], {}
        return False

    def close(self) -> None:
        """Detach from the net."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _enter(self, position: int, module: nn.Module, bottoms: tuple[Tensor, ...]) -> Any:
        """Watch what a layer reads; return its bottoms, each with a gradient of its own."""
        if not self._passes or position <= self._passes[-1].position:
            self._passes.append(Pass())
        now = self._passes[-1]
        now.position = position
        given = list(bottoms)
        for place, value in enumerate(self._nodes[position].bottoms):
            if value.layer == FROM_INPUTS and value not in now.inputs:
                parts = (f"    [Forward] Input {value.blob} data: ", mean_of(given[place]))
                now.inputs[value] = Line(parts)
            if given[place].requires_grad:
                if self._readers[value] > 1:  # Caffe splits such a blob
                    given[place] = given[place].view_as(given[place])
                given[place].register_hook(partial(_note, now.bottoms, (position, place)))
        return tuple(given)

    def _leave(self, position: int, module: nn.Module, bottoms: Any, given: Any) -> None:
        """Watch what a layer gives."""
        node, lines = self._nodes[position], self._passes[-1].forward
        head = f"    [Forward] Layer {node.layer.name}, "
        tops = (given,) if isinstance(given, Tensor) else tuple(given)
        for value, top in zip(node.tops, tops, strict=True):
            lines.append(Line((f"{head}top blob {value.blob} data: ", mean_of(top))))
        for name, tensor in self._held(position, node):
            lines.append(Line((f"{head}param blob {name} data: ", mean_of(tensor))))

    def _gradient(self, owner: str, parameter: Tensor) -> None:
        """Watch a gradient that is complete for this pass."""
        if self._passes and parameter.grad is not None:
            self._passes[-1].parameters[owner] = norms_of(parameter.grad)

    def _held(self, position: int, node: Node) -> Iterator[tuple[str, Tensor]]:
        """Yield the parameters and statistics of a layer."""
        module = self._modules[position]
        for name in present(self._net.layers[node.layer.type], module):
            yield name, getattr(module, name)

    def _owner(self, node: Node, name: str) -> str:
        return self._net.store.sharing.owner(node.layer.name, name)

    def _pass_lines(self, one: Pass) -> Iterator[Line]:
        yield from one.inputs.values()
        yield from one.forward
        for position, node in reversed([*enumerate(self._nodes)]):
            yield from self._backward(one, position, node)
        yield self._norms(one)

    def _backward(self, one: Pass, position: int, node: Node) -> Iterator[Line]:
        head = f"    [Backward] Layer {node.layer.name}, "
        for place, value in enumerate(node.bottoms):
            if (position, place) in one.bottoms:
                mean = one.bottoms[position, place]
                yield Line((f"{head}bottom blob {value.blob} diff: ", mean))
        for name, tensor in self._held(position, node):
            found = one.parameters.get(self._owner(node, name))
            if found is not None and tensor.requires_grad:
                yield Line((f"{head}param blob {name} diff: ", found[0] / tensor.numel()))

    def _norms(self, one: Pass) -> Line:
        """Return the norms of everything that the layers hold, each tensor once, as before the
        update."""
        held = {
            self._owner(node, name): tensor
            for position, node in enumerate(self._nodes)
            for name, tensor in self._held(position, node)
        }
        data = [norms_of(self._before.get(owner, tensor)) for owner, tensor in held.items()]
        (data_1, data_2), (diff_1, diff_2) = map(_added, (data, [*one.parameters.values()]))
        head = "    [Backward] All net params (data, diff): L1 norm = ("
        return Line((head, data_1, ", ", diff_1, "); L2 norm = (", data_2, ", ", diff_2, ")"))

    def _updates(self) -> Iterator[Line]:
        """Yield, for each parameter that learns, what it was and what was taken from it."""
        for position, node in enumerate(self._nodes):
            for name, tensor in self._held(position, node):
                owner = self._owner(node, name)
                if owner not in self._before:
                    continue
                before = self._before[owner]
                diff = mean_of(before - tensor.detach())
                head = f"    [Update] Layer {node.layer.name}, param"
                layer, _, own = owner.rpartition("/")
                if (layer, own) == (node.layer.name, name):
                    yield Line((f"{head} {name} data: ", mean_of(before), "; diff: ", diff))
                else:
                    lent = f"(owned by layer {layer}, param {own})"
                    yield Line((f"{head} blob {name} {lent} diff: ", diff))


def _note(found: dict[tuple[int, int], Tensor], key: tuple[int, int], gradient: Tensor) -> None:
    found[key] = mean_of(gradient)


def mean_of(tensor: Tensor) -> Tensor:
    """Return the mean absolute value, () float32; nan for no numbers."""
    return tensor.detach().float().abs().mean()


def norms_of(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sum of the absolute values and the sum of the squares, () float32 each."""
    numbers = tensor.detach().float()
    return numbers.abs().sum(), numbers.square().sum()


def _added(norms: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Return the L1 and the L2 norm of several tensors together."""
    if not norms:
        return torch.zeros(()), torch.zeros(())
    first, second = (torch.stack(parts).sum() for parts in zip(*norms, strict=True))
    return first, second.sqrt()


def written(lines: list[Line]) -> Iterator[str]:
    """Yield lines as text, with the numbers as Caffe prints them; waits for the device once."""
    numbers = [part for line in lines for part in line.parts if isinstance(part, Tensor)]
    device = numbers[0].device if numbers else "cpu"
    found = iter(torch.stack([number.to(device) for number in numbers]).tolist() if numbers else [])
    for line in lines:
        texts = (part if isinstance(part, str) else f"{next(found):.6g}" for part in line.parts)
        yield "".join(texts)
