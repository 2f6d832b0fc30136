"""A model of which nobody knows how it was trained opens as any other does."""

import base64
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explorer import cli, completing, originals, store
from explorer.bundle import read_bundle, read_summary, write_bundle
from explorer.bundle.card import card_text
from explorer.bundle.table import table_text
from explorer.comparing import first_choice
from explorer.data.npz import npz_bytes, read_npz
from explorer.errors import BundleError
from explorer.ui import address, compare_view, live_decoder
from explorer.ui.maps import MapChoice
from explorer.ui.opened import open_model

EXPLORE = """
from explorer.ui import state
from explorer.ui.views.explore import page
state.remember_pages({})
page.render()
"""
CARD = """
from explorer.ui.opened import open_model
from explorer.ui.views.explore.model_card import _render
_render(open_model("theirs"))
"""
PLACING = CARD.replace("model_card", "place_image")
COMPARE = EXPLORE.replace("views.explore", "views.compare")


def changed(folder: Path, **changes: Any) -> Path:
    """Change a bundle's config.json; a value of None takes a key out."""
    path = folder / "config.json"
    values = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: v for key, v in values.items() if v is not None}))
    return folder


def foreign(shipped: str, name: str, **changes: Any) -> Path:
    """A shipped model among the user's own, without any settings of its training."""
    folder = store.bundles_folder() / name
    write_bundle(read_bundle(store.pretrained_folder() / shipped), folder)  # says its layers
    (folder / "README.md").unlink()
    return changed(folder, config=None, **changes)


@pytest.fixture
def theirs() -> Path:
    """A VAE whose kind has no name that is known here."""
    return foreign("digits", "theirs", kind="somebody's <b>VAE</b>", command="rm -rf ~")


def page(script: str, **query: str) -> AppTest:
    test = AppTest.from_string(script, default_timeout=60)
    for key, value in query.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception
    assert not test.error
    return test


def test_it_opens_on_the_explore_page_with_its_card(theirs):
    explored = page(EXPLORE, model="theirs")
    assert not explored.warning
    explored.button(key="about-model").click().run()
    assert not explored.exception
    told = "\n".join(str(element.value) for element in page(CARD).markdown)
    assert "somebody's" in told
    assert "<b>" not in told
    assert "latent-explorer train" not in told


def test_the_stage_says_its_kind_and_has_its_map(theirs):
    opened = open_model("theirs")
    scene = live_decoder.scene(
        opened, MapChoice("pca", "class", 100, 0, 1, "both"), address.Start()
    )
    assert scene["title"]["facts"][0] == "somebody's <b>VAE</b>"  # which the browser shows as text
    assert scene["packed"]
    assert not scene["originals"], "nothing says which images they were"


def test_it_stands_beside_others_on_the_compare_page(theirs):
    shutil.copytree(store.pretrained_folder() / "digits", store.bundles_folder() / "ours")
    page(COMPARE, models="theirs,ours")
    scene = compare_view.scene(
        [open_model("theirs"), open_model("ours")], address.SharedStart(shifts=(None,))
    )
    assert [model["kind"] for model in scene["models"]] == [
        "somebody's <b>VAE</b>",
        "Beta-VAE, β = 3",
    ]
    assert not any(model["shares"] for model in scene["models"])
    table = next(one for one in scene["tables"] if one["name"] == "csv")
    assert b"somebody's" in base64.b64decode(table["url"].partition(",")[2])


def test_models_of_the_same_images_share_them_whether_or_not_settings_are_known(own_home):
    fingerprint = "0" * 31
    shown = [
        changed(foreign("digits", name), data={**facts("digits"), "fingerprint": fingerprint + end})
        for name, end in (("a", "1"), ("b", "1"), ("c", "2"))
    ]
    assert compare_view.sharing([open_model(folder.name) for folder in shown]) == [
        True,
        True,
        False,
    ]
    assert [m.name for m in first_choice([read_summary(f) for f in shown])] == ["a", "b"]


def facts(shipped: str) -> dict[str, Any]:
    path = store.pretrained_folder() / shipped / "config.json"
    return json.loads(path.read_text())["data"]


