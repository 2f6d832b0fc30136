"""The bundles that come along: whole, small enough, and told as they are."""

import json
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

from explorer import cli, originals, store
from explorer.bundle import bundles_in, read_bundle, read_summary
from explorer.bundle.card import card_text
from explorer.bundle.table import table_text
from explorer.cli.arguments import parser
from explorer.completing import train_command
from explorer.config import TrainConfig
from explorer.data import factor_sense
from explorer.latent.encode import decode
from tests.tools import node

FOLDERS = bundles_in(store.pretrained_folder())
DRIVER = Path(__file__).parent / "live_network.mjs"
MOST_MB, MOST_PACK_MB = 45, 1.5


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def bundle(request):
    return read_bundle(request.param)


def test_each_is_whole_and_has_a_map_a_preview_and_a_card(bundle):
    assert bundle.codes.pca is not None
    assert ("tsne" in bundle.codes.maps) == bundle.settings().has_encoder  # draws have none
    assert bundle.codes.spacing is not None
    assert len(bundle.codes.mu) <= 5_000
    assert bundle.preview
    assert bundle.card == card_text(bundle)


def test_each_has_a_title_of_its_own_and_a_line_about_what_to_look_for():
    told = [read_summary(folder) for folder in FOLDERS]
    assert len({summary.title for summary in told}) == len(FOLDERS)
    for summary in told:
        assert 0 < len(summary.title) <= 30, summary.name
        assert 0 < len(summary.look_for) <= 120, summary.name


def test_each_begins_with_a_chosen_item_that_is_typical_and_well_reconstructed(bundle):
    assert bundle.start_item is not None
    codes = bundle.codes
    (row,) = np.flatnonzero(codes.ids == bundle.start_item)
    mu = codes.mu[codes.of_images]
    assert codes.spacing is not None
    for values, at, most in (
        (
            codes.spacing[codes.of_images],
            codes.spacing[row],
            0.8,
        ),  # the meter says typical below 0.95
        (codes.error[codes.of_images], codes.error[row], 0.5),
        (np.linalg.norm(mu, axis=1), np.linalg.norm(codes.mu[row]), 0.5),
    ):
        assert (values < at).mean() < most


def test_the_first_face_smiles_and_does_not_frown():
    faces = read_bundle(store.pretrained_folder() / "faces", weights=False)
    assert faces.codes.factors is not None
    first = faces.codes.factors[faces.codes.ids == faces.start_item][0]
    factors = dict(zip(faces.data.factor_names, first, strict=True))
    assert factors["smile"] > 0.6
    assert factors["brow tilt"] > 0.4  # with less, the inner ends of the brows come down


def test_to_the_right_is_more_of_what_each_slider_is_named_after(bundle):
    codes, factor_names = bundle.codes, bundle.data.factor_names
    if codes.factors is None:
        pytest.skip("no factors are known")
    factor_of = {i: name.partition(":")[0] for i, name in bundle.slider_names.items()}
    named = {i: name for i, name in factor_of.items() if name in factor_names}
    assert len(named) >= 3
    for i, factor in named.items():
        values = codes.factors[:, factor_names.index(factor)]
        assert np.corrcoef(codes.mu[:, i], values)[0, 1] > 0.5, factor
        sense = factor_sense(bundle.settings().data, factor)
        assert bundle.slider_names[i] == (f"{factor}: {sense}" if sense else factor)


def test_the_tilt_of_shapes_leans_to_the_right_and_upright_stands_up():
    shapes = read_bundle(store.pretrained_folder() / "shapes")
    index = {name.partition(":")[0]: i for i, name in shapes.slider_names.items()}
    z = np.zeros((4, shapes.settings().latent_dim), np.float32)
    z[:, index["scale"]] = 1
    z[:2, index["tilt"]] = (-2, 2)
    z[:2, index["upright"]] = 1
    z[2:, index["upright"]] = (-2, 2)
    pictures = decode(shapes, z)[:, 0]
    y, x = np.mgrid[0 : pictures.shape[1], 0 : pictures.shape[2]]
    moments = []
    for weight in pictures / pictures.sum(axis=(1, 2), keepdims=True):
        dx, dy = x - (weight * x).sum(), y - (weight * y).sum()
        moments.append([(weight * product).sum() for product in (-dx * dy, dy * dy - dx * dx)])
    leaning, standing = np.transpose(moments)  # rows count downwards: to the right is up
    assert leaning[0] < 0 < leaning[1]
    assert standing[2] < 0 < standing[3]


