"""Where bundles lie, how they are found, and how a trained one is finished."""

import dataclasses
import io
import os
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import explorer
from explorer import store
from explorer.bundle import BundleSummary, read_bundle, read_summary, write_bundle
from explorer.config import TrainConfig
from explorer.errors import BundleError, MachineError
from explorer.latent.encode import decode
from tests.conftest import fresh_bundle


@pytest.fixture
def shelves(tiny, own_home, tmp_path, monkeypatch):
    """Two bundles that came along, and the user's own with one of the same name."""
    shipped = tmp_path / "pretrained"
    monkeypatch.setattr(store, "pretrained_folder", lambda: shipped)
    for folder in (shipped / "faces", shipped / "digits", own_home / "bundles" / "digits"):
        store.save(tiny, folder)
    return shipped, own_home / "bundles"


def test_home_is_where_the_variable_says(own_home, monkeypatch):
    assert store.home() == own_home
    monkeypatch.setenv("LATENT_EXPLORER_HOME", "~/there")
    assert store.home() == Path.home() / "there"


def test_home_without_the_variable_is_the_platforms(monkeypatch):
    monkeypatch.delenv("LATENT_EXPLORER_HOME")
    assert store.home().name == "latent-explorer"


def test_pretrained_bundles_lie_in_the_package_or_beside_it(tmp_path, monkeypatch):
    package = tmp_path / "explorer"
    monkeypatch.setattr(explorer, "__file__", str(package / "__init__.py"))
    assert store.pretrained_folder() == tmp_path / "pretrained"
    (package / "pretrained").mkdir(parents=True)
    assert store.pretrained_folder() == package / "pretrained"


def test_models_lists_what_came_along_first(shelves):
    shipped, own = shelves
    listing = store.models()
    assert [model.folder for model in listing.models] == [shipped / "faces", own / "digits"]
    assert listing.problems == ()


def test_a_bundle_elsewhere_is_listed_once_it_is_remembered(shelves, tiny, tmp_path):
    _, own = shelves
    elsewhere = tmp_path / "some where" / "mine ü"
    store.save(tiny, elsewhere)
    assert elsewhere not in [model.folder for model in store.models().models]
    store.remember(elsewhere)
    store.remember(elsewhere)
    store.remember(own / "digits")  # it is listed anyway
    folders = [model.folder for model in store.models().models]
    assert folders.count(elsewhere) == 1
    assert folders.count(own / "digits") == 1
    assert store.find_name("mine ü") == elsewhere
    shutil.rmtree(elsewhere)
    assert elsewhere not in [model.folder for model in store.models().models]


@pytest.mark.parametrize("damage", ["", "{", "3", "[3, null]", '["/nowhere"]'])
def test_a_damaged_memory_of_elsewhere_is_no_memory(shelves, own_home, damage):
    (own_home / "bundles-elsewhere.json").write_text(damage)
    assert len(store.models().models) == 2


def test_every_listed_name_finds_its_folder(shelves):
    for model in store.models().models:
        assert store.find(model.name) == model.folder
        assert store.find_name(model.name) == model.folder


def test_a_damaged_bundle_is_reported_and_the_others_listed(shelves):
    (shelves[1] / "digits" / "config.json").write_text("{")
    listing = store.models()
    assert [model.name for model in listing.models] == ["faces"]
    assert "digits" in str(listing.problems[0])


def with_score_of_400_digits(folder: Path) -> None:
    text = (folder / "config.json").read_text()
    (folder / "config.json").write_text(text.replace('"mse": 0.05', f'"mse": 1{"0" * 400}'))


def with_a_name_that_is_no_text(folder: Path) -> None:
    os.rename(os.fsencode(folder), os.fsencode(folder) + b"\xff")


