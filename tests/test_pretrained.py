"""The bundles that come along: whole, small enough, and told as they are."""

import json
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

from explorer import cli, store
from explorer.bundle import bundles_in, read_bundle, read_summary
from explorer.bundle.card import card_text
from explorer.bundle.table import table_text
from explorer.cli.arguments import parser
from explorer.config import TrainConfig
from explorer.latent.encode import decode
from tests.tools import node

FOLDERS = bundles_in(store.pretrained_folder())
DRIVER = Path(__file__).parent / "live_decoder.mjs"
MOST_MB, MOST_PACK_MB = 25, 1.5


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def bundle(request):
    return read_bundle(request.param)


def test_each_is_whole_and_has_a_map_a_preview_and_a_card(bundle):
    assert bundle.codes.pca is not None
    assert (bundle.codes.tsne is not None) == bundle.config.has_encoder  # draws have none
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


def test_each_is_small_enough_for_the_browser(bundle):
    assert bundle.pack is not None
    assert len(bundle.pack) <= MOST_PACK_MB * 1e6


def test_the_browser_draws_what_torch_draws(bundle):
    rng = np.random.default_rng(0)
    drawn_codes = rng.normal(size=(4, bundle.config.latent_dim))
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


def test_each_says_where_its_images_come_from_under_which_licence(bundle):
    assert bundle.data.source
    assert bundle.data.licence


def test_the_command_on_each_card_starts_the_same_run(bundle):
    assert bundle.command == store.train_command(bundle.config, bundle.name)
    given = vars(parser().parse_args(shlex.split(bundle.command)[1:]))
    settings = {k: v for k, v in given.items() if k in TrainConfig.__dataclass_fields__}
    assert TrainConfig(**settings) == bundle.config


def test_no_path_of_the_machine_they_were_trained_on_came_along(bundle):
    assert not Path(bundle.config.data).is_absolute()


def test_all_together_are_small_enough_to_come_along():
    files = [path for folder in FOLDERS for path in folder.iterdir()]
    assert sum(path.stat().st_size for path in files) < MOST_MB * 1e6


def test_their_readme_has_one_table_of_them_all_as_their_cards_have_it():
    readme = (store.pretrained_folder() / "README.md").read_text(encoding="utf-8")
    assert table_text(map(read_summary, FOLDERS)) in readme


@pytest.mark.parametrize("kind", ["vae-gan", "vae-critic", "soft-intro-vae", "wgan-gp"])
def test_games_draw_sharper_and_denser_than_the_plain_vae_beside_them(kind):
    plain, game = (
        read_summary(store.pretrained_folder() / f"fashion-{name}") for name in ("vae", kind)
    )
    assert game.config.kind == kind
    assert game.config.latent_dim == plain.config.latent_dim
    assert game.config.width == plain.config.width
    for measure in ("sharpness", "density", "coverage"):
        assert game.scores[measure] > plain.scores[measure]


@pytest.mark.slow
def test_evaluate_brings_back_the_scores_on_the_card(capsys):
    card = read_summary(store.pretrained_folder() / "digits").scores
    flags = ["--nll-samples", f"{card['nll_samples']:.0f}", "--nll-images", "0", "--json"]
    assert cli.main(["evaluate", "digits", *flags]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    told = {key: scores.get(key) for key in card}  # a card may be older than a measure
    assert told == pytest.approx(dict(card), rel=0.02, abs=0.02)
