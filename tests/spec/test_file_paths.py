from __future__ import annotations

from pathlib import Path

import pytest

from protonet.layers.hdf5_output import HDF5OutputParams
from protonet.schema import Spec, load_spec

NET = """\
net:
  inputs: {data: [3], label: []}
  layers:
    - {name: out, type: HDF5Output, bottom: [data, label], file_name: %s}
    - {name: relu, type: ReLU, bottom: data}
"""


def file_of(spec: Spec) -> str:
    params = spec.net.layers[0].params
    assert isinstance(params, HDF5OutputParams)
    return params.file_name


def written(folder: Path, text: str, name: str = "net.yaml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder where no spec lies."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "elsewhere"


def test_a_file_lies_where_the_spec_does(tmp_path: Path) -> None:
    spec = load_spec(written(tmp_path / "home", NET % "made/out.h5"))
    assert file_of(spec) == f"{tmp_path}/home/made/out.h5"
    assert spec.expanded.data["net"]["layers"][0]["file_name"] == "made/out.h5"


def test_a_whole_path_stays(tmp_path: Path) -> None:
    assert file_of(load_spec(written(tmp_path / "home", NET % "/else/out.h5"))) == "/else/out.h5"


def test_a_file_lies_where_the_base_does_that_names_it(tmp_path: Path) -> None:
    written(tmp_path / "base", NET % "out.h5")
    spec = load_spec(written(tmp_path / "home", "base: ../base/net.yaml\nname: mine\n"))
    assert Path(file_of(spec)).resolve() == tmp_path.resolve() / "base/out.h5"


def test_one_that_the_command_line_names_lies_in_the_current_folder(
    tmp_path: Path, elsewhere: Path
) -> None:
    path = written(tmp_path / "home", NET % "out.h5")
    assert file_of(load_spec(path, ["net.layers.out.file_name=b.h5"])) == f"{elsewhere}/b.h5"
