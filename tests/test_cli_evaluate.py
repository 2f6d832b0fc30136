"""`evaluate` on the command line, and the words about each measure."""

import json
import shutil

import numpy as np
import pytest

from explorer import cli, store
from explorer.bundle import read_bundle, write_bundle
from explorer.bundle.measures import in_order, meaning_of, name_of, value_of
from explorer.data.npz import npz_bytes
from explorer.evaluation import MEASURES
from explorer.words import section


@pytest.fixture
def listed(tiny, own_home):
    """A bundle that the home lists."""
    folder = own_home / "bundles" / "tiny"
    write_bundle(tiny, folder)
    return folder


def test_json_holds_the_scores_and_nothing_else_is_on_stdout(listed, capsys):
    assert cli.main(["evaluate", "tiny", "--nll-samples", "3", "--json"]) == 0
    out, err = capsys.readouterr()
    printed = json.loads(out)
    assert printed["bundle"] == "tiny"
    assert printed["data"] == "digits"
    assert printed["n_images"] == 180
    assert {"mse", "psnr_db", "ssim", "elbo_nats", "knn_accuracy"} <= set(printed["scores"])
    assert "mig" not in printed["scores"]
    assert "mig" in printed["left_out"]
    assert len(printed["kl_per_coordinate_nats"]) == 2
    assert "Left out mig" in err


def test_the_same_call_gives_the_same_scores(listed, capsys):
    calls = []
    for _ in range(2):
        assert cli.main(["evaluate", "tiny", "--nll-samples", "3", "--json"]) == 0
        calls.append(capsys.readouterr().out)
    assert calls[0] == calls[1]


def test_without_json_each_measure_has_a_line_with_its_unit(listed, capsys):
    assert cli.main(["evaluate", "tiny", "--nll-samples", "3"]) == 0
    out = capsys.readouterr().out
    assert " dB\n" in out
    assert name_of("mse") in out


def test_scores_are_kept_in_the_bundle_and_on_its_card_when_asked(listed, tiny, capsys):
    assert cli.main(["evaluate", "tiny", "--nll-samples", "3", "--json"]) == 0
    assert read_bundle(listed).scores == tiny.scores
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert cli.main(["evaluate", "tiny", "--nll-samples", "3", "--keep"]) == 0
    kept = read_bundle(listed)
    assert dict(kept.scores) == scores
    assert f"| {value_of('ssim', scores['ssim'])} |" in kept.card


def test_a_model_that_came_along_is_never_changed(own_home, tiny, tmp_path, monkeypatch, capsys):
    shipped = tmp_path / "pretrained"
    monkeypatch.setattr(store, "pretrained_folder", lambda: shipped)
    write_bundle(tiny, shipped / "tiny")
    before = {path.name: path.read_bytes() for path in (shipped / "tiny").iterdir()}
    for name in ("tiny", str(shipped / "tiny"), str(tmp_path / "link" / "tiny")):
        if "link" in name:
            (tmp_path / "link").symlink_to(shipped)
        assert cli.main(["evaluate", name, "--nll-samples", "3", "--keep"]) == 1
        assert "cannot be changed" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (shipped / "tiny").iterdir()} == before
    assert cli.main(["evaluate", "tiny", "--nll-samples", "3"]) == 0
    shutil.copytree(shipped / "tiny", own_home / "bundles" / "tiny-scored")  # as it says
    assert cli.main(["evaluate", "tiny-scored", "--nll-samples", "3", "--keep"]) == 0


def test_scores_on_other_images_are_shown_and_not_kept(listed, tiny, tmp_path, capsys):
    other = tmp_path / "other.npz"
    other.write_bytes(npz_bytes({"images": np.zeros((40, 8, 8), np.uint8)}))
    flags = ["--data", str(other), "--nll-samples", "3"]
    assert cli.main(["evaluate", "tiny", *flags, "--keep"]) == 1
    assert "not known to be those" in capsys.readouterr().err
    assert read_bundle(listed).scores == tiny.scores
    assert cli.main(["evaluate", "tiny", *flags]) == 0