def test_a_known_kind_keeps_its_words_except_those_from_settings(own_home):
    foreign("fashion-wgan-gp", "theirs")
    bundle = read_bundle(store.find("theirs"))
    assert bundle.kind == "wgan-gp"
    card = card_text(bundle)
    assert "A generator of a Wasserstein GAN with gradient penalty" in card
    assert "How it was trained is not recorded." in card
    assert "Seed" not in card
    page(EXPLORE, model="theirs")


def test_commands_list_encode_and_score_it(theirs, tmp_path, capsys):
    assert cli.main(["models", "--json"]) == 0
    listed = {model["name"]: model for model in json.loads(capsys.readouterr().out)["models"]}
    assert listed["theirs"]["kind"] == "somebody's <b>VAE</b>"
    assert cli.main(["models"]) == 0
    assert "somebody's" in capsys.readouterr().out

    images = tmp_path / "images.npy"
    np.save(images, np.random.default_rng(0).integers(0, 255, (5, 20, 20), np.uint8))
    codes = tmp_path / "codes.npz"
    assert cli.main(["encode", "theirs", str(images), "--out", str(codes)]) == 0
    mu = read_npz(codes, cap_bytes=1 << 20, only="mu")["mu"]
    assert mu.shape == (5, read_summary(theirs).model.latent_dim)

    capsys.readouterr()
    assert cli.main(["evaluate", "theirs"]) == 1
    told = capsys.readouterr().err
    assert "does not say where its images are" in told
    assert "--data" in told
    command = [
        "evaluate",
        "theirs",
        "--data",
        "digits",
        "--nll-samples",
        "2",
        "--nll-images",
        "5",
        "--json",
    ]
    assert cli.main(command) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert scores["psnr_db"] == pytest.approx(read_summary(theirs).scores["psnr_db"], rel=0.05)


def test_scores_and_a_copy_keep_it_as_it_is(theirs, tmp_path):
    bundle = read_bundle(theirs)
    scored = completing.with_scores(bundle, {"mse": 0.1}, {})
    assert scored.command == "", "nothing in the file can be trusted to make it again"
    assert "rm -rf" not in scored.card
    write_bundle(scored, tmp_path / "copy")
    again = read_bundle(tmp_path / "copy")
    assert (again.config, again.kind, again.model) == (None, bundle.kind, bundle.model)
    assert "config" not in json.loads((tmp_path / "copy" / "config.json").read_text())
    assert "somebody's \\<b\\>VAE" in table_text([read_summary(tmp_path / "copy")])


def test_images_without_a_record_of_their_rows_are_not_available(theirs):
    bundle = read_bundle(theirs)
    assert not originals.at_hand(bundle)
    assert originals.load(bundle, bundle.codes.ids[:2]) is None
    assert originals.names(bundle, bundle.codes.ids[:2]) is None


def test_what_needs_the_settings_says_that_they_are_unknown(theirs):
    with pytest.raises(BundleError, match="does not say how it was trained"):
        read_bundle(theirs).settings()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": None}, 'lacks both "model" and "config"'),
        ({"kind": ""}, 'has a wrong "kind"'),
        ({"kind": "a\nb"}, 'has a wrong "kind"'),
        ({"latent_dim": 0}, "latent_dim is 0"),
        ({"latent_dim": 10**9}, "latent_dim is 1000000000"),
        ({"latent_dim": 3}, "trunk|head|layers|shape"),
    ],
)
def test_without_settings_the_rest_must_say_what_the_model_is(theirs, changes, message):
    with pytest.raises(BundleError, match=message):
        read_bundle(changed(theirs, **changes))


def test_maps_are_made_of_its_codes(theirs, tmp_path):
    bundle = read_bundle(theirs)
    codes, xy = tmp_path / "codes.npz", tmp_path / "xy.npz"
    codes.write_bytes(npz_bytes({"mu": bundle.codes.mu[:50]}))
    assert cli.main(["project", str(codes), "--method", "pca", "--out", str(xy)]) == 0
    assert read_npz(xy, cap_bytes=1 << 20)["xy"].shape == (50, 2)


def test_an_image_is_placed_in_it_as_the_usual_rules_frame_it(theirs):
    picture = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(picture, "PNG")
    placing = AppTest.from_string(PLACING, default_timeout=60).run()
    placing.file_uploader[0].upload("mine.png", picture.getvalue(), "image/png").run()
    assert not placing.exception
    assert not placing.error
    assert placing.button(key="place-go")
