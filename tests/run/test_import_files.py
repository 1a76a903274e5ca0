from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import StorageError, UsageError
from protonet.run.import_files import Target, put, written


def refusal(target: Target) -> str:
    with pytest.raises(UsageError) as error:
        target.check_free(force=False)
    return str(error.value)


def test_an_import_goes_into_a_folder_or_beside_a_file() -> None:
    folder, file = Target.at(Path("a/b")), Target.at(Path("a/b.yaml"))

    assert (folder.path, folder.named("mean.npy")) == (Path("a/b/net.yaml"), "mean.npy")
    assert (file.path, file.named("mean.npy")) == (Path("a/b.yaml"), "b_mean.npy")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    folder, file = Target.at(tmp_path / "made"), Target.at(tmp_path / "x.yaml")
    folder.check_free(force=False)
    file.check_free(force=False)
    (tmp_path / "made").mkdir()
    folder.check_free(force=False)

    (tmp_path / "made" / "other").touch()
    file.path.touch()

    assert refusal(folder) == f"{tmp_path / 'made'} exists; --force writes over it"
    assert refusal(file) == f"{file.path} exists; --force writes over it"
    assert refusal(Target.at(file.path / "made").at(tmp_path / "made" / "other")) == (
        f"{tmp_path / 'made' / 'other'} is no folder; name a new one, or a .yaml file"
    )
    folder.check_free(force=True)


@pytest.mark.parametrize("out", ["made", "deep/made", "x.yaml"])
def test_files_stand_where_they_should_at_the_end(out: str, tmp_path: Path) -> None:
    target = Target.at(tmp_path / out)

    with written(target) as draft:
        put(draft / target.spec, b"net")
        put(draft / target.named("w"), b"weights")
        assert not target.path.exists()

    assert target.path.read_bytes() == b"net"
    assert (target.folder / target.named("w")).read_bytes() == b"weights"
    assert not list(tmp_path.rglob("*.partial"))


def test_an_old_folder_is_written_over_file_by_file(tmp_path: Path) -> None:
    target = Target.at(tmp_path / "made")
    target.folder.mkdir()
    target.path.write_text("old")
    (target.folder / "mine").touch()

    with written(target) as draft:
        put(draft / target.spec, b"new")

    assert target.path.read_text() == "new"
    assert (target.folder / "mine").exists()


def test_nothing_is_left_of_what_went_wrong(tmp_path: Path) -> None:
    target = Target.at(tmp_path / "made")

    with pytest.raises(ValueError, match="no"), written(target) as draft:
        put(draft / target.spec, b"net")
        raise ValueError("no")
    with pytest.raises(StorageError) as error, written(target) as draft:
        put(draft / "none" / "x", b"")

    assert str(error.value).endswith("cannot be written: No such file or directory")
    assert not list(tmp_path.iterdir())
