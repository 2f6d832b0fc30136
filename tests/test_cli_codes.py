"""Encoding, decoding and projecting on the command line."""

import json

import numpy as np
import pytest
from PIL import Image

from explorer import cli
from explorer.bundle import write_bundle
from explorer.data.npz import npz_bytes
from explorer.latent.encode import decode, encode
from tests.commands import refused


def test_encode_writes_the_posterior_of_each_image(listed, tiny, tmp_path, capsys):
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


def test_encode_of_a_single_picture_can_save_its_reconstruction(listed, tiny, tmp_path):
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


def test_a_file_that_is_no_picture_is_refused_in_words(listed, tmp_path, capsys):
    (tmp_path / "mine.png").write_bytes(b"no picture")
    command = ["encode", "tiny", str(tmp_path / "mine.png"), "--out", str(tmp_path / "codes.npz")]
    assert cli.main(command) == 1
    assert '"mine.png" is not an image in a format that can be read' in capsys.readouterr().err


@pytest.mark.slow
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
def test_an_invalid_code_is_refused_in_words(listed, tmp_path, capsys, z, words):
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
def test_an_invalid_file_of_codes_is_refused_in_words(tmp_path, capsys, arrays, words):
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


def test_an_output_that_cannot_be_written_is_reported(listed, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "x.png"
    assert "could not be written" in refused(
        capsys, "decode", "tiny", "--z", "[0, 0]", "--out", out
    )
