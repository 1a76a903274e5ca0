"""ResNet-50 and LeNet on a GPU as people would train them without protonet: images/s of each peer, one line each.

usage: python gpu_peers.py [PEER ...] [--batch N] [--side 224] [--iterations 100] [--device cuda]
peers: resnet50         bf16, channels_last, compiled, one synthetic batch that lies on the GPU, batch 256
       resnet50-eager   the same, not compiled
       lenet            the plain loop: float32, batch 64, batches drawn in RAM and sent to the GPU
All: SGD, momentum 0.9, weight decay 1e-4, torch's own choice of kernel for it; 20 warm-up iterations, compilation among them, are not counted.
"""
import argparse
import time

import torch
import torch.nn.functional as F
from torch import nn

WARM_UP = 20


class Bottleneck(nn.Module):
    """The authors' own for Caffe: the stride is in the first 1x1 convolution."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        convolution = lambda a, b, k, s: nn.Sequential(nn.Conv2d(a, b, k, s, k // 2, bias=False), nn.BatchNorm2d(b))
        self.a, self.b, self.c = convolution(before, width, 1, stride), convolution(width, width, 3, 1), convolution(width, 4 * width, 1, 1)
        self.shortcut = convolution(before, 4 * width, 1, stride) if before != 4 * width else nn.Identity()

    def forward(self, x):
        return F.relu(self.shortcut(x) + self.c(F.relu(self.b(F.relu(self.a(x))))))


def resnet50() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)]
    before = 64
    for width, count in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for number in range(count):
            layers.append(Bottleneck(before, width, 2 if number == 0 and width != 64 else 1))
            before = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


def lenet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10),
    )


def timed(step, options, device) -> float:
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda: None)
    for i in range(WARM_UP + options.iterations if device.type == "cuda" else 1 + options.iterations):
        if i == (WARM_UP if device.type == "cuda" else 1):
            wait()
            start = time.perf_counter()
        step(i)
    wait()
    return options.iterations / (time.perf_counter() - start)


def run_resnet50(peer: str, options) -> float:
    device, batch = torch.device(options.device), options.batch or 256
    net = resnet50().to(device, memory_format=torch.channels_last)
    call = net if peer.endswith("eager") else torch.compile(net)
    optimizer = torch.optim.SGD(net.parameters(), 0.1, 0.9, weight_decay=1e-4, fused=True)
    x = torch.randn(batch, 3, options.side, options.side, device=device).to(memory_format=torch.channels_last)
    y = torch.randint(1000, (batch,), device=device)

    def step(i: int) -> None:
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16):
            loss = F.cross_entropy(call(x), y)
        loss.backward()
        optimizer.step()

    return batch * timed(step, options, device)


def run_lenet(peer: str, options) -> float:
    device, batch = torch.device(options.device), options.batch or 64
    net = lenet().to(device)
    optimizer = torch.optim.SGD(net.parameters(), 0.01, 0.9, weight_decay=5e-4)
    images, labels = torch.randint(256, (60_000, 1, 28, 28), dtype=torch.uint8), torch.randint(10, (60_000,))
    order = torch.randperm(60_000)

    def step(i: int) -> None:
        rows = order[i * batch % 59_000 :][:batch]
        x, y = images[rows].to(device).float() / 256, labels[rows].to(device)
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()

    return batch * timed(step, options, device)


PEERS = {"resnet50": run_resnet50, "resnet50-eager": run_resnet50, "lenet": run_lenet}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", default=list(PEERS))
    parser.add_argument("--batch", type=int)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    for peer in options.peers:
        print(f"{peer:28s} {PEERS[peer](peer, options):9.0f} images/s", flush=True)
