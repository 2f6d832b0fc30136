"""Where bundles lie and how they are found."""

import dataclasses
import os
import shutil
import unicodedata
from pathlib import Path

import pytest

import explorer
from explorer import store
from explorer.bundle import BundleSummary, read_summary, write_bundle
from explorer.errors import BundleError


@pytest.fixture
def shelves(tiny, own_home, tmp_path, monkeypatch):
    """Two bundles that came along, and the user's own with one of the same name."""
    shipped = tmp_path / "pretrained"
    monkeypatch.setattr(store, "pretrained_folder", lambda: shipped)
    for folder in (shipped / "faces", shipped / "digits", own_home / "bundles" / "digits"):
        write_bundle(tiny, folder)
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
    write_bundle(tiny, elsewhere)
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
def test_a_damaged_list_of_models_elsewhere_counts_as_empty(shelves, own_home, damage):
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
    write_bundle(tiny, tmp_path / "faces")
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
    write_bundle(tiny, own / name)
    for spelling in ("NFC", "NFD"):
        assert store.find(unicodedata.normalize(spelling, name)) == own / name


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
