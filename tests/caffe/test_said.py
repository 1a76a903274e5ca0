from __future__ import annotations

from pathlib import Path

import pytest

from protonet.caffe.opening import import_prototxt
from protonet.caffe.said import files_of, said_of
from protonet.schema import check_spec

NET = """\
# the whole file

# a name
name: "x"
# an old set
layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TEST }
        data_param { source: "s" batch_size: 1 } }  # its end
layer { name: "r" type: "ReLU" bottom: "data" top: "r" # why
}
"""


def test_comments_go_where_their_fields_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)
    origin = import_prototxt(Path("net.prototxt"), ["net.inputs.data=[2]"]).origin
    spec = check_spec(origin.overridden(["data.test.batch_size=3"]))

    assert said_of(spec) == {
        (): (" the whole file", " a name"),
        ("data", "test"): (" an old set", " its end"),
        ("net", "layers", 0): (" why",),
    }
    assert files_of(spec) == [Path("net.prototxt")]
