from __future__ import annotations

from pathlib import Path
from typing import Any

from protonet.caffe.context import Context
from protonet.caffe.data_sets import HELD, HELD_OF_FILES, HELD_OF_WINDOWS, LEFT_OUT, sets_of
from protonet.caffe.layer_fields import LAYER_PARAMS
from protonet.problems import Mark, SourceText
from protonet.spec.state import State
from tests.caffe.reading import checked, context, lines

AT = Mark(SourceText("net.prototxt", ()), 1, 1, 2)


def sets(text: str, within: Context | None = None, state: State | None = None) -> Any:
    fields = checked(text, "NetParameter").named("layer")
    return sets_of(fields, state or State("train"), within or context(), AT).data


DATA = "type: 'Data' top: 'data' top: 'label' data_param { source: '%s' batch_size: %d }"


def test_train_and_test_layer_of_one_name_are_two_sets() -> None:
    text = (
        "layer { name: 'mnist' include { phase: TRAIN } transform_param { scale: 0.5 } "
        f"{DATA % ('train_lmdb', 64)} }}"
        f"layer {{ name: 'mnist' include {{ phase: TEST }} {DATA % ('test_lmdb', 100)} }}"
    )

    assert sets(text) == {
        "train": {"source": "train_lmdb", "batch_size": 64, "transform": {"scale": 0.5}},
        "test": {"source": "test_lmdb", "batch_size": 100},
    }


def test_a_layer_without_rules_is_both_sets() -> None:
    entry = {"source": "a_lmdb", "batch_size": 8}

    assert sets(f"layer {{ {DATA % ('a_lmdb', 8)} }}") == {"train": entry, "test": entry}


def test_a_net_for_training_only_has_no_other_set() -> None:
    within = context()
    narrow = Context(within.layers, {}, within.report, within.places, ("train",))

    assert list(sets(f"layer {{ {DATA % ('a_lmdb', 8)} }}", narrow)) == ["train"]


def test_stages_become_evaluation_sets_of_their_names() -> None:
    text = "".join(
        f"layer {{ include {{ phase: TEST stage: '{stage}' }} {DATA % (stage, 8)} }}"
        for stage in ("easy", "hard")
    )

    assert sets(text) == {
        "easy": {"source": "easy", "batch_size": 8, "stage": "easy"},
        "hard": {"source": "hard", "batch_size": 8, "stage": "hard"},
    }


def test_a_stage_that_the_net_is_in_anyway_is_none_of_the_sets() -> None:
    text = f"layer {{ include {{ phase: TEST stage: 'on' }} {DATA % ('a', 8)} }}"

    found = sets(text, state=State("train", 0, frozenset({"on"})))

    assert found == {"test": {"source": "a", "batch_size": 8}}


def test_tops_of_other_names_are_renamed_fields() -> None:
    text = (
        "layer { type: 'Data' top: 'pair' top: 'label' data_param { source: 'a' batch_size: 8 } }"
    )

    assert sets(text)["train"]["fields"] == {"data": "pair"}


def test_hdf5_files_name_their_fields_themselves() -> None:
    text = """
        layer {
          type: 'HDF5Data' top: 'x' top: 'y'
          hdf5_data_param { source: 'list.txt' batch_size: 4 shuffle: true }
        }"""

    assert sets(text)["train"] == {"source": "list.txt", "batch_size": 4, "shuffle": True}


def test_images_come_one_by_one_unless_said_otherwise() -> None:
    text = "layer { type: 'ImageData' top: 'data' image_data_param { source: 'list.txt' } }"

    assert sets(text)["train"] == {"source": "list.txt", "batch_size": 1}


def test_images_are_read_from_their_files_as_the_layer_says(tmp_path: Path) -> None:
    (tmp_path / "up").mkdir()
    (tmp_path / "far").mkdir()
    text = """
        layer {
          type: 'ImageData' top: 'data' include { phase: %s }
          image_data_param {
            source: 'list.txt' batch_size: 2 root_folder: '%s' new_height: %d new_width: %d
            is_color: false
          }
        }"""

    found = sets(
        text % ("TRAIN", "far/", 8, 9) + text % ("TEST", "", 0, 0),
        context(places=[tmp_path / "up", tmp_path]),
    )

    assert found == {
        "train": {
            "source": "list.txt",
            "batch_size": 2,
            "root_folder": f"{tmp_path}/far",
            "new_height": 8,
            "new_width": 9,
            "is_color": False,
        },
        "test": {"source": "list.txt", "batch_size": 2, "is_color": False},
    }


