"""The command line: what it prints, what it writes, and how it ends."""

import dataclasses
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import explorer
from explorer import cli, store
from explorer.bundle import read_bundle, write_bundle
from explorer.cli import serve
from explorer.cli.arguments import parser
from explorer.completing import train_command
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet, fixed_split
from explorer.data.npz import npz_bytes
from explorer.errors import MachineError
from explorer.kinds import KINDS
from explorer.latent.encode import decode, encode
from explorer.training.choice import fitting_settings, use_fitting_threads
from tests.tools import started

QUICK = ["--data", "digits", "--arch", "mlp", "--hidden", "16", "--latent-dim", "2"]


def latent_explorer(*args: object) -> list[str]:
    return [sys.executable, "-m", "explorer", *map(str, args)]


def refused(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    """Run a command that a person can fix, and return its one message."""
    assert cli.main([str(arg) for arg in args]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err


@pytest.fixture
def listed(tiny, own_home: Path, tmp_path, monkeypatch) -> Path:
    """The tiny bundle among the user's own, and nothing else."""
    monkeypatch.setattr(store, "pretrained_folder", lambda: tmp_path / "none")
    write_bundle(tiny, own_home / "bundles" / "tiny")
    return own_home / "bundles" / "tiny"


# Parsing.


def commands() -> dict[str, str]:
    """Return the help of each command."""
    (choices,) = (a.choices for a in parser()._actions if isinstance(a.choices, dict))
    return {name: command.format_help() for name, command in choices.items()}


def test_every_setting_is_a_flag_of_train_with_its_meaning():
    train = commands()["train"]
    for field in dataclasses.fields(TrainConfig):
        flag = re.escape(f"--{field.name.replace('_', '-')}")
        assert re.search(rf"\n  {flag}[, ].*\n? +\S.*", train), field.name


def test_flags_reach_the_settings_they_name():
    args = parser().parse_args(
        ["train", "--data", "x", "--hidden", "256,32", "--beta", "0.5", "--norm", "group"]
    )
    assert (args.hidden, args.beta, args.norm) == ((256, 32), 0.5, "group")


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(
            data="my faces", hidden=(64, 8), beta=0.25, likelihood="gaussian-learned", seed=3
        ),
        TrainConfig(data="digits", arch="mlp", tied=True),
        TrainConfig(data="digits", kind="wgan-gp", spectral_norm=True, n_critic=3),
        TrainConfig(data="digits", kind="aae"),
    ],
)
def test_a_command_line_made_from_settings_gives_them_back(config):
    words = train_command(config, "x")
    args = parser().parse_args(shlex.split(words)[1:])
    given = {f.name: getattr(args, f.name) for f in dataclasses.fields(config) if f.name in args}
    assert TrainConfig(**{**KINDS[config.kind].defaults, **given}) == config


@pytest.mark.parametrize(
    "args",
    [
        ["fly"],
        ["train"],
        ["train", "--data", "digits"],
        ["train", "--out", "x"],
        ["train", "--resume", "x", "--epochs", "9"],
        ["train", "--resume", "x", "--out", "y"],
        ["train", "--data", "digits", "--out", "x", "--epochs", "many"],
        ["train", "--data", "digits", "--out", "x", "--hidden", "a,b"],
        ["train", "--data", "digits", "--out", "x", "--kind", "horse"],
        ["data", "--fit", "crop"],
        ["app", "--port", "0"],
        ["app", "--port", "http"],
        ["decode", "tiny", "--out", "x.png"],
        ["decode", "tiny", "--z", "[]", "--codes", "c", "--out", "x.png"],
        ["encode", "tiny", "digits"],
        ["project", "c.npz", "--method", "globe", "--out", "x"],
    ],
)
def test_wrong_usage_exits_with_two(capsys, args):
    with pytest.raises(SystemExit) as left:
        cli.main(args)
    assert left.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: latent-explorer")


# Light and clean.

HEAVY = "{'torch', 'sklearn', 'plotly', 'openTSNE', 'streamlit'}"


