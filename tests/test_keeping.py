"""A run that trains to its end is kept: what a bundle would refuse is found when it begins."""

import dataclasses
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import cli, data
from explorer.bundle import files, read_bundle, write_bundle
from explorer.completing import with_scores
from explorer.config import TrainConfig
from explorer.data.naming import LONGEST_NAME, MOST_NAMES, mended
from explorer.errors import BundleError, ConfigError
from explorer.training import train
from tests.conftest import fresh_bundle

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 8, 8), np.uint8)
LONG = "x" * 255


def pictures(path: Path, classes: list[str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for i, pixels in enumerate(IMAGES):
            stream = io.BytesIO()
            Image.fromarray(pixels).save(stream, "PNG")
            archive.writestr(f"{classes[i % len(classes)]}/{i}.png", stream.getvalue())
    return path


def arrays(path: Path, **more: object) -> Path:
    np.savez(path, images=IMAGES, **more)  # type: ignore[arg-type]
    return path


def sources(place: Path) -> dict[str, Path]:
    labels = np.arange(24) % 3
    empty = np.array(["", "a", "b"])[labels]
    return {
        "folders of 255 letters": pictures(place / "a.zip", [LONG, LONG[:-1] + "y", "short"]),
        "an empty label": arrays(place / "b.npz", labels=empty),
        "an empty class name": arrays(
            place / "c.npz", labels=labels, class_names=["", " ", "unnamed"]
        ),
        "names of 300 letters": arrays(
            place / "d.npz", labels=labels, class_names=["é" * 300, "é" * 300 + "a", "ok"]
        ),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "which",
    [
        "folders of 255 letters",
        "an empty label",
        "an empty class name",
        "names of 300 letters",
    ],
)
def test_names_that_no_model_can_keep_are_mended_and_the_run_is_kept(tmp_path, capsys, which):
    path, out = sources(tmp_path)[which], tmp_path / "out"
    quick = ["--arch", "mlp", "--hidden", "4", "--latent-dim", "2", "--epochs", "1"]
    assert cli.main(["train", "--data", str(path), *quick, "--out", str(out)]) == 0
    assert "can keep them" in capsys.readouterr().err
    bundle = read_bundle(out)
    names = bundle.data.class_names
    assert len(set(names)) == len(names)
    assert all(0 < len(name) <= LONGEST_NAME for name in names)
    assert cli.main(["data", str(path)]) == 0
    assert "can keep them" in capsys.readouterr().out


def test_mended_names_stay_apart_and_good_ones_as_they_are():
    names = mended([LONG, LONG, "", " ", "ok", "unnamed"])
    assert names == (
        "x" * 199 + "…",
        "x" * 195 + "… (2)",
        "unnamed (2)",
        "unnamed (3)",
        "ok",
        "unnamed",
    )
    assert mended(("a", "b")) == ("a", "b")


def test_many_long_names_are_cut_to_what_settings_may_hold():
    names = mended([f"{i:04}" + "😀" * 190 for i in range(MOST_NAMES)])
    assert len(set(names)) == MOST_NAMES
    assert len(json.dumps(names)) < files.CAPS["config.json"] / 2


def test_labels_that_are_nearly_all_different_are_left_out_with_a_note(tmp_path):
    n = 3_000
    labels = [f"id{i}" for i in range(n)]
    np.savez(tmp_path / "x.npz", images=np.zeros((n, 8, 8), np.uint8), labels=labels)
    images = data.load(str(tmp_path / "x.npz"))
    assert images.labels is None
    assert any("3,000" in note for note in images.notes)


def test_more_folders_than_classes_can_be_leave_the_classes_out(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        stream = io.BytesIO()
        Image.fromarray(IMAGES[0]).save(stream, "PNG")
        for i in range(MOST_NAMES + 1):
            archive.writestr(f"class {i}/a.png", stream.getvalue())
    images = data.load(str(tmp_path / "x.zip"))
    assert (images.labels, images.class_names) == (None, ())
    assert any("1,001" in note for note in images.notes)


def test_a_network_that_no_bundle_can_hold_is_refused_before_it_learns():
    config = TrainConfig(data="digits", arch="mlp", hidden=(8192, 8192, 8192), n_images=60)
    reports = train(data.load_for(config), config, name="x")
    with pytest.raises(ConfigError, match=r"270 million weights.*1,030 MB.*precision half"):
        next(reports)


@pytest.mark.parametrize(
    ("changes", "file"),
    [
        ({"card": "x" * (2 << 20)}, "README.md"),
        ({"pack": bytes(33 << 20)}, "decoder.pack"),
        ({"preview": bytes(5 << 20)}, "preview.png"),
        ({"command": "x" * (2 << 20)}, "config.json"),
    ],
)
def test_writing_checks_the_sizes_that_reading_checks(tmp_path, changes, file):
    with pytest.raises(BundleError, match=f"{file}.*holds [0-9,]+ bytes"):
        write_bundle(dataclasses.replace(fresh_bundle(), **changes), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_scores_that_are_no_numbers_are_left_out_and_the_rest_is_kept(tiny, tmp_path):
    scores = {"mse": 0.1, "psnr_db": float("nan"), "nll_nats": float("inf"), "elbo_nats": 1e300}
    scored = with_scores(tiny, scores, {"tilt": float("nan"), "size": 0.5})
    write_bundle(scored, tmp_path / "tiny")
    kept = read_bundle(tmp_path / "tiny")
    assert (kept.scores, kept.factor_r2) == ({"mse": 0.1}, {"size": 0.5})