def test_each_is_small_enough_for_the_browser(bundle):
    assert bundle.pack is not None
    assert len(bundle.pack) <= MOST_PACK_MB * 1e6


@pytest.mark.slow
def test_the_browser_draws_what_torch_draws(bundle):
    rng = np.random.default_rng(0)
    drawn_codes = rng.normal(size=(4, bundle.settings().latent_dim))
    z = np.concatenate([bundle.codes.mu[:4], drawn_codes]).astype(np.float32)
    task = {"pack": str(bundle.folder / "decoder.pack"), "codes": z.tolist()}
    run = subprocess.run(
        [node(), str(DRIVER)],
        input=json.dumps({"decode": {"x": task}, "paint": {}}),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    drawn = np.array(json.loads(run.stdout)["decode"]["x"]["pictures"], np.float32)
    expected = decode(bundle, z)
    np.testing.assert_allclose(drawn.reshape(expected.shape), expected, rtol=0, atol=1 / 255)


def test_each_names_the_source_and_licence_of_its_images(bundle):
    assert bundle.data.source
    assert bundle.data.licence


def test_the_command_on_each_card_starts_the_same_run(bundle):
    assert bundle.command == train_command(bundle.settings(), bundle.name)
    given = vars(parser().parse_args(shlex.split(bundle.command)[1:]))
    settings = {k: v for k, v in given.items() if k in TrainConfig.__dataclass_fields__}
    assert TrainConfig(**settings) == bundle.settings()


def test_no_path_of_the_machine_they_were_trained_on_came_along(bundle):
    assert not Path(bundle.settings().data).is_absolute()


def test_all_bundles_together_are_small_enough_to_ship():
    files = [path for path in store.pretrained_folder().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_MB * 1e6


def test_the_images_behind_all_codes_are_at_hand_without_a_network(bundle):
    ids, placed = bundle.codes.ids, bundle.codes.of_images
    images = originals.load(bundle, ids[placed])
    assert images is not None
    rows = np.flatnonzero(placed)[:: max(1, placed.sum() // 100)]
    x = images[np.searchsorted(np.flatnonzero(placed), rows)] / np.float32(255)
    error = np.square(decode(bundle, bundle.codes.mu[rows]) - x).mean((1, 2, 3))
    np.testing.assert_allclose(error, bundle.codes.error[rows], atol=1e-6)  # those very images


def test_originals_hold_nothing_but_images_of_shipped_codes():
    bundles = [read_bundle(folder, weights=False) for folder in FOLDERS]
    files = sorted(store.originals_folder().glob("*.npz"))
    assert [path.stem for path in files] == ["doodles", "fashion-mnist", "mnist"]
    readme = (store.originals_folder() / "README.md").read_text(encoding="utf-8")
    for path in files:
        of_set = [
            b.codes.ids[b.codes.of_images]
            for b in bundles
            if Path(b.settings().data).stem == path.stem
        ]
        with np.load(path) as arrays:
            np.testing.assert_array_equal(arrays["ids"], np.unique(np.concatenate(of_set)))
            assert f"| `{path.name}` | {len(arrays['ids']):,}" in readme


def test_their_readme_has_one_table_of_them_all_as_their_cards_have_it():
    readme = (store.pretrained_folder() / "README.md").read_text(encoding="utf-8")
    assert table_text(map(read_summary, FOLDERS)) in readme


@pytest.mark.parametrize("kind", ["vae-gan", "vae-critic", "soft-intro-vae", "wgan-gp"])
def test_adversarial_models_make_sharper_and_denser_samples_than_the_plain_vae_beside_them(kind):
    plain, adversarial = (
        read_summary(store.pretrained_folder() / f"fashion-{name}") for name in ("vae", kind)
    )
    assert adversarial.settings().kind == kind
    assert adversarial.settings().latent_dim == plain.settings().latent_dim
    assert adversarial.settings().width == plain.settings().width
    for measure in ("sharpness", "density", "coverage"):
        assert adversarial.scores[measure] > plain.scores[measure]


@pytest.mark.slow
def test_evaluate_brings_back_the_scores_on_the_card(capsys):
    card = read_summary(store.pretrained_folder() / "digits").scores
    flags = ["--nll-samples", f"{card['nll_samples']:.0f}", "--nll-images", "0", "--json"]
    assert cli.main(["evaluate", "digits", *flags]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    told = {key: scores.get(key) for key in card}  # a card may be older than a measure
    assert told == pytest.approx(dict(card), rel=0.02, abs=0.02)
