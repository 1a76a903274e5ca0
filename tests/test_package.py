"""The package as a whole: what it ships, what it is called, what it imports."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from zipfile import ZipFile

import pytest

import protonet

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

HOMES = {
    "Net": "protonet.net",
    "load_spec": "protonet.schema",
    "load_weights": "protonet.zoo.find",
    "open_dataset": "protonet.data.torch_dataset",
    "train": "protonet.run.train",
}
"""The public API of DESIGN §2, and where each name is defined."""


def run_python(*arguments: str, cwd: Path | None = None) -> str:
    """Return what a fresh interpreter prints; it must end well and complain of nothing."""
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_version_is_the_one_that_is_packaged() -> None:
    assert protonet.__version__ == PROJECT["version"]


def test_module_runs_as_the_command() -> None:
    assert run_python("-m", "protonet", "--version") == f"protonet {PROJECT['version']}\n"


def test_entry_point_can_be_called() -> None:
    module, _, name = PROJECT["scripts"]["protonet"].partition(":")
    assert callable(getattr(import_module(module), name))


def test_import_waits_for_no_library() -> None:
    slow = "{'torch', 'pydantic', 'numpy', 'yaml'}"
    code = f"import protonet, sys; print(sorted({slow} & {{*sys.modules}}))"
    assert run_python("-c", code) == "[]\n"


def test_public_names_are_these() -> None:
    assert sorted(protonet.__all__) == sorted(HOMES)
    assert set(HOMES) < set(dir(protonet))


@pytest.mark.parametrize("name", HOMES)
def test_public_name_is_the_one_its_module_defines(name: str) -> None:
    assert getattr(protonet, name) is getattr(import_module(HOMES[name]), name)


def test_refuses_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match=r"^module 'protonet' has no attribute 'trian'$"):
        getattr(protonet, "trian")  # noqa: B009  (written as an attribute, mypy would refuse it first)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """Build the wheel from a copy, so that nothing is left beside the sources."""
    copy = tmp_path_factory.mktemp("wheel") / "protonet"
    shutil.copytree(
        ROOT / "protonet", copy / "protonet", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", PROJECT["readme"], *PROJECT["license-files"]):
        shutil.copy(ROOT / name, copy / name)
    code = "from setuptools import build_meta; build_meta.build_wheel('.')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return ZipFile(next(copy.glob("*.whl")))


def test_wheel_ships_the_whole_package_and_nothing_else(wheel: ZipFile) -> None:
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "protonet").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == sources


def test_wheel_is_typed_and_licensed(wheel: ZipFile) -> None:
    information = f"protonet-{PROJECT['version']}.dist-info"
    names = wheel.namelist()
    assert "protonet/py.typed" in names
    assert f"{information}/licenses/LICENSE" in names
    assert "protonet = protonet.cli:main" in wheel.read(f"{information}/entry_points.txt").decode()
