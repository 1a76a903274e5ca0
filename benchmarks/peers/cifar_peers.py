"""CIFAR-10 quick and ResNet-20 as people would train them without protonet: images/s of each peer, one line each.

usage: python cifar_peers.py [PEER ...] --net quick|resnet20 --data FOLDER [--iterations 100] [--threads N]
FOLDER holds images.npy (N, 3, 32, 32) uint8 and labels.npy (N,) int64; they are read into RAM.
peers: ram, ram-channels-last, ram-compiled, ram-channels-last-compiled, ram-channels-last-fused, loader, loader-2-workers, keras (where installed)
All: batch 100, shuffled, mean and scale, SGD, momentum 0.9, weight decay 1e-4; 10 warm-up iterations, compilation among them, are not counted.
"""
import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

BATCH, WARM_UP, SCALE = 100, 10, 1 / 256
MEAN = torch.tensor([125.3, 122.9, 113.8])[:, None, None]


def quick() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(3, 2, ceil_mode=True), nn.ReLU(),
        nn.Conv2d(32, 32, 5, padding=2), nn.ReLU(), nn.AvgPool2d(3, 2, ceil_mode=True),
        nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.AvgPool2d(3, 2, ceil_mode=True),
        nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, 10),
    )


class Residual(nn.Module):
    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.new = stride, width - before

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.new:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new))
        return F.relu(x + y)


def resnet20() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    before = 16
    for width in (16, 32, 64):
        for number in range(3):
            layers.append(Residual(before, width, 2 if number == 0 and width != 16 else 1))
            before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


NETS = {"quick": (quick, 0.001), "resnet20": (resnet20, 0.1)}


class Records(Dataset):
    def __init__(self, images, labels) -> None:
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int):
        return (self.images[i].float() - MEAN) * SCALE, self.labels[i]


def read(folder: str):
    images = torch.from_numpy(np.load(Path(folder) / "images.npy"))
    return images, torch.from_numpy(np.load(Path(folder) / "labels.npy"))


def hand_written(peer: str, options) -> float:
    make, lr = NETS[options.net]
    images, labels = read(options.data)
    net = make()
    channels_last = "channels-last" in peer
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
    step_net = torch.compile(net) if "compiled" in peer else net
    optimizer = torch.optim.SGD(net.parameters(), lr, 0.9, weight_decay=1e-4, fused="fused" in peer)
    if peer.startswith("loader"):
        def endless():
            while True:
                yield from DataLoader(Records(images, labels), BATCH, shuffle=True, num_workers=2 if "workers" in peer else 0)
        batches = endless()
        get = lambda i: next(batches)
    else:
        order = torch.randperm(len(labels))
        per_epoch = len(labels) // BATCH

        def get(i: int):
            rows = order[i % per_epoch * BATCH :][:BATCH]
            x = images[rows]
            if channels_last:
                x = x.contiguous(memory_format=torch.channels_last)
            return x.float().sub_(MEAN).mul_(SCALE), labels[rows]
    for i in range(WARM_UP + options.iterations):
        if i == WARM_UP:
            start = time.perf_counter()
        x, y = get(i)
        optimizer.zero_grad()
        F.cross_entropy(step_net(x), y).backward()
        optimizer.step()
    return options.iterations * BATCH / (time.perf_counter() - start)


def keras_quick(K):
    layers = K.layers
    return [
        layers.Conv2D(32, 5, padding="same"), layers.MaxPool2D(3, 2, padding="same"), layers.ReLU(),
        layers.Conv2D(32, 5, padding="same", activation="relu"), layers.AvgPool2D(3, 2, padding="same"),
        layers.Conv2D(64, 5, padding="same", activation="relu"), layers.AvgPool2D(3, 2, padding="same"),
        layers.Flatten(), layers.Dense(64), layers.Dense(10),
    ]


def keras_net(K, name: str):
    inputs = x = K.Input((32, 32, 3))
    if name == "quick":
        for layer in keras_quick(K):
            x = layer(x)
        return K.Model(inputs, x)
    layers = K.layers
    convolved = lambda x, width, stride: layers.BatchNormalization()(layers.Conv2D(width, 3, stride, padding="same", use_bias=False)(x))
    x, before = layers.ReLU()(convolved(x, 16, 1)), 16
    for width in (16, 32, 64):
        for number in range(3):
            stride = 2 if number == 0 and width != 16 else 1
            y = convolved(layers.ReLU()(convolved(x, width, stride)), width, 1)
            if width != before:
                half = layers.AvgPool2D(1, 2)(x)
                x = layers.Concatenate()([half, layers.Rescaling(0.0)(half)])
            x, before = layers.ReLU()(layers.Add()([x, y])), width
    return K.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def keras(peer: str, options) -> float:
    os.environ["KERAS_BACKEND"] = "torch"
    import keras as K

    images, labels = read(options.data)
    net = keras_net(K, options.net)
    lr = NETS[options.net][1]
    net.compile(K.optimizers.SGD(lr, momentum=0.9, weight_decay=1e-4), K.losses.SparseCategoricalCrossentropy(from_logits=True))
    count = min(len(labels), BATCH * max(options.iterations, WARM_UP))
    x = ((images[:count].float() - MEAN) * SCALE).permute(0, 2, 3, 1).contiguous().numpy()
    y = labels[:count].numpy()
    net.fit(x[: BATCH * WARM_UP], y[: BATCH * WARM_UP], batch_size=BATCH, verbose=0)
    rows = BATCH * min(options.iterations, count // BATCH)
    start = time.perf_counter()
    net.fit(x[:rows], y[:rows], batch_size=BATCH, verbose=0)
    return rows / (time.perf_counter() - start)


HAND_WRITTEN = ["ram", "ram-channels-last", "ram-compiled", "ram-channels-last-compiled", "ram-channels-last-fused", "loader", "loader-2-workers"]
PEERS = dict.fromkeys(HAND_WRITTEN, hand_written) | {"keras": keras}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", default=list(PEERS))
    parser.add_argument("--net", choices=sorted(NETS), required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    for peer in options.peers:
        print(f"{peer:28s} {PEERS[peer](peer, options):9.0f} images/s", flush=True)
