"""Damaged files of every kind are refused in words or read well, whatever is wrong with them.

A slow test reads 10,000 of them. What such runs found lies in `finds/`, one folder for each reader,
and is read by a fast test. To go further: LATENT_EXPLORER_FUZZ="SEED COUNT" pytest -k mutated.
"""

import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import resource
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from inspect import iscoroutine
from itertools import count
from pathlib import Path
from random import Random
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from explorer import comparing, data, jobs, store
from explorer.bundle import read_bundle, write_bundle
from explorer.bundle.findings import findings
from explorer.bundle.table import table_text
from explorer.cli.codes import read_mu
from explorer.completing import complete, train_command
from explorer.config import TrainConfig
from explorer.data.decoding import open_picture
from explorer.errors import ExplorerError
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Record
from explorer.jobs.unfinished import UnfinishedRun
from explorer.jobs.worker import work
from explorer.training import train
from explorer.training.checkpoint import _MAGIC
from explorer.ui import routes, run_routes
from explorer.ui.opened import open_model
from explorer.ui.views.train.words import length, state_line
from tests.conftest import fresh_bundle, fresh_gan
from tests.fuzzing import (
    Mutator,
    bytes_damaged,
    framed_json_damaged,
    json_damaged,
    lines_damaged,
    npy_damaged,
    png_damaged,
    zip_damaged,
)
from tests.live_decoders import DECODERS
from tests.test_live_decoder import written
from tests.tools import awaited, node

FINDS = Path(__file__).with_name("finds")
SEED, COUNT = (int(text) for text in os.environ.get("LATENT_EXPLORER_FUZZ", "0 10000").split())
MOST_S, MOST_KB = 5.0, 1 << 20
DIGITS = TrainConfig(data="digits", arch="mlp", hidden=(4,), latent_dim=2, epochs=2, n_images=60)


@dataclass(frozen=True)
class Reader:
    """One way in.

    Attributes:
        whole: Files that are sound.
        damage: How they are damaged.
        read: Reads one from a place of its own and looks at all that it says.
        share: How many inputs it gets, of 1,000.
    """

    whole: Callable[[], list[bytes]]
    damage: Mutator
    read: Callable[[bytes, Path], object]
    share: int

    def mutants(self, name: str, count: int):
        """Yield damaged files, the same for the same name, seed and number."""
        whole = self.whole()
        for number in range(count):
            rng = Random(f"{SEED} {name} {number}")
            yield number, self.damage(rng.choice(whole), rng)


# ---- bundles


@cache
def models() -> dict[str, dict[str, bytes]]:
    """The files of three complete models by kind; of one, the training settings are unknown."""
    found: dict[str, dict[str, bytes]] = {}
    theirs = replace(fresh_bundle("tiny"), config=None, stated_kind="theirs")
    for fresh in (fresh_bundle("tiny"), fresh_gan("tiny", seed=1), theirs):
        folder = Path(os.environ["LATENT_EXPLORER_HOME"]) / "made" / fresh.kind
        write_bundle(complete(fresh, command="latent-explorer train"), folder)
        found[fresh.kind] = {path.name: path.read_bytes() for path in folder.iterdir()}
    return found


def of_bundle(file: str) -> Callable[[bytes, Path], object]:
    """Put a file into a bundle, list that beside a sound one, and open it as the pages do."""

    def read(content: bytes, place: Path) -> None:
        chance = Random(content).random()
        kind = "gan" if chance < 0.3 else "theirs" if chance > 0.8 else "vae"
        folder = store.bundles_folder() / "tiny"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, whole in models()[kind].items():
            (folder / name).write_bytes(content if name == file else whole)
        listing = store.models()
        assert "sound" in [model.name for model in listing.models], "the list survives"
        comparing.compare_scores(comparing.first_choice(listing.models))
        comparing.compare_scores(listing.models)
        table_text(listing.models)
        for model in listing.models:
            findings(model)
        if file == "weights.safetensors":
            read_bundle(folder)
        explore("tiny")

    return read


