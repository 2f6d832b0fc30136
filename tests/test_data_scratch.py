"""Large arrays lie on disk and are the same as in memory."""

import io
import os

import numpy as np
import pytest

from explorer.data import load, scratch
from explorer.errors import MachineError


@pytest.fixture
def nothing_in_memory(monkeypatch) -> None:
    monkeypatch.setattr(scratch, "_IN_MEMORY_BYTES", 0)


@pytest.mark.usefixtures("nothing_in_memory")
def test_an_array_on_disk_keeps_its_values_when_its_file_is_closed():
    array = scratch.empty((3, 4), np.uint8)
    array[:] = np.arange(12).reshape(3, 4)
    assert isinstance(array, np.memmap)
    np.testing.assert_array_equal(array, np.arange(12).reshape(3, 4))
    np.testing.assert_array_equal(scratch.read_all(io.BytesIO(b"abc"), 3), [97, 98, 99])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("grey", [True, False, None])
def test_a_set_reads_the_same_on_disk_as_in_memory(tmp_path, monkeypatch, channels, grey):
    rng = np.random.default_rng(0)
    path = tmp_path / "set.npz"
    images = rng.integers(0, 256, (20, 12, 12, channels), dtype=np.uint8)
    np.savez_compressed(path, images=images, labels=np.arange(20) % 2)
    in_memory = load(str(path), grey=grey)
    monkeypatch.setattr(scratch, "_IN_MEMORY_BYTES", 0)
    on_disk = load(str(path), grey=grey)
    np.testing.assert_array_equal(on_disk.pixels, in_memory.pixels)
    np.testing.assert_array_equal(on_disk.labels, in_memory.labels)
    assert on_disk.fingerprint() == in_memory.fingerprint()


@pytest.mark.usefixtures("nothing_in_memory")
@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="room is reserved by POSIX only")
def test_a_full_disk_is_reported_before_anything_is_written(monkeypatch):
    def full(*args: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(MachineError, match=r"No space left.*\n?.*TMPDIR"):
        scratch.empty((10,), np.uint8)
