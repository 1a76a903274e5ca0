from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import protonet
from protonet.cli import main
from protonet.cli.command_line import COMMANDS
from protonet.errors import Interrupted, ProtonetError, StorageError, UsageError
from tests.small import small_file

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    text = capsys.readouterr().out
    assert caught.value.code == 0
    assert f"usage: protonet {name}" in text
    assert f"example:\n  protonet {name}" in text


def test_without_a_command_the_commands_are_listed(capsys: Capture) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    listed = {line.split()[0] for line in text.splitlines() if line.startswith("    ")}
    assert {*COMMANDS} <= listed


def test_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"protonet {protonet.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "the following arguments are required: SPEC"),
        (["train", "a.yaml", "--resum"], "unrecognized arguments: --resum"),
        (["check", "a.yaml", "--device", "b=c"], "unrecognized arguments: --device b=c"),
        (["explain", "PN001", "a=b"], "unrecognized arguments: a=b"),
    ],
)
def test_a_command_line_that_cannot_be_is_refused_with_2(
    arguments: list[str], message: str, capsys: Capture
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(f"error: {message}")


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (UsageError("no such file"), 2, "error: no such file\n"),
        (StorageError("disk full"), 1, "error: disk full\n"),
        (Interrupted("stopped", 143), 143, "stopped\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_an_error_is_one_message_and_an_exit_code(
    error: BaseException, code: int, text: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(options: object) -> int:
        raise error

    monkeypatch.setattr(COMMANDS["check"], "run", fail)
    assert main(["check", "a.yaml"]) == code
    assert capsys.readouterr() == ("", text)
    assert isinstance(error, ProtonetError | KeyboardInterrupt)


def test_the_problems_of_a_spec_are_printed_as_they_are(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("nett: {}\nnet: {layers: []}\n")
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"error[PN012] {path}:1:1 nett: unknown key\n")


def test_overrides_may_stand_anywhere(tmp_path: Path, capsys: Capture) -> None:
    path = str(small_file(tmp_path))
    words = ["train", path, "solver.max_iter=1", "--run", str(tmp_path / "a"), "solver.display=0"]
    assert main(words) == 0
    assert "solver.max_iter" not in capsys.readouterr().err
    solver = yaml.safe_load((tmp_path / "a" / "spec.yaml").read_text())["solver"]
    assert (solver["max_iter"], solver["display"]) == (1, 0)


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "protonet", "explain"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("words", [["explain"], ["train", "small.yaml"]])
def test_an_output_that_cannot_be_written_is_one_message(words: list[str], tmp_path: Path) -> None:
    small_file(tmp_path)
    command = [sys.executable, "-m", "protonet", *words]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            check=False,
        )
    assert done.stderr == "error: the output cannot be written: No space left on device\n"
    assert done.returncode == 1


def test_help_does_not_wait_for_torch() -> None:
    code = (
        "import sys\nfrom protonet.cli import main\n"
        "try:\n    main(['train', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'numpy', 'pydantic', 'yaml'} & {*sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
