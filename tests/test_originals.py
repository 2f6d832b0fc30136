"""The images behind a bundle's codes: shipped, drawn again, or read where the model was trained."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explorer import cli, data, originals, store
from explorer.bundle import ModelBundle, read_bundle, write_bundle
from explorer.errors import BundleError
from explorer.ui.opened import open_model

QUICK = ["--arch", "mlp", "--hidden", "8", "--latent-dim", "2", "--epochs", "1"]


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder of 40 pictures of two classes, named by a path that holds only here."""
    rng = np.random.default_rng(0)
    for i in range(40):
        kind = tmp_path / "pets" / ("cats", "dogs")[i % 2]
        kind.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8)).save(kind / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", "--data", "pets", *QUICK, "--out", str(tmp_path / "mine")]) == 0
    monkeypatch.chdir("/")
    return tmp_path / "pets"


def test_a_model_trained_from_a_folder_finds_its_pictures_from_anywhere(pictures):
    opened = open_model("mine")
    assert opened.has_originals
    whole = data.load(str(pictures))
    for item in (0, 3):
        expected = whole.pixels[opened.bundle.codes.ids[item]]
        np.testing.assert_array_equal(opened.original(item), expected)


def test_the_bundle_says_nothing_of_where_its_pictures_lie(pictures):
    folder = store.find("mine")
    for file in ("config.json", "README.md"):
        assert str(pictures.parent) not in (folder / file).read_text()


def test_pictures_that_have_changed_since_are_not_shown(pictures):
    Image.new("RGB", (16, 16)).save(pictures / "cats" / "0.png")
    opened = open_model("mine")
    assert all(opened.original(item) is None for item in range(len(opened.bundle.codes.ids)))


def test_a_folder_that_is_gone_leaves_no_originals(pictures):
    pictures.rename(pictures.with_name("elsewhere"))
    assert not open_model("mine").has_originals


def test_a_bundle_from_elsewhere_cannot_name_a_folder_to_be_read(pictures, own_home):
    bundle = read_bundle(store.find("mine"))
    config = replace(bundle.settings(), data=str(pictures))
    for note in (own_home / "images").iterdir():
        note.unlink()  # as on a machine that did not train it
    foreign = replace(bundle, config=config)
    assert not originals.at_hand(foreign)
    assert originals.load(foreign, bundle.codes.ids) is None


def shelf(name: str) -> np.ndarray:
    with np.load(store.originals_folder() / f"{name}.npz") as arrays:
        return arrays["ids"]


def with_ids(bundle: ModelBundle, source: str, ids: np.ndarray) -> ModelBundle:
    return replace(
        bundle,
        config=replace(bundle.settings(), data=source),
        data=replace(bundle.data, image_shape=(1, 28, 28)),
        codes=replace(bundle.codes, ids=ids[: len(bundle.codes.mu)]),
    )


def test_images_that_came_along_serve_own_models_of_the_same_set(tiny):
    ids = shelf("mnist")
    own = with_ids(tiny, "mnist", ids)
    images = originals.load(own, own.codes.ids)
    assert images is not None
    assert images.shape == (len(own.codes.ids), 1, 28, 28)
    large = replace(own, config=replace(own.settings(), image_size=32, colours="rgb"))
    large = replace(large, data=replace(own.data, image_shape=(3, 32, 32)))
    assert originals.load(large, own.codes.ids[:2]) is not None
    missing = int(np.setdiff1d(np.arange(60_000, 70_000), ids)[0])
    assert originals.load(own, np.array([missing])) is None
    fewer = replace(own, config=replace(own.settings(), n_images=1_000))  # whose rows are others
    assert not originals.at_hand(fewer)


def test_images_that_are_drawn_again_come_in_the_colours_of_the_run(tiny):
    grey = with_ids(tiny, "faces", np.arange(32))
    config = replace(grey.settings(), colours="grey", image_size=32)
    grey = replace(grey, config=config, data=replace(grey.data, image_shape=(1, 32, 32)))
    images = originals.load(grey, np.array([0, 3]))
    assert images is not None
    whole = data.load("faces", n_images=4, image_size=32, grey=True)
    np.testing.assert_array_equal(images, whole.pixels[[0, 3]])


def test_a_file_of_an_own_model_is_not_taken_for_one_of_the_same_name_that_came_along(tiny):
    assert not originals.at_hand(with_ids(tiny, "doodles.npz", shelf("doodles")))
    assert originals.at_hand(read_bundle(store.pretrained_folder() / "doodles", weights=False))


def test_finding_originals_imports_no_torch():
    code = (
        "import sys; from explorer import originals, store;"
        "from explorer.bundle import read_bundle;"
        "b = read_bundle(store.pretrained_folder() / 'fashion', weights=False);"
        "assert originals.at_hand(b); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_fingerprint_is_written_by_training_and_checked_when_read(pictures, tmp_path):
    folder = store.find("mine")
    values = json.loads((folder / "config.json").read_text())
    assert values["data"]["fingerprint"] == data.load(str(pictures)).fingerprint()
    bundle = read_bundle(folder)
    bad = replace(bundle, data=replace(bundle.data, fingerprint="../../x"))
    with pytest.raises(BundleError, match="fingerprint"):
        write_bundle(bad, tmp_path / "bad")


def test_unreasonable_rows_of_a_generated_set_are_refused(tiny):
    n = 10_000_000
    for name in ("faces", "shapes"):
        begin = time.perf_counter()
        assert data.load_items(name, np.array([n - 1]), n_images=n) is None
        assert time.perf_counter() - begin < 1
    config = replace(tiny.config, data="faces", n_images=n)
    facts = replace(tiny.data, n_train=n - 32)
    codes = replace(tiny.codes, ids=tiny.codes.ids + n - 400)
    write_bundle(
        replace(tiny, config=config, data=facts, codes=codes), store.bundles_folder() / "x"
    )
    assert not open_model("x").has_originals


@pytest.mark.parametrize("name", ["openml:../x", "x" * 5000, "a\0b", "../../etc/passwd"])
def test_data_that_cannot_be_named_so_has_no_originals(tiny, name):
    config = replace(tiny.config, data=name)
    write_bundle(replace(tiny, config=config), store.bundles_folder() / "x")
    opened = open_model("x")
    assert not opened.has_originals
    assert opened.item_names is None