def with_a_link_to_itself(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to("config.json")


def closed(folder: Path) -> None:
    folder.chmod(0)


@pytest.mark.parametrize(
    "damage",
    [with_score_of_400_digits, with_a_name_that_is_no_text, with_a_link_to_itself, closed],
)
def test_the_list_survives_anything_that_one_folder_holds(shelves, damage):
    if damage is closed and os.geteuid() == 0:
        pytest.skip("nothing is closed to root")
    folder = shelves[1] / "digits"
    damage(folder)
    listing = store.models()
    if folder.exists():
        folder.chmod(0o700)
    assert "faces" in [model.name for model in listing.models]
    assert folder not in [model.folder for model in listing.models]
    (problem,) = listing.problems
    assert "digits" in str(problem)
    assert str(problem).encode()


def test_unfinished_runs_and_other_folders_are_no_bundles(shelves):
    _, own = shelves
    shutil.copytree(own / "digits", own / "new.part")
    shutil.copytree(own / "digits", own / ".hidden")
    (own / "empty").mkdir()
    (own / "notes.txt").write_text("")
    assert [model.name for model in store.models().models] == ["faces", "digits"]


def test_nothing_is_listed_where_nothing_is(own_home, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "pretrained_folder", lambda: tmp_path / "none")
    assert store.models() == store.Listing((), ())
    with pytest.raises(BundleError, match="There are none yet"):
        store.find("digits")


def test_find_takes_a_folder_before_a_name(shelves, tiny, tmp_path, monkeypatch):
    store.save(tiny, tmp_path / "faces")
    monkeypatch.chdir(tmp_path)
    assert store.find("faces").resolve() == tmp_path / "faces"
    assert store.find_name("faces") == shelves[0] / "faces"


@pytest.mark.parametrize(("typed", "offered"), [("digit", '"digits"'), ("Faces", '"faces"')])
def test_find_offers_close_names(shelves, typed, offered):
    with pytest.raises(BundleError, match=f"Similar names: {offered}"):
        store.find(typed)


@pytest.mark.parametrize(
    "name",
    ["../pretrained/faces", "..", ".", "/", "", "digits/../digits", "a\0b", "x" * 5000, "\ud800"],
)
def test_a_name_leads_nowhere_else(shelves, monkeypatch, name):
    monkeypatch.chdir(shelves[1])
    with pytest.raises(BundleError, match="There is no bundle called"):
        store.find_name(name)


@pytest.mark.parametrize("name", ["café", "ساعة", "顔", "a b", "-rf", "é" * 40])
def test_names_in_any_script_are_found(shelves, tiny, name):
    _, own = shelves
    store.save(tiny, own / name)
    for spelling in ("NFC", "NFD"):
        assert store.find(unicodedata.normalize(spelling, name)) == own / name


# Finishing.


def test_complete_adds_all_that_exploring_needs(tiny):
    codes, n = tiny.codes, len(tiny.codes.mu)
    assert codes.spacing is not None
    assert (codes.spacing > 0).all()
    assert codes.tsne is not None
    assert codes.tsne.shape == (n, 2)
    assert codes.pca is not None
    assert np.allclose(
        codes.pca, (codes.mu - codes.pca_mean) @ np.transpose(codes.pca_components), atol=1e-5
    )
    assert tiny.pack
    assert tiny.command in tiny.card


def test_complete_turns_sliders_round_so_that_to_the_right_is_more_of_their_name():
    bundle = fresh_bundle()
    mu = bundle.codes.mu
    factors = np.stack([-mu[:, 0], 3 + mu[:, 1]], axis=1)
    facts = dataclasses.replace(bundle.data, factor_names=("vertical", "scale"))
    of_shapes = dataclasses.replace(
        bundle,
        config=dataclasses.replace(bundle.config, data="shapes"),
        data=facts,
        codes=dataclasses.replace(bundle.codes, factors=factors),
        slider_names={},
    )
    done = store.complete(of_shapes)
    assert done.slider_names == {0: "vertical: top to bottom", 1: "scale"}
    assert np.array_equal(done.codes.mu, mu * np.array([-1, 1], np.float32))
    assert np.array_equal(decode(done, done.codes.mu), decode(bundle, mu))
    assert done.pack is not None
    named = store.complete(dataclasses.replace(of_shapes, slider_names={0: "mine"}))
    assert named.slider_names == {0: "mine"}  # what a person named is left as it is
    assert np.array_equal(named.codes.mu, mu)


def test_complete_gives_the_same_bundle_again(tiny):
    again = store.complete(fresh_bundle(), command=tiny.command)
    assert again.preview == tiny.preview
    assert again.pack == tiny.pack
    assert again.codes.tsne is not None
    assert np.array_equal(again.codes.tsne, tiny.codes.tsne)


def test_a_handful_of_items_gets_no_tsne():
    bundle = fresh_bundle()
    some: dict[str, Any] = {
        name: getattr(bundle.codes, name)[:5] for name in ("mu", "logvar", "ids", "error", "labels")
    }
    done = store.complete(
        dataclasses.replace(bundle, codes=dataclasses.replace(bundle.codes, **some))
    )
    assert done.codes.tsne is None
    assert done.codes.pca is not None


def test_a_decoder_that_cannot_be_packed_leaves_the_pack_out(monkeypatch, tmp_path):
    monkeypatch.setattr("explorer.packing.pack.MAX_SIZE_BYTES", 10)
    done = store.complete(fresh_bundle())
    assert done.pack is None
    assert "cannot run in the browser" in done.card
    store.save(done, tmp_path / "slow")
    assert read_bundle(tmp_path / "slow").pack is None


def test_complete_reports_rising_fractions():
    told: list[float] = []
    store.complete(fresh_bundle(), report=lambda fraction, words: told.append(fraction))
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 1


def test_preview_is_a_square_picture_of_decoded_items(tiny):
    with Image.open(io.BytesIO(tiny.preview)) as preview:
        assert preview.size == (256, 256)
        cell = np.asarray(preview.convert("L").crop((4, 4, 84, 84)))
    x_hat = decode(tiny, tiny.codes.mu[:1])[0, 0]
    assert np.array_equal(cell[5::10, 5::10], np.rint(x_hat * 255))


def test_a_picture_rounds_to_the_nearest_of_256():
    x = np.array([[[0.0, 0.4 / 255, 0.6 / 255, 1.0]]], np.float32)
    assert np.asarray(store.to_picture(x)).tolist() == [[0, 0, 1, 255]]
    colour = np.stack([np.full((2, 3), value, np.float32) for value in (0.0, 0.5, 2.0)])
    assert store.to_picture(colour).size == (3, 2)
    assert store.to_picture(colour).getpixel((0, 0)) == (0, 128, 255)


# Unfinished runs.


def test_a_run_remembers_its_settings_beside_its_bundle(tmp_path):
    run = store.UnfinishedRun(tmp_path / "faces")
    config = TrainConfig(data="faces", hidden=(64, 32))
    run.check()
    run.begin(config)
    assert run.config() == config
    assert not run.out.exists()
    run.end()
    assert list(tmp_path.iterdir()) == []


def test_a_run_with_a_checkpoint_is_not_run_over(tmp_path):
    run = store.UnfinishedRun(tmp_path / "faces")
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
    run = store.UnfinishedRun(tmp_path / "faces")
    run.check()
    with run.held():
        run.begin(TrainConfig(data="faces"))
        with pytest.raises(BundleError, match="Another process is training"), run.held():
            pytest.fail("both work on it")
        assert run.config(), "the one that is refused clears nothing away"
    assert list(tmp_path.iterdir()) == []


def test_the_top_of_a_disk_is_no_bundle():
    with pytest.raises(BundleError, match="top of a disk"):
        store.UnfinishedRun(Path("/"))


def test_a_run_clears_away_nothing_but_its_own(tmp_path):
    run = store.UnfinishedRun(tmp_path / "faces")
    run.folder.mkdir()
    (run.folder / "mine.txt").write_text("mine")
    run.check()
    run.begin(TrainConfig(data="faces"))
    run.end()
    assert [path.name for path in run.folder.iterdir()] == ["mine.txt"]


def test_a_run_refuses_places_where_its_bundle_could_not_go(tmp_path):
    with pytest.raises(BundleError, match=r"ends in \.part"):
        store.UnfinishedRun(tmp_path / "faces.part").check()
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="is a file"):
        store.UnfinishedRun(tmp_path / "file").check()
    with pytest.raises(MachineError, match="could not be written"):
        store.UnfinishedRun(tmp_path / "file" / "faces").check()


