"""A bundle comes back as it was written, is refused when anything is off, and is replaced whole."""

import contextlib
import dataclasses
import errno
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from explorer.bundle import Codes, bundles_in, read_bundle, read_summary, write_bundle
from explorer.bundle.card import card_text
from explorer.bundle.table import table_text
from explorer.disk import replace_file
from explorer.errors import BundleError, MachineError
from explorer.kinds import KINDS
from tests.conftest import N_PLACED, fresh_bundle, with_settings
from tests.languages import OPEN, unmarked
from tests.tools import started


def same_arrays(one: Codes, other: Codes) -> bool:
    if one.maps.keys() != other.maps.keys():
        return False
    for name, placed in one.maps.items():
        if not np.array_equal(placed.xy, other.maps[name].xy):
            return False
    for field in dataclasses.fields(Codes):
        if field.name == "maps":
            continue
        a, b = getattr(one, field.name), getattr(other, field.name)
        if (a is None) != (b is None) or (a is not None and not np.array_equal(a, b)):
            return False
    return True


def test_reading_brings_back_what_was_written(tiny, tiny_bundle):
    read = read_bundle(tiny_bundle)
    assert read.weights.keys() == tiny.weights.keys()
    for name, array in tiny.weights.items():
        assert read.weights[name].dtype == np.float32
        assert np.array_equal(read.weights[name], array)
    assert same_arrays(read.codes, tiny.codes)
    for field in (
        "model",
        "config",
        "data",
        "scores",
        "slider_names",
        "command",
        "pack",
        "preview",
        "card",
    ):
        assert getattr(read, field) == getattr(tiny, field), field
    assert read.folder == tiny_bundle


def test_title_line_and_first_item_are_written_only_where_they_are_set(tiny, tiny_bundle, tmp_path):
    keys = ("title", "look_for", "start_item")
    bare = json.loads((tiny_bundle / "config.json").read_text())
    assert not set(keys) & set(bare)
    read = read_summary(tiny_bundle)
    assert (read.title, read.look_for, read.start_item) == ("", "", None)
    told = {"title": "Two digits", "look_for": "Drag the slant.", "start_item": 0}
    write_bundle(dataclasses.replace(tiny, **told), tmp_path / "told")
    for read_back in (read_summary(tmp_path / "told"), read_bundle(tmp_path / "told")):
        assert {key: getattr(read_back, key) for key in keys} == told
    values = json.loads((tmp_path / "told" / "config.json").read_text())
    assert {key: values.pop(key) for key in keys} == told
    assert values == bare | {"name": "told"}


def test_the_card_is_headed_by_the_title_and_the_name(tiny):
    told = dataclasses.replace(tiny, title="Two *digits*", look_for="Drag the slant.")
    card = card_text(told)
    assert card.startswith("# Two \\*digits\\* (tiny)\n")
    assert "\n\nDrag the slant.\n\n" in card
    assert card_text(tiny).startswith("# tiny\n")


def test_a_scalar_weight_stays_a_scalar(tmp_path):
    bundle = fresh_bundle()
    weights = {**bundle.weights, "log_sigma": np.array(-2.5, np.float32)}
    write_bundle(
        dataclasses.replace(with_settings(bundle, likelihood="gaussian-learned"), weights=weights),
        tmp_path / "sigma",
    )
    assert read_bundle(tmp_path / "sigma").weights["log_sigma"].shape == ()


def test_a_bundle_fresh_from_training_is_read_back(tmp_path):
    write_bundle(fresh_bundle(), tmp_path / "fresh")
    read = read_bundle(tmp_path / "fresh")
    assert read.pack is None
    assert not read.codes.maps
    assert read.preview == b""


def test_equal_bundles_give_equal_files(tiny, tmp_path):
    for place in ("one", "two"):
        write_bundle(tiny, tmp_path / place / "tiny")
    for path in (tmp_path / "one" / "tiny").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / "tiny" / path.name).read_bytes()


def test_summary_agrees_with_the_bundle(tiny_bundle):
    summary, bundle = read_summary(tiny_bundle), read_bundle(tiny_bundle, weights=False)
    assert summary.maps == {}, "those of a usual bundle go without saying"
    for field in dataclasses.fields(summary):
        if field.name == "maps":
            continue
        assert getattr(summary, field.name) == getattr(bundle, field.name)


def test_a_renamed_folder_is_called_by_its_new_name(tiny_bundle):
    moved = tiny_bundle.rename(tiny_bundle.with_name("été"))
    assert read_summary(moved).name == "été"


def test_a_dot_is_read_by_the_name_of_its_folder(tiny_bundle, monkeypatch):
    monkeypatch.chdir(tiny_bundle)
    assert read_bundle(".").name == "tiny"


def test_weights_are_only_read_when_asked_for(tiny_bundle):
    (tiny_bundle / "weights.safetensors").unlink()
    assert read_bundle(tiny_bundle, weights=False).weights == {}
    with pytest.raises(BundleError, match="is missing"):
        read_bundle(tiny_bundle)