def test_the_whole_transform_is_taken(tmp_path: Path) -> None:
    (tmp_path / "up").mkdir()
    (tmp_path / "mean.npy").touch()
    text = f"""
        layer {{
          {DATA % ("a_lmdb", 8)}
          transform_param {{
            scale: 0.5 mirror: true crop_size: 27 mean_value: 104 mean_value: 117 mean_value: 123
          }}
        }}
        layer {{
          {DATA % ("b_lmdb", 8)} include {{ phase: TEST stage: 'b' }}
          transform_param {{ mean_file: 'mean.npy' force_gray: true }}
        }}"""

    found = sets(text, context(places=[tmp_path / "up", tmp_path]))

    assert found["train"]["transform"] == {
        "scale": 0.5,
        "mirror": True,
        "crop_size": 27,
        "mean_value": [104, 117, 123],
    }
    assert found["b"]["transform"] == {
        "mean_file": str(tmp_path / "mean.npy"),
        "force_gray": True,
    }


def test_what_a_set_cannot_hold_is_noted() -> None:
    within = context()
    text = """\
layer {
  name: "a" type: "Data" top: "data" include { phase: TRAIN }
  data_param {
    source: "a_lmdb" batch_size: 8
    backend: LMDB
    prefetch: 9
    scale: 0.5
  }
}
layer {
  name: "b" type: "ImageData" top: "label" include { phase: TRAIN }
  image_data_param { source: "b.txt" }
}
layer { name: "c" type: "MemoryData" top: "c" }
"""

    found = sets(text, within)

    assert found == {"train": {"source": "a_lmdb", "batch_size": 8}}
    assert lines(within.report.notes) == [
        "5:5 layer.a.data_param.backend: protonet sees the format of a source itself",
        "6:5 layer.a.data_param.prefetch: protonet's reader chooses how far it reads ahead",
        "7:5 layer.a.data_param.scale: Caffe reads this from transform_param only",
        "10:1 layer.b: the set train is read by the Data layer a already; this version reads one",
        "14:1 layer.c: the MemoryData layer c names no source: the net is fed by whoever runs it",
    ]


def test_windows_are_drawn_as_caffe_draws_them() -> None:
    within = context()
    text = """\
layer {
  name: "data" type: "WindowData" top: "data" top: "label" include { phase: TRAIN }
  transform_param { mirror: true crop_size: 227 scale: 3 mean_value: 104 }
  window_data_param {
    source: "windows.txt" root_folder: "voc/" batch_size: 128 fg_threshold: 0.6 bg_threshold: 0.3
    fg_fraction: 0.5 context_pad: 16 crop_mode: "square" cache_images: true scale: 0.5
    mean_file: "mean.binaryproto"
  }
}
layer {
  name: "data" type: "WindowData" top: "data" top: "label" include { phase: TEST }
  transform_param { crop_size: 227 }
  window_data_param { source: "windows.txt" batch_size: 128 root_folder: "" }
}
"""
    assert sets(text, within) == {
        "train": {
            "source": "windows.txt",
            "root_folder": "voc/",
            "batch_size": 128,
            "windows": {
                "fg_threshold": 0.6,
                "bg_threshold": 0.3,
                "fg_fraction": 0.5,
                "context_pad": 16,
                "crop_mode": "square",
                "cache_images": True,
            },
            "transform": {"mirror": True, "crop_size": 227, "mean_value": 104, "scale": 0.5},
        },
        "test": {
            "source": "windows.txt",
            "batch_size": 128,
            "windows": {},
            "transform": {"crop_size": 227},
        },
    }
    assert lines(within.report.notes) == [
        "7:5 layer.data.window_data_param.mean_file: Caffe reads this from transform_param only",
        "3:49 layer.data.transform_param.scale: Caffe reads the scale of windows from "
        "window_data_param only",
    ]


def test_there_is_a_word_for_every_field_that_is_left_out() -> None:
    params = ("data_param", "hdf5_data_param", "image_data_param", "window_data_param")

    fields = {field for param in params for field in LAYER_PARAMS[param]}

    assert fields == {*HELD, *HELD_OF_FILES, *HELD_OF_WINDOWS, *LEFT_OUT}


def test_a_training_set_skips_and_a_test_does_not() -> None:
    within = context()
    text = """\
layer { name: "a" type: "Data" top: "data" data_param { source: "a" batch_size: 8 rand_skip: 90 } }
"""
    found = sets(text, within)
    assert found["train"] == {"source": "a", "batch_size": 8, "rand_skip": 90}
    assert found["test"] == {"source": "a", "batch_size": 8}
    assert lines(within.report.notes) == []


def test_records_that_only_a_test_would_skip_are_noted() -> None:
    within = context()
    text = """\
layer {
  name: "a" type: "Data" top: "data" include { phase: TEST }
  data_param { source: "a" batch_size: 8 rand_skip: 90 }
}
layer {
  name: "b" type: "Data" top: "data" include { phase: TRAIN }
  data_param { source: "b" batch_size: 8 rand_skip: 0 }
}
"""
    found = sets(text, within)
    assert found["test"] == {"source": "a", "batch_size": 8}
    assert found["train"] == {"source": "b", "batch_size": 8}
    assert lines(within.report.notes) == [
        "3:42 layer.a.data_param.rand_skip: a test measures every sample once, wherever it starts"
    ]
