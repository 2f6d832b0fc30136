"""OpenML sets, fetched by scikit-learn from a stand-in on this machine."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import _openml

from explorer.data import load, load_items, openml_server
from explorer.data.openml import cache_folder
from explorer.errors import DataError, MachineError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (12, 64))
CLASSES = [str(row % 3) for row in range(12)]


def arff(rows: np.ndarray, classes: list[str] | None) -> str:
    columns = [f"@ATTRIBUTE p{at} REAL" for at in range(rows.shape[1])]
    lines = [",".join(f"{value:g}" for value in row) for row in rows]
    if classes is not None:
        columns.append(f"@ATTRIBUTE class {{{','.join(sorted(set(classes)))}}}")
        lines = [f"{line},{name}" for line, name in zip(lines, classes, strict=True)]
    return "\n".join(["@RELATION set", *columns, "@DATA", *lines, ""])


def feature(index: int, name: str, kind: str, *, target: bool = False) -> dict[str, str]:
    flags = {"is_target": str(target).lower(), "is_ignore": "false", "is_row_identifier": "false"}
    facts = {"index": str(index), "name": name, "data_type": kind, "number_of_missing_values": "0"}
    return flags | facts


@dataclass
class StandIn:
    """What the stand-in for openml.org answers: one set, number 7, called tiny."""

    url: str
    asked: list[str] = field(default_factory=list)
    body: str = ""
    md5: str = ""
    features: list[dict[str, str]] = field(default_factory=list)
    error: int = 0  # answer everything with this HTTP error
    tamper: bool = False  # send data that its checksum does not match

    def holds(self, rows: np.ndarray, classes: list[str] | None = None) -> None:
        self.body = arff(rows, classes)
        self.md5 = hashlib.md5(self.body.encode()).hexdigest()
        self.features = [feature(at, f"p{at}", "numeric") for at in range(rows.shape[1])]
        if classes is not None:
            self.features.append(feature(rows.shape[1], "class", "nominal", target=True))

    def answer(self, path: str) -> tuple[int, object]:
        self.asked.append(path)
        if self.error:
            return self.error, {}
        if path == "/data.arff":
            return 200, self.body.replace("@DATA", "@DATA ") if self.tamper else self.body
        kind, _, query = path.lstrip("/").partition("/")
        if query not in ("7", "tiny", "554"):
            return 412, {"error": {"code": "111", "message": "no"}}
        answers = {
            "name": {"data": {"dataset": [{"did": 7, "version": 1, "status": "active"}]}},
            "info": {
                "data_set_description": {
                    "id": "7",
                    "name": "tiny",
                    "version": "1",
                    "status": "active",
                    "format": "ARFF",
                    "licence": "CC0",
                    "description": "A set for a test.",
                    "url": f"{self.url}/data.arff",
                    "md5_checksum": self.md5,
                }
            },
            "features": {"data_features": {"feature": self.features}},
            "qualities": {"data_qualities": {"quality": []}},
        }
        return 200, answers[kind]


@pytest.fixture
def server(monkeypatch) -> Iterator[StandIn]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def do_GET(self) -> None:
            status, found = stand_in.answer(self.path.removesuffix("/status/active/"))
            text = found if isinstance(found, str) else json.dumps(found)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in = StandIn(f"http://127.0.0.1:{http.server_address[1]}")
    stand_in.holds(GREY, CLASSES)
    monkeypatch.setattr(openml_server, "_SERVER", stand_in.url + "/")
    for name, path in (
        ("_SEARCH_NAME", "name/{}"),
        ("_DATA_INFO", "info/{}"),
        ("_DATA_FEATURES", "features/{}"),
        ("_DATA_QUALITIES", "qualities/{}"),
    ):
        monkeypatch.setattr(_openml, name, f"{stand_in.url}/{path}")
    monkeypatch.setattr(_openml.time, "sleep", lambda seconds: None)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with http:
        yield stand_in
        http.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["openml:7", "openml:tiny"])
def test_a_set_is_fetched_by_number_and_by_name(server, tmp_path, name):
    images = load(name, cache=tmp_path)
    np.testing.assert_array_equal(images.pixels.reshape(12, 64), GREY)
    assert images.name == name
    assert images.labels is not None
    assert [images.class_names[label] for label in images.labels] == CLASSES
    assert images.licence == "CC0"
    assert images.source.startswith("tiny, https://www.openml.org/d/7")


def test_the_second_time_nothing_is_asked_of_the_network(server, tmp_path):
    first = load("openml:7", cache=tmp_path)
    server.asked.clear()
    again = load("openml:7", cache=tmp_path)
    assert server.asked == []
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.is_test, again.is_test)
    items = load_items("openml:7", np.array([3, 1]), cache=tmp_path)
    np.testing.assert_array_equal(items, first.pixels[[3, 1]])
    assert load_items("openml:7", np.array([12]), cache=tmp_path) is None


def test_downloads_are_kept_in_the_home_and_nowhere_else(server, own_home):
    load("openml:7")
    assert cache_folder() == own_home / "data"
    assert (cache_folder() / "openml-7.npz").is_file()


def test_a_damaged_keep_is_fetched_again(server, tmp_path):
    load("openml:7", cache=tmp_path)
    (tmp_path / "openml-7.npz").write_bytes(b"damaged")
    assert load_items("openml:7", np.array([0]), cache=tmp_path) is None
    assert len(load("openml:7", cache=tmp_path).pixels) == 12


def test_progress_is_reported_in_words(server, tmp_path):
    told: list[tuple[float, str]] = []
    load("openml:7", cache=tmp_path, report=lambda fraction, words: told.append((fraction, words)))
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    words = " ".join(words for _, words in told)
    assert "downloading 7 from openml.org" in words
    assert "keeping 12 images" in words


def test_a_known_set_has_its_own_names_and_source(server, tmp_path):
    server.holds(GREY, [str(row % 10) for row in range(12)])
    images = load("mnist", cache=tmp_path)
    assert images.name == "mnist"
    assert images.class_names == tuple("0123456789")
    assert images.source.startswith("LeCun")
    assert any(path.endswith("/554") for path in server.asked)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("mnist", "554"),
        ("openml:554", "554"),
        ("openml:Fashion-MNIST", "fashion-mnist"),
        ("kmnist", "41982"),
    ],
)
def test_of_the_70000_of_the_mnist_family_the_last_10000_are_for_testing(tmp_path, name, kept):
    labels = np.arange(70_000) % 10
    images = np.zeros((70_000, 8, 8), np.uint8)
    np.savez(tmp_path / f"openml-{kept}.npz", images=images, labels=labels)
    found = load(name, cache=tmp_path)
    np.testing.assert_array_equal(found.test_index, np.arange(60_000, 70_000))
    assert "openml.org/d/" in found.source
    np.testing.assert_array_equal(found.labels, labels)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (GREY / 255, GREY),
        (GREY.clip(0, 1), GREY.clip(0, 1) * 255),
        (GREY % 17, np.rint(GREY % 17 * 255 / 16)),
        (GREY / 127.5 - 1, GREY),
        (np.full((12, 64), 7), np.zeros((12, 64))),
    ],
    ids=["fractions", "binary", "0 to 16", "-1 to 1", "blank"],
)
def test_other_ranges_are_spread_over_8_bits(server, tmp_path, rows, expected):
    server.holds(rows)
    pixels = load("openml:7", cache=tmp_path).pixels.reshape(12, 64)
    assert np.abs(pixels.astype(float) - expected).max() <= 1


def test_names_of_classes_lose_their_quotes(server, tmp_path):
    server.holds(GREY, ["'T-shirt, short'", "'bag'"] * 6)
    assert load("openml:7", cache=tmp_path).class_names == ("bag", "T-shirt, short")


@pytest.mark.parametrize("planes", [True, False], ids=["planes", "mixed"])
def test_the_order_of_colour_channels_is_found_from_the_images(server, tmp_path, planes):
    across, down = np.meshgrid(np.linspace(0, 1, 12), np.linspace(0, 1, 12))
    red, blue = RNG.uniform(0, 250, (2, 12, 1, 1))
    colours = np.stack([red * across, 200 * down + 0 * red, blue * (1 - across)], axis=-1)
    pixels = np.rint(colours).astype(int)  # (n, 12, 12, 3)
    rows = pixels.transpose(0, 3, 1, 2) if planes else pixels
    server.holds(rows.reshape(12, -1))
    found = load("openml:7", cache=tmp_path).pixels
    np.testing.assert_array_equal(found, pixels.transpose(0, 3, 1, 2))


def test_a_target_that_is_a_measurement_gives_no_classes(server, tmp_path):
    rows = np.concatenate([GREY, RNG.normal(size=(12, 1))], axis=1)
    server.holds(rows)
    server.features[-1]["is_target"] = "true"
    images = load("openml:7", cache=tmp_path)
    assert images.labels is None
    assert images.image_shape == (1, 8, 8)


@pytest.mark.parametrize("n_columns", [3, 63, 65, 48 - 1])
def test_rows_that_are_no_square_images_are_refused(server, tmp_path, n_columns):
    server.holds(RNG.integers(0, 256, (12, n_columns)))
    with pytest.raises(DataError, match=rf"{n_columns} columns.*one square image"):
        load("openml:7", cache=tmp_path)


def test_missing_pixels_are_refused(server, tmp_path):
    server.holds(GREY)
    server.body = server.body.replace("@DATA\n", "@DATA\n?", 1).replace(f"?{GREY[0, 0]}", "?", 1)
    server.md5 = hashlib.md5(server.body.encode()).hexdigest()
    with pytest.raises(DataError, match=r"pixels.*are missing"):
        load("openml:7", cache=tmp_path)


def test_columns_of_text_are_refused(server, tmp_path):
    server.features[0]["data_type"] = "string"
    server.body = server.body.replace("@DATA\n", "@DATA\nword", 1)
    server.md5 = hashlib.md5(server.body.encode()).hexdigest()
    with pytest.raises(DataError, match=r"64 columns of type object.*one square image"):
        load("openml:7", cache=tmp_path)


def test_what_does_not_match_its_checksum_is_refused_and_not_kept(server, tmp_path):
    server.tamper = True
    with pytest.raises(MachineError, match=r"does not match its checksum.*faces, digits or shapes"):
        load("openml:7", cache=tmp_path)
    assert not list(tmp_path.glob("*.npz"))
    server.tamper = False
    assert len(load("openml:7", cache=tmp_path).pixels) == 12


@pytest.mark.parametrize("name", ["openml:8", "openml:nonesuch"])
def test_a_set_that_openml_lacks_is_refused_in_words(server, tmp_path, name):
    with pytest.raises(DataError, match=f'no active set for "{name}".*faces, digits or shapes'):
        load(name, cache=tmp_path)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [(404, DataError, "no active set"), (500, MachineError, "answered with error 500")],
)
def test_errors_of_the_server_are_shown(server, tmp_path, error, kind, words):
    server.error = error
    with pytest.raises(kind, match=words):
        load("openml:7", cache=tmp_path)


def test_without_a_network_the_sets_that_need_none_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(openml_server, "_SERVER", "http://127.0.0.1:9/")  # nobody listens there
    with pytest.raises(MachineError) as caught:
        load("fashion-mnist", cache=tmp_path)
    assert "openml.org does not answer" in caught.value.so
    assert "faces, digits or shapes" in caught.value.do
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "..", "x" * 200, "a\n"])
def test_a_name_that_openml_could_not_have_given_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="cannot be the name of a set on OpenML"):
        load(f"openml:{name}", cache=tmp_path)
    assert load_items(f"openml:{name}", np.array([0]), cache=tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_written_is_reported(server, tmp_path):
    blocked = Path(tmp_path / "blocked")
    blocked.write_text("a file where a folder was to be")
    with pytest.raises(MachineError, match="cannot be kept in"):
        load("openml:7", cache=blocked)