def test_reading_imports_no_torch(tiny_bundle):
    code = (
        "import sys; from explorer.bundle import read_bundle; read_bundle(sys.argv[1]); "
        "print({'torch', 'sklearn', 'plotly', 'openTSNE', 'streamlit'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tiny_bundle], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


# What is not written.


def test_what_reading_would_refuse_is_not_written(tiny, tmp_path):
    nan = {name: array * np.float32("nan") for name, array in tiny.weights.items()}
    with pytest.raises(BundleError, match="NaN"):
        write_bundle(dataclasses.replace(tiny, weights=nan), tmp_path / "nan")
    with pytest.raises(BundleError, match="slider_names"):
        write_bundle(dataclasses.replace(tiny, slider_names={7: "x"}), tmp_path / "nan")
    assert list(tmp_path.iterdir()) == []


def test_weights_that_need_32_bits_are_not_written_as_half(tiny, tmp_path):
    with pytest.raises(BundleError, match="more than 16 bits"):
        write_bundle(with_settings(tiny, precision="half"), tmp_path / "half")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_else_in_it_is_left_alone(tiny, tiny_bundle, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("chapter 1")
    with pytest.raises(BundleError, match=r"thesis\.txt"):
        write_bundle(tiny, precious)
    (tiny_bundle / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match=r"notes\.txt"):
        write_bundle(tiny, tiny_bundle)
    with pytest.raises(BundleError, match="is a file"):
        write_bundle(tiny, precious / "thesis.txt")
    assert (precious / "thesis.txt").read_text() == "chapter 1"


def test_a_linked_folder_is_replaced_where_it_lies(tiny, tiny_bundle, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tiny_bundle)
    write_bundle(dataclasses.replace(tiny, command="new"), link)
    assert link.is_symlink()
    assert read_summary(tiny_bundle).command == "new"


# Replaced whole.


def litter(folder: Path) -> list[str]:
    return [path.name for path in folder.parent.iterdir() if path != folder]


@pytest.mark.parametrize("call", range(8))
@pytest.mark.parametrize("cause", [errno.ENOSPC, errno.EIO])
def test_a_failed_write_leaves_the_old_bundle_whole(tiny, tiny_bundle, monkeypatch, call, cause):
    calls = itertools.count()
    fsync = os.fsync

    def failing(handle: int) -> None:
        if next(calls) == call:
            raise OSError(cause, os.strerror(cause))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(MachineError) as refused:
        write_bundle(dataclasses.replace(tiny, command="new"), tiny_bundle)
    assert ("disk is full" in str(refused.value)) == (cause == errno.ENOSPC)
    # The last wait comes after the renames: then the new one is there, as whole.
    assert read_bundle(tiny_bundle).command == ("new" if call == 7 else tiny.command)
    assert litter(tiny_bundle) == []


def test_a_failed_rename_restores_the_old_bundle(tiny, tiny_bundle, monkeypatch):
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if ".new-" in self.name:
            raise OSError(errno.EIO, "broken")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(MachineError, match="broken"):
        write_bundle(dataclasses.replace(tiny, command="new"), tiny_bundle)
    assert read_bundle(tiny_bundle).command == tiny.command
    assert litter(tiny_bundle) == []


def test_a_bundle_cannot_be_written_below_a_file(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="could not be written"):
        write_bundle(tiny, tmp_path / "file" / "bundle")


def test_a_bundle_set_aside_by_a_killed_process_is_read_and_put_back(tiny_bundle):
    tiny_bundle.rename(tiny_bundle.with_name(".tiny.old"))
    assert bundles_in(tiny_bundle.parent) == [tiny_bundle]
    assert read_bundle(tiny_bundle).name == "tiny"
    assert litter(tiny_bundle) == []


def test_the_next_write_clears_what_a_killed_one_left(tiny, tiny_bundle):
    shutil.copytree(tiny_bundle, tiny_bundle.with_name(".tiny.old"))
    tiny_bundle.with_name(".tiny.new-0badcafe").mkdir()
    write_bundle(tiny, tiny_bundle)
    assert litter(tiny_bundle) == []


WRITER = """
import dataclasses, itertools, sys
from explorer.bundle import (write_bundle)
from tests.conftest import fresh_bundle
bundles = [fresh_bundle(seed=seed) for seed in (1, 2)]
print("ready", flush=True)
for bundle in itertools.cycle(bundles):
    write_bundle(bundle, sys.argv[1])
"""


@contextlib.contextmanager
def endless_writer(folder: Path) -> Iterator[subprocess.Popen]:
    """A process that replaces a bundle over and over."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    with started(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        yield writer


def seed_throughout(folder: Path) -> int:
    """Read a bundle, and return the one seed that all its parts come from."""
    read = read_bundle(folder)
    fresh = fresh_bundle(seed=read.settings().seed)
    assert same_arrays(read.codes, fresh.codes)
    assert all(np.array_equal(read.weights[name], fresh.weights[name]) for name in fresh.weights)
    return read.settings().seed


def test_the_instant_between_two_renames_is_not_taken_for_a_missing_bundle(
    tiny_bundle, monkeypatch
):
    aside = tiny_bundle.with_name("aside")
    tiny_bundle.rename(aside)
    looks = itertools.count()

    def restore(folder: Path) -> None:
        if next(looks) == 1:
            aside.rename(folder)

    monkeypatch.setattr("explorer.bundle.folder.restore", restore)
    assert read_bundle(tiny_bundle).name == "tiny"


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_a_whole_bundle(tmp_path):
    folder = tmp_path / "tiny"
    write_bundle(fresh_bundle(seed=1), folder)
    rng = random.Random(0)
    for _ in range(12):
        with endless_writer(folder):
            time.sleep(rng.uniform(0.0, 0.1))
        assert seed_throughout(folder) in (1, 2)
    write_bundle(fresh_bundle(seed=1), folder)
    assert litter(folder) == []


@pytest.mark.slow
def test_a_bundle_read_while_it_is_replaced_is_of_one_run(tmp_path):
    folder = tmp_path / "tiny"
    write_bundle(fresh_bundle(seed=1), folder)
    with endless_writer(folder) as writer:
        n_read = 0
        for _ in range(100):
            try:
                assert seed_throughout(folder) in (1, 2)
            except BundleError as busy:  # replaced faster than it can be read: said, not mixed up
                assert "kept being replaced" in str(busy)  # noqa: PT017
            else:
                n_read += 1
        assert writer.poll() is None
    assert n_read > 0


def test_a_file_is_replaced_whole(tmp_path, monkeypatch):
    path = tmp_path / "codes.npz"
    replace_file(path, b"old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(MachineError, match="disk is full"):
            replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert litter(path) == []


# The card.


def test_card_says_where_the_bundle_comes_from(tiny):
    card = card_text(tiny)
    for told in ("drawn for a test", "MIT", "Seed 0", tiny.command, "0.05000", "-20.50", "Limits"):
        assert told in card


@pytest.mark.parametrize(
    ("kind", "beta", "words"),
    [
        ("vae", 1.0, "A VAE that"),
        ("ae", 1.0, "An autoencoder that"),
        ("beta-tcvae", 6.0, "A beta-"),
    ],
)
def test_card_calls_the_kind_by_its_name(tiny, kind, beta, words):
    assert words in card_text(with_settings(tiny, kind=kind, beta=beta))


def test_card_shows_foreign_names_as_they_are_written(tiny):
    foreign = dataclasses.replace(
        tiny, data=dataclasses.replace(tiny.data, source="<script>alert(1)</script>\n# Free")
    )
    card = card_text(foreign)
    assert "<script>" not in card.replace("\\<", "")
    assert "\n# Free" not in card


def test_a_bundle_without_an_encoder_comes_back_with_its_draws(tiny_gan, tmp_path):
    write_bundle(tiny_gan, tmp_path / "gan")
    read = read_bundle(tmp_path / "gan")
    assert same_arrays(read.codes, tiny_gan.codes)
    assert read.codes.of_images.sum() == N_PLACED
    assert not any(name.startswith("encoder") for name in read.weights)


@pytest.mark.parametrize("kind", KINDS)
def test_the_card_of_every_kind_describes_it_and_its_limits(kind, tiny, tiny_gan):
    bundle = tiny_gan if kind in ("gan", "wgan-gp") else tiny
    beta = 4.0 if kind in ("beta-vae", "beta-tcvae") else 1.0
    likelihood = "gaussian" if kind == "soft-intro-vae" else "bernoulli"
    made = with_settings(bundle, kind=kind, beta=beta, likelihood=likelihood)
    config, card = made.settings(), card_text(made)
    assert ("It has no encoder." in card) == (not config.has_encoder)
    assert ("Codes of images are found by search" in card) == (not config.has_encoder)
    assert ("Pictures are means" in card) == (not config.is_adversarial or kind == "aae")
    assert ("The t-SNE map" in card) == config.has_encoder


def test_the_card_mentions_an_objective_without_kl_and_missing_scores(tiny, tiny_gan):
    assert "In place of the KL term" in card_text(with_settings(tiny, objective="prior-likelihood"))
    assert "In place of the KL term" not in tiny.card
    assert "Not measured yet" in tiny_gan.card
    scores = {"mse": 0.02, "n_searched": 128.0}
    scored = card_text(dataclasses.replace(tiny_gan, scores=scores))
    assert "on 128 test images whose codes were found by search" in scored


def test_the_card_and_the_table_are_in_the_language_in_use(tiny, tiny_gan, marks):
    scores = {"ssim": 0.9, "psnr_db": 20.0, "active_units": 1.0, "coverage": 0.4, "mig": 0.2}
    for bundle in (tiny, tiny_gan):
        known = dataclasses.replace(bundle, scores=scores, factor_r2={"tilt": 0.5})
        for text in (card_text(known), card_text(bundle), table_text([known])):
            left = re.sub(r"`[^`]*`|^    .*", "", unmarked(text), flags=re.MULTILINE)
            for name in (bundle.name, bundle.kind, bundle.title, "README.md"):
                left = left.replace(name, "")
            assert OPEN in text
            assert not re.search("[A-Za-z]{3}", left), left
