"""Settings by the names they had before: files, commands and runs that use them still work."""

import json
from pathlib import Path

import numpy as np
import pytest

from explorer import cli
from explorer.bundle import read_bundle, read_summary
from explorer.cli.setting_flags import with_names_now
from explorer.config import TrainConfig
from explorer.jobs import RunFolder
from explorer.remedies import Remedy
from explorer.training import Control, train
from explorer.verdict import Finding
from tests.training_runs import drawn

OLD = Path(__file__).parent / "fixtures" / "config-with-old-names.json"
FLAGS = ("--data", "digits", "--kind", "wgan-gp", "--epochs", "1", "--n-images", "60")


def test_a_bundles_settings_of_before_are_read_by_the_names_of_now(tmp_path):
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "config.json").write_bytes(OLD.read_bytes())
    summary = read_summary(folder)
    assert summary.settings().ema_decay == 0.999
    assert summary.settings().n_critic == 3
    assert summary.settings().likelihood == "gaussian-learned"
    assert summary.model.has_shared_sigma
    written = summary.settings().to_json()
    assert not {"average", "critic_steps"} & written.keys()


def test_the_objective_of_before_is_read_by_its_name_of_now():
    config = TrainConfig.from_json({"data": "digits", "objective": "article"})
    assert config.objective == "prior-likelihood"


def test_a_command_with_old_names_trains_and_gives_the_new_ones(own_home, tmp_path, capsys):
    old = ["--average", "0.5", "--critic-steps=2"]
    assert cli.main(["train", *FLAGS, *old, "--out", str(tmp_path / "x")]) == 0
    told = capsys.readouterr().err
    assert "--average is now called --ema-decay." in told
    assert "--critic-steps is now called --n-critic." in told
    config = read_bundle(tmp_path / "x").settings()
    assert (config.ema_decay, config.n_critic) == (0.5, 2)


def test_values_of_before_are_taken_for_those_of_now_after_their_own_flag_alone():
    words, notes = with_names_now(
        ["--likelihood", "sigma", "--objective=article", "--out", "sigma"]
    )
    assert words == [
        "--likelihood",
        "gaussian-learned",
        "--objective=prior-likelihood",
        "--out",
        "sigma",
    ]
    assert len(notes) == 2


def test_a_run_that_began_under_the_names_of_before_resumes(tmp_path):
    """Its checkpoint says `average` and `sigma`."""
    from explorer.training.checkpoint import _decode, save

    images, checkpoint = drawn(), tmp_path / "checkpoint"
    config = TrainConfig(
        data="bars",
        kind="vae-critic",
        likelihood="gaussian-learned",
        ema_decay=0.9,
        arch="mlp",
        hidden=(8,),
        latent_dim=2,
        epochs=2,
    )
    run = train(
        images, config, name="x", checkpoint=checkpoint, control=Control(report_every_s=0.0)
    )
    next(run)
    run.close()
    kept = _decode(checkpoint.read_bytes(), checkpoint)
    kept.config["average"] = kept.config.pop("ema_decay")
    kept.config["critic_steps"] = kept.config.pop("n_critic")
    kept.config["likelihood"] = "sigma"
    save(kept, checkpoint)
    *_, last = train(images, config, name="x", checkpoint=checkpoint, resume=True)
    *_, unbroken = train(images, config, name="x")
    assert last.bundle is not None
    assert unbroken.bundle is not None
    for name, array in unbroken.bundle.weights.items():
        np.testing.assert_array_equal(last.bundle.weights[name], array)


def test_the_fixture_is_of_before():
    assert {"average", "critic_steps"} <= json.loads(OLD.read_text())["config"].keys()


@pytest.mark.parametrize(
    ("key", "kind", "says"), [("vae", "vae", "a VAE instead"), ("critic", "wgan-gp", "a WGAN-GP")]
)
def test_remedies_that_earlier_versions_wrote_down_say_the_same(key, kind, says):
    remedy = Remedy.from_json({"key": key, "change": {"kind": kind}, "told": {}})
    assert remedy.words().startswith(says)
    assert Remedy.from_json(remedy.to_json()) == remedy
    old = {"key": "beta", "change": {"beta": 2.0}, "told": {"beta": "2"}}
    assert Remedy.from_json(old).words() == "beta 2"


def test_lines_of_progress_that_call_adversarial_status_a_duel_are_read(tmp_path):
    run = RunFolder(tmp_path)
    status = {"discriminator": 0.5, "real": 0.6, "made": 0.4, "diversity": 1.0, "verdict": "even"}
    line = {"step": 1, "epoch": 1, "elapsed_s": 0.5, "duel": status}
    (tmp_path / "progress.jsonl").write_text(json.dumps(line) + "\n")
    assert [report["adversarial"] for report in run.reports()] == [status]


def test_findings_that_call_adversarial_training_a_game_say_the_same():
    finding = Finding(
        about="adversarial", grade="fine", key="even", values={"diversity_share": 0.9}
    )
    old = finding.to_json() | {"about": "game"}
    assert Finding.from_json(old) == finding
