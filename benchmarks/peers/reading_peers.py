"""Reading the images of benchmarks/reading.py with other libraries: batches as their manuals have it.

usage: named by benchmarks/reading.py, which imports it; nothing here is a dependency of protonet.
peers: webdataset (tar shards of raw pixels, its shuffle of 1,000, map and batched), litdata (its
       optimized chunks of raw pixels, StreamingDataset with shuffle, StreamingDataLoader) and ffcv
       (its .beton of raw images, RandomCrop and RandomHorizontalFlip compiled)
All: one process that reads, no workers; 256 x 256 x 3 uint8, random crop of 224 and mirror for each record in NumPy, batches of 256 as torch tensors, labels beside them.
"""
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

BATCH, CROP, SIDE = 256, 224, 256


def augmented(image: np.ndarray) -> torch.Tensor:
    top, left = np.random.randint(0, SIDE - CROP + 1, 2)
    image = image[:, top : top + CROP, left : left + CROP]
    return torch.from_numpy((image[..., ::-1] if np.random.rand() < 0.5 else image).copy())


def webdataset(folder: Path) -> Iterator[int]:
    import webdataset as wds

    images = np.load(folder / "images.npy", mmap_mode="r")
    for first in range(0, len(images), 1000):
        path = folder / f"shard-{first // 1000:04d}.tar"
        if path.exists():
            continue
        with tarfile.open(path, "w") as tar:
            for index in range(first, min(first + 1000, len(images))):
                for ending, content in (("raw", images[index].tobytes()), ("cls", str(index).encode())):
                    member = tarfile.TarInfo(f"{index:08d}.{ending}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
    shards = sorted(map(str, folder.glob("shard-*.tar")))

    def decode(sample: dict) -> tuple:
        image = np.frombuffer(sample["raw"], np.uint8).reshape(3, SIDE, SIDE)
        return augmented(image), int(sample["cls"])

    dataset = wds.WebDataset(shards, shardshuffle=100).shuffle(1000).map(decode).batched(BATCH)
    while True:
        for batch, _ in wds.WebLoader(dataset, batch_size=None, num_workers=0):
            yield len(batch)


def _record(item: tuple) -> dict:
    images, index = np.load(item[0], mmap_mode="r"), item[1]
    return {"data": np.array(images[index]), "label": index}


def litdata(folder: Path) -> Iterator[int]:
    import litdata as ld

    out = folder / "litdata"
    if not (out / "index.json").exists():
        count = len(np.load(folder / "images.npy", mmap_mode="r"))
        inputs = [(str(folder / "images.npy"), index) for index in range(count)]
        ld.optimize(_record, inputs, str(out), chunk_bytes="64MB", num_workers=1)

    class Augmented(ld.StreamingDataset):
        def __getitem__(self, index):
            sample = super().__getitem__(index)
            return augmented(np.asarray(sample["data"])), sample["label"]

    loader = ld.StreamingDataLoader(Augmented(str(out), shuffle=True), batch_size=BATCH, num_workers=0)
    while True:
        for batch, _ in loader:
            yield len(batch)


def ffcv(folder: Path) -> Iterator[int]:
    from ffcv.fields import IntField, RGBImageField
    from ffcv.fields.rgb_image import SimpleRGBImageDecoder
    from ffcv.loader import Loader, OrderOption
    from ffcv.transforms import RandomHorizontalFlip, RandomTranslate, ToTensor
    from ffcv.writer import DatasetWriter

    path = folder / "images.beton"
    if not path.exists():
        images = np.load(folder / "images.npy", mmap_mode="r")

        class Records:
            def __len__(self):
                return len(images)

            def __getitem__(self, index):
                return images[index].transpose(1, 2, 0).copy(), index

        writer = DatasetWriter(str(path), {"data": RGBImageField(write_mode="raw"), "label": IntField()})
        writer.from_indexed_dataset(Records())
    steps = [SimpleRGBImageDecoder(), RandomTranslate(padding=16), RandomHorizontalFlip(), ToTensor()]
    loader = Loader(str(path), BATCH, num_workers=1, order=OrderOption.RANDOM, pipelines={"data": steps})
    while True:
        for batch, _ in loader:
            yield len(batch)


BATCHES = {"webdataset": webdataset, "litdata": litdata, "ffcv": ffcv}
