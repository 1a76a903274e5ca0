"""The commands of docs/importing.md, in turn, on the pretrained nets of the reference."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from protonet.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "importing.md"
_COMMAND = re.compile(r"^    (?:PROTONET_ZOO=models )?protonet (.+)$", re.MULTILINE)
_HOLE = re.compile(r"^    raise ShapeError\('Mish.*$", re.MULTILINE)
_MANY = 17
"""Commands that the page has at least."""


def files_of_the_page(reference: Path) -> None:
    """Put what the page names into the current folder."""
    models, data = reference / "models", reference / "data"
    for name in ("lenet_2014", "squeezenet_v1.0_dc", "resnet20_cifar10"):
        for path in (models / name).iterdir():
            shutil.copyfile(path, path.name)
    deploy = Path("deploy.prototxt").read_text()
    Path("mish.prototxt").write_text(deploy.replace('"ReLU"', '"Mish"', 1))
    for folder, found in (
        ("photos", data / "cifar10_jpeg" / "test" / "cat" / "0088.jpg"),
        ("samples", data / "imagenet" / "samples" / "n01496331_electric_ray.JPEG"),
    ):
        Path(folder).mkdir()
        shutil.copyfile(found, Path(folder) / found.name)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_command_of_the_page_does_what_it_says(
    reference: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROTONET_DATA", str(reference / "data"))
    monkeypatch.setenv("PROTONET_ZOO", "models")
    files_of_the_page(reference)
    commands = _COMMAND.findall(PAGE.read_text(encoding="utf-8"))
    assert len(commands) >= _MANY
    for command in commands:
        code = main(shlex.split(command))
        shown = capsys.readouterr()
        assert code == 0, f"{command}\n{shown.err}"
        if "--verify" in command:
            assert "94 of 94 layers compared" in shown.out
        if command.startswith("test "):
            assert "accuracy 0.9905" in shown.out  # as the reference says of these weights
        if command.startswith("summary "):
            assert "149 of 149 parameters match" in shown.out.splitlines()[-1]
        if "--holes" in command:
            hole = Path("filled/holes.py")
            hole.write_text(_HOLE.sub("    return nn.Mish()", hole.read_text()))
