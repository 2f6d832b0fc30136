"""Inputs as people have them, through each door: the library, the command line, an upload."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import cli, store
from explorer.cli import arguments
from explorer.config import SHAPING, TrainConfig
from explorer.data import load, load_for
from explorer.data.imageset import ImageSet
from explorer.data.reading import Reading
from explorer.errors import DataError
from explorer.ui.previews import look_at
from tests.inputs import CASES, Case, X, Y, pictures, png

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def expect(case: Case, images: ImageSet) -> None:
    assert case.holds is not None, "it must be refused"
    assert case.holds(images), images
    assert case.says in " ".join(images.notes)
    if not case.says:
        assert not [note for note in images.notes if "exact copies" not in note]


def says_all(case: Case, text: str) -> bool:
    return all(part in text for part in case.says.split(" … "))


@every_case
def test_the_library_reads_what_people_have(case, tmp_path):
    path = case.make(tmp_path)
    if case.holds is not None:
        expect(case, load(str(path)))
        return
    with pytest.raises(DataError) as refused:
        load(str(path))
    assert says_all(case, str(refused.value))


@every_case
def test_the_command_line_says_what_was_assumed(case, tmp_path, capsys):
    path = case.make(tmp_path)
    code = cli.main(["data", str(path), "--json"])
    out, err = capsys.readouterr()
    if case.holds is None:
        assert (code, out) == (1, "")
        assert says_all(case, err)
        return
    assert code == 0
    assert case.says in " ".join(json.loads(out)["notes"])


def files_of(path: Path) -> list[tuple[str, bytes]]:
    """What a browser sends of a file, or of a folder that is dropped."""
    if path.is_file():
        return [(path.name, path.read_bytes())]
    return [
        (f"{path.name}/{file.relative_to(path).as_posix()}", file.read_bytes())
        for file in sorted(path.rglob("*"))
        if file.is_file()
    ]


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=name) for name, case in CASES.items() if not name.startswith("links")],
)
def test_an_upload_is_read_as_its_preview_says(case, tmp_path):
    asked = TrainConfig(data=str(store.keep_upload(files_of(case.make(tmp_path))).path))
    if case.holds is None:
        with pytest.raises(DataError) as refused:
            look_at(asked)
        assert says_all(case, str(refused.value))
        return
    expect(case, load(asked.data))
    assert case.says in " ".join(look_at(asked).notes)


# ---- what a person says counts before what is found out


def arrays(folder: Path, **named: np.ndarray) -> str:
    np.savez(folder / "set.npz", **named)  # type: ignore[arg-type]
    return str(folder / "set.npz")


@pytest.mark.parametrize(
    ("array", "flags", "expected"),
    [
        (X.transpose(1, 2, 0), ["--layout", "hwn"], X),
        (X.reshape(20, -1), ["--layout", "rows"], X),
        (X[:16], ["--layout", "nhw"], X[:16]),
        (X // 16, ["--range", "used"], X // 16 * 17),
        (X / 170, ["--range", "used"], X),
        (X / 127.5 - 1, ["--range", "centred"], X),
        (X, ["--invert"], 255 - X),
        (np.full((20, 8, 8, 4), 0), ["--background", "black"], np.zeros((20, 8, 8))),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_flags_say_how_arrays_are_read(tmp_path, array, flags, expected):
    path = arrays(tmp_path, images=array)
    args = arguments.parser().parse_args(["data", path, *flags])
    given = {name: value for name, value in vars(args).items() if name in SHAPING}
    found = load_for(TrainConfig(data=path, **given))
    np.testing.assert_array_equal(found.pixels[:, 0], expected)


def test_arrays_of_any_name_can_be_asked_for(tmp_path, capsys):
    path = arrays(tmp_path, before=X, after=255 - X, kind=Y)
    assert cli.main(["data", path]) == 1
    assert "after (20, 16, 16)" in capsys.readouterr().err
    reading = Reading(images_key="after", labels_key="kind")
    found = load(path, reading=reading)
    np.testing.assert_array_equal(found.pixels[:, 0], 255 - X)
    assert found.class_names == ("0", "1", "2")
    with pytest.raises(DataError, match='no array called "during"'):
        load(path, reading=Reading(images_key="during"))


def test_a_column_of_any_name_can_be_asked_for(tmp_path):
    rows = [",".join(map(str, [*x.ravel(), y])) for x, y in zip(X, Y, strict=True)]
    header = ",".join([*(f"p{i}" for i in range(256)), "what"])
    (tmp_path / "set.csv").write_text("\n".join([header, *rows]))
    found = load(str(tmp_path / "set.csv"), reading=Reading(labels_key="what"))
    assert found.class_names == ("0", "1", "2")
    with pytest.raises(DataError, match='no column called "who"'):
        load(str(tmp_path / "set.csv"), reading=Reading(labels_key="who"))


@pytest.mark.parametrize(("frames", "n"), [("first", 2), ("all", 10), ("auto", 6)])
def test_frames_are_read_as_asked_for(tmp_path, frames, n):
    path = CASES["several frames in a file"].make(tmp_path)
    assert len(load(str(path), reading=Reading(frames=frames)).pixels) == n


def test_pictures_are_inverted_and_stretched_as_asked_for(tmp_path):
    for i in range(3):
        Image.fromarray(X[i] // 16).save(tmp_path / f"{i}.png")
    assert "No value is above 15" in load(str(tmp_path)).notes[0]
    used = load(str(tmp_path), reading=Reading(range="used", invert=True))
    np.testing.assert_array_equal(used.pixels[:, 0], 255 - X[:3] // 16 * 17)


def test_a_folder_called_like_a_set_is_not_passed_over_in_silence(tmp_path, monkeypatch):
    pictures(tmp_path / "digits", "0.png", "1.png")
    monkeypatch.chdir(tmp_path)
    assert "write ./digits" in load("digits").notes[0]
    assert len(load("./digits").pixels) == 2


@pytest.mark.parametrize(("method", "name"), [(9, "Deflate64"), (93, "Zstandard"), (1, "method 1")])
def test_a_zip_packed_in_another_way_says_which(tmp_path, method, name):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("0.png", png(0))
    raw = bytearray(path.read_bytes())
    raw[8] = method  # of the file's own header
    raw[raw.rindex(b"PK\x01\x02") + 10] = method  # of the directory
    path.write_bytes(bytes(raw))
    with pytest.raises(DataError, match=f"packed with {name}"):
        load(str(path))


def test_a_heic_photo_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    photo = b"\x00\x00\x00\x18ftypheic" + bytes(40)
    (tmp_path / "IMG_1.HEIC").write_bytes(photo)
    with pytest.raises(DataError, match=r"HEIC photo; convert it .* pip install pillow-heif"):
        load(str(tmp_path))


@pytest.mark.slow
def test_blank_pictures_that_would_keep_a_machine_busy_are_left_out(tmp_path):
    stream = io.BytesIO()
    Image.new("L", (5000, 5000)).save(stream, "WEBP", lossless=True)
    for i in range(12):
        (tmp_path / f"{i:02}.webp").write_bytes(stream.getvalue())
    images = load(str(tmp_path))
    assert len(images.pixels) == 4
    assert "blank images" in images.skipped[0].reason
