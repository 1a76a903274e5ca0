"""torchvision's nets as functions of an image and of weights, in torch's own primitives.

The weights are taken one after the other, in the order in which torchvision's modules are
registered, which is that of its weight files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

Held = Mapping[str, Mapping[str, Tensor]]
"""The tensors of each layer, by name."""
Pads = int | tuple[int, int]


class Weights:
    """Layers that take the weights of a net in their order.

    Args:
        held: the weights.
        eps: of batch normalization.
        act: what follows it.
    """

    def __init__(
        self, held: Held, eps: float = 1e-5, act: Callable[[Tensor], Tensor] = torch.relu
    ) -> None:
        self.left: Iterator[Mapping[str, Tensor]] = iter([one for one in held.values() if one])
        self.eps, self.act = eps, act

    def conv(self, x: Tensor, stride: int = 1, pad: Pads = 0, groups: int = 1) -> Tensor:
        held = next(self.left)
        return F.conv2d(x, held["weight"], held.get("bias"), stride, pad, groups=groups)

    def norm(self, x: Tensor) -> Tensor:
        """Normalize with stored statistics."""
        sums, affine = next(self.left), next(self.left)
        mean, variance = (sums[name] / sums["scale_factor"] for name in ("mean", "variance"))
        return F.batch_norm(x, mean, variance, affine["weight"], affine["bias"], eps=self.eps)

    def linear(self, x: Tensor) -> Tensor:
        held = next(self.left)
        return F.linear(x, held["weight"], held["bias"])

    def unit(self, x: Tensor, stride: int = 1, pad: Pads = 0, groups: int = 1) -> Tensor:
        """Convolve, normalize, activate."""
        return self.act(self.norm(self.conv(x, stride, pad, groups)))

    def scores(self, x: Tensor) -> Tensor:
        return self.linear(x.mean((2, 3)))


def alexnet(held: Held, x: Tensor) -> Tensor:
    w = Weights(held)
    x = F.max_pool2d(w.conv(x, 4, 2).relu(), 3, 2)
    x = F.max_pool2d(w.conv(x, 1, 2).relu(), 3, 2)
    for _ in range(3):
        x = w.conv(x, 1, 1).relu()
    x = F.max_pool2d(x, 3, 2).flatten(1)
    return w.linear(w.linear(w.linear(x).relu()).relu())


def googlenet(held: Held, x: Tensor) -> Tensor:
    w = Weights(held, eps=1e-3)

    def inception(x: Tensor) -> Tensor:
        pooled = F.max_pool2d  # torchvision has 3x3 where the paper has 5x5
        return torch.cat(
            [
                w.unit(x),
                w.unit(w.unit(x), 1, 1),
                w.unit(w.unit(x), 1, 1),
                w.unit(pooled(x, 3, 1, 1)),
            ],
            1,
        )

    x = F.max_pool2d(w.unit(x, 2, 3), 3, 2, ceil_mode=True)
    x = F.max_pool2d(w.unit(w.unit(x), 1, 1), 3, 2, ceil_mode=True)
    x = F.max_pool2d(inception(inception(x)), 3, 2, ceil_mode=True)
    for _ in range(5):
        x = inception(x)
    return w.scores(inception(inception(F.max_pool2d(x, 2, 2, ceil_mode=True))))


def inception_v3(held: Held, x: Tensor) -> Tensor:
    w = Weights(held, eps=1e-3)
    x = w.unit(w.unit(w.unit(x, 2)), 1, 1)
    x = w.unit(w.unit(F.max_pool2d(x, 3, 2)))
    x = F.max_pool2d(x, 3, 2)
    for _ in range(3):
        x = _inception_a(w, x)
    double = [w.unit(x, 2), w.unit(w.unit(w.unit(x), 1, 1), 2)]
    x = torch.cat([*double, F.max_pool2d(x, 3, 2)], 1)
    for _ in range(4):
        x = _inception_c(w, x)
    double = [w.unit(w.unit(x), 2), w.unit(w.unit(w.unit(w.unit(x), 1, (0, 3)), 1, (3, 0)), 2)]
    x = torch.cat([*double, F.max_pool2d(x, 3, 2)], 1)
    for _ in range(2):
        x = _inception_e(w, x)
    return w.scores(x)


def _inception_a(w: Weights, x: Tensor) -> Tensor:
    branches = [w.unit(x), w.unit(w.unit(x), 1, 2), w.unit(w.unit(w.unit(x), 1, 1), 1, 1)]
    return torch.cat([*branches, w.unit(F.avg_pool2d(x, 3, 1, 1))], 1)


def _inception_c(w: Weights, x: Tensor) -> Tensor:
    branches = [w.unit(x), w.unit(w.unit(w.unit(x), 1, (0, 3)), 1, (3, 0)), w.unit(x)]
    for pad in ((3, 0), (0, 3), (3, 0), (0, 3)):
        branches[-1] = w.unit(branches[-1], 1, pad)
    return torch.cat([*branches, w.unit(F.avg_pool2d(x, 3, 1, 1))], 1)


def _inception_e(w: Weights, x: Tensor) -> Tensor:
    branches = [w.unit(x)]
    y = w.unit(x)
    branches += [w.unit(y, 1, (0, 1)), w.unit(y, 1, (1, 0))]
    y = w.unit(w.unit(x), 1, 1)
    branches += [w.unit(y, 1, (0, 1)), w.unit(y, 1, (1, 0))]
    return torch.cat([*branches, w.unit(F.avg_pool2d(x, 3, 1, 1))], 1)


def resnet18(held: Held, x: Tensor) -> Tensor:
    w = Weights(held)
    x = F.max_pool2d(w.unit(x, 2, 3), 3, 2, 1)
    for place in range(8):
        stride = 2 if place in (2, 4, 6) else 1
        y = w.norm(w.conv(w.unit(x, stride, 1), 1, 1))
        x = (y + (w.norm(w.conv(x, stride)) if stride > 1 else x)).relu()
    return w.scores(x)


def resnet50(held: Held, x: Tensor) -> Tensor:
    w = Weights(held)
    x = F.max_pool2d(w.unit(x, 2, 3), 3, 2, 1)
    for place in range(16):
        stride = 2 if place in (3, 7, 13) else 1  # 3, 4, 6, 3 blocks
        y = w.norm(w.conv(w.unit(w.unit(x), stride, 1)))
        x = (y + (w.norm(w.conv(x, stride)) if place in (0, 3, 7, 13) else x)).relu()
    return w.scores(x)


def squeezenet1_0(held: Held, x: Tensor) -> Tensor:
    return _squeezenet(held, x, pooled=(0, 3, 7))


def squeezenet1_1(held: Held, x: Tensor) -> Tensor:
    return _squeezenet(held, x, pooled=(0, 2, 4))


def _squeezenet(held: Held, x: Tensor, pooled: Sequence[int]) -> Tensor:
    w = Weights(held)
    x = w.conv(x, 2).relu()
    for fire in range(8):
        if fire in pooled:
            x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        x = w.conv(x).relu()
        x = torch.cat([w.conv(x).relu(), w.conv(x, 1, 1).relu()], 1)
    return w.conv(x).relu().mean((2, 3))


def densenet121(held: Held, x: Tensor) -> Tensor:
    w = Weights(held)
    x = F.max_pool2d(w.unit(x, 2, 3), 3, 2, 1)
    for depth in (6, 12, 24, 16):
        for _ in range(depth):
            y = w.conv(w.norm(x).relu())
            x = torch.cat([x, w.conv(w.norm(y).relu(), 1, 1)], 1)
        x = w.norm(x).relu()
        x = F.avg_pool2d(w.conv(x), 2, 2) if depth != 16 else x
    return w.scores(x)


def mobilenet_v2(held: Held, x: Tensor) -> Tensor:
    w = Weights(held, act=F.relu6)
    x = w.unit(x, 2, 1)
    x = w.norm(w.conv(w.unit(x, 1, 1, 32)))
    for depth, stride in ((2, 2), (3, 2), (4, 2), (3, 1), (3, 2), (1, 1)):
        for place in range(depth):
            y = w.unit(x)
            y = w.norm(w.conv(w.unit(y, 1 if place else stride, 1, y.shape[1])))
            x = x + y if place else y
    return w.scores(w.unit(x))


def shufflenet_v2_x1_0(held: Held, x: Tensor) -> Tensor:
    w = Weights(held)

    def depthwise(x: Tensor, stride: int) -> Tensor:
        return w.unit(w.norm(w.conv(x, stride, 1, x.shape[1])))

    x = F.max_pool2d(w.unit(x, 2, 1), 3, 2, 1)
    for place in range(16):
        if place in (0, 4, 12):
            halves = [depthwise(x, 2), depthwise(w.unit(x), 2)]
        else:
            kept, rest = x.chunk(2, 1)
            halves = [kept, depthwise(w.unit(rest), 1)]
        x = torch.stack(halves, 2).flatten(1, 2)  # the channels of both in turn
    return w.scores(w.unit(x))


FORWARD = {
    one.__name__: one
    for one in (
        *(alexnet, googlenet, inception_v3, resnet18, resnet50, squeezenet1_0, squeezenet1_1),
        *(densenet121, mobilenet_v2, shufflenet_v2_x1_0),
    )
}
