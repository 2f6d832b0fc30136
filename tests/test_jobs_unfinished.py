"""What an unfinished run of the command line keeps beside its bundle to be."""

from pathlib import Path

import pytest

from explorer.config import TrainConfig
from explorer.errors import BundleError, MachineError
from explorer.jobs.unfinished import UnfinishedRun


def test_a_run_remembers_its_settings_beside_its_bundle(tmp_path):
    run = UnfinishedRun(tmp_path / "faces")
    config = TrainConfig(data="faces", hidden=(64, 32))
    run.check()
    run.begin(config)
    assert run.config() == config
    assert not run.out.exists()
    run.end()
    assert list(tmp_path.iterdir()) == []


def test_a_run_with_a_checkpoint_is_not_run_over(tmp_path):
    run = UnfinishedRun(tmp_path / "faces")
    run.check()
    run.begin(TrainConfig(data="faces"))
    run.check()
    run.checkpoint.write_bytes(b"...")
    with pytest.raises(BundleError, match="--resume"):
        run.check()
    with run.held():
        pass
    assert run.checkpoint.exists()


def test_a_run_is_held_by_one_process_and_leaves_nothing_where_nothing_was_kept(tmp_path):
    run = UnfinishedRun(tmp_path / "faces")
    run.check()
    with run.held():
        run.begin(TrainConfig(data="faces"))
        with pytest.raises(BundleError, match="Another process is training"), run.held():
            pytest.fail("both work on it")
        assert run.config(), "the one that is refused clears nothing away"
    assert list(tmp_path.iterdir()) == []


def test_the_top_of_a_disk_is_no_bundle():
    with pytest.raises(BundleError, match="top of a disk"):
        UnfinishedRun(Path("/"))


def test_a_run_removes_only_its_own_files(tmp_path):
    run = UnfinishedRun(tmp_path / "faces")
    run.folder.mkdir()
    (run.folder / "mine.txt").write_text("mine")
    run.check()
    run.begin(TrainConfig(data="faces"))
    run.end()
    assert [path.name for path in run.folder.iterdir()] == ["mine.txt"]


def test_a_run_refuses_places_where_its_bundle_could_not_go(tmp_path):
    with pytest.raises(BundleError, match=r"ends in \.part"):
        UnfinishedRun(tmp_path / "faces.part").check()
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="is a file"):
        UnfinishedRun(tmp_path / "file").check()
    with pytest.raises(MachineError, match="could not be written"):
        UnfinishedRun(tmp_path / "file" / "faces").check()


def test_a_missing_run_cannot_resume(tiny_bundle, tmp_path):
    with pytest.raises(BundleError, match="no unfinished run"):
        UnfinishedRun(tmp_path / "faces").config()
    with pytest.raises(BundleError, match="is finished"):
        UnfinishedRun(tiny_bundle).config()


@pytest.mark.parametrize("record", [b"{", b"[]", b'{"config": 3}', b"\xff"])
def test_a_damaged_record_is_reported(tmp_path, record):
    run = UnfinishedRun(tmp_path / "faces")
    run.folder.mkdir()
    (run.folder / "run.json").write_bytes(record)
    with pytest.raises(BundleError, match=r"run\.json.*is damaged"):
        run.config()
