"""A bundle that is off in any way is refused, by the name of the file and what is wrong in it."""

import ast
import contextlib
import io
import json
import os
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from explorer.bundle import files, read_bundle, write_bundle
from explorer.errors import BundleError
from explorer.words import section
from tests.conftest import N_PLACED


def settings(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Damage config.json by changing its values."""

    def damage(folder: Path) -> None:
        path = folder / "config.json"
        values = json.loads(path.read_text())
        change(values)
        path.write_text(json.dumps(values))

    return damage


def arrays(**changes: np.ndarray | None) -> Callable[[Path], None]:
    """Damage codes.npz by replacing or dropping arrays."""

    def damage(folder: Path) -> None:
        path = folder / "codes.npz"
        with np.load(path) as kept:
            all_of_them = dict(kept) | changes
        np.savez(path, **{name: a for name, a in all_of_them.items() if a is not None})

    return damage


def weight(name: str, change: Callable[[np.ndarray], np.ndarray | None]) -> Callable[[Path], None]:
    """Damage weights.safetensors by replacing or dropping an array."""

    def damage(folder: Path) -> None:
        path = folder / "weights.safetensors"
        kept = safetensors.numpy.load_file(path)
        changed = change(kept.pop(name, np.zeros(1, np.float32)))
        safetensors.numpy.save_file(kept | ({} if changed is None else {name: changed}), path)

    return damage


def content(file: str, new: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / file).write_bytes(new)


def cut(file: str, keep: float) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        whole = (folder / file).read_bytes()
        (folder / file).write_bytes(whole[: int(len(whole) * keep)])

    return damage


def npy_with_header(header: str) -> bytes:
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(8)


def member(name: str, data: bytes, times: int = 1) -> Callable[[Path], None]:
    """Damage codes.npz by a member written by hand."""

    def damage(folder: Path) -> None:
        with zipfile.ZipFile(folder / "codes.npz", "w") as archive:
            for _ in range(times):
                archive.writestr(name, data)

    return damage


def instead_of(file: str, make: Callable[[Path], object]) -> Callable[[Path], object]:
    """Damage a bundle by something else under a file's name."""

    def damage(folder: Path) -> None:
        (folder / file).unlink()
        make(folder / file)

    return damage


def link_out(folder: Path) -> None:
    outside = folder.parent / "elsewhere"
    (folder / "codes.npz").rename(outside)
    (folder / "codes.npz").symlink_to(outside)


def put(key: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda values: values.__setitem__(key, value)


DAMAGES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    # what was done: (how, the file named, words of the refusal)
    "no config": (lambda f: (f / "config.json").unlink(), "config.json", "is missing"),
    "no codes": (lambda f: (f / "codes.npz").unlink(), "codes.npz", "is missing"),
    "empty weights": (content("weights.safetensors", b""), "weights.safetensors", "0 bytes"),
    "folder for a file": (
        instead_of("codes.npz", Path.mkdir),
        "codes.npz",
        "not a plain file",
    ),
    "pipe for a file": (
        instead_of("codes.npz", os.mkfifo),
        "codes.npz",
        "not a plain file",
    ),
    "link out of the folder": (link_out, "codes.npz", "leads out of the folder"),
    "link to itself": (
        instead_of("codes.npz", lambda path: path.symlink_to(path.name)),
        "codes.npz",
        "codes.npz",
    ),
    "huge config": (content("config.json", b" " * (2 << 20)), "config.json", "2,097,152 bytes"),
    "no JSON": (content("config.json", b"{"), "config.json", "is damaged"),
    "not UTF-8": (content("config.json", b'{"a": "\xff"}'), "config.json", "is damaged"),
    "deep JSON": (content("config.json", b"[" * 100_000), "config.json", "is damaged"),
    "huge number": (content("config.json", b"9" * 10_000), "config.json", "is damaged"),
    "a list": (content("config.json", b"[]"), "config.json", "not a JSON object"),
    "NaN score": (settings(put("scores", {"mse": float("nan")})), "config.json", "NaN"),
    "newer format": (settings(put("format", 2)), "config.json", "Upgrade"),
    "strange format": (settings(put("format", "one")), "config.json", "'one'"),
    "format true": (settings(put("format", True)), "config.json", "True"),
    "missing key": (settings(lambda v: v.pop("scores")), "config.json", '"scores"'),
    "unknown key": (settings(put("secret", 1)), "config.json", '"secret"'),
    "key of another kind": (settings(put("command", 1)), "config.json", "must be text"),
    "missing data key": (settings(lambda v: v["data"].pop("n_test")), "config.json", "data.n_test"),
    "negative count": (settings(lambda v: v["data"].update(n_train=-1)), "config.json", "n_train"),
    "class without name": (
        settings(lambda v: v["data"].update(class_names=["", "one"])),
        "config.json",
        "data.class_names",
    ),
    "unknown setting": (settings(lambda v: v["config"].update(x=1)), "config.json", "name x"),
    "wrong setting": (
        settings(lambda v: v["config"].update(arch="vit")),
        "config.json",
        "arch is 'vit'",
    ),
    "two latent sizes": (settings(put("latent_dim", 3)), "config.json", "latent_dim"),
    "text as score": (settings(put("scores", {"mse": "low"})), "config.json", "scores.mse"),
    "oblong images": (settings(put("image_shape", [1, 8, 9])), "config.json", "image_shape"),
    "negative images": (settings(put("image_shape", [1, -8, -8])), "config.json", "image_shape"),
    "huge images": (settings(put("image_shape", [1, 10**9, 10**9])), "config.json", "image_shape"),
    "empty title": (settings(put("title", "")), "config.json", '"title"'),
    "title of two lines": (settings(put("title", "a\nb")), "config.json", '"title"'),
    "endless line": (settings(put("look_for", "x" * 501)), "config.json", '"look_for"'),
    "title that is a number": (settings(put("title", 1)), "config.json", "must be text"),
    "first item before all": (settings(put("start_item", -1)), "config.json", "from 0"),
    "id that is none": (settings(put("origin", "../x")), "config.json", "32 hexadecimal digits"),
    "first item without a code": (settings(put("start_item", 5)), "config.json", "without a code"),
    "name of no slider": (settings(put("slider_names", {"2": "x"})), "config.json", "from 0 to 1"),
    "model that is none": (settings(put("model", {})), "config.json", "its keys are not encoder"),
    "layers that do not fit": (
        settings(lambda v: v["model"]["decoder"]["mean"].pop(0)),
        "config.json",
        "do not fit",
    ),
    "another network by its settings alone": (
        settings(lambda v: (v.pop("model"), v["config"].update(hidden=[9]))),
        "weights.safetensors",
        "shape",
    ),
    "missing weight": (
        weight("decoder.trunk.0.weight", lambda w: None),
        "weights.safetensors",
        'lacks "decoder.trunk.0.weight"',
    ),
    "unknown weight": (
        weight("intruder", lambda w: w),
        "weights.safetensors",
        'unknown "intruder"',
    ),
    "weight in half precision": (
        weight("decoder.trunk.0.bias", lambda w: w.astype(np.float16)),
        "weights.safetensors",
        "F16",
    ),
    "NaN weight": (
        weight("decoder.trunk.0.bias", lambda w: w * np.float32("nan")),
        "weights.safetensors",
        '"decoder.trunk.0.bias" with NaN',
    ),
    "cut weights": (cut("weights.safetensors", 0.7), "weights.safetensors", "is damaged"),
    "weights that are none": (
        content("weights.safetensors", b"\x80\x04." * 20),
        "weights.safetensors",
        "is damaged",
    ),
    "huge safetensors header": (
        content("weights.safetensors", (1 << 60).to_bytes(8, "little") + b"{}"),
        "weights.safetensors",
        "is damaged",
    ),
    "cut codes": (cut("codes.npz", 0.9), "codes.npz", "is damaged"),
    "no archive": (content("codes.npz", b"codes"), "codes.npz", "is damaged"),
    "missing codes": (arrays(mu=None), "codes.npz", '"mu"'),
    "unknown codes": (arrays(nu=np.zeros(3)), "codes.npz", 'unknown "nu"'),
    "codes of another size": (
        arrays(mu=np.zeros((32, 3), np.float32)),
        "codes.npz",
        '"mu" of shape (32, 3)',
    ),
    "codes of another length": (
        arrays(error=np.zeros(31, np.float32)),
        "codes.npz",
        '"error" of shape (31,)',
    ),
    "scalar codes": (arrays(mu=np.array(1, np.float32)), "codes.npz", "shape"),
    "no codes at all": (
        lambda f: arrays(**{k: v[:0] for k, v in np.load(f / "codes.npz").items() if len(v) == 32})(
            f
        ),
        "codes.npz",
        "no codes",
    ),
    "double codes": (arrays(mu=np.zeros((32, 2))), "codes.npz", "float64"),
    "NaN codes": (arrays(mu=np.full((32, 2), np.nan, np.float32)), "codes.npz", '"mu" with NaN'),
    "infinite map": (arrays(tsne=np.full((32, 2), np.inf, np.float32)), "codes.npz", '"tsne"'),
    "label without class": (arrays(labels=np.full(32, 2)), "codes.npz", "labels"),
    "negative id": (arrays(ids=np.arange(32) - 1), "codes.npz", "ids"),
    "half a PCA": (arrays(pca=None), "codes.npz", 'not "pca"'),
    "factors nobody named": (
        arrays(factors=np.zeros((32, 1), np.float32)),
        "codes.npz",
        '"factors"',
    ),
    "object array": (arrays(labels=np.array([{}] * 32, object)), "codes.npz", "labels.npy"),
    "member twice": (
        member("mu.npy", b"", times=2),
        "codes.npz",
        "twice",
    ),
    "member outside": (member("../mu.npy", npy_with_header("{}")), "codes.npz", "codes.npz"),
    "member of another kind": (member("run.py", b"boom()"), "codes.npz", "run.py"),
    "header that lies": (
        member(
            "mu.npy", npy_with_header("{'descr':'<f4','fortran_order':False,'shape':(10**12,)}")
        ),
        "codes.npz",
        "is damaged",
    ),
    "header with a huge shape": (
        member(
            "mu.npy",
            npy_with_header("{'descr':'<f4','fortran_order':False,'shape':(99999999999,9)}"),
        ),
        "codes.npz",
        "does not hold",
    ),
    "header with a negative shape": (
        member("mu.npy", npy_with_header("{'descr':'<f4','fortran_order':False,'shape':(-1,-2)}")),
        "codes.npz",
        "is not the shape",
    ),
    "preview that is none": (content("preview.png", b"<svg/>"), "preview.png", "PNG"),
    "huge pack": (
        lambda f: os.truncate(f / "decoder.pack", 33 << 20),
        "decoder.pack",
        "34,603,008 bytes",
    ),
    "card in Latin-1": (content("README.md", b"caf\xe9"), "README.md", "UTF-8"),
}


@pytest.mark.parametrize("what", DAMAGES)
@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile's, on making a damaged archive
def test_damage_is_refused_by_file_and_key(tiny_bundle, what):
    damage, file, words = DAMAGES[what]
    damage(tiny_bundle)
    with pytest.raises(BundleError) as refused:
        read_bundle(tiny_bundle)
    message = str(refused.value)
    assert file in message
    assert words in message
    assert '"tiny"' in message


def test_a_pickle_in_an_npz_is_never_run(tiny_bundle, tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    arrays(labels=np.array([Trap()] * 32, object))(tiny_bundle)
    with pytest.raises(BundleError):
        read_bundle(tiny_bundle)
    assert not (tmp_path / "sprung").exists()


def test_an_archive_that_swells_is_refused_before_it_is_unpacked(tiny_bundle, monkeypatch):
    monkeypatch.setitem(files.CAPS, "codes.npz", 100_000)
    stream = io.BytesIO()
    np.save(stream, np.zeros((100_000, 2), np.float32))
    with zipfile.ZipFile(tiny_bundle / "codes.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mu.npy", stream.getvalue())
    with pytest.raises(BundleError, match="unpacks to 800,128 bytes"):
        read_bundle(tiny_bundle)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(BundleError, match="no-such-bundle"):
        read_bundle(tmp_path / "no-such-bundle")


@pytest.mark.parametrize("seed", range(20))
def test_random_damage_never_ends_in_a_traceback(tiny_bundle, seed):
    rng = random.Random(seed)
    for file in ("config.json", "weights.safetensors", "codes.npz"):
        whole = bytearray((tiny_bundle / file).read_bytes())
        for _ in range(rng.randint(1, 4)):
            whole[rng.randrange(len(whole))] = rng.randrange(256)
        damaged = whole[: rng.randint(1, len(whole))] if rng.random() < 0.3 else whole
        (tiny_bundle / file).write_bytes(damaged)
    # A byte may well be one that does not matter, such as a space or a digit of a weight.
    with contextlib.suppress(BundleError):
        read_bundle(tiny_bundle)


DRAWN = np.arange(32) >= N_PLACED
OF_DRAWS: dict[str, tuple[dict[str, np.ndarray], str]] = {
    "no image at all": ({"ids": np.full(32, -1)}, "no image's code"),
    "an id below -1": ({"ids": np.where(DRAWN, -2, 3)}, "ids below -1"),
    "a draw with a class": ({"labels": np.zeros(32, np.int64)}, '"labels" of prior samples'),
    "an image without a class": ({"labels": np.full(32, -1)}, "without a class name"),
    "a class nobody named": ({"labels": np.where(DRAWN, -1, 2)}, "without a class name"),
}


@pytest.mark.parametrize("what", OF_DRAWS)
def test_codes_among_draws_are_refused_where_they_are_neither(tiny_gan, tmp_path, what):
    folder = tmp_path / "gan"
    write_bundle(tiny_gan, folder)
    changes, words = OF_DRAWS[what]
    arrays(**changes)(folder)
    with pytest.raises(BundleError) as refused:
        read_bundle(folder)
    assert "codes.npz" in refused.value.so
    assert words in str(refused.value)


def test_draws_are_refused_where_there_is_an_encoder(tiny_bundle):
    arrays(ids=np.where(DRAWN, -1, 3), labels=np.where(DRAWN, -1, 0))(tiny_bundle)
    with pytest.raises(BundleError, match="ids from 0"):
        read_bundle(tiny_bundle)


def test_known_factors_of_draws_are_refused(tiny_gan, tmp_path):
    known = replace(tiny_gan.codes, factors=np.zeros((32, 1), np.float32))
    facts = replace(tiny_gan.data, factor_names=("tilt",))
    with pytest.raises(BundleError, match=r"Nothing is known of a prior sample"):
        write_bundle(replace(tiny_gan, codes=known, data=facts), tmp_path / "gan")


def made() -> Iterator[tuple[str, str, set[str] | None]]:
    """Yield where a file is refused, a pattern of its key, and the values given if known."""
    for path in sorted(Path(files.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            function = getattr(getattr(node, "func", None), "id", "")
            if not isinstance(node, ast.Call) or function not in ("refusal", "bundle_door"):
                continue
            given = {keyword.arg for keyword in node.keywords}
            common = {"file", "bundle", *(["why"] if function == "bundle_door" else [])}
            known = None if None in given else {arg for arg in given if arg} | common
            more = ".+" if isinstance(node.args[2], ast.JoinedStr) else ""
            for part in ast.walk(node.args[2]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield f"{path.name}:{node.lineno}", part.value + more, known


def test_every_refusal_has_words_for_the_values_it_gives_and_all_words_are_used():
    words = {key: section(f"bundle_files.{key}") for key in section("bundle_files") if key != "do"}
    used = set()
    for where, pattern, given in made():
        keys = {key for key in words if re.fullmatch(pattern, key)}
        assert keys, where
        used |= keys
        for key in keys:
            gaps = set(re.findall(r"{(\w+)}", json.dumps(words[key])))
            assert {"so", "needed"} <= set(words[key]) <= {"so", "needed", "do"}
            assert given is None or gaps == given, (where, key)
    assert used == set(words)