@pytest.mark.slow
@pytest.mark.parametrize("args", [["--help"], ["models", "--json"], ["train", "--help"], ["data"]])
def test_light_commands_import_nothing_heavy(listed, args):
    code = (
        "import sys\nfrom explorer.cli import main\n"
        f"try: main({args})\nexcept SystemExit: pass\n"
        f"print({HEAVY} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "set()"


def test_a_reader_that_has_enough_ends_it_quietly(listed):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        latent_explorer("data"), stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_signs_that_steer_a_terminal_are_shown_not_sent(listed, tiny, capsys):
    write_bundle(tiny, listed.with_name("a\x1b[2Jb\u202ec"))
    assert cli.main(["models"]) == 0
    out, _ = capsys.readouterr()
    assert "a\\x1b[2Jb\\u202ec" in out
    assert "\x1b" not in out


def test_signs_that_a_terminal_lacks_are_shown_as_codes(listed, tiny):
    write_bundle(tiny, listed.with_name("顔"))
    done = subprocess.run(
        latent_explorer("models"),
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert b"\\u9854" in done.stdout


# Lists.


def test_models_prints_what_the_design_says(listed, capsys):
    assert cli.main(["models", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {
        "models": [
            {
                "name": "tiny",
                "kind": "vae",
                "data": "digits",
                "latent_dim": 2,
                "image_shape": [1, 8, 8],
                "folder": str(listed),
                "title": "",
            }
        ]
    }


def test_models_shows_titles(listed, tiny, capsys):
    write_bundle(dataclasses.replace(tiny, title="Two digits"), listed)
    assert cli.main(["models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["models"][0]["title"] == "Two digits"
    assert cli.main(["models"]) == 0
    assert "Two digits\n" in capsys.readouterr().out


def test_models_tells_of_a_damaged_bundle_and_goes_on(listed, tiny, capsys):
    write_bundle(tiny, listed.with_name("broken"))
    (listed.with_name("broken") / "config.json").write_text("{}")
    assert cli.main(["models", "--json"]) == 0
    out, err = capsys.readouterr()
    assert [model["name"] for model in json.loads(out)["models"]] == ["tiny"]
    assert '"broken"' in err


def test_data_lists_and_describes(capsys):
    assert cli.main(["data", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["data"]
    assert {"digits", "faces", "shapes"} <= {row["name"] for row in rows}
    assert cli.main(["data", "digits", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["n_images"], facts["image_shape"]) == (1797, [1, 8, 8])
    assert facts["n_train"] + facts["n_test"] == 1797
    assert cli.main(["data", "digits"]) == 0
    assert "8x8 grey" in capsys.readouterr().out


def test_data_says_what_will_become_of_images(tmp_path, capsys):
    np.save(tmp_path / "wide.npy", np.zeros((6, 100, 200), np.uint8))
    path = str(tmp_path / "wide.npy")
    assert cli.main(["data", path]) == 0
    assert "6 images of 200×100 become 64×64: scaled down." in capsys.readouterr().out
    assert cli.main(["data", path, "--fit", "crop", "--image-size", "32", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["image_shape"] == [1, 32, 32]
    assert facts["fitting"] == {
        "sizes": [[200, 100, 6]],
        "side": 32,
        "fit": "crop",
        "n_not_square": 6,
        "n_made_grey": 0,
    }


@pytest.mark.slow
def test_train_keeps_how_images_are_fitted_and_reads_them_so_again(tmp_path, own_home, capsys):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 12, 24, 3), np.uint8)
    np.save(tmp_path / "wide.npy", pixels)
    out, codes = tmp_path / "cropped", tmp_path / "codes.npz"
    asked = ["--data", str(tmp_path / "wide.npy"), "--fit", "crop", "--colours", "grey"]
    tiny = ["--arch", "mlp", "--hidden", "4", "--latent-dim", "2", "--epochs", "1"]
    assert cli.main(["train", *asked, *tiny, "--out", str(out)]) == 0
    assert "30 are not square: cropped" in capsys.readouterr().err
    bundle = read_bundle(out)
    assert (bundle.settings().fit, bundle.data.image_shape) == ("crop", (1, 12, 12))
    assert cli.main(["encode", str(out), str(tmp_path / "wide.npy"), "--out", str(codes)]) == 0
    mu = np.load(codes)["mu"][bundle.codes.ids]
    np.testing.assert_allclose(mu, bundle.codes.mu, atol=1e-5)
    assert cli.main(["evaluate", str(out), "--nll-samples", "2", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["scores"]["mse"] == pytest.approx(bundle.scores["mse"], rel=1e-4)


def test_data_of_an_unknown_name_is_told(capsys):
    assert "digist" in refused(capsys, "data", "digist")


# Codes.


def test_encode_writes_what_the_encoder_says_of_each_image(listed, tiny, tmp_path, capsys):
    pixels = np.random.default_rng(0).integers(0, 256, (7, 8, 8), np.uint8)
    np.save(tmp_path / "images.npy", pixels)
    out = tmp_path / "codes.npz"
    assert cli.main(["encode", "tiny", str(tmp_path / "images.npy"), "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""
    expected = encode(tiny, pixels[:, None].astype(np.float32) / np.float32(255))
    with np.load(out) as codes:
        assert set(codes) == {"mu", "logvar", "rows", "names", "is_test"}
        assert codes["mu"].dtype == codes["logvar"].dtype == np.float32
        assert np.array_equal(codes["mu"], expected.mu)
        assert np.array_equal(codes["logvar"], expected.logvar)


def test_encode_says_which_image_each_code_is_of(listed, tmp_path, capsys):
    for side, n in (("train", 3), ("test", 2)):
        for i in range(n):
            place = tmp_path / "set" / side / f"kind {i % 2}"
            place.mkdir(parents=True, exist_ok=True)
            Image.new("L", (8, 8), 40 * i + n).save(place / f"{i}.png")
    out = tmp_path / "codes.npz"
    assert cli.main(["encode", "tiny", str(tmp_path / "set"), "--out", str(out)]) == 0
    assert "The folders make a split" in capsys.readouterr().err
    with np.load(out) as codes:
        assert codes["rows"].tolist() == [0, 1, 2, 3, 4]
        assert codes["names"][0] == "test/kind 0/0.png"
        assert codes["is_test"].tolist() == [True, True, False, False, False]
        assert codes["class_names"][codes["labels"]].tolist()[:2] == ["kind 0", "kind 1"]
    told = ["project", str(out), "--method", "pca", "--out", str(tmp_path / "xy.npz")]
    assert cli.main(told) == 0, "texts beside mu do no harm"


def test_one_row_of_numbers_is_no_matrix_of_codes(tmp_path, capsys):
    np.savez(tmp_path / "codes.npz", mu=np.zeros(5, np.float32))
    told = refused(capsys, "project", tmp_path / "codes.npz", "--method", "pca", "--out", "x")
    assert "single row of 5 numbers" in told
    assert "mu[None]" in told


def test_encode_of_a_single_picture_can_show_what_the_model_makes_of_it(listed, tiny, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    out, drawn = tmp_path / "codes.npz", tmp_path / "drawn.png"
    command = ["encode", "tiny", str(tmp_path / "mine.png"), "--out", str(out)]
    assert cli.main([*command, "--reconstructions", str(drawn)]) == 0
    expected = encode(tiny, pixels[None, None].astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(np.load(out)["mu"], expected.mu)
    x_hat = decode(tiny, expected.mu)[0, 0]
    np.testing.assert_array_equal(np.asarray(Image.open(drawn)), np.rint(x_hat * 255))


def test_encode_says_how_many_reconstructions_it_drew(listed, tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("explorer.cli.codes._MOST_PICTURES", 3)
    np.save(tmp_path / "images.npy", np.random.default_rng(0).integers(0, 256, (5, 8, 8), np.uint8))
    command = ["encode", "tiny", str(tmp_path / "images.npy"), "--out", str(tmp_path / "z.npz")]
    assert cli.main([*command, "--reconstructions", str(tmp_path / "drawn.png")]) == 0
    assert "Wrote the first 3 of 5 reconstructions" in capsys.readouterr().err


def test_a_picture_that_is_none_is_told(listed, tmp_path, capsys):
    (tmp_path / "mine.png").write_bytes(b"no picture")
    command = ["encode", "tiny", str(tmp_path / "mine.png"), "--out", str(tmp_path / "codes.npz")]
    assert cli.main(command) == 1
    assert '"mine.png" is not an image in a format read here' in capsys.readouterr().err


def test_encode_without_an_encoder_searches_and_says_so(own_home, tiny_gan, tmp_path, capsys):
    write_bundle(tiny_gan, own_home / "bundles" / "gan")
    z = np.array([[0.5, -1.0], [-0.3, 0.2]], np.float32)
    pixels = np.rint(decode(tiny_gan, z)[:, 0] * 255).astype(np.uint8)
    np.save(tmp_path / "images.npy", pixels)
    out = tmp_path / "codes.npz"
    command = ["encode", "gan", str(tmp_path / "images.npy"), "--out", str(out), "--often"]
    assert cli.main(command) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "no encoder: each code was found by a search of 200 steps" in said.err
    assert "searching for codes" in said.err
    codes = np.load(out)
    assert not codes["logvar"].any()
    assert list(codes["n_steps"]) == [200, 200]
    assert np.square(decode(tiny_gan, codes["mu"]) - decode(tiny_gan, z)).mean() < 1e-4


def test_decode_draws_one_code_pixel_for_pixel(listed, tiny, tmp_path):
    out = tmp_path / "one.png"
    assert cli.main(["decode", "tiny", "--z", "[0.5, -1]", "--out", str(out)]) == 0
    x_hat = decode(tiny, np.array([[0.5, -1]], np.float32))[0, 0]
    with Image.open(out) as picture:
        assert picture.mode == "L"
        assert np.array_equal(np.asarray(picture), np.rint(x_hat * 255))


def test_pictures_are_not_written_under_the_name_of_another_format(listed, tmp_path, capsys):
    for flags in (["decode", "tiny", "--z", "[0, 0]", "--out"], ["encode", "tiny", "x", "--out"]):
        out = [tmp_path / "p.jpg"]
        if flags[0] == "encode":
            out = [tmp_path / "c.npz", "--reconstructions", *out]
        assert "written as PNG" in refused(capsys, *flags, *out)
    assert not list(tmp_path.glob("p.*"))


def test_decode_lays_several_codes_out_row_by_row(listed, tiny, tmp_path):
    z = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    (tmp_path / "codes.npz").write_bytes(npz_bytes({"mu": z}))
    for which in (["--codes", str(tmp_path / "codes.npz")], ["--z", json.dumps(z.tolist())]):
        out = tmp_path / "grid.png"
        assert cli.main(["decode", str(listed), *which, "--out", str(out)]) == 0
        with Image.open(out) as picture:
            pixels = np.asarray(picture)
        assert pixels.shape == (16, 24)
        expected = np.rint(decode(tiny, z)[:, 0] * 255)
        for i in range(5):
            row, column = divmod(i, 3)
            cell = pixels[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8]
            assert np.array_equal(cell, expected[i])
        assert (pixels[8:, 16:] == 0).all()


@pytest.mark.parametrize(
    ("z", "words"),
    [
        ("0.1, 0.2", "cannot be read"),
        ("[0.1]", "holds 1 number."),
        ("[1, 2, 3]", "takes 2 finite numbers"),
        ("[[1, 2], [1]]", "holds 1 number."),
        ("[NaN, 0]", "NaN is not a JSON number"),
        ("[1e999, 0]", "1e999 is beyond"),
        ("[1e300, 0]", "1e300 is beyond"),
        ("[1e50, 0]", "not a finite number"),
        ("[true, 0]", "not a finite number"),
        ('["a", 0]', "not a finite number"),
        ("[]", "holds 0 numbers"),
        ("{}", "not a finite number"),
        ("7", "not a finite number"),
        ("[" * 100_000, "cannot be read"),
        ("[[1, 2], 3]", "not a finite number"),
        ("1" * 5000, "cannot be read"),
    ],
)
def test_a_code_that_is_none_is_told(listed, tmp_path, capsys, z, words):
    assert words in refused(capsys, "decode", "tiny", "--z", z, "--out", tmp_path / "x.png")
    assert not (tmp_path / "x.png").exists()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("shape", [(30, 5), (30, 1), (3, 2)])
def test_project_writes_a_place_for_each_code(tmp_path, method, shape):
    mu = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    (tmp_path / "codes.npz").write_bytes(npz_bytes({"mu": mu}))
    out = tmp_path / "xy.npz"
    args = ["project", str(tmp_path / "codes.npz"), "--method", method, "--out", str(out)]
    assert cli.main(args) == 0
    with np.load(out) as written:
        assert set(written) == {"xy"}
        assert written["xy"].shape == (shape[0], 2)
        assert np.isfinite(written["xy"]).all()


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"z": np.zeros((2, 2), np.float32)}, 'no "mu"'),
        ({"mu": np.zeros(2, np.float32)}, "single row of 2"),
        ({"mu": np.full((2, 2), np.nan, np.float32)}, "not finite"),
        ({"mu": np.zeros((0, 2), np.float32)}, "shape (0, 2)"),
        ({"mu": np.zeros((2, 2), np.int64)}, "int64"),
    ],
)
def test_a_file_of_codes_that_is_none_is_told(tmp_path, capsys, arrays, words):
    path = tmp_path / "codes.npz"
    path.write_bytes(npz_bytes(arrays))
    assert words in refused(capsys, "project", path, "--out", tmp_path / "xy.npz")


def test_missing_things_are_named(listed, tmp_path, capsys):
    out = tmp_path / "out"
    assert '"tinny"' in refused(capsys, "decode", "tinny", "--z", "[0, 0]", "--out", out)
    assert "no.npz" in refused(capsys, "project", tmp_path / "no.npz", "--out", out)
    assert "no-images" in refused(capsys, "encode", "tiny", "no-images", "--out", out)
    wide = tmp_path / "wide.npz"
    wide.write_bytes(npz_bytes({"mu": np.zeros((2, 3), np.float32)}))
    assert "2 dimensions" in refused(capsys, "decode", "tiny", "--codes", wide, "--out", out)


def test_a_place_that_cannot_be_written_is_told(listed, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "x.png"
    assert "could not be written" in refused(
        capsys, "decode", "tiny", "--z", "[0, 0]", "--out", out
    )


# Training.


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
def test_settings_that_cannot_work_are_told(tmp_path, capsys, flags, words):
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
def test_what_a_kind_starts_well_with_is_told_and_taken_where_it_is_not_given(
    own_home, tmp_path, capsys
):
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
def test_a_stopped_run_goes_on_to_the_same_weights(tmp_path, own_home, capsys):
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


# The app.


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_busy_port_is_told_with_a_free_one(capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = refused(capsys, "app", "--port", port)
    assert f"Port {port}" in told
    found = re.search(r"--port (\d+)", told)
    assert found
    serve.refuse_busy_port("127.0.0.1", int(found[1]))


def test_a_host_that_is_not_here_is_told():
    with pytest.raises(MachineError, match="not an address this machine"):
        serve.refuse_busy_port("192.0.2.1", 8501)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8501"),
        ("0.0.0.0", "http://127.0.0.1:8501"),
        ("::1", "http://[::1]:8501"),
        ("::", "http://[::1]:8501"),
        ("localhost", "http://localhost:8501"),
    ],
)
def test_the_address_is_one_to_type_into_a_browser(host, address):
    assert serve.address(host, 8501) == address


def test_the_app_is_started_with_flags_that_streamlit_knows():
    from streamlit import config

    command = serve.command("127.0.0.1", 8600)
    flags = dict(flag.removeprefix("--").split("=", 1) for flag in command if "=" in flag)
    assert flags["server.port"] == "8600"
    assert set(flags) <= set(config._config_options_template)
    assert Path(command[4]).is_file()


def test_the_settings_beside_the_app_are_those_of_the_checkout():
    beside = Path(command_script()).parent / ".streamlit" / "config.toml"
    checkout = Path(explorer.__file__).parents[1] / ".streamlit" / "config.toml"
    assert beside.read_text("utf-8") == checkout.read_text("utf-8")


def test_streamlit_knows_every_setting_beside_the_app():
    from streamlit import config

    beside = Path(command_script()).parent / ".streamlit" / "config.toml"
    known = set(config._config_options_template)

    def keys(table: dict[str, object], under: str) -> Iterator[str]:
        for key, value in table.items():
            yield from keys(value, f"{under}{key}.") if isinstance(value, dict) else [under + key]

    assert set(keys(tomllib.loads(beside.read_text("utf-8")), "")) <= known


def command_script() -> str:
    return serve.command("127.0.0.1", 8600)[4]


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_app_says_where_it_is_and_ends_cleanly(tmp_path, stop):
    port = free_port()
    with started(
        latent_explorer("app", "--port", port, "--no-browser"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as running:
        assert running.stdout is not None
        told = running.stdout.readline()
        address = f"http://127.0.0.1:{port}"
        assert address in told
        with urllib.request.urlopen(address, timeout=10) as page:
            assert page.status == 200
        running.send_signal(stop)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 0
    assert out == ""
    assert "Traceback" not in err
    serve.refuse_busy_port("127.0.0.1", port)  # it has let the port go


# The words about it.


def test_help_has_one_line_for_every_command(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    out = capsys.readouterr().out
    for command in commands():
        assert re.search(rf"\n    {command} +\S", out), command


@pytest.mark.parametrize("command", commands())
def test_the_readme_names_the_command(command):
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert f"latent-explorer {command}" in readme
