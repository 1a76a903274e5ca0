"""Caffe's data layers, their sources read as they lie, against what Caffe's own layers gave."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from protonet.net import prove_phases
from protonet.run.feed import Target
from protonet.run.loading import load
from protonet.run.sets import open_sets

CASES = (
    "data_gray_scale",
    "data_mean_file",
    "data_mean_file_crop",
    "data_mean_value1",
    "data_mean_value3_crop",
    "data_plain",
    "data_resized",
    "hdf5data_two_files",
    "imagedata_gray",
    "imagedata_plain",
)
"""Not among them: LevelDBs; encoded images of different sizes, which Caffe gives one by one; and
images that are scaled as they are read, by another rule than Caffe's."""

_STEPS = 4
_APART = {"imagedata_gray": 1}
"""By how much pixels may differ: OpenCV rounds a luma otherwise than Pillow."""


@pytest.mark.parametrize("case", CASES)
def test_a_source_is_read_as_caffe_reads_it(
    case: str, reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = reference / "golden" / "data"
    monkeypatch.chdir(recorded)  # from where Caffe found what the prototxt names
    text = (recorded / f"{case}.prototxt").read_text()
    path = tmp_path / "net.prototxt"
    path.write_text(f'{text} layer {{ name: "s" type: "Silence" bottom: "data" bottom: "label" }}')
    spec = load(path)
    form = prove_phases(spec.net)["test"]

    opened = open_sets(spec, {"test": form}, pytest.fail)["test"]
    feed = opened.fed(Target.on_host(form), endless=True)
    with closing(feed.reader):
        batches = [dict(zip(form.inputs, next(feed), strict=True)) for _ in range(_STEPS)]

    with np.load(recorded / f"{case}.npz") as file:
        for step, batch in enumerate(batches):
            for blob in ("data", "label"):
                given, expected = batch[blob].numpy(), file[f"out/{blob}/step{step}"]
                np.testing.assert_allclose(given, expected, rtol=0, atol=_APART.get(case, 0))
