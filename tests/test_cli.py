"""The command line: its flags, what it prints, and how it ends."""

import dataclasses
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from explorer import cli
from explorer.bundle import read_bundle, write_bundle
from explorer.cli.arguments import parser
from explorer.completing import train_command
from explorer.config import TrainConfig, all_settings
from explorer.kinds import KINDS
from tests.commands import latent_explorer, refused

# Parsing.


def commands() -> dict[str, str]:
    """Return the help of each command."""
    (choices,) = (a.choices for a in parser()._actions if isinstance(a.choices, dict))
    return {name: command.format_help() for name, command in choices.items()}


def test_every_setting_is_a_flag_of_train_with_its_meaning():
    train = commands()["train"]
    for name in all_settings():
        flag = re.escape(f"--{name.replace('_', '-')}")
        assert re.search(rf"\n  {flag}[, ].*\n? +\S.*", train), name


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


def test_models_reports_a_damaged_bundle_and_lists_the_others(listed, tiny, capsys):
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


def test_data_says_how_images_will_be_fitted(tmp_path, capsys):
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


def test_data_of_an_unknown_name_is_refused_in_words(capsys):
    assert "digist" in refused(capsys, "data", "digist")


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