def explore(name: str) -> None:
    """Fetch what the pages fetch of a model."""
    opened = open_model(name)
    assert all(coordinate.limit > 0 for coordinate in opened.coordinates)
    assert json.dumps([opened.start_item, opened.kl.sum().item()], allow_nan=False)
    own = routes.urls(opened)
    for address in (own["codes"], own["comparison"], own["original"] + "/0.png", own["names"]):
        fetch(address)
    for map_ in ("pca", "tsne", "z0-1"):
        fetch(f"{own['map']}?map={map_}&theme=light")


def fetch(address: str) -> Response:
    """Answer an address as the server does, without one: that would take ten times as long."""
    path, _, query = address.partition("?")
    scope = {"type": "http", "method": "GET", "path": unquote(path), "query_string": query.encode()}
    for route in (*routes.routes(), *run_routes.routes()):
        match, found = route.matches(scope)
        if match == Match.FULL:
            answer = route.endpoint(Request({**scope, **found}))
            response: Response = awaited(answer) if iscoroutine(answer) else answer
            assert response.status_code in (200, 404)
            return response
    raise AssertionError(f"nothing answers {address}")


# ---- runs


@cache
def run_files() -> dict[str, bytes]:
    """The files of a run that is over, by name, and the checkpoint it had half-way."""
    run = RunFolder(store.home() / "a run")
    run.create(Record(name="mine", out=store.bundles_folder() / "mine", config=DIGITS))
    assert work(run.path)
    for report in train(data.load_for(DIGITS), DIGITS, name="x", checkpoint=run.checkpoint):
        if report.bundle is None and report.epoch == 1:
            break
    return {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}


def of_run(file: str) -> Callable[[bytes, Path], object]:
    """Put a file into a run's folder and look at the run as the pages do."""

    def read(content: bytes, place: Path) -> None:
        run = RunFolder(store.runs_folder() / place.name)
        run.path.mkdir(parents=True)
        for name, whole in run_files().items():
            (run.path / name).write_bytes(content if name == file else whole)
        try:
            status = run.status()
            state_line(status), length(status.left_s or 0)
            jobs.reconstructions(run)
            own = run_routes.urls(run)
            for address in (own["progress"], own["snapshot"] + "/latest", own["items"], own["map"]):
                fetch(address)
            assert jobs.runs()
            record = run.record()
            train_command(record.config, record.name)
            jobs.model_of(run)
        finally:
            shutil.rmtree(run.path)

    return read


def checkpoint(content: bytes, place: Path) -> None:
    """Go on with a run from a checkpoint whose checksum is right."""
    path = place / "checkpoint"
    path.write_bytes(_MAGIC + hashlib.sha256(content).digest() + content)
    reports = train(images(), DIGITS, name="x", checkpoint=path, resume=True)
    with contextlib.closing(reports):
        next(reports)


@cache
def images():
    return data.load_for(DIGITS)


def checkpoint_body() -> bytes:
    return run_files()["checkpoint"][len(_MAGIC) + 32 :]


# ---- images