def test_a_run_that_is_not_there_cannot_go_on(tiny_bundle, tmp_path):
    with pytest.raises(BundleError, match="no unfinished run"):
        store.UnfinishedRun(tmp_path / "faces").config()
    with pytest.raises(BundleError, match="is finished"):
        store.UnfinishedRun(tiny_bundle).config()


@pytest.mark.parametrize("record", [b"{", b"[]", b'{"config": 3}', b"\xff"])
def test_a_damaged_record_is_told(tmp_path, record):
    run = store.UnfinishedRun(tmp_path / "faces")
    run.folder.mkdir()
    (run.folder / "run.json").write_bytes(record)
    with pytest.raises(BundleError, match=r"run\.json.*is damaged"):
        run.config()


def test_draws_from_the_prior_have_a_pca_but_no_t_sne(tiny_gan):
    codes = tiny_gan.codes
    assert codes.tsne is None
    assert codes.pca is not None
    assert codes.spacing is not None


def test_the_preview_of_a_model_without_an_encoder_shows_draws(tiny_gan):
    draws = tiny_gan.codes.mu[~tiny_gan.codes.placed][:9]
    first = store.to_picture(decode(tiny_gan, draws)[0])
    shown = Image.open(io.BytesIO(tiny_gan.preview)).crop((4, 4, 84, 84)).convert("L")
    np.testing.assert_array_equal(shown, first.resize((80, 80), Image.Resampling.NEAREST))


def test_settings_that_are_yes_or_no_become_flags():
    config = TrainConfig(data="digits", arch="mlp", tied=True)
    assert " --tied " in store.train_command(config, "x")
    assert "tied" not in store.train_command(TrainConfig(data="digits"), "x")


def test_the_list_reads_a_bundle_again_when_it_has_changed_and_only_then(
    tiny, own_home, monkeypatch
):
    read: list[Path] = []

    def counted(folder: Path) -> BundleSummary:
        read.append(folder)
        return read_summary(folder)

    folder = own_home / "bundles" / "tiny"
    write_bundle(dataclasses.replace(tiny, title="first"), folder)
    monkeypatch.setattr(store, "read_summary", counted)
    monkeypatch.setattr(store, "pretrained_folder", lambda: own_home / "none")
    for _ in range(3):
        assert [model.title for model in store.models().models] == ["first"]
    assert len(read) == 1
    write_bundle(dataclasses.replace(tiny, title="other"), folder)
    assert [model.title for model in store.models().models] == ["other"]
    (folder / "config.json").write_text("{")
    for _ in range(2):
        listing = store.models()
        assert not listing.models
        assert len(listing.problems) == 1
