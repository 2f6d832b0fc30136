import os
import shutil
import time
from dataclasses import replace

import numpy as np
import pytest

from explorer import jobs, leftovers, mapping, store
from explorer.bundle import write_bundle
from explorer.config import TrainConfig
from explorer.projection import METHODS
from tests.inputs import png

WEEK_S = 7 * 86_400


def kept(*levels: int) -> store.KeptUpload:
    return store.keep_upload([(f"{level}.png", png(level)) for level in levels])


def age(upload: store.KeptUpload, by_s: float) -> None:
    then = time.time() - by_s
    os.utime(upload.path.parent, (then, then))


@pytest.fixture
def used(tiny) -> store.KeptUpload:
    """An upload that a model in the home was trained on."""
    upload = kept(1, 2)
    model = replace(tiny, config=replace(tiny.config, data=str(upload.path)))
    write_bundle(model, store.bundles_folder() / "tiny")
    return upload


@pytest.mark.slow
def test_only_uploads_without_users_count_as_unused(used):
    unused = kept(3, 4)
    assert leftovers.upload_sizes().unused_bytes == 0, "it may be in somebody's form"
    age(unused, 700)
    age(used, 700)
    sizes = leftovers.upload_sizes()
    assert sizes.unused_bytes == unused.path.stat().st_size
    assert sizes.n_bytes == sizes.unused_bytes + used.path.stat().st_size
    leftovers.drop_unused_uploads()
    assert (unused.path.exists(), used.path.exists()) == (False, True)


def test_uploads_go_after_a_week_that_nothing_used_them(used):
    old, new = kept(3, 4), kept(5, 6)
    for upload in (old, used):
        age(upload, WEEK_S + 60)
    leftovers.sweep()
    assert [u.path.exists() for u in (old, new, used)] == [False, True, True]
    age(new, WEEK_S + 60)
    kept(5, 6)  # dropped once more
    leftovers.sweep()
    assert new.path.exists()


def test_an_upload_that_is_replaced_goes_at_once_unless_something_uses_it(used):
    before = kept(3, 4)
    leftovers.drop_upload(before.path)
    leftovers.drop_upload(used.path)
    assert (before.path.exists(), used.path.exists()) == (False, True)


def test_an_upload_of_a_waiting_run_is_used():
    upload = kept(3, 4)
    jobs.begin(TrainConfig(data=str(upload.path), arch="mlp", hidden=(4,), epochs=1), "mine")
    leftovers.drop_upload(upload.path)
    assert upload.path.exists()
    for run in jobs.runs():
        jobs.end(run)


def test_nothing_outside_the_home_is_ever_dropped(tmp_path):
    np.save(tmp_path / "mine.npy", np.zeros((3, 8, 8)))
    leftovers.drop_upload(tmp_path / "mine.npy")
    assert (tmp_path / "mine.npy").exists()


def test_halves_of_killed_writes_are_swept_and_those_being_written_are_not():
    upload = kept(3, 4)
    place = upload.path.parent
    halves = [place / ".a.zip.new-00000000", store.bundles_folder() / ".b.new-00000000"]
    halves[0].write_bytes(b"half")
    halves[1].mkdir(parents=True)
    for half in halves:
        os.utime(half, (time.time() - 7_200,) * 2)
    fresh = place / ".c.zip.new-00000000"
    fresh.write_bytes(b"half")
    leftovers.sweep()
    assert [half.exists() for half in halves] == [False, False]
    assert fresh.exists()
    assert upload.path.exists()


@pytest.mark.slow
def test_maps_go_with_the_codes_that_they_were_made_of(tiny):
    method = METHODS.named("pca")
    assert method is not None
    write_bundle(tiny, store.bundles_folder() / "tiny")
    other = replace(tiny, codes=replace(tiny.codes, mu=tiny.codes.mu + 1, maps={}))
    write_bundle(other, store.bundles_folder() / "other")
    for bundle in (tiny, other):
        mapping.make(bundle.codes, method, lambda share: None)
    leftovers.sweep()
    assert "pca" in mapping.kept(tiny.codes)
    assert "pca" in mapping.kept(other.codes)

    shutil.rmtree(store.bundles_folder() / "other")
    leftovers.sweep()
    assert "pca" in mapping.kept(tiny.codes)
    assert not mapping.kept(other.codes)

    write_bundle(other, store.bundles_folder() / "tiny")  # trained again, under the same name
    leftovers.sweep()
    assert not list((store.home() / "maps").iterdir())