def saved(format_: str, side: int = 9, mode: str = "RGB") -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, len(mode)), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels.squeeze(), mode).save(stream, format_)
    return stream.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def npy(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def npz(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


SOME = np.random.default_rng(0).integers(0, 256, (12, 9, 9), np.uint8)


def of_data(ending: str) -> Callable[[bytes, Path], object]:
    """Load a file as a set, as a run and the preview of an upload do."""

    def read(content: bytes, place: Path) -> None:
        path = place / f"set{ending}"
        path.write_bytes(content)
        found = data.load(str(path))
        assert len(found.pixels) >= 2
        json.dumps(found.fitting.notes() if found.fitting else [])

    return read


def upload(content: bytes, place: Path) -> None:
    store.keep_upload([("a.zip", content), ("b.zip", zipped({"b.png": saved("PNG")}))])


# ---- others


def of_home(file: str) -> Callable[[bytes, Path], object]:
    """Put a file into the home and list the models."""

    def read(content: bytes, place: Path) -> None:
        try:
            (store.home() / file).write_bytes(content)
            assert "sound" in [model.name for model in store.models().models]
            store.find_name("old")
        finally:
            (store.home() / file).unlink()

    return read


def unfinished(content: bytes, place: Path) -> None:
    run = UnfinishedRun(place / "x")
    run.folder.mkdir()
    (run.folder / "run.json").write_bytes(content)
    run.config()


def codes_of_command_line(content: bytes, place: Path) -> None:
    (place / "codes.npz").write_bytes(content)
    read_mu(place / "codes.npz")


def in_bundles(file: str) -> Callable[[], list[bytes]]:
    return lambda: [files[file] for files in models().values()]


def in_run(file: str) -> Callable[[], list[bytes]]:
    return lambda: [run_files()[file]]


def pictures() -> list[bytes]:
    return [saved(f) for f in ("JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "AVIF")]


IDX = bytes([0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 9, 0, 0, 0, 9]) + SOME.tobytes()
TABLE = "\n".join(f"{i % 2}," + ",".join(map(str, x.ravel())) for i, x in enumerate(SOME)).encode()
ZIP_OF_ARRAYS = zip_damaged(npy_damaged)
READERS: dict[str, Reader] = {
    "config.json": Reader(in_bundles("config.json"), json_damaged, of_bundle("config.json"), 130),
    "codes.npz": Reader(in_bundles("codes.npz"), ZIP_OF_ARRAYS, of_bundle("codes.npz"), 70),
    "weights": Reader(
        in_bundles("weights.safetensors"),
        framed_json_damaged(0, "<Q"),
        of_bundle("weights.safetensors"),
        40,
    ),
    "card": Reader(in_bundles("README.md"), bytes_damaged, of_bundle("README.md"), 10),
    "run.json": Reader(in_run("run.json"), json_damaged, of_run("run.json"), 40),
    "state.json": Reader(in_run("state.json"), json_damaged, of_run("state.json"), 40),
    "ends.json": Reader(in_run("ends.json"), json_damaged, of_run("ends.json"), 30),
    "progress": Reader(in_run("progress.jsonl"), lines_damaged, of_run("progress.jsonl"), 20),
    "moments": Reader(in_run("snapshots.jsonl"), lines_damaged, of_run("snapshots.jsonl"), 15),
    "snapshot": Reader(in_run("latest.npz"), ZIP_OF_ARRAYS, of_run("latest.npz"), 30),
    "watched": Reader(in_run("watched.npz"), ZIP_OF_ARRAYS, of_run("watched.npz"), 25),
    "checkpoint": Reader(lambda: [checkpoint_body()], zip_damaged(bytes_damaged), checkpoint, 25),
    "unfinished": Reader(in_run("run.json"), json_damaged, unfinished, 30),
    "elsewhere": Reader(
        lambda: [b'["/tmp/a", "/tmp/b"]'], json_damaged, of_home("bundles-elsewhere.json"), 20
    ),
    "renamed": Reader(
        lambda: [b'{"old": "sound", "a": "b"}'], json_damaged, of_home("bundles-renamed.json"), 20
    ),
    "codes of commands": Reader(
        lambda: [npz(mu=np.eye(3, dtype=np.float32))], ZIP_OF_ARRAYS, codes_of_command_line, 40
    ),
    "png": Reader(
        lambda: [saved("PNG"), saved("PNG", mode="L"), saved("PNG", mode="RGBA")],
        png_damaged,
        lambda content, place: open_picture(content, "a.png"),
        50,
    ),
    "picture": Reader(
        pictures, bytes_damaged, lambda content, place: open_picture(content, "a"), 40
    ),
    "zip": Reader(
        lambda: [zipped({f"{c}/{i}.png": saved("PNG", 8 + i) for c in "ab" for i in range(3)})],
        zip_damaged(png_damaged),
        of_data(".zip"),
        40,
    ),
    "upload": Reader(
        lambda: [zipped({f"{c}/0.png": saved("PNG") for c in "ab"})],
        zip_damaged(png_damaged),
        upload,
        30,
    ),
    "npy": Reader(
        lambda: [npy(SOME), npy(SOME.astype(np.float32) / 255)],
        npy_damaged,
        of_data(".npy"),
        50,
    ),
    "idx": Reader(lambda: [IDX, gzip.compress(IDX)], bytes_damaged, of_data("-idx3-ubyte"), 20),
    "table": Reader(lambda: [TABLE], bytes_damaged, of_data(".csv"), 20),
    "npz": Reader(
        lambda: [
            npz(images=SOME, labels=np.arange(12) % 2, class_names=["a", "b"], licence="MIT"),
            npz(train_images=SOME, train_labels=np.arange(12) % 3, test_images=SOME[:2]),
        ],
        ZIP_OF_ARRAYS,
        of_data(".npz"),
        60,
    ),
}


# ---- tests


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    """A home with a sound model beside whatever is damaged."""
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setattr(store, "pretrained_folder", lambda: tmp_path / "shipped")
    write_bundle(complete(fresh_bundle("sound")), tmp_path / "shipped" / "sound")
    models(), run_files(), images()  # made once, and no part of reading
    return tmp_path


def trouble_of(reader: Reader, content: bytes, place: Path) -> str | None:
    """Return what goes wrong on reading, other than a refusal in words; None if nothing does."""
    place.mkdir()
    begin = time.process_time()  # other programs may keep this one waiting
    try:
        reader.read(content, place)
    except ExplorerError as error:
        beats = (error.so, error.needed, error.do)
        is_clear = all(beats) and not any("\ud800" <= sign <= "\udfff" for sign in str(error))
        trouble = None if is_clear else f"refused without words: {error!r}"
    except Exception as error:
        trouble = f"{type(error).__name__}: {error}"[:300]
    else:
        trouble = None
    finally:
        shutil.rmtree(place)
    took_s = time.process_time() - begin
    return trouble or (f"took {took_s:.1f} s" if took_s > MOST_S else None)


def test_the_shares_of_all_readers_are_one_whole():
    assert sum(reader.share for reader in (*READERS.values(), PACKS)) == 1000


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")  # as where the program is used; they are no refusals
def test_mutated_files_are_refused_or_read_well(home, tmp_path_factory):
    places = (home / f"input-{n}" for n in count())
    kept = tmp_path_factory.mktemp("finds")
    troubles = []
    for name, reader in READERS.items():
        begin_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number, content in reader.mutants(name, COUNT * reader.share // 1000):
            trouble = trouble_of(reader, content, next(places))
            now_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if now_kb - begin_kb > MOST_KB:
                trouble = trouble or f"took {(now_kb - begin_kb) / MOST_KB:.1f} GB"
                begin_kb = now_kb
            if trouble:
                path = kept / f"{name}-{number}"
                path.write_bytes(content)
                troubles.append(f"{path}: {trouble}")
    assert not troubles, f"{len(troubles)} finds\n" + "\n".join(troubles)


# What the browser says of a pack; anything else is an error of JavaScript's own.
CLEAR = re.compile("Error: (The decoder pack|These bytes are not a decoder pack)")
PACKS = Reader(
    lambda: [written(DECODERS[name]) for name in ("everything", "two stacks", "conv 4 stride 2")],
    framed_json_damaged(8, "<I"),
    lambda content, place: None,  # see `troubles_of_packs`
    105,
)


def troubles_of_packs(paths: list[Path]) -> list[str]:
    """Return what goes wrong on decoding with packs in the browser's code, other than refusals."""
    # A shell between: a process begins with the peak of memory of the one that starts it.
    opener = Path(__file__).with_name("packs.mjs")
    command = ["sh", "-c", '"$@"; exit $?', "sh", node(), *map(str, (opener, *paths))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    troubles = []
    for path, (error, took_ms, most_mb) in zip(paths, json.loads(done.stdout), strict=True):
        if error and not CLEAR.match(error):
            troubles.append(f"{path}: {error[:200]}")
        if took_ms > 1000 * MOST_S or most_mb > MOST_KB / 1024:
            troubles.append(f"{path}: took {took_ms:.0f} ms, {most_mb:.0f} MB")
    return troubles


@pytest.mark.slow
def test_mutated_packs_are_refused_or_decode(tmp_path):
    paths = []
    for number, content in PACKS.mutants("packs", COUNT * PACKS.share // 1000):
        paths.append(tmp_path / f"{number}.pack")
        paths[-1].write_bytes(content)
    troubles = troubles_of_packs(paths)
    assert not troubles, f"{len(troubles)} finds\n" + "\n".join(troubles)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "find", sorted(FINDS.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_what_was_found_stays_mended(home, find):
    if find.parent.name == "packs":
        assert troubles_of_packs([find]) == []
    else:
        reader = READERS[find.parent.name]
        assert trouble_of(reader, find.read_bytes(), home / "input") is None
