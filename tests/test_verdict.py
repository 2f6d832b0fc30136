"""Real runs that go well, and ones that fail in each of the ways that have a name."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest
import torch

from explorer import data, store
from explorer.bundle import read_bundle
from explorer.config import TrainConfig
from explorer.errors import ConfigError
from explorer.jobs import concluding
from explorer.jobs.concluding import concluded
from explorer.jobs.ends import Ends
from explorer.training import Control, train
from explorer.verdict import Course, Finding, judge, summary, value_text

DIGITS = TrainConfig(
    data="digits",
    kind="beta-vae",
    beta=3.0,
    arch="mlp",
    hidden=(128,),
    latent_dim=8,
    activation="silu",
    likelihood="gaussian-learned",
    learning_rate=2e-3,
    schedule="cosine",
    epochs=25,
    batch_size=32,
)
CHANGES: Mapping[str, Mapping[str, object]] = {
    "healthy": {},
    "pressed": {"beta": 60.0},
    "loose": {"beta": 0.1},
    "autoencoder": {"kind": "ae", "beta": 1.0},
    "by heart": {"kind": "vae", "beta": 1.0, "epochs": 120, "schedule": "constant"},
    "short": {"epochs": 2},
    "diverging": {"learning_rate": 0.1, "epochs": 8, "schedule": "constant"},
    "collapsed": {"kind": "vae", "beta": 1.0, "likelihood": "gaussian", "sigma": 1.0},
    "roomy": {"latent_dim": 20, "beta": 6.0},
    "gan": {"kind": "gan", "beta": 1.0, "likelihood": "bernoulli", "epochs": 3},
    "aae": {"kind": "aae", "beta": 1.0, "epochs": 3},
}


@pytest.fixture(scope="module")
def verdicts():
    """What each of these runs came to; each is trained once, when it is first asked for."""
    known: dict[str, tuple[TrainConfig, Ends]] = {}

    def verdict_of(name: str) -> tuple[TrainConfig, Ends]:
        if name not in known:
            config = dataclasses.replace(DIGITS, **CHANGES[name])  # type: ignore[arg-type]
            known[name] = config, trained(config)
        return known[name]

    return verdict_of


def trained(config: TrainConfig, n_images: int = 0) -> Ends:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    images = data.load("digits", n_images=n_images or (120 if config.epochs > 100 else 0))
    control = Control(report_every_s=1e9, with_other=True)
    *_, last = train(images, config, name="x", control=control)
    torch.set_num_threads(before)
    return concluded(last, images)


def graded(ends: Ends, grade: str) -> list[tuple[str, str]]:
    return [(f.about, f.key) for f in ends.end.findings if f.grade == grade]


def finding(ends: Ends, about: str) -> Finding:
    return next(f for f in ends.end.findings if f.about == about)


@pytest.mark.slow
def test_a_healthy_run_says_so_and_what_was_checked(verdicts):
    _, ends = verdicts("healthy")
    assert graded(ends, "problem") == []
    checked = {found.about for found in ends.end.findings}
    assert checked == {"divergence", "reconstruction", "collapse", "holes", "kl", "overfitting"}
    assert "Healthy: all 6 checks passed" in summary(ends.end.findings)
    assert summary(ends.end.findings[:1]) == "Healthy: the one check passed."
    assert finding(ends, "reconstruction").values["explained_share"] > 0.6
    assert all(f.remedy is None for f in ends.end.findings if f.grade == "fine")


@pytest.mark.slow
def test_a_negative_loss_is_explained(verdicts):
    _, ends = verdicts("healthy")
    said = finding(ends, "divergence").says()
    assert "as it should be" in said
    assert "\u2212" in said
    assert "-" not in said.replace("-out", "")


@pytest.mark.slow
def test_too_strong_a_kl_term_collapses_the_code_and_a_beta_of_1_mends_it(verdicts):
    config, ends = verdicts("pressed")
    problems = graded(ends, "problem")
    assert set(problems) == {
        ("reconstruction", "blurred_mean"),
        ("collapse", "whole"),
        ("kl", "strong"),
    }
    collapse = finding(ends, "collapse")
    assert collapse.values["silent"] == list(range(1, 9))
    assert "none of the 8 dimensions" in collapse.says()
    assert collapse.remedy is not None
    mended = collapse.remedy.applied(config)
    assert (mended.kind, mended.beta) == ("vae", 1)
    assert not set(problems) & set(graded(trained(mended), "problem"))


@pytest.mark.slow
def test_a_collapse_under_a_plain_kl_is_mended_by_free_nats(verdicts):
    config, ends = verdicts("collapsed")
    assert ("collapse", "whole") in graded(ends, "problem")
    remedy = finding(ends, "collapse").remedy
    assert remedy is not None
    assert "free bits" in remedy.words()
    after = trained(remedy.applied(config))
    assert ("collapse", "whole") not in graded(after, "problem")
    assert finding(after, "reconstruction").grade == "fine"


@pytest.mark.slow
def test_too_weak_a_kl_term_leaves_holes_and_more_beta_closes_them(verdicts):
    config, ends = verdicts("loose")
    assert set(graded(ends, "problem")) == {("holes", "many"), ("kl", "weak")}
    holes = finding(ends, "holes")
    assert holes.remedy is not None
    after = trained(holes.remedy.applied(config))
    assert finding(after, "holes").values["hole_share"] < holes.values["hole_share"] / 2


def test_an_autoencoder_with_holes_gets_a_vae_as_remedy():
    bundle = read_bundle(store.find("fashion-ae"), weights=False)
    found = {f.about: f for f in judge(bundle, Course())}
    assert (found["holes"].grade, found["holes"].key) == ("problem", "many")
    assert found["holes"].remedy is not None
    assert found["holes"].remedy.applied(bundle.settings()).kind == "vae"
    assert "kl" not in found, "it has none"


@pytest.mark.parametrize("name", ["mnist", "mnist-2d", "fashion", "digits", "doodles", "shapes"])
def test_the_vaes_that_came_along_have_no_holes_to_speak_of(name):
    bundle = read_bundle(store.find(name), weights=False)
    assert {f.about: f.grade for f in judge(bundle, Course())}["holes"] == "fine"


@pytest.mark.slow
def test_images_learnt_by_heart_are_a_problem_of_the_last_weights_alone(verdicts):
    config, ends = verdicts("by heart")
    assert ends.kept == "last"
    assert ("overfitting", "learnt") in graded(ends, "problem")
    learnt = finding(ends, "overfitting")
    assert f"step {ends.best.step}" in learnt.says()
    assert learnt.values["last"] > learnt.values["best"]
    best = dataclasses.replace(ends, kept="best")
    assert ("overfitting", "spared") in graded(best, "note")
    assert learnt.remedy is not None
    assert learnt.remedy.applied(config).norm == "batch"


@pytest.mark.slow
def test_a_run_that_ended_too_soon_gets_a_longer_one_as_remedy(verdicts):
    config, ends = verdicts("short")
    assert ("reconstruction", "blurred_mean") in graded(ends, "problem")
    remedy = finding(ends, "reconstruction").remedy
    assert remedy is not None
    assert remedy.applied(config).epochs == 3 * config.epochs
    assert not any(f.about == "kl" for f in ends.end.findings), "it has yet to learn"


@pytest.mark.slow
@pytest.mark.parametrize(("epochs", "key"), [(2, "few_none"), (300, "few")])
def test_few_images_are_named_as_the_problem(epochs, key):
    ends = trained(dataclasses.replace(DIGITS, epochs=epochs, beta=6.0), n_images=60)
    found = finding(ends, "reconstruction")
    assert (found.grade, found.key) == ("problem", key)
    assert found.says().startswith("54 training images are very few")
    assert "6 held-out ones" in found.says()
    assert "More images help most" in found.says()
    assert " 0%" not in found.says()
    assert found.remedy is None or found.remedy.key != "larger_code"
    assert Finding.from_json(found.to_json()).says() == found.says()


@pytest.mark.slow
def test_held_out_images_are_compared_with_the_mean_of_those_learnt_from(verdicts):
    """About their own mean, six images would seem less spread than they are."""
    images = data.load("digits", n_images=60)
    held, learnt = images.images(images.test_index), images.images(images.train_index)
    spread, _ = concluding._spread(images)
    assert spread == pytest.approx(np.square(held - learnt.mean(axis=0)).mean(), rel=1e-5)
    assert spread > held.var(axis=0).mean()


@pytest.mark.slow
def test_a_rising_loss_is_the_only_finding(verdicts):
    _, ends = verdicts("diverging")
    (only,) = ends.end.findings
    assert (only.about, only.key, only.grade) == ("divergence", "rising", "problem")
    assert only.remedy is not None
    assert "clip_norm" in only.remedy.change


@pytest.mark.slow
def test_coordinates_that_carry_nothing_are_named_and_do_no_harm(verdicts):
    config, ends = verdicts("roomy")
    assert ("collapse", "some") in graded(ends, "note")
    collapse = finding(ends, "collapse")
    n_silent = collapse.values["n_silent"]
    assert 0 < n_silent < 20
    assert len(collapse.values["silent"]) == n_silent
    assert collapse.remedy is not None
    assert collapse.remedy.applied(config).latent_dim == 20 - n_silent


@pytest.mark.slow
def test_of_adversarial_training_only_what_applies_is_checked(verdicts):
    about = {f.about for f in verdicts("gan")[1].end.findings}
    assert about == {"adversarial"}
    about = {f.about for f in verdicts("aae")[1].end.findings}
    assert about == {"adversarial", "reconstruction", "collapse", "holes"}


def test_lost_adversarial_training_is_a_problem():
    bundle = read_bundle(store.find("fashion-wgan-gp"), weights=False)
    (only,) = judge(bundle, Course(adversarial="mode-collapse", diversity=0.2))
    assert only.grade == "problem"
    assert "20%" in only.says()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["healthy", "by heart", "diverging", "gan"])
def test_findings_survive_being_written_down(verdicts, name):
    for found in verdicts(name)[1].end.findings:
        again = Finding.from_json(found.to_json())
        assert again.to_json() == found.to_json()


def test_a_damaged_finding_is_refused():
    with pytest.raises(ConfigError, match="damaged"):
        Finding.from_json({"about": "holes", "grade": "fine", "key": "?", "values": {}})


def test_few_codes_say_nothing_about_holes():
    bundle = read_bundle(store.find("digits"), weights=False)
    codes = bundle.codes
    few = dataclasses.replace(codes, mu=codes.mu[:12], logvar=codes.logvar[:12], ids=codes.ids[:12])
    found = {f.about: f for f in judge(dataclasses.replace(bundle, codes=few), Course())}
    assert (found["holes"].grade, found["holes"].key) == ("note", "unknown")


def test_numbers_have_one_minus_and_one_way_to_group_thousands():
    assert [value_text(v) for v in (-236.04, 7133.0, 0.5, 1e19)] == [
        *("\u2212236.0", "7,133", "0.50", "1.0e+19")
    ]
