"""Training on the command line."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image

from explorer import cli, store
from explorer.bundle import read_bundle
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet, fixed_split
from explorer.data.npz import npz_bytes
from explorer.training.choice import fitting_settings, use_fitting_threads
from tests.commands import QUICK, latent_explorer, refused
from tests.tools import started


@pytest.mark.slow
def test_train_writes_a_bundle_and_prints_one_object(tmp_path, capsys):
    out = tmp_path / "mine"
    assert cli.main(["train", *QUICK, "--epochs", "1", "--out", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    bundle = read_bundle(out)
    assert printed["folder"] == str(out)
    assert printed["name"] == "mine"
    assert printed["scores"] == bundle.scores
    assert (printed["latent_dim"], printed["image_shape"]) == (2, [1, 8, 8])
    assert bundle.settings().epochs == 1
    assert bundle.pack
    assert "tsne" in bundle.codes.maps
    assert bundle.command in bundle.card
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.slow
def test_train_says_which_weights_it_kept_and_what_it_found(tmp_path, capsys):
    few = ["--data", "digits", "--arch", "mlp", "--hidden", "64", "--latent-dim", "8"]
    few += ["--n-images", "100", "--learning-rate", "0.01", "--epochs", "40", "--patience", "4"]
    assert cli.main(["train", *few, "--out", str(tmp_path / "a"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    kept = printed["kept"]
    assert kept["weights"] == "best"
    assert 0 < kept["step"] < kept["steps"]
    assert f"step {kept['step']}" in kept["says"]
    about = {found["about"] for found in printed["verdict"]}
    assert about >= {"reconstruction", "collapse", "overfitting", "divergence"}
    assert all(found["says"] and found["grade"] for found in printed["verdict"])
    assert cli.main(["train", *few, "--out", str(tmp_path / "b")]) == 0
    told = capsys.readouterr().out
    assert kept["says"] in told
    assert all(found["says"] in told for found in printed["verdict"])


@pytest.mark.slow
def test_a_finding_on_the_terminal_comes_with_the_flags_that_may_help(tmp_path, capsys):
    assert cli.main(["train", *QUICK, "--epochs", "1", "--out", str(tmp_path / "a")]) == 0
    told = capsys.readouterr().out
    assert "! Reconstructions of held-out images are blurred" in told
    assert "Try --epochs 3" in told


@pytest.mark.slow
@pytest.mark.parametrize("flags", [[], ["--likelihood", "bernoulli", "--batch-size", "128"]])
def test_a_bundles_own_command_makes_the_same_weights(tmp_path, monkeypatch, capsys, flags):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", *QUICK, *flags, "--epochs", "1", "--out", "mine"]) == 0
    first = read_bundle("mine")
    assert cli.main(shlex.split(first.command)[1:]) == 0
    again = read_bundle("mine")
    assert again.config == first.config
    assert all(np.array_equal(again.weights[name], first.weights[name]) for name in first.weights)


def test_train_refuses_a_folder_with_something_else_before_it_works(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("chapter 1")
    assert "thesis.txt" in refused(capsys, "train", *QUICK, "--out", tmp_path)
    assert not tmp_path.with_name(tmp_path.name + ".part").exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--data", "digist"], "digist"),
        (["--latent-dim", "0"], "latent_dim is 0"),
        (["--learning-rate", "nan"], "learning_rate is nan"),
        (["--image-size", "4"], "4"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_words(tmp_path, capsys, flags, words):
    out = tmp_path / "x"
    assert words in refused(capsys, "train", "--data", "digits", *flags, "--out", out)
    assert list(tmp_path.iterdir()) == []


def test_the_top_of_a_disk_is_refused_in_words(capsys):
    assert "top of a disk" in refused(capsys, "train", "--data", "digits", "--out", "/")


@pytest.mark.parametrize(("n", "words"), [(2, "a single image"), (60, "are all the same")])
def test_a_run_on_images_that_do_not_differ_is_not_called_healthy(
    own_home, tmp_path, capsys, n, words
):
    path = tmp_path / "same.npz"
    path.write_bytes(npz_bytes({"images": np.full((n, 8, 8), 90, np.uint8)}))
    flags = ["--arch", "mlp", "--hidden", "8", "--latent-dim", "4", "--epochs", "2"]
    assert cli.main(["train", "--data", str(path), *flags, "--out", str(tmp_path / "x")]) == 0
    told = capsys.readouterr().out
    assert words in told
    for untrue in ("Healthy", "100%", "are active", "good"):
        assert untrue not in told


@pytest.mark.slow
def test_a_run_is_resumed_by_one_process_at_a_time(own_home, tmp_path, capsys):
    out = tmp_path / "x"
    flags = ["train", *QUICK, "--epochs", "100000", "--out", str(out)]
    with started([sys.executable, "-m", "explorer", *flags], stderr=subprocess.PIPE) as first:
        give_up = time.monotonic() + 120
        while not (tmp_path / "x.part" / "run.json").exists():
            assert time.monotonic() < give_up
            time.sleep(0.05)
        for again in (flags, ["train", "--resume", out]):
            assert "Another process is training" in refused(capsys, *again)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=120)
    assert not out.exists()


def test_a_run_that_is_not_there_cannot_be_resumed(tmp_path, tiny_bundle, capsys):
    assert "no unfinished run" in refused(capsys, "train", "--resume", tmp_path / "x")
    assert "is finished" in refused(capsys, "train", "--resume", tiny_bundle)


@pytest.mark.slow
def test_defaults_of_a_kind_are_used_and_reported_unless_given(own_home, tmp_path, capsys):
    flags = ["--kind", "gan", "--ema-decay", "0", "--epochs", "1"]
    assert cli.main(["train", *QUICK, *flags, "--out", str(tmp_path / "x")]) == 0
    told = capsys.readouterr().err
    assert "--learning-rate 0.0005" in told
    assert "--ema-decay" not in told, "it was given"
    config = read_bundle(tmp_path / "x").settings()
    assert (config.learning_rate, config.ema_decay) == (5e-4, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "flags",
    [
        ["ae"],
        ["beta-vae", "--beta", "4"],
        ["beta-tcvae", "--beta", "6"],
        ["gan", "--spectral-norm"],
        ["wgan-gp"],
        ["vae-gan"],
        ["vae-critic"],
        ["soft-intro-vae", "--likelihood", "gaussian"],
        ["aae"],
    ],
)
def test_every_kind_trains_is_listed_and_draws(own_home, tmp_path, capsys, flags):
    out = own_home / "bundles" / flags[0]
    assert cli.main(["train", *QUICK, "--kind", *flags, "--epochs", "1", "--out", str(out)]) == 0
    capsys.readouterr()
    assert cli.main(["models", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["models"]
    assert (flags[0], flags[0]) in {(model["name"], model["kind"]) for model in listed}
    picture = tmp_path / "x.png"
    assert cli.main(["decode", flags[0], "--z", "[0, 0]", "--out", str(picture)]) == 0
    with Image.open(picture) as drawn:
        assert drawn.size == (8, 8)


def test_adversarial_training_says_how_it_stands_and_that_its_bundle_has_no_scores(
    tmp_path, capsys
):
    out = tmp_path / "gan"
    flags = [*QUICK, "--kind", "gan", "--epochs", "1", "--out", str(out)]
    assert cli.main(["train", *flags]) == 0
    said = capsys.readouterr()
    assert re.search(r"even, diversity +\d+%", said.err)
    assert f"not scored yet: latent-explorer evaluate {out} --keep" in said.out


def run_until_first_line(args: list[str], stop: signal.Signals) -> tuple[int, str, str]:
    """Run a command, stop it at its first progress line, and return exit code and output."""
    with started(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "epoch" in line:
                running.send_signal(stop)
                break
        out, err = running.communicate(timeout=60)
    return running.returncode, out, err


@pytest.mark.slow
def test_a_stopped_run_resumes_to_the_same_weights(tmp_path, own_home, capsys):
    flags = [*QUICK, "--epochs", "40", "--json"]
    out = own_home / "bundles" / "stopped"
    code, printed, told = run_until_first_line(
        latent_explorer("train", *flags, "--out", out), signal.SIGINT
    )
    assert (code, printed) == (1, "")
    assert f"latent-explorer train --resume {out}" in told
    assert "Traceback" not in told
    assert not out.exists()
    assert out.name not in {model.name for model in store.models().models}
    assert "--resume" in refused(capsys, "train", *flags, "--out", out)
    assert cli.main(["train", "--resume", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["epochs"] == 40
    assert cli.main(["train", *flags, "--out", str(tmp_path / "unbroken")]) == 0
    one, other = read_bundle(out), read_bundle(tmp_path / "unbroken")
    assert all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)
    assert not out.with_name("stopped.part").exists()


@pytest.mark.slow
def test_a_run_resumes_from_another_folder_and_with_images_that_moved(
    tmp_path, own_home, capsys, monkeypatch
):
    drawn = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    np.save(tmp_path / "drawn.npy", drawn)
    monkeypatch.chdir(tmp_path)
    flags = ["--data", "drawn.npy", "--arch", "mlp", "--hidden", "8", "--epochs", "4000"]
    command = latent_explorer("train", *flags, "--out", "mine")
    code, _, told = run_until_first_line(command, signal.SIGINT)
    assert code == 1, told
    monkeypatch.chdir(own_home)
    out = tmp_path / "mine"
    (tmp_path / "drawn.npy").rename(tmp_path / "moved.npy")
    assert "--data PATH" in refused(capsys, "train", "--resume", out)
    np.save(tmp_path / "others.npy", 255 - drawn)
    others = str(tmp_path / "others.npy")
    assert cli.main(["train", "--resume", str(out), "--data", others]) == 1
    assert "was made on other images" in capsys.readouterr().err
    (tmp_path / "moved.npy").rename(tmp_path / "drawn.npy")
    args = latent_explorer("train", "--resume", out)
    code, _, told = run_until_first_line(args, signal.SIGINT)
    assert "is saved. Resume it" in told


def test_a_name_that_no_system_takes_is_refused_in_words(tmp_path, capsys):
    told = refused(capsys, "train", "--data", "digits", "--out", tmp_path / ("x" * 300))
    assert "is 300 letters long" in told
    assert cli.main(["data", str(tmp_path / ("x" * 300))]) == 1
    assert "no folder or file called" in capsys.readouterr().err


@pytest.mark.slow
def test_a_polite_kill_keeps_the_run_too(tmp_path):
    flags = [*QUICK, "--epochs", "4000", "--out", tmp_path / "killed"]
    code, _, told = run_until_first_line(latent_explorer("train", *flags), signal.SIGTERM)
    assert code == 1
    assert "--resume" in told
    assert (tmp_path / "killed.part" / "checkpoint").exists()


def image_set(pixels: np.ndarray) -> ImageSet:
    return ImageSet(name="drawn", pixels=pixels, is_test=fixed_split(len(pixels)))


@pytest.mark.parametrize(("n", "batch_size"), [(20, 16), (1797, 32), (20_000, 128)])
def test_small_sets_get_small_batches(n, batch_size):
    images = image_set(np.zeros((n, 1, 2, 2), np.uint8))
    assert fitting_settings(images)["batch_size"] == batch_size


def test_greys_get_a_learned_sigma_and_black_and_white_bernoulli():
    greys = np.random.default_rng(0).integers(0, 256, (50, 1, 8, 8), np.uint8)
    assert fitting_settings(image_set(greys))["likelihood"] == "gaussian-learned"
    assert fitting_settings(image_set(greys // 128 * 255))["likelihood"] == "bernoulli"


@pytest.mark.parametrize(("side", "n_threads"), [(8, 1), (64, 2)])
def test_small_batches_are_not_shared_among_threads(side, n_threads):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        images = image_set(np.zeros((4, 3, side, side), np.uint8))
        use_fitting_threads(TrainConfig(data="drawn", batch_size=64), images)
        assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)


@pytest.mark.slow
def test_a_setting_that_was_given_is_kept(tmp_path, capsys):
    out = tmp_path / "mine"
    flags = ["--epochs", "1", "--batch-size", "100", "--likelihood", "bernoulli"]
    assert cli.main(["train", *QUICK, *flags, "--out", str(out)]) == 0
    config = read_bundle(out).settings()
    assert (config.batch_size, config.likelihood) == (100, "bernoulli")
    assert "Chosen" not in capsys.readouterr().err
