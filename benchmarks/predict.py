"""`protonet predict` against the same net in a bare torch loop over images that are decoded.

usage: PROTONET_REFERENCE=../shared/reference python benchmarks/predict.py
           [--rounds 5] [--photos 200] [--only squeezenet|resnet18] [--workers N]

In turn, on as many cores as it may use:

    bare      batches of 32 samples that lie decoded, scaled and normalized in memory, through the
              net's own graph, and nothing else
    predict   what `protonet predict` does: the photos' files found, read, decoded, scaled, cut and
              normalized by threads while the net computes, and the best class of each

The photos are those of $PROTONET_REFERENCE/data/photos, about 370 x 270 pixels, each as often as
needed. SqueezeNet 1.0 has Caffe's weights, ResNet-18
some that say nothing. Wall clock and processor time
are both told: on a machine that does other work the latter is the steadier. What predict needs
besides the net, decoding above all, is then what its processor time has more.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

import torch

from protonet.data.decoding_threads import cores
from protonet.predict.batches import read_batches
from protonet.predict.files import find_pictures
from protonet.predict.predictor import Pace
from protonet.predict.preparation import Preparation
from protonet.predict.scoring import scores_of
from protonet.run.by_hand import ByHand
from protonet.run.model import Asked, Model, open_model
from protonet.run.output import Silent
from protonet.run.predicting import Wanted, predict_pictures
from protonet.schema import load_spec
from protonet.snapshot.tensor_file import write_tensors
from protonet.zoo.check import shapes_of

REFERENCE = Path(os.environ.get("PROTONET_REFERENCE", "../shared/reference"))
SQUEEZENET = REFERENCE / "models" / "squeezenet_v1.0_dc"
BATCH = 32
TARGET = 0.9
NETS = ("squeezenet", "resnet18")
MEAN_TAKEN = """[
    {type: Resize, short: 256}, {type: CenterCrop, size: 227},
    {type: Mean, value: [104, 117, 123]}]"""
NORMALIZED = """[
    {type: Resize, short: 256}, {type: CenterCrop, size: 224},
    {type: Normalize, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]}]"""


def opened(name: str, folder: Path) -> Model:
    """Return one of the two nets."""
    if name == "squeezenet":
        weights = SQUEEZENET / "squeezenet_v1.0_decompressed.caffemodel"
        asked = Asked(str(weights), by_hand=ByHand(MEAN_TAKEN, "BGR"))
        return open_model(str(SQUEEZENET / "deploy.prototxt"), asked, Silent())
    net = Path(__file__).resolve().parents[1] / "configs" / "nets" / "resnet18_torchvision.yaml"
    weights = folder / "random.safetensors"
    shapes = shapes_of(load_spec(net))
    write_tensors(weights, {key: torch.full(shape, 0.01) for key, shape in shapes.items()})
    return open_model(str(net), Asked(str(weights), by_hand=ByHand(NORMALIZED)), Silent())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--only", choices=NETS)
    parser.add_argument("--workers", type=int, default=cores())
    options = parser.parse_args()
    photos = find_pictures([str(REFERENCE / "data" / "photos")])
    paths = list(islice(cycle(photos), options.photos))
    with tempfile.TemporaryDirectory() as folder:
        for name in [options.only] if options.only else NETS:
            model = opened(name, Path(folder))
            compare(name, model, paths, options.rounds, options.workers)


def compare(name: str, model: Model, paths: Sequence[str], rounds: int, workers: int) -> None:
    """Measure both in turn, and print medians and their ratio."""
    graph, samples = model.net.giving([scores_of(model.net, None).blob]), prepared(model, paths)

    def bare() -> None:
        with torch.inference_mode():
            for batch in samples:
                graph(batch)

    def told() -> None:
        wanted = Wanted(top=1, pace=Pace(BATCH, workers))
        predict_pictures(model, paths, wanted, lambda text: None, Silent())

    times: dict[str, list[tuple[float, float]]] = {"bare": [], "predict": []}
    for work in (bare, told):
        work()
    for _ in range(rounds):
        times["bare"].append(timed(bare))
        times["predict"].append(timed(told))
    threads = torch.get_num_threads()
    print(f"{name}: {len(paths)} photos, {threads} threads of torch, {workers} that decode")
    wall, used = (
        {kind: statistics.median(one[at] for one in each) for kind, each in times.items()}
        for at in (0, 1)
    )
    for kind in times:
        rate, processor = len(paths) / wall[kind], 1000 * used[kind] / len(paths)
        print(f"  {kind:<8} {rate:7.1f} images/s  {processor:6.2f} ms of processor an image")
    clock, share = (each["bare"] / each["predict"] for each in (wall, used))
    print(f"  predict / bare: {clock:.3f} by the clock (target {TARGET}), {share:.3f} by processor")


def prepared(model: Model, paths: Sequence[str]) -> list[torch.Tensor]:
    """Return the samples of all photos in batches, as the net takes them."""
    layout = model.net.memory_format is torch.channels_last
    views = [Preparation(model.evaluation, model.seed)]
    batches = read_batches(paths, views, BATCH, cores())
    return [batch.samples(0, model.net.device, channels_last=layout) for batch in batches]


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that something takes: by the clock, and of all processors."""
    started, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - used


if __name__ == "__main__":
    main()