def test_images_that_were_moved_are_known_again_and_changed_ones_are_not(own_home, tmp_path):
    pictures = np.random.default_rng(0).integers(0, 255, (60, 8, 8), np.uint8)
    first, moved = tmp_path / "first.npz", tmp_path / "moved.npz"
    first.write_bytes(npz_bytes({"images": pictures}))
    flags = ["--arch", "mlp", "--hidden", "8", "--latent-dim", "2", "--epochs", "1"]
    out = own_home / "bundles" / "small"
    assert cli.main(["train", "--data", str(first), *flags, "--out", str(out)]) == 0
    first.rename(moved)
    keep = ["evaluate", "small", "--nll-samples", "3", "--keep"]
    assert cli.main([*keep, "--data", str(moved)]) == 0
    assert read_bundle(out).scores
    first.write_bytes(npz_bytes({"images": pictures[::-1]}))
    assert cli.main(keep) == 1


@pytest.mark.slow
def test_known_factors_are_scored_one_by_one_and_kept(own_home, capsys):
    out = own_home / "bundles" / "small"
    flags = ["--data", "shapes", "--n-images", "300", "--image-size", "8", "--arch", "mlp"]
    flags += ["--hidden", "16", "--latent-dim", "2", "--epochs", "1"]
    assert cli.main(["train", *flags, "--out", str(out)]) == 0
    capsys.readouterr()
    assert cli.main(["evaluate", "small", "--nll-samples", "2", "--keep", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["scores"]["factor_r2"]
    kept = read_bundle(out)
    assert dict(kept.factor_r2) == told
    assert set(told) <= set(kept.data.factor_names)
    assert "How well each known factor" in kept.card


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--nll-samples", "0"], "nll_samples is 0"),
        (["--nll-images", "-1"], "nll_images is -1"),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_a_call_that_cannot_work_is_refused_in_words(listed, capsys, flags, words):
    assert cli.main(["evaluate", "tiny", *flags]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err


def test_images_of_another_shape_are_refused(listed, tmp_path, capsys):
    path = tmp_path / "large.npz"
    path.write_bytes(npz_bytes({"images": np.zeros((20, 16, 16), np.uint8)}))
    assert cli.main(["evaluate", "tiny", "--data", str(path)]) == 1
    err = capsys.readouterr().err
    assert "8×8 grey" in err
    assert "16×16 grey" in err


def test_every_measure_has_a_name_a_sentence_and_digits():
    told = [key for key in MEASURES if key not in ("nll_n_images", "nll_samples", "factor_r2")]
    assert {*told, "n_searched"} == set(section("measures"))
    scores = dict.fromkeys([*told, "nll_n_images", "nll_samples"], 1234.5)
    assert in_order(scores) == told
    for key in told:
        assert name_of(key)
        assert "{" not in meaning_of(key, scores)
        assert "?" not in meaning_of(key, scores)
        assert value_of(key, 1234.5).startswith("1,23")


def test_scores_from_elsewhere_may_lack_how_they_were_measured():
    assert "? samples" in meaning_of("nll_nats", {"nll_nats": 90.0})
    assert in_order({"strange": 1.0, "mse": 0.1}) == ["mse"]


def test_a_model_without_an_encoder_is_scored_and_keeps_its_scores(own_home, tiny_gan, capsys):
    write_bundle(tiny_gan, own_home / "bundles" / "gan")
    assert cli.main(["evaluate", "gan", "--keep"]) == 0
    said = capsys.readouterr()
    assert "Left out elbo_nats: This model has no encoder" in said.err
    kept = read_bundle(own_home / "bundles" / "gan")
    assert {"mse", "density", "coverage", "sharpness", "diversity"} <= set(kept.scores)
    assert "elbo_nats" not in kept.scores
    assert "test images whose codes were found by search" in meaning_of("mse", kept.scores)
    assert "found by search" not in meaning_of("sharpness", kept.scores)
